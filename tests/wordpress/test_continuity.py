"""The feed after the move is the one before it: what WordPress would serve is computed from the export alone."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import NamedTuple
from urllib.parse import urlsplit

import feedparser
import pytest
from lxml import etree

from issues.models.issues import Issue
from tests.wordpress.wxr import BLOG, FIRST, SAMPLES, item, write
from wordpress.load import import_wordpress

pytestmark = pytest.mark.django_db

WXR = {"wp": "http://wordpress.org/export/1.2/"}
SAMPLE = SAMPLES / "sreweekly-like.wxr.xml"


class Item(NamedTuple):
    title: str
    link: str
    guid: str
    is_permalink: str
    published: str


def published_posts(path) -> list[tuple[datetime, Item]]:
    """Posts that readers see, the latest first, as wp-includes/feed-rss2.php writes them.

    Dates are mysql2date("D, d M Y H:i:s +0000", …) of post_date_gmt; names of days and months are English there.
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
    """posts_per_rss is five. A post that is no issue is a page here, and no item: an older issue takes its place."""
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


# In no order: two a second apart, one that came out late, a draft, a scheduled one, a post that is no issue, a page.
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
    """The path of an export that was imported to where the blog was."""
    settings.SITE_URL = BLOG
    path = write(tmp_path, *ITEMS)
    assert import_wordpress([path]).failed_files == []
    return path


def test_feed_has_the_items_of_the_last_one_before_the_move(client, export):
    expected = wordpress_feed(export)
    assert len(expected) == 5
    assert our_feed(client) == expected


def test_programs_read_the_same_from_it(client, export):
    feed = feedparser.parse(client.get("/feed/").content)
    assert not feed.bozo
    read = [(entry.title, entry.link, entry.id, entry.guidislink, entry.published) for entry in feed.entries]
    assert read == [(item.title, item.link, item.guid, False, item.published) for item in wordpress_feed(export)]


def test_every_published_post_is_found_by_its_guid_and_its_permalink(client, export):
    assert len(published_posts(export)) == 8
    assert_found(client, export)


def assert_found(client, path):
    for _, post in published_posts(path):
        page, guid = urlsplit(post.link).path, urlsplit(post.guid)
        for address in (f"{guid.path}?{guid.query}", page.upper().rstrip("/")):
            response = client.get(address)
            assert (response.status_code, response["Location"]) == (301, page)
        assert client.get(page).status_code == 200


def test_the_next_issue_pushes_out_the_last_and_changes_no_other(client, export):
    before = our_feed(client)
    number = Issue.objects.next_number()
    issue = Issue(number=number, title=f"SRE Weekly Issue #{number}", slug=f"next-{number}")
    issue.save()
    issue.approve(datetime.now(UTC))
    assert our_feed(client)[1:] == before[:-1]


@pytest.mark.skipif(not SAMPLE.is_file(), reason="no exports beside the project (../shared/data/wordpress)")
def test_given_archive_moves_without_a_break(client, settings):
    settings.SITE_URL = "https://sreweekly.com"
    assert import_wordpress([SAMPLE]).failed_files == []
    assert len(published_posts(SAMPLE)) == 91
    assert our_feed(client) == wordpress_feed(SAMPLE)
    assert_found(client, SAMPLE)
