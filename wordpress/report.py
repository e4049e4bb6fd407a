"""Collect what an import did, and everything about it that a person should look at."""

import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from issues.doubts import Doubts
from wordpress.export import Problem
from wordpress.posts import Post

# Lines of each kind on the terminal. The JSON file has all.
SHOWN = 10
# A kind of notice: a byline that is printed as it was and credits nobody. The words are all there.
UNNAMED = "byline that names nobody"
# A kind of notice: a text that was edited here and changed in WordPress. It holds both, so it is never shortened.
NEWER = "changed in WordPress, and left as it is here"


@dataclass(frozen=True)
class Notice:
    """A difference between the page here and the export, or a decision of the import, about one post."""

    post: str
    post_id: int
    kind: str
    text: str


@dataclass(frozen=True)
class ReportSection:
    heading: str
    lines: list[str]


@dataclass
class Report:
    dry_run: bool = False
    counts: Counter[str] = field(default_factory=Counter)  # By what was done: “issues added”.
    left_out: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # Names by reason.
    left_alone: list[tuple[str, str]] = field(default_factory=list)  # Post and reason.
    problems: list[Problem] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    similar: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # Pairs of names, by kind.
    doubts: list[str] = field(
        default_factory=list
    )  # Authors that may be organisations, and publications that may be people.
    failed_files: list[str] = field(default_factory=list)  # Sentences on files that could not be read at all.

    def add_problem(self, post: Post, text: str) -> None:
        self.problems.append(Problem(post.file, post.line, str(post), text))

    def add_notice(self, post: Post, kind: str, text: str) -> None:
        self.notices.append(Notice(str(post), post.post_id, kind, text))

    def add_doubts(self, doubts: Doubts) -> None:
        """List the credits to look at, in the whole archive."""
        pairs = {"authors": doubts.author_pairs, "publications": doubts.publication_pairs}
        self.similar = {
            kind: [(one.one.name, one.other.name) for one in found] for kind, found in pairs.items() if found
        }
        self.doubts = [str(doubt) for doubt in (*doubts.authors, *doubts.publications)]

    def as_plain(self) -> dict[str, Any]:
        """Return values for JSON. from_plain() reads them back."""
        return {
            "dry_run": self.dry_run,
            "counts": self.counts,
            "left_out": self.left_out,
            "left_alone": [{"post": post, "why": reason} for post, reason in self.left_alone],
            "problems": [asdict(problem) for problem in self.problems],
            "findings": [asdict(notice) for notice in self.notices],
            "similar": self.similar,
            "doubts": self.doubts,
            "failed_files": self.failed_files,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        return cls(
            dry_run=plain["dry_run"],
            counts=Counter(plain["counts"]),
            left_out=defaultdict(list, plain["left_out"]),
            left_alone=[(line["post"], line["why"]) for line in plain["left_alone"]],
            problems=[Problem(**values) for values in plain["problems"]],
            notices=[Notice(**values) for values in plain["findings"]],
            similar={kind: [(one, two) for one, two in pairs] for kind, pairs in plain["similar"].items()},
            doubts=plain.get("doubts", []),  # Reports of earlier versions have none.
            failed_files=plain["failed_files"],
        )

    def as_json(self) -> str:
        return json.dumps(self.as_plain(), ensure_ascii=False, indent=1) + "\n"

    def summary(self) -> list[str]:
        lines = ["Nothing was written: this was a rehearsal."] if self.dry_run else []
        lines += [f"{name}: {count}" for name, count in sorted(self.counts.items()) if count]
        lines += [] if any(self.counts.values()) else ["issues and pages that could be read: 0"]
        lines += [f"problems while reading: {len(self.problems)}"] if self.problems else []
        return lines + [f"left out, {reason}: {len(names)}" for reason, names in sorted(self.left_out.items())]

    def sections(self) -> list[ReportSection]:
        """Return everything that a person should look at, by kind. Empty sections are left out."""
        by_kind: defaultdict[str, list[str]] = defaultdict(list)
        for notice in self.notices:
            text = notice.text if notice.kind == NEWER else _shorten(notice.text)
            by_kind[notice.kind].append(f"{notice.post}: {text}")
        sections = [
            ReportSection("Not everything could be read:", [str(problem) for problem in self.problems]),
            ReportSection("Left alone:", [f"{post}: {reason}" for post, reason in self.left_alone]),
            *(ReportSection(f"{kind}: {len(lines)}", lines) for kind, lines in sorted(by_kind.items())),
            *(
                ReportSection(f"{kind} that may be one: {len(pairs)}", [f"{one} | {two}" for one, two in pairs])
                for kind, pairs in self.similar.items()
            ),
            ReportSection(f"organisation or person: {len(self.doubts)}", self.doubts),
        ]
        return [section for section in sections if section.lines]

    def verdict(self) -> str:
        """Return a sentence if everything could be read and is printed as exported, else an empty text."""
        differs = any(notice.kind != UNNAMED for notice in self.notices)
        if differs or self.problems or self.failed_files or not self.counts["articles"]:
            return ""
        return "Every word and every link of what was loaded is on the pages."

    def __str__(self) -> str:
        lines = self.summary()
        for section in self.sections():
            shown = [line.replace("\n", "\n    ") for line in section.lines[:SHOWN]]
            lines += ["", section.heading, *(f"  {line}" for line in shown)]
            if more := len(section.lines[SHOWN:]):
                lines.append(f"  … and {more} more. Use --report FILE.json to get all.")
        return "\n".join([*lines, *filter(None, [self.verdict()])])


def _shorten(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:199]}…"
