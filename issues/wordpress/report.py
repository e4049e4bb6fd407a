"""What an import did, and everything about it that a person should look at."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from issues.wordpress.export import Post, Problem

# Lines of each kind on the screen; the JSON file has all.
SHOWN = 10


@dataclass(frozen=True)
class Finding:
    """Something about one post: its page says something else than the export did, or something could not be kept."""

    post: str
    post_id: int
    kind: str
    text: str


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

    def as_json(self) -> str:
        plain = {
            "dry_run": self.dry_run,
            "counts": self.counts,
            "left_out": self.left_out,
            "left_alone": [{"post": what, "why": why} for what, why in self.left_alone],
            "problems": [asdict(problem) for problem in self.problems],
            "findings": [asdict(finding) for finding in self.findings],
            "similar": self.similar,
            "failed_files": self.failed_files,
        }
        return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"

    def __str__(self) -> str:
        lines = ["Nothing was written: this was a rehearsal."] if self.dry_run else []
        lines += [f"{name}: {count}" for name, count in sorted(self.counts.items()) if count]
        lines += [f"left out, {reason}: {len(names)}" for reason, names in sorted(self.left_out.items())]
        lines += _section("Not everything could be read:", map(str, self.problems))
        lines += _section("Left alone:", (f"{what}: {why}" for what, why in self.left_alone))
        by_kind: defaultdict[str, list[Finding]] = defaultdict(list)
        for finding in self.findings:
            by_kind[finding.kind].append(finding)
        for kind, findings in sorted(by_kind.items()):
            lines += _section(f"{kind}: {len(findings)}", (f"{found.post}: {_cut(found.text)}" for found in findings))
        for kind, pairs in self.similar.items():
            lines += _section(f"{kind} that may be one: {len(pairs)}", (f"{one} | {two}" for one, two in pairs))
        if self.counts["articles"] and not self.findings:
            lines.append("Every word and every link of what was loaded is on the pages.")
        return "\n".join(lines)


def _section(heading: str, texts: Iterable[str]) -> list[str]:
    lines = list(texts)
    if not lines:
        return []
    more = [f"  … and {len(lines) - SHOWN} more: --report FILE.json has all."] if len(lines) > SHOWN else []
    return ["", heading, *(f"  {line}" for line in lines[:SHOWN]), *more]


def _cut(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:199]}…"
