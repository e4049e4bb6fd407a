"""The editor's desk: Django's admin for everything that is printed."""

from issues.admin.articles import ArticleAdmin
from issues.admin.corrections import CorrectionAdmin
from issues.admin.credits import AuthorAdmin, PublicationAdmin
from issues.admin.issues import IssueAdmin
from issues.admin.pages import PageAdmin
from issues.admin.sponsors import PlacementAdmin, SponsorAdmin
from issues.admin.tags import TagAdmin

__all__ = [
    "ArticleAdmin",
    "AuthorAdmin",
    "CorrectionAdmin",
    "IssueAdmin",
    "PageAdmin",
    "PlacementAdmin",
    "PublicationAdmin",
    "SponsorAdmin",
    "TagAdmin",
]
