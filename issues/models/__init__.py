"""Read contents.py first: everything else prints, fills or sends what is there."""

from issues.models.cards import IssueCard
from issues.models.contents import (
    Article,
    Authorship,
    Issue,
    Page,
    PreviousSlug,
    Tagging,
)
from issues.models.credits import Author, Publication
from issues.models.search import SearchText
from issues.models.wordpress import WordPressPost

__all__ = [
    "Article",
    "Author",
    "Authorship",
    "Issue",
    "IssueCard",
    "Page",
    "PreviousSlug",
    "Publication",
    "SearchText",
    "Tagging",
    "WordPressPost",
]
