"""An issue as data, for programs. docs/data.md is the contract."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.printing.text import credits_of
from sponsors.models import Placement
from text.markdown import render_markdown


def issue_data(issue: Issue, *, html: bool = True) -> dict[str, Any]:
    """For JSON. Without `html`, Markdown alone. No query after Issue.objects.with_contents()."""
    return {
        "number": issue.number,
        "title": issue.title,
        "url": settings.SITE_URL + issue.get_absolute_url(),
        "guid": issue.guid,
        "published": moment(issue.publish_at) if issue.publish_at else None,
        "updated": moment(issue.changed_at),
        "intro": _markdown(issue.intro, html),
        "sponsors": [_placement_data(placement, html) for placement in issue.printed_placements],
        "articles": [article_data(article, html=html) for article in issue.printed_entries],
        "corrections": [
            {"made": moment(correction.made_at), "text": _markdown(correction.text, html)}
            for correction in issue.corrections.all()
        ],
    }


def article_data(article: Article, *, html: bool = True) -> dict[str, Any]:
    """An entry of issue_data()["articles"]. `byline` is as printed, whether it was made of the names or written."""
    return {
        "id": article.pk,
        "anchor": settings.SITE_URL + article.get_absolute_url(),
        "section": article.section,
        "title": article.title,
        "url": article.url,
        "blurb": _markdown(article.blurb, html),
        "authors": [_credited_data(author) for author in article.credited_authors],
        "publication": _credited_data(article.publication) if article.publication else None,
        "byline": credits_of(article),
        "disclosure": article.disclosure,
        "tags": [tag.name for tag in article.printed_tags],
    }


def moment(time: datetime) -> str:
    """RFC 3339, UTC, to the second."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _markdown(text: str, html: bool, rel: str = "") -> dict[str, str]:
    return {"markdown": text, "html": render_markdown(text, rel)} if html else {"markdown": text}


def _placement_data(placement: Placement, html: bool) -> dict[str, Any]:
    return {
        "name": placement.sponsor.name,
        "message": _markdown(placement.message, html, "sponsored"),
        "url": placement.url,
    }


def _credited_data(credited: Author | Publication) -> dict[str, str]:
    return {"name": credited.name, "url": settings.SITE_URL + credited.get_absolute_url()}
