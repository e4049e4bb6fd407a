"""What tells one printed state of an issue from another."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

from django.conf import settings
from taggit.models import Tag

from issues.models.credits import Author, Publication
from issues.models.issues import Issue

# Since when a given issue is printed as it is printed now. Move it whenever templates or Markdown come to print
# something else: it is part of the feed's ETag and Last-Modified, and a test fails where it was forgotten.
RENDERED_SINCE = datetime(2026, 11, 23, 18, 11, tzinfo=UTC)


def digest(issue: Issue) -> str:
    """SHA-256, in hexadecimal, of all words and addresses that are printed of the issue.

    Of those, not of the HTML: a new template is no correction, and must not look like one to readers.
    """
    printed: list[object] = [issue.title, issue.slug, issue.intro]
    for placement in issue.printed_placements:
        printed += [placement.sponsor.name, placement.message, placement.url]
    for article in issue.articles.all():
        printed += [article.pk, article.section, article.title, article.url, article.blurb]
        printed += [article.byline, article.disclosure, *_names(article.credited_authors)]
        printed += [*_names([article.publication] if article.publication else []), *_names(article.printed_tags)]
    for correction in issue.corrections.all():
        printed += [correction.text, correction.made_at]
    return hashlib.sha256(repr(printed).encode("utf-8", "replace")).hexdigest()


def _names(rows: Iterable[Author | Publication | Tag]) -> list[tuple[str, str]]:
    return [(row.name, row.slug) for row in rows]


# As RENDERED_SINCE, for the text and JSON editions and the downloads: move it when a given issue comes out otherwise.
EDITIONS_SINCE = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def changed_at(issue: Issue) -> datetime:
    """When a program could first get what it gets now."""
    return max(issue.changed_at, RENDERED_SINCE, EDITIONS_SINCE)


def etag_of(issues: Iterable[Issue]) -> str:
    """Moves when anything printed of them does, and when one is added or taken away. Reads no contents."""
    printed = [(issue.guid, issue.slug, issue.title, issue.publish_at, issue.updated_at) for issue in issues]
    configuration = (
        settings.SITE_URL,
        settings.NEWSLETTER_NAME,
        settings.NEWSLETTER_PUBLISHER,
        settings.TIME_ZONE,
    )
    state = repr((printed, configuration, RENDERED_SINCE, EDITIONS_SINCE))
    return f'"{hashlib.sha256(state.encode()).hexdigest()}"'
