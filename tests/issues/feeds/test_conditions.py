"""What readers send to learn whether anything is new: RFC 9110, section 13, and the mistakes they make with it."""

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


@pytest.mark.parametrize("feed", FEEDS)
def test_every_feed_answers_its_own_validators(client, feed):
    full = client.get(feed)
    etag, modified = validators(full)
    assert (full.status_code, modified) == (200, MODIFIED)
    for condition in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
        empty = client.get(feed, headers=condition)
        assert (empty.status_code, empty.content) == (304, b"")
        assert validators(empty) == validators(full)
        assert empty["Cache-Control"] == full["Cache-Control"]
        assert empty["Vary"] == full["Vary"]
        assert "Accept-Encoding" in full["Vary"]


def test_no_two_feeds_share_an_etag(client):
    assert len({client.get(feed)["ETag"] for feed in FEEDS}) == len(FEEDS)


@pytest.mark.parametrize("feed", FEEDS)
def test_nothing_is_rendered_for_a_304(client, monkeypatch, feed):
    etag = client.get(feed)["ETag"]
    monkeypatch.setattr(documents, "issue_entry", None)
    for name in ("render_html", "render_to_string", "summarize"):
        monkeypatch.setattr(documents, name, None)  # Called, it would raise.
    assert client.get(feed, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    "form",
    [
        "{weak}",
        "{strong}",  # Weak comparison: section 8.8.3.2.
        '"a", {weak}',
        '"a",{strong},"b"',
        ' W/"a" ,\t{weak} ',
        '"", {weak}',
        "*",
        " * ",
    ],
)
@pytest.mark.parametrize("modified", [None, OLDER, "nonsense"])
def test_etag_that_matches_is_304_whatever_the_date(client, form, modified):
    weak = client.get("/feed/")["ETag"]
    headers = {"If-None-Match": form.format(weak=weak, strong=weak.removeprefix("W/"))}
    if modified:
        headers["If-Modified-Since"] = modified
    assert client.get("/feed/", headers=headers).status_code == 304


@pytest.mark.parametrize("etag", ['"another"', 'W/"another"', '"a", "b"', '""'])
@pytest.mark.parametrize("modified", [None, MODIFIED, NEWER])
def test_etag_that_does_not_match_is_200_whatever_the_date(client, etag, modified):
    # Section 13.1.3: "A recipient MUST ignore If-Modified-Since if the request contains an If-None-Match".
    headers = {"If-None-Match": etag, **({"If-Modified-Since": modified} if modified else {})}
    assert client.get("/feed/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("date", "status"),
    [
        (MODIFIED, 304),
        (NEWER, 304),  # Readers send the time of their last visit, …
        ("Fri, 01 Jan 2100 00:00:00 GMT", 304),  # … or one that they made up.
        (OLDER, 200),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 200),
        ("Sunday, 02-Jun-30 00:45:00 GMT", 304),  # RFC 850
        ("Sun Jun  2 00:45:00 2030", 304),  # asctime()
        ("Sat, 01 Jan 0000 00:00:00 GMT", 200),
        ("Sat, 99 Foo 2000 99:99:99 GMT", 200),
        ("2030-06-02T00:45:00Z", 200),
        ("1906591500", 200),
        ("yesterday", 200),
        ("-1", 200),
        ("0", 200),
        ("", 200),
        ("x" * 5000, 200),
        ("Sun, 02 Jun 99999999999999 00:45:00 GMT", 200),
        ("日本", 200),
    ],
)
def test_date_alone(client, date, status):
    assert client.get("/feed/", headers={"If-Modified-Since": date}).status_code == status


@pytest.mark.parametrize(
    "etag", ["garbage", "", '"', '"unclosed', "W/", ",", ", ,", '"' + "x" * 5000 + '"', "\x00", "日本", "* , *", '"*"']
)
def test_broken_etag_is_answered_in_full(client, etag):
    assert client.get("/feed/", headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"If-Match": "*"}, 200),
        ({"If-Match": "*", "If-Unmodified-Since": OLDER}, 200),
        ({"If-Match": '"another"'}, 412),
        ({"If-Unmodified-Since": MODIFIED}, 200),
        ({"If-Unmodified-Since": OLDER}, 412),
        ({"If-Unmodified-Since": "nonsense"}, 200),
        ({"Range": "bytes=0-9"}, 200),  # We have none: section 14.2.
        ({"Range": "bytes=0-9", "If-Range": MODIFIED}, 200),
    ],
)
def test_conditions_that_readers_seldom_send(client, condition, status):
    assert client.get("/feed/", headers=condition).status_code == status


@pytest.mark.parametrize("feed", FEEDS)
def test_head_has_the_headers_of_get_and_no_body(client, feed):
    for headers in ({}, {"If-Modified-Since": MODIFIED}, {"Accept-Encoding": "br"}):
        full, head = client.get(feed, headers=headers), client.head(feed, headers=headers)
        assert head.content == b""
        assert (head.status_code, head.headers) == (full.status_code, full.headers)


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
@pytest.mark.parametrize("feed", ["/feed/", "/feed/articles/json/", "/tags/slo/feed/"])
def test_other_methods_are_refused(client, method, feed):
    assert getattr(client, method)(feed).status_code == 405


@pytest.mark.parametrize("feed", FEEDS)
def test_bytes_and_validators_stay_from_request_to_request(client, feed):
    first = client.get(feed)
    with time_machine.travel("2032-01-01 00:00Z"):
        second = client.get(feed)
    assert (first.content, validators(first)) == (second.content, validators(second))


@pytest.mark.parametrize("feed", FEEDS)
def test_correction_moves_both_validators(client, feed):
    before = client.get(feed)
    Issue.objects.get().articles.update(blurb="Corrected.")
    with time_machine.travel("2031-06-01 00:00Z", tick=False):
        note_changes(Issue.objects.all())
    after = client.get(feed, headers={"If-None-Match": before["ETag"]})
    assert b"Corrected." in after.content
    assert after["Last-Modified"] == "Sun, 01 Jun 2031 00:00:00 GMT"


@pytest.mark.parametrize("feed", [feed for feed in FEEDS if "archive" not in feed])
def test_another_issue_moves_only_the_feeds_that_it_is_in(client, feed):
    before = client.get(feed)
    make_issue(articles=1)
    after = client.get(feed)
    changed = feed.startswith(("/feed/",))
    assert (after["ETag"] != before["ETag"], after["Last-Modified"] != before["Last-Modified"]) == (changed, changed)
    assert (after.content != before.content) == changed


@pytest.mark.parametrize("feed", ["/feed/archive/1-1/", "/feed/archive/1-1/atom/", "/feed/archive/1-1/json/"])
def test_another_issue_leaves_an_archive_as_it_is(client, feed):
    before = client.get(feed)
    make_issue(articles=1)
    after = client.get(feed)
    assert (after.content, validators(after)) == (before.content, validators(before))
