"""What a check reports."""

from dataclasses import dataclass
from enum import IntEnum

from issues.models.articles import Article
from issues.models.issues import Issue
from sponsors.models import Placement
from text.quotes import quote


class Level(IntEnum):
    STOP = 1
    WARNING = 2
    NOTE = 3

    @property
    def plural(self) -> str:
        return {Level.STOP: "stops", Level.WARNING: "warnings", Level.NOTE: "notes"}[self]

    @property
    def label(self) -> str:
        """Return “stop”, “warning” or “note”."""
        return self.plural.removesuffix("s")


@dataclass(frozen=True)
class Finding:
    level: Level
    code: str  # Stable, such as "no_title".
    text: str  # What is wrong and what to do, with the name of the article.
    anchor: str  # The HTML id of the field in the issue's form.
    article: Article | None = None

    @property
    def text_below(self) -> str:
        """Return the text as it stands below a heading with the article's title: without the title."""
        if self.article is None:
            return self.text
        name = quote(self.article)
        text = self.text.removeprefix(f"{name} ").replace(f" of {name}", "", 1)
        return text[0].upper() + text[1:]


def field_of(issue: Issue, row: Article | Placement, name: str) -> str:
    """Return the HTML id of a field in the issue's form, which has its rows in the order of the loaded issue."""
    prefix = "articles" if isinstance(row, Article) else "placements"
    rows: list[int] = [other.pk for other in getattr(issue, prefix).all()]
    return f"id_{prefix}-{rows.index(row.pk)}-{name}"
