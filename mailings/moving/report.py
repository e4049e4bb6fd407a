"""What an import of subscribers did, or would do: counts, and the lines that somebody should look at.

It names lines and no addresses: it is kept, and who asks to be forgotten must not stay in it.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import TextChoices

from mailings.moving.cells import escape

# Lines of each outcome that are kept.
KEPT = 200


class Outcome(TextChoices):
    """What became of a line. In the order in which the report counts them."""

    NEW = "new", "new"
    CONFIRMED = "confirmed", "waited here for a confirmation, and confirmed there: now active"
    PENDING = "pending", "new, and not confirmed"
    KNOWN = "known", "known"
    STAYED_OUT = "stayed_out", "left, bounced or complained here: stays so"
    SUPPRESSED = "suppressed", "never to be mailed from here: left out"
    LEFT = "left", "left there: not mailed"
    BOUNCED = "bounced", "bounced there: not mailed"
    COMPLAINED = "complained", "complained there: not mailed"
    LATER = "later", "gone there, and confirmed here later: still mailed"
    UNCONFIRMED = "unconfirmed", "not confirmed there: left out"
    NO_CONSENT = "no_consent", "no date of consent: left out"
    BLOCKED = "blocked", "blocked there for one mail: nothing to do"
    TWICE = "twice", "again in the file: the first counts"
    INVALID = "invalid", "cannot be read: left out"


# Nobody needs the lines of these.
UNREMARKABLE = (Outcome.NEW, Outcome.KNOWN, Outcome.PENDING)


class Line(NamedTuple):
    place: str  # “list.csv, line 7”.
    why: str


@dataclass
class Report:
    is_rehearsal: bool = False
    lists: list[str] = field(default_factory=list)  # Each file with its format.
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)  # Files that could not be read, as sentences.
    counts: Counter[str] = field(default_factory=Counter)
    lines: dict[str, list[Line]] = field(default_factory=dict)  # By outcome, the first KEPT.
    # Called with each line, its address and its outcome.
    listener: Callable[[str, int, str, Outcome, str], None] | None = None

    def add(self, name: str, number: int, address: str, outcome: Outcome, why: str = "") -> None:
        self.counts[outcome] += 1
        if self.listener:
            self.listener(name, number, address, outcome, why)
        kept = self.lines.setdefault(outcome.value, [])
        if outcome not in UNREMARKABLE and len(kept) < KEPT:
            kept.append(Line(f"{name}, line {number}", why))

    def write_lines_to(self, writer: Any) -> None:
        """Let a csv.writer have each line from now on: its place, its address, its outcome and why."""
        writer.writerow(["file", "line", "address", "outcome", "why"])
        self.listener = lambda name, number, address, outcome, why: writer.writerow(
            [escape(str(cell)) for cell in (name, number, address, outcome.value, why)]
        )

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def summary(self) -> list[tuple[int, str]]:
        """Return how many lines had which outcome, in words."""
        return [(self.counts[outcome], str(outcome.label)) for outcome in Outcome if self.counts[outcome]]

    @property
    def sections(self) -> list[tuple[str, list[Line], int]]:
        """Return the lines to look at: how many of an outcome, in words, the lines, and how many are not kept."""
        kept = [(outcome, self.counts[outcome], self.lines.get(outcome, [])) for outcome in Outcome]
        return [(f"{count:,} {one.label}", lines, count - len(lines)) for one, count, lines in kept if lines]

    def as_plain(self) -> dict[str, Any]:
        names = ("is_rehearsal", "lists", "notes", "failures", "counts", "lines")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "Report":
        lines = {outcome: [Line(*line) for line in kept] for outcome, kept in plain["lines"].items()}
        return cls(**{**plain, "counts": Counter(plain["counts"]), "lines": lines})

    def __str__(self) -> str:
        shown = [*self.failures, *self.lists, *self.notes]
        shown += [f"{count:>9,} {words}" for count, words in self.summary]
        for words, lines, more in self.sections:
            shown += ["", f"{words}:", *(f"  {line.place}{f': {line.why}' if line.why else ''}" for line in lines)]
            shown += [f"  and {more:,} more"] if more else []
        return "\n".join(shown)
