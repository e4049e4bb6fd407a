"""A feed and its entries, as every format writes them. Texts are plain, addresses are absolute."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from taggit.models import Tag

from issues.models.articles import Article
from issues.models.credits import Author
from issues.models.issues import Issue
from issues.printing.html import render_html, summarize
from text.addresses import to_uri
from text.markdown import plain_text, render_markdown
from text.validators import strip_control_characters


class Format(StrEnum):
    RSS = "rss"
    ATOM = "atom"
    JSON = "json"


@dataclass(frozen=True, kw_only=True)
class Feed:
    """One document. Its repr() is part of the ETag, because it holds everything printed outside the entries.

    No text of it is empty: RSS must describe every feed.
    """

    title: str
    description: str
    page: str  # The address of the page with the same contents, for people.
    address: str  # The address of the feed itself.
    # Addresses by relation: RFC 5005, section 4 (current, prev-archive, next-archive) and WebSub, section 4 (hub).
    links: dict[str, str] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """Return the id. Archives are parts of the feed that readers subscribe to, and share its id."""
        return self.links.get("current", self.address)


@dataclass(frozen=True, kw_only=True)
class FeedEntry:
    """One entry. A summary, HTML and tags that are empty are left out of the document."""

    guid: str
    title: str
    link: str  # The address that the title leads to: the issue's page, or the article on its own site.
    related: str = ""  # For an article: the address of its entry on its issue's page.
    summary: str
    html: str
    published: datetime
    updated: datetime
    authors: list[tuple[str, str]] = field(default_factory=list)  # Names and addresses of their pages here.
    tags: list[str]


def feed_address(route: str, *args: object, format: Format) -> str:
    """Return the absolute address. RSS has the address itself; other formats append their name."""
    return settings.SITE_URL + reverse(route, args=args if format == Format.RSS else [*args, format])


def icon_address(size: int) -> str:
    """Return the address of the site's mark as a square PNG. `size` is 192 or 512 pixels."""
    return settings.SITE_URL + reverse("icon", args=[size])


def issue_entry(issue: Issue) -> FeedEntry:
    """Make the entry of a published issue. No query for issues loaded by Issue.objects.with_contents()."""
    assert issue.guid
    assert issue.publish_at
    articles, html = issue.printed_entries, render_html(issue)
    return FeedEntry(
        guid=issue.guid,
        title=strip_control_characters(issue.title),
        link=settings.SITE_URL + issue.get_absolute_url(),
        summary=strip_control_characters(summarize(issue)),
        html=strip_control_characters(html) if html.strip() else "",
        published=issue.publish_at,
        updated=issue.changed_at,
        # Each tag once, in print order.
        tags=list(dict.fromkeys(_names(tag for article in articles for tag in article.printed_tags))),
    )


def article_entry(article: Article) -> FeedEntry:
    """Make the entry of a published article. No query for articles loaded with their credits and issue.

    The guid is the issue's guid with the article's key, which is also its anchor on the issue's page: no setting can
    change it. An article that is taken out of its issue and printed in another gets a new guid.
    """
    issue = article.issue
    assert issue
    assert issue.publish_at
    entry = settings.SITE_URL + article.get_absolute_url()
    return FeedEntry(
        guid=f"{issue.guid}#article-{article.pk}",
        title=strip_control_characters(article.title or article.url or issue.title),
        link=to_uri(article.url) or entry,
        related=entry,
        summary=strip_control_characters(plain_text(render_markdown(article.blurb))),
        html=strip_control_characters(render_to_string("issues/feeds/_article.html", {"article": article})),
        published=issue.publish_at,
        updated=issue.changed_at,
        authors=[(strip_control_characters(author.name), _page(author)) for author in article.credited_authors],
        tags=_names(article.printed_tags),
    )


def _names(tags: Iterable[Tag]) -> list[str]:
    return list(filter(None, (strip_control_characters(tag.name) for tag in tags)))


def _page(author: Author) -> str:
    return settings.SITE_URL + author.get_absolute_url()
