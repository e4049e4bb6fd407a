"""What preflight says, and what its checks are given."""

from dataclasses import dataclass, field
from enum import IntEnum

from fetching.models import FetchedPage
from issues.models.articles import Article
from issues.models.issues import Issue
from sponsors.models import Placement


class Level(IntEnum):
    STOP = 1
    WARNING = 2
    NOTE = 3

    @property
    def plural(self) -> str:
        return {Level.STOP: "stops", Level.WARNING: "warnings", Level.NOTE: "notes"}[self]

    @property
    def label(self) -> str:
        """For a count: “stop”, “warning”, “note”."""
        return self.plural.removesuffix("s")


@dataclass(frozen=True)
class Finding:
    level: Level
    text: str  # One sentence that names the article and says what to do.
    anchor: str  # The HTML id of the field in the issue's form.
    article: Article | None = None


@dataclass
class Known:
    """What the checks need beside the issue. Whoever tests one gives what it asks for."""

    runs: dict[str, list[Article]] = field(default_factory=dict)  # By canonical_url; see issues.duplicates.
    pages: dict[str, FetchedPage] = field(default_factory=dict)  # By address.
    forms: dict[str, str] = field(default_factory=dict)  # “page”, “feed”, “mail” and “text mail”, as they are printed.
    # The key of the article above (-1) or below (1) one when its blurb was written, by its key and that step.
    neighbour_then: dict[tuple[int, int], int] = field(default_factory=dict)
    number_before: int = 0  # The highest below this issue's; 0 where there is none.
    number_overtaken: int = 0  # The highest of those that came out before this one and have a higher one.


def field_of(issue: Issue, row: Article | Placement, name: str) -> str:
    """The HTML id of a field in the issue's form, which has rows in the order in which they are loaded."""
    prefix = "articles" if isinstance(row, Article) else "placements"
    rows: list[int] = [other.pk for other in getattr(issue, prefix).all()]
    return f"id_{prefix}-{rows.index(row.pk)}-{name}"
