"""The editor's desk: Django's admin for everything that is printed."""

from django.conf import settings
from django.contrib import admin

from issues.admin.articles import ArticleAdmin
from issues.admin.credits import AuthorAdmin, PublicationAdmin
from issues.admin.issues import IssueAdmin
from issues.admin.pages import PageAdmin
from issues.admin.sponsors import PlacementAdmin, SponsorAdmin
from issues.admin.tags import TagAdmin

__all__ = [
    "ArticleAdmin",
    "AuthorAdmin",
    "IssueAdmin",
    "PageAdmin",
    "PlacementAdmin",
    "PublicationAdmin",
    "SponsorAdmin",
    "TagAdmin",
]

admin.site.site_header = admin.site.site_title = f"{settings.NEWSLETTER_NAME} desk"
admin.site.index_title = "Desk"
