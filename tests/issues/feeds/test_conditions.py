"""Conditional requests of feed readers (RFC 9110, section 13), and the mistakes that readers make with them."""

from datetime import UTC, datetime

import pytest
import time_machine

from issues.feeds import documents
from issues.models.issues import Issue
from tests.issues.feeds import FEEDS
from tests.issues.printing.test_markup_contract import make_sample
from tests.make import make_issue, note_changes

pytestmark = pytest.mark.django_db

CHANGED = datetime(2030, 6, 2, 0, 45, tzinfo=UTC)
MODIFIED = "Sun, 02 Jun 2030 00:45:00 GMT"
OLDER = "Sun, 02 Jun 2030 00:44:59 GMT"
NEWER = "Sun, 02 Jun 2030 00:45:01 GMT"


@pytest.fixture(autouse=True)
def published():
    with time_machine.travel(CHANGED, tick=False):
        make_sample()
        note_changes(Issue.objects.all())
    with time_machine.travel("2031-01-01 00:00Z"):
        yield


def validators(response):
    return response["ETag"], response["Last-Modified"]


def test_every_feed_answers_its_own_validators(client):
    for feed in FEEDS:
        full = client.get(feed)
        etag, modified = validators(full)
        assert (full.status_code, modified) == (200, MODIFIED)
        for condition in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
            empty = client.get(feed, headers=condition)
            assert (empty.status_code, empty.content) == (304, b"")
            assert validators(empty) == validators(full)
            assert (empty["Cache-Control"], empty["Vary"]) == (full["Cache-Control"], full["Vary"])
        assert "Accept-Encoding" in full["Vary"]


def test_no_two_feeds_share_an_etag(client):
    assert len({client.get(feed)["ETag"] for feed in FEEDS}) == len(FEEDS)


def test_nothing_is_rendered_for_a_304(client, monkeypatch):
    etags = {feed: client.get(feed)["ETag"] for feed in FEEDS}
    for name in ("issue_entry", "render_html", "render_to_string", "summarize"):
        monkeypatch.setattr(documents, name, None)  # Called, it would raise.
    for feed, etag in etags.items():
        assert client.get(feed, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    ("form", "modified"),
    [
        ("{weak}", None),
        ("{strong}", OLDER),  # Weak comparison: section 8.8.3.2.
        (' "a",{strong}, W/"b"\t', "nonsense"),
        ('"", {weak}', None),
        (" * ", OLDER),
    ],
)
def test_etag_that_matches_is_304_whatever_the_date(client, form, modified):
    weak = client.get("/feed/")["ETag"]
    headers = {"If-None-Match": form.format(weak=weak, strong=weak.removeprefix("W/"))}
    if modified:
        headers["If-Modified-Since"] = modified
    assert client.get("/feed/", headers=headers).status_code == 304


@pytest.mark.parametrize("etag", ['W/"another"', '"a", "b"', '""'])
def test_etag_that_does_not_match_is_200_whatever_the_date(client, etag):
    # Section 13.1.3: "A recipient MUST ignore If-Modified-Since if the request contains an If-None-Match".
    for modified in (MODIFIED, NEWER):
        headers = {"If-None-Match": etag, "If-Modified-Since": modified}
        assert client.get("/feed/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("date", "status"),
    [
        (MODIFIED, 304),
        (NEWER, 304),  # Readers send the time of their last visit, …
        ("Fri, 01 Jan 2100 00:00:00 GMT", 304),  # … or one that they made up.
        (OLDER, 200),
        ("Sunday, 02-Jun-30 00:45:00 GMT", 304),  # RFC 850
        ("Sun Jun  2 00:45:00 2030", 304),  # asctime()
        ("Sat, 01 Jan 0000 00:00:00 GMT", 200),
        ("Sat, 99 Foo 2000 99:99:99 GMT", 200),
        ("2030-06-02T00:45:00Z", 200),
        ("-1", 200),
        ("", 200),
        ("Sun, 02 Jun 99999999999999 00:45:00 GMT", 200),
        ("日本", 200),
    ],
)
def test_date_alone_decides(client, date, status):
    assert client.get("/feed/", headers={"If-Modified-Since": date}).status_code == status


@pytest.mark.parametrize(
    "etag", ["garbage", "", '"unclosed', ", ,", '"' + "x" * 5000 + '"', "\x00日本", "* , *", '"*"']
)
def test_broken_etag_is_answered_in_full(client, etag):
    assert client.get("/feed/", headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"If-Match": "*", "If-Unmodified-Since": OLDER}, 200),
        ({"If-Match": '"another"'}, 412),
        ({"If-Unmodified-Since": MODIFIED}, 200),
        ({"If-Unmodified-Since": OLDER}, 412),
        ({"If-Unmodified-Since": "nonsense"}, 200),
        ({"Range": "bytes=0-9", "If-Range": MODIFIED}, 200),  # Ranges are not offered: section 14.2.
    ],
)
def test_conditions_that_readers_seldom_send(client, condition, status):
    assert client.get("/feed/", headers=condition).status_code == status


def test_head_has_the_headers_of_get_and_no_body(client):
    for feed in FEEDS:
        for headers in ({}, {"If-Modified-Since": MODIFIED}, {"Accept-Encoding": "br"}):
            full, head = client.get(feed, headers=headers), client.head(feed, headers=headers)
            assert head.content == b""
            del full.headers["X-Request-ID"], head.headers["X-Request-ID"]
            assert (head.status_code, head.headers) == (full.status_code, full.headers)


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_other_methods_are_refused(client, method):
    for feed in ("/feed/", "/feed/articles/json/", "/tags/slo/feed/"):
        assert getattr(client, method)(feed).status_code == 405


def test_bytes_and_validators_stay_from_request_to_request(client):
    before = [(client.get(feed).content, *validators(client.get(feed))) for feed in FEEDS]
    with time_machine.travel("2032-01-01 00:00Z"):
        assert [(client.get(feed).content, *validators(client.get(feed))) for feed in FEEDS] == before


def test_correction_moves_both_validators_of_every_feed(client):
    before = {feed: client.get(feed)["ETag"] for feed in FEEDS}
    Issue.objects.get().articles.update(blurb="Corrected.")
    with time_machine.travel("2031-06-01 00:00Z", tick=False):
        note_changes(Issue.objects.all())
    for feed, etag in before.items():
        after = client.get(feed, headers={"If-None-Match": etag})
        assert b"Corrected." in after.content
        assert after["Last-Modified"] == "Sun, 01 Jun 2031 00:00:00 GMT"


def test_another_issue_moves_only_the_feeds_that_it_is_in(client):
    before = {feed: client.get(feed) for feed in FEEDS}
    make_issue(articles=1)
    for feed, old in before.items():
        new = client.get(feed)
        changes = feed.startswith("/feed/") and "archive" not in feed
        assert (new["ETag"] != old["ETag"], new["Last-Modified"] != old["Last-Modified"]) == (changes, changes), feed
        assert (new.content != old.content) == changes, feed
