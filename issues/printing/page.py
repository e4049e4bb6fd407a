"""What the page of an issue prints of its contents."""

from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from issues.models.issues import Issue
from issues.printing.html import reading_minutes, summarize
from issues.printing.metadata import Metadata, describe_issue
from text.markdown import offer_webp


class IssuePage(NamedTuple):
    html: SafeString
    summary: str
    reading_minutes: int
    metadata: Metadata | None


def print_page(issue: Issue, *, preview: bool = False, among_others: bool = False) -> IssuePage:
    """Print an issue that was loaded by Issue.objects.with_contents(). No query.

    A preview has no links to its entries and no metadata. `among_others` is for pages with several issues.
    """
    context = {"issue": issue, "on_page": True, "preview": preview, "among_others": among_others}
    html = offer_webp(render_to_string("issues/_contents.html", context))
    metadata = None if preview else describe_issue(issue)
    return IssuePage(html, summarize(issue), reading_minutes(issue), metadata)
