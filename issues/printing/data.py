"""Print an issue as data, for programs. docs/data.md describes every field, and is a promise to readers."""

from typing import Any

from django.conf import settings

from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.printing.bylines import byline_text
from issues.printing.dates import rfc3339
from sponsors.models import Placement
from text.addresses import to_uri
from text.markdown import render_markdown


def issue_data(issue: Issue, *, html: bool = True) -> dict[str, Any]:
    """Return the issue as values for JSON. Without `html`, texts are given in Markdown only.

    No query for issues loaded by Issue.objects.with_contents().
    """
    return {
        "number": issue.number,
        "title": issue.title,
        "url": settings.SITE_URL + issue.get_absolute_url(),
        "guid": issue.guid,
        "published": rfc3339(issue.publish_at) if issue.publish_at else None,
        "updated": rfc3339(issue.changed_at),
        "intro": _markdown(issue.intro, html),
        "sponsors": [_placement_data(placement, html) for placement in issue.printed_placements],
        "articles": [article_data(article, html=html) for article in issue.printed_entries],
        "corrections": [
            {"made": rfc3339(correction.made_at), "text": _markdown(correction.text, html)}
            for correction in issue.corrections.all()
        ],
    }


def article_data(article: Article, *, html: bool = True) -> dict[str, Any]:
    """Return one entry of issue_data()["articles"].

    `byline` is the credit as printed: composed of the names, or the editor's own words.
    """
    return {
        "id": article.pk,
        "anchor": settings.SITE_URL + article.get_absolute_url(),
        "section": article.section,
        "title": article.title,
        "url": to_uri(article.url),
        "blurb": _markdown(article.blurb, html),
        "authors": [_credited_data(author) for author in article.credited_authors],
        "publication": _credited_data(article.publication) if article.publication else None,
        "byline": byline_text(article),
        "disclosure": article.disclosure,
        "tags": [tag.name for tag in article.printed_tags],
    }


def _markdown(text: str, html: bool, rel: str = "") -> dict[str, str]:
    return {"markdown": text, "html": render_markdown(text, rel)} if html else {"markdown": text}


def _placement_data(placement: Placement, html: bool) -> dict[str, Any]:
    return {
        "name": placement.sponsor.name,
        "message": _markdown(placement.message, html, "sponsored"),
        "url": to_uri(placement.url),
    }


def _credited_data(credited: Author | Publication) -> dict[str, str]:
    return {"name": credited.name, "url": settings.SITE_URL + credited.get_absolute_url()}
