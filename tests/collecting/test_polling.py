from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from collecting.models.candidates import Candidate
from collecting.models.sources import Source
from collecting.polling import FIRST_ITEMS, OLDEST, poll
from collecting.tasks import defer_poll, poll_source, poll_sources
from issues.models.articles import Article
from tests.make import make_article
from tests.web import web

pytestmark = pytest.mark.django_db
__all__ = ["web"]

FEED = "http://blog.example/feed/"
NOW = datetime(2030, 1, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def make_source(**fields):
    return Source.objects.create(**{"title": "Blog", "url": FEED, **fields})


def item(number, **fields):
    values = {"link": f"http://blog.example/{number}/", "title": f"Post {number}", **fields}
    return "<item>" + "".join(f"<{name}>{value}</{name}>" for name, value in values.items()) + "</item>"


def rss(*items, title="The Blog"):
    return f"<rss version='2.0'><channel><title>{title}</title>{''.join(items)}</channel></rss>"


def answer(web, *items, **headers):
    web.answer(FEED, rss(*items), **{"content_type": "application/rss+xml", **headers})


def titles():
    return sorted(Candidate.objects.values_list("title", flat=True))


def test_new_items_are_candidates_and_no_articles(web):
    answer(web, item(1, author="ann@example.com (Ann Lee)"), item(2))
    source = make_source()
    poll(source)
    first = Candidate.objects.get(title="Post 1")
    assert (first.url, first.site_name, first.source) == ("http://blog.example/1/", "The Blog", source)
    assert "Ann Lee" in first.author
    assert titles() == ["Post 1", "Post 2"]
    assert not Article.objects.exists()


def test_second_poll_brings_what_is_new_alone(web):
    source = make_source()
    answer(web, item(1))
    poll(source)
    answer(web, item(2), item(1, title="Post 1, renamed"))
    assert [one.candidate.title for one in poll(source)] == ["Post 2"]
    assert titles() == ["Post 1", "Post 2"]


def test_what_was_declined_does_not_come_again(web):
    source = make_source()
    answer(web, item(1))
    poll(source)
    Candidate.objects.all().decline()
    poll(source)
    assert Candidate.objects.waiting().count() == 0


def test_what_is_an_article_already_does_not_come(web):
    make_article(url="http://blog.example/1/?utm_source=x")
    answer(web, item(1))
    assert poll(make_source()) == []


def test_request_is_conditional(web):
    source = make_source()
    answer(web, item(1), etag='"one"', last_modified="Tue, 01 Jan 2030 00:00:00 GMT")
    poll(source)
    web.answer(FEED, b"", status=304)
    poll(Source.objects.get())
    sent = web.requests[-1][1]
    assert sent["If-None-Match"] == '"one"'
    assert sent["If-Modified-Since"] == "Tue, 01 Jan 2030 00:00:00 GMT"
    assert Source.objects.get().failures == 0


@pytest.mark.parametrize(
    ("headers", "hours"),
    [
        ({}, 1),
        ({"cache_control": "max-age=60"}, 1),
        ({"cache_control": "public, max-age=14400"}, 4),
        ({"cache_control": "max-age=999999999"}, 24),
        ({"cache_control": "max-age=x"}, 1),
    ],
)
def test_feed_is_asked_again_when_its_answer_is_stale(web, headers, hours):
    source = make_source()
    answer(web, item(1), **headers)
    poll(source)
    assert source.next_poll_at == NOW + timedelta(hours=hours)


def test_failing_feed_is_asked_later_and_later(web, clock):
    source = make_source()
    web.answer(FEED, b"", status=503)
    waits = []
    for _ in range(9):
        poll(source)
        waits.append(source.next_poll_at - timezone.now())
    assert [wait / timedelta(hours=1) for wait in waits] == [1, 2, 4, 8, 16, 32, 64, 128, 168]
    assert source.problem


def test_retry_after_is_heeded(web):
    source = make_source()
    web.answer(FEED, b"", status=429, retry_after="7200")
    poll(source)
    assert source.next_poll_at == NOW + timedelta(hours=2)


def test_feed_that_is_gone_for_ever_is_not_asked_again(web):
    source = make_source()
    web.answer(FEED, b"", status=410)
    poll(source)
    assert not Source.objects.get().is_active


def test_failure_is_forgotten_when_all_is_well(web):
    source = make_source(failures=5, problem="It was down.")
    answer(web, item(1))
    poll(source)
    assert (source.failures, source.problem) == (0, "")


def test_page_is_no_feed(web):
    source = make_source()
    web.answer(FEED, "<html><title>Hello</title><p>No feed.</p></html>")
    poll(source)
    assert source.problem == "There is no feed at this address."


@pytest.mark.parametrize("body", [b"", b"/etc/passwd", b"http://blog.example/other/", b"\0" * 1000, b"<rss", b"{}"])
def test_no_body_is_taken_for_an_address_or_a_file(web, body):
    web.answer(FEED, body, content_type="application/rss+xml")
    poll(make_source())
    assert len(web.requests) == 1
    assert not Candidate.objects.exists()


def test_private_address_is_not_asked(web):
    source = make_source(url="http://169.254.169.254/feed/")
    poll(source)
    assert web.connections == []
    assert source.problem


def test_permanent_move_is_followed(web):
    web.redirect(FEED, "http://blog.example/new/")
    web.answer("http://blog.example/new/", rss(item(1)), content_type="application/rss+xml")
    source = make_source()
    poll(source)
    assert Source.objects.get().url == "http://blog.example/new/"


def test_move_to_a_feed_that_is_here_keeps_both_apart(web):
    make_source(url="http://blog.example/new/")
    web.redirect(FEED, "http://blog.example/new/")
    web.answer("http://blog.example/new/", rss(item(1)), content_type="application/rss+xml")
    source = make_source()
    poll(source)
    source.refresh_from_db()
    assert source.url == FEED


def test_old_items_are_no_news(web):
    old = NOW - OLDEST - timedelta(days=1)
    answer(web, item(1, pubDate=f"{old:%a, %d %b %Y %H:%M:%S} GMT"), item(2))
    poll(make_source())
    assert titles() == ["Post 2"]


def test_first_poll_is_no_flood(web):
    answer(web, *map(item, range(100)))
    poll(make_source())
    assert Candidate.objects.count() == FIRST_ITEMS


@pytest.mark.parametrize("link", ["", "javascript:alert(1)", "ftp://x.example/", "http://", "x" * 5000])
def test_item_without_a_web_address_is_passed_over(web, link):
    answer(web, item(1, link=link), item(2))
    poll(make_source())
    assert "Post 2" in titles()


def test_address_behind_feedburner_is_taken(web):
    namespace = "xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'"
    proxied = "http://feedproxy.example/~r/1"
    entry = item(1, **{"link": proxied, "feedburner:origLink": "http://blog.example/real/"})
    web.answer(FEED, rss(entry).replace("<rss", f"<rss {namespace}"), content_type="application/rss+xml")
    poll(make_source())
    assert Candidate.objects.get().url == "http://blog.example/real/"


def test_markup_in_titles_is_text(web):
    answer(web, item(1, title="&lt;b&gt;Bold&lt;/b&gt; &amp;amp; &lt;script&gt;alert(1)&lt;/script&gt;"))
    poll(make_source())
    assert "<" not in Candidate.objects.get().title


def test_title_of_the_feed_is_offered_and_not_forced(web):
    answer(web, item(1))
    untitled, titled = make_source(title=""), make_source(url="http://blog.example/other/", title="Mine")
    web.answer("http://blog.example/other/", rss(item(2)), content_type="application/rss+xml")
    poll(untitled)
    poll(titled)
    assert (untitled.title, titled.title) == ("The Blog", "Mine")


def test_due_feeds_are_asked_once(clock):
    due = make_source()
    make_source(url="http://later.example/", next_poll_at=NOW + timedelta(hours=1))
    make_source(url="http://off.example/", is_active=False)
    poll_sources(0)
    poll_sources(0)
    (job,) = ProcrastinateJob.objects.filter(task_name=poll_source.name)
    assert job.args == {"source_id": due.pk}
    assert not defer_poll(due)


def test_feed_that_was_deleted_meanwhile_is_not_asked(web):
    poll_source(1)
    assert web.requests == []


@pytest.mark.parametrize("count", [1, 3])
def test_poll_takes_a_fixed_number_of_queries(web, django_assert_num_queries, count):
    answer(web, *map(item, range(count)))
    source = make_source()
    with django_assert_num_queries(8):
        poll(source)
