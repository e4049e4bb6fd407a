"""What the checks read."""

from dataclasses import dataclass, field

from fetching.models import FetchedPage
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.preflight.findings import Finding, Level, field_of
from issues.preflight.passages import Passage, PrintedLink
from pictures.models import Picture
from sponsors.models import Placement
from text.pictures import PictureName


@dataclass(frozen=True)
class CheckedIssue:
    """An issue loaded by with_contents(), and everything else that checks need, so that they make no queries."""

    issue: Issue
    passages: list[Passage]
    links: list[PrintedLink]
    forms: dict[str, str] = field(default_factory=dict)  # The printed "page", "feed", "mail" and "text mail".
    pictures: dict[PictureName, Picture] = field(default_factory=dict)  # Those in the passages that there are.
    pages: dict[str, FetchedPage] = field(default_factory=dict)  # By address: what other sites answered.
    earlier_runs: dict[str, list[Article]] = field(default_factory=dict)  # In other issues, by canonical_url.
    # See neighbours.neighbours_when_written().
    neighbours_when_written: dict[tuple[int, int], int] = field(default_factory=dict)
    number_before: int = 0  # The highest number below the issue's own; 0 if there is none.
    number_overtaken: int = 0  # The highest number above it that comes out before it; 0 if there is none.

    def finding(self, level: Level, code: str, text: str, row: Article | Placement, name: str) -> Finding:
        """Return a finding about one field of an article or a placement."""
        article = row if isinstance(row, Article) else None
        return Finding(level, code, text, field_of(self.issue, row, name), article)
