"""RFC 5005, section 4: a reader that comes today can get every issue there ever was."""

from datetime import UTC, datetime, timedelta

import feedparser
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from issues.feeds import views
from issues.models.issues import Issue
from issues.models.site_version import VERSION, Version
from tests.make import make_issue

pytestmark = pytest.mark.django_db

SITE = "https://sreweekly.example"
FIRST = datetime(2026, 1, 4, tzinfo=UTC)


@pytest.fixture
def small_archives(monkeypatch, settings):
    """Archives of four issues instead of 20, and a feed of three instead of five: the same rules with fewer rows."""
    monkeypatch.setattr(views, "ARCHIVE_ITEMS", 4)
    settings.FEED_ITEMS = 3


def publish(*numbers, articles=0):
    for number in numbers:
        make_issue(number=number, articles=articles, publish_at=FIRST + timedelta(days=number))


class Client:
    """A reader as in section 4.2, at its strictest: it never reads a document twice."""

    def __init__(self, client, address):
        self.client, self.address = client, address
        self.read = set()
        self.entries = {}

    def update(self):
        """Return the numbers of the issues that it did not have, in the order in which it found them."""
        new, address = [], self.address
        while address and address not in self.read:
            feed = feedparser.parse(self.client.get(address).content)
            for entry in feed.entries:
                if self.entries.setdefault(entry.id, entry) is entry:
                    new.append(int(entry.title.rpartition("#")[2]))
            if address != self.address:
                assert "fh_archive" in feed.feed
                self.read.add(address)
            links = {link.rel: link.href for link in feed.feed.links}
            address = links.get("prev-archive", "").removeprefix(SITE)
        return new


def links(client, address):
    feed = feedparser.parse(client.get(address).content).feed
    return {link.rel: link.href.removeprefix(SITE) for link in feed.links if link.rel not in ("alternate", "self")}


@pytest.mark.parametrize("address", ["/feed/", "/feed/atom/"])
def test_reader_loads_every_issue_once_and_then_the_new_ones(client, small_archives, address):
    publish(*range(1, 7))
    reader = Client(client, address)
    assert reader.update() == list(range(6, 0, -1))
    publish(7)
    assert reader.update() == [7]
    assert reader.update() == []


@pytest.mark.parametrize("away", [1, 2, 3, 6])
def test_reader_that_was_away_misses_nothing(client, small_archives, away):
    publish(*range(1, 7))
    reader = Client(client, "/feed/atom/")
    reader.update()
    publish(*range(7, 7 + away))
    assert sorted(reader.update()) == list(range(7, 7 + away))


def test_every_number_of_issues_is_covered(client, small_archives):
    for count in range(1, 10):
        publish(count)
        assert len(Client(client, "/feed/").update()) == count


def test_json_feed_pages_through_all_issues(client, small_archives):
    publish(*range(1, 7))
    address, ids = "/feed/json/", []
    while address:
        feed = client.get(address).json()
        ids += [item["id"] for item in feed["items"]]
        address = feed.get("next_url", "").removeprefix(SITE)
    assert (len(ids), len(set(ids))) == (9, 6)


def test_feed_that_will_be_stored_does_not_count_the_issues(client):
    publish(*range(1, 23))
    for published, address in [(22, "21-22"), (21, "21-21"), (0, "1-1")]:
        with CaptureQueriesContext(connection) as queries:
            feed = client.get("/feed/", **{VERSION: Version(1, published)})
        assert f"/feed/archive/{address}/" in feed.text
        assert not any("COUNT" in query["sql"] for query in queries)


@pytest.mark.parametrize("form", ["", "atom/"])
def test_archives_are_chained(client, form):
    publish(*range(1, 46))
    assert links(client, f"/feed/{form}") == {"prev-archive": f"/feed/archive/41-45/{form}"}
    assert links(client, f"/feed/archive/41-45/{form}") == {
        "current": f"/feed/{form}",
        "prev-archive": f"/feed/archive/21-40/{form}",
    }
    assert links(client, f"/feed/archive/1-20/{form}") == {
        "current": f"/feed/{form}",
        "next-archive": f"/feed/archive/21-40/{form}",
    }


def test_archives_share_the_feeds_id_and_have_an_address_of_their_own(client):
    publish(1)
    current, archive = (
        feedparser.parse(client.get(a).content).feed for a in ("/feed/atom/", "/feed/archive/1-1/atom/")
    )
    assert archive.id == current.id == f"{SITE}/feed/atom/"
    assert [link.href for link in archive.links if link.rel == "self"] == [f"{SITE}/feed/archive/1-1/atom/"]


def test_next_archive_moves_both_validators_when_it_is_complete(client, small_archives):
    publish(*range(1, 8))
    Issue.objects.update(updated_at=FIRST)
    complete = FIRST + timedelta(weeks=250)
    with time_machine.travel(complete - timedelta(hours=1)):
        make_issue(number=8, publish_at=complete)
        Issue.objects.update(updated_at=FIRST)
        before = client.get("/feed/archive/1-4/")
    with time_machine.travel(complete):
        after = client.get("/feed/archive/1-4/")
    assert b"next-archive" not in before.content
    assert b"next-archive" in after.content
    assert before["ETag"] != after["ETag"]
    assert after["Last-Modified"] == "Sun, 20 Oct 2030 00:00:00 GMT" != before["Last-Modified"]


def test_archive_is_in_order_of_publication(client):
    publish(3, 1, 2)
    feed = feedparser.parse(client.get("/feed/archive/1-3/").content)
    assert [entry.title[-1] for entry in feed.entries] == ["3", "2", "1"]


def test_there_is_no_other_archive(client, small_archives):
    publish(*range(1, 7))
    places = [
        *("1-6", "5-7", "9-9", "2-4", "4-1", "0-3", "1-0", "01-4", "1-5", "1", "-", "1-", "1--1", "a-b", "1.0-2"),
        *("999999-999999", "1-1000000", "1-" + "9" * 5000, "١-٢", "%00-1"),
    ]
    assert {client.get(f"/feed/archive/{place}/").status_code for place in places} == {404}
    assert client.get("/feed/archive/5-6/").status_code == 200


@pytest.mark.parametrize("status", ["draft", "approved"])
def test_unpublished_issue_is_in_no_archive(client, status):
    publish(1)
    make_issue(number=2, status=status, publish_at=datetime(2126, 1, 1, tzinfo=UTC))
    assert client.get("/feed/archive/1-2/").status_code == 404
    assert b"archive/1-1/" in client.get("/feed/").content


@pytest.mark.parametrize("count", [1, 3])
def test_archive_takes_a_fixed_number_of_queries(client, django_assert_num_queries, count):
    publish(*range(1, count + 1), articles=count)
    with django_assert_num_queries(7):
        etag = client.get(f"/feed/archive/1-{count}/")["ETag"]
    with django_assert_num_queries(1):
        assert client.get(f"/feed/archive/1-{count}/", headers={"If-None-Match": etag}).status_code == 304
