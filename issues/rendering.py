"""How an issue is printed: one fragment for the page, the feed and the mail.

Issues given to these functions come from Issue.objects.with_contents(); then they make no query.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from taggit.models import Tag

from issues.models import Author, Issue, Publication
from issues.models.contents import IssueQuerySet
from issues.search.index import index
from sreweekly.markup import plain_text, render_markdown

# Since when a given issue is printed as it is printed now. Move it whenever templates or Markdown come to print
# something else: it is part of the feed's ETag and Last-Modified, and a test fails where it was forgotten.
RENDERED_SINCE = datetime(2026, 11, 23, 18, 11, tzinfo=UTC)

# Words a minute of silent reading, in English: Brysbaert 2019, 238 for non-fiction; less for names and addresses.
READING_SPEED = 230

# Characters. Search engines and feed readers cut descriptions somewhere between 150 and 320.
SUMMARY_LENGTH = 300
# Of a blurb in a list of articles: two or three lines.
EXCERPT_LENGTH = 200


def render_html(issue: Issue) -> SafeString:
    """The intro, the sponsor's message, articles, outages and corrections. Every address in it is absolute."""
    return render_to_string("issues/_contents.html", {"issue": issue})


def summarize(issue: Issue) -> str:
    """The intro as plain text, else the titles of the articles; cut at a word. Never the sponsor's message."""
    titles = [article.title for article in issue.printed_entries if article.title]
    text = plain_text(render_markdown(issue.intro)) or "; ".join(titles)
    return _cut(text, SUMMARY_LENGTH)


def reading_minutes(issue: Issue) -> int:
    """Of the intro and the articles; never of the sponsor's message. At least one."""
    articles = issue.printed_entries
    texts = [issue.intro, *(text for article in articles for text in (article.title, article.blurb))]
    words = sum(len(plain_text(render_markdown(text)).split()) for text in texts)
    return max(1, round(words / READING_SPEED))


def excerpt(text: str) -> str:
    """The beginning of Markdown as plain text of at most EXCERPT_LENGTH characters, cut at a word."""
    return _cut(plain_text(render_markdown(text)), EXCERPT_LENGTH)


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


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rsplit(maxsplit=1)[0] + "…"


def _names(rows: Iterable[Author | Publication | Tag]) -> list[tuple[str, str]]:
    return [(row.name, row.slug) for row in rows]


def note_changes(issues: IssueQuerySet) -> int:
    """Move updated_at of those of which something printed changed, and let search know; return how many did.

    To be called after anything printed was saved: an article's blurb, an author's name.
    Six queries for every hundred issues, and one for each that changed, besides search's. No row of history.
    """
    moved = []
    for issue in issues.with_contents().iterator(chunk_size=100):
        contents_digest = digest(issue)
        if contents_digest != issue.contents_digest:
            Issue.objects.filter(pk=issue.pk).update(contents_digest=contents_digest, updated_at=timezone.now())
            moved.append(issue.pk)
    index(Issue.objects.filter(pk__in=moved))
    return len(moved)
