"""The feed: RSS 2.0 with whole issues, at the address and with the guids that WordPress gave them."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed

from issues.models import Issue
from issues.rendering import RENDERED_SINCE, render_html, summarize
from sreweekly.validators import FORBIDDEN_CHARACTERS

# Minutes. How long a feed reader may wait before it asks again: RSS 2.0, <ttl>.
TTL = 60


class Version(NamedTuple):
    """What tells one state of the feed from another, without rendering it."""

    etag: str
    last_modified: datetime

    @classmethod
    def of(cls, issues: Sequence[Issue]) -> "Version":
        """Both move when an issue comes out or is corrected; the ETag also when one is withdrawn or settings change."""
        printed = [(i.guid, i.slug, i.title, i.publish_at, i.updated_at) for i in issues]
        configuration = (
            settings.SITE_URL,
            settings.NEWSLETTER_NAME,
            settings.NEWSLETTER_TAGLINE,
            settings.LANGUAGE_CODE,
        )
        state = repr((printed, configuration, RENDERED_SINCE))
        return cls(
            etag=f'"{hashlib.sha256(state.encode()).hexdigest()}"',
            last_modified=max([RENDERED_SINCE, *(i.changed_at for i in issues)]),
        )


class IssueFeed(Rss201rev2Feed):
    def rss_attributes(self):
        return {**super().rss_attributes(), "xmlns:content": "http://purl.org/rss/1.0/modules/content/"}

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        handler.addQuickElement("content:encoded", item["content"])

    def latest_post_date(self):
        # Django takes the present time where there is no issue yet, and the bytes would change at every request.
        return self.feed["last_modified"]


def write_feed(issues: Iterable[Issue], last_modified: datetime) -> str:
    """XML of those issues, loaded by Issue.objects.with_contents()."""
    feed = IssueFeed(
        title=settings.NEWSLETTER_NAME,
        link=f"{settings.SITE_URL}/",
        description=settings.NEWSLETTER_TAGLINE,
        language=settings.LANGUAGE_CODE,
        feed_url=settings.SITE_URL + reverse("feed"),
        ttl=TTL,
        last_modified=last_modified,
    )
    for issue in issues:
        feed.add_item(
            title=_printable(issue.title),
            link=settings.SITE_URL + issue.get_absolute_url(),
            description=_printable(summarize(issue)),
            pubdate=issue.publish_at,
            unique_id=issue.guid,
            unique_id_is_permalink=False,
            categories=_tags(issue),
            content=_printable(render_html(issue)),
        )
    return feed.writeString("utf-8")


def _tags(issue: Issue) -> list[str]:
    """Each tag once, in print order."""
    articles = [*issue.printed_articles, *issue.printed_outages]
    return list(dict.fromkeys(_printable(tag.name) for article in articles for tag in article.printed_tags))


def _printable(text: str) -> str:
    """A control character that got past validation would make the whole feed unreadable."""
    return FORBIDDEN_CHARACTERS.sub("", text)
