"""Read contents.py first: everything else prints, fills or sends what is there."""

from issues.models.candidates import Candidate, Device
from issues.models.cards import IssueCard
from issues.models.contents import (
    Article,
    Authorship,
    Issue,
    Page,
    PreviousSlug,
    Tagging,
)
from issues.models.corrections import Correction
from issues.models.credits import Author, Publication
from issues.models.fetched import FetchedPage
from issues.models.imports import ExportChunk, ExportFile, WordPressImport
from issues.models.saving import IssueRevision, UnsavedForm
from issues.models.search import SearchText
from issues.models.sources import Source
from issues.models.wordpress import WordPressPost

__all__ = [
    "Article",
    "Author",
    "Authorship",
    "Candidate",
    "Correction",
    "Device",
    "ExportChunk",
    "ExportFile",
    "FetchedPage",
    "Issue",
    "IssueCard",
    "IssueRevision",
    "Page",
    "PreviousSlug",
    "Publication",
    "SearchText",
    "Source",
    "Tagging",
    "UnsavedForm",
    "WordPressImport",
    "WordPressPost",
]
