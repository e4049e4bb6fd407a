"""Read contents.py first: everything else prints, fills or sends what is there."""

from issues.models.contents import (
    Article,
    Authorship,
    Issue,
    Page,
    PreviousSlug,
    Tagging,
)
from issues.models.credits import Author, Publication

__all__ = [
    "Article",
    "Author",
    "Authorship",
    "Issue",
    "Page",
    "PreviousSlug",
    "Publication",
    "Tagging",
]
