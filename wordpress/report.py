"""What an import did, and everything about it that a person should look at."""

import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from wordpress.export import Post, Problem

# Lines of each kind on the screen; the JSON file has all.
SHOWN = 10


@dataclass(frozen=True)
class Finding:
    """Something about one post: its page says something else than the export did, or something could not be kept."""

    post: str
    post_id: int
    kind: str
    text: str


@dataclass(frozen=True)
class Section:
    heading: str
    lines: list[str]


@dataclass
class Report:
    dry_run: bool = False
    counts: Counter[str] = field(default_factory=Counter)  # By what was done: “issues added”.
    left_out: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # Names by reason.
    left_alone: list[tuple[str, str]] = field(default_factory=list)  # What, and why.
    problems: list[Problem] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    similar: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # Names that may be one, by kind.
    failed_files: list[str] = field(default_factory=list)  # Of which nothing could be read.

    def tell(self, post: Post, text: str) -> None:
        self.problems.append(Problem(post.file, post.line, str(post), text))

    def note(self, post: Post, kind: str, text: str) -> None:
        self.findings.append(Finding(str(post), post.post_id, kind, text))

    def as_plain(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "counts": self.counts,
            "left_out": self.left_out,
            "left_alone": [{"post": what, "why": why} for what, why in self.left_alone],
            "problems": [asdict(problem) for problem in self.problems],
            "findings": [asdict(finding) for finding in self.findings],
            "similar": self.similar,
            "failed_files": self.failed_files,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        return cls(
            dry_run=plain["dry_run"],
            counts=Counter(plain["counts"]),
            left_out=defaultdict(list, plain["left_out"]),
            left_alone=[(entry["post"], entry["why"]) for entry in plain["left_alone"]],
            problems=[Problem(**entry) for entry in plain["problems"]],
            findings=[Finding(**entry) for entry in plain["findings"]],
            similar={kind: [(one, two) for one, two in pairs] for kind, pairs in plain["similar"].items()},
            failed_files=plain["failed_files"],
        )

    def as_json(self) -> str:
        return json.dumps(self.as_plain(), ensure_ascii=False, indent=1) + "\n"

    def summary(self) -> list[str]:
        lines = ["Nothing was written: this was a rehearsal."] if self.dry_run else []
        lines += [f"{name}: {count}" for name, count in sorted(self.counts.items()) if count]
        return lines + [f"left out, {reason}: {len(names)}" for reason, names in sorted(self.left_out.items())]

    def sections(self) -> list[Section]:
        """What a person should look at, by kind, those with nothing in them left out."""
        by_kind: defaultdict[str, list[str]] = defaultdict(list)
        for found in self.findings:
            by_kind[found.kind].append(f"{found.post}: {_cut(found.text)}")
        sections = [
            Section("Not everything could be read:", [str(problem) for problem in self.problems]),
            Section("Left alone:", [f"{what}: {why}" for what, why in self.left_alone]),
            *(Section(f"{kind}: {len(lines)}", lines) for kind, lines in sorted(by_kind.items())),
            *(
                Section(f"{kind} that may be one: {len(pairs)}", [f"{one} | {two}" for one, two in pairs])
                for kind, pairs in self.similar.items()
            ),
        ]
        return [section for section in sections if section.lines]

    def verdict(self) -> str:
        """Empty where there is something to look at, or nothing was loaded."""
        is_clean = self.counts["articles"] and not self.findings
        return "Every word and every link of what was loaded is on the pages." if is_clean else ""

    def __str__(self) -> str:
        lines = self.summary()
        for section in self.sections():
            lines += ["", section.heading, *(f"  {line}" for line in section.lines[:SHOWN])]
            if more := len(section.lines[SHOWN:]):
                lines.append(f"  … and {more} more: --report FILE.json has all.")
        return "\n".join([*lines, *filter(None, [self.verdict()])])


def _cut(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:199]}…"
