"""The feed and the addresses after the move equal those before it, which are computed from the export alone."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import NamedTuple
from urllib.parse import urlsplit

import feedparser
import pytest
from lxml import etree

from issues.models.issues import Issue
from tests.wordpress.wxr import BLOG, FIRST, item, write
from wordpress.load import import_wordpress

pytestmark = pytest.mark.django_db

WXR = {"wp": "http://wordpress.org/export/1.2/"}


class Item(NamedTuple):
    title: str
    link: str
    guid: str
    is_permalink: str
    published: str


def published_posts(path) -> list[tuple[datetime, Item]]:
    """Return the posts that readers see, latest first, as wp-includes/feed-rss2.php writes them.

    Dates are mysql2date("D, d M Y H:i:s +0000", …) of post_date_gmt, with English names.
    """
    posts = []
    for element in etree.parse(path).iterfind("channel/item"):
        names = ("post_date_gmt", "post_type", "status", "post_password")
        date, *state = (element.findtext(f"wp:{name}", "", WXR) for name in names)
        if state != ["post", "publish", ""]:
            continue
        moment = datetime.fromisoformat(date).replace(tzinfo=UTC)
        guid = element.find("guid")
        # Titles are HTML in the export, and text in the feed.
        fields = unescape(element.findtext("title")), element.findtext("link"), guid.text, guid.get("isPermaLink")
        posts.append((moment, Item(*fields, moment.strftime("%a, %d %b %Y %H:%M:%S +0000"))))
    return sorted(posts, reverse=True)


def wordpress_feed(path) -> list[Item]:
    """Return five items (posts_per_rss). Posts that are not issues become pages here, and are left out."""
    return [item for _, item in published_posts(path) if re.search(r"#\d", item.title)][:5]


def our_feed(client) -> list[Item]:
    items = etree.fromstring(client.get("/feed/").content).findall("channel/item")
    return [
        Item(
            title=item.findtext("title"),
            link=item.findtext("link"),
            guid=item.findtext("guid"),
            is_permalink=item.find("guid").get("isPermaLink"),
            published=item.findtext("pubDate"),
        )
        for item in items
    ]


# Unordered: two posts a second apart, a late one, a draft, a scheduled one, a post that is not an issue, a page.
ITEMS = [
    item(72, 3, guid=f"{BLOG}/?p=72"),
    item(300, 8, guid="http://www.sreweekly.example/?p=300&#038;x=1"),
    item(107, 4, link=f"{BLOG}/sre-weekly-issue-4-2/", slug="sre-weekly-issue-4-2"),
    item(305, 9, at=FIRST + timedelta(weeks=8, seconds=1)),
    item(290, 7, title="<![CDATA[SRE Weekly Issue #7: Tom &amp; “Jerry”]]>"),
    item(200, 5, at=FIRST + timedelta(weeks=6, hours=5)),
    item(201, 6),
    item(306, 10, status="draft"),
    item(307, 11, status="future", at=datetime(2099, 1, 1, tzinfo=UTC)),
    item(308, title="Taking a break this week", slug="break", link=f"{BLOG}/break/", at=FIRST + timedelta(weeks=9)),
    item(2, post_type="page", title="About", slug="about", link=f"{BLOG}/about/"),
]


@pytest.fixture
def export(tmp_path, settings):
    """An export, imported to a site with the blog's address."""
    settings.SITE_URL = BLOG
    path = write(tmp_path, *ITEMS)
    assert import_wordpress([path]).failed_files == []
    return path


def test_feed_has_the_items_of_the_last_feed_of_wordpress(client, export):
    expected = wordpress_feed(export)
    assert len(expected) == 5
    assert our_feed(client) == expected


def test_feed_readers_read_the_same_items(client, export):
    feed = feedparser.parse(client.get("/feed/").content)
    assert not feed.bozo
    read = [(entry.title, entry.link, entry.id, entry.guidislink, entry.published) for entry in feed.entries]
    assert read == [(item.title, item.link, item.guid, False, item.published) for item in wordpress_feed(export)]


def test_every_published_post_is_found_by_its_guid_and_its_permalink(client, export):
    assert list(redirects(client, export)) == [(301, 301, 200)] * 8


def redirects(client, path) -> Iterator[tuple[int, int, int]]:
    """Yield the status of each post's guid, of its permalink in capitals, and of the page that both lead to."""
    for _, post in published_posts(path):
        page, guid = urlsplit(post.link).path, urlsplit(post.guid)
        responses = [client.get(f"{guid.path}?{guid.query}"), client.get(page.upper().rstrip("/"))]
        assert [response.get("Location") for response in responses] == [page, page]
        yield responses[0].status_code, responses[1].status_code, client.get(page).status_code


def test_the_next_issue_pushes_out_the_last_and_changes_no_other(client, export):
    before = our_feed(client)
    number = Issue.objects.next_number()
    issue = Issue(number=number, title=f"SRE Weekly Issue #{number}", slug=f"next-{number}")
    issue.save()
    issue.approve(datetime.now(UTC))
    assert our_feed(client)[1:] == before[:-1]
