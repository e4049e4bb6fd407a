import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from procrastinate.contrib.django.models import ProcrastinateJob

from collecting import polling
from collecting.models.candidates import Candidate
from collecting.models.sources import Source
from collecting.polling import FIRST_ITEMS, MAX_AGE, poll
from collecting.tasks import defer_poll, poll_source, poll_sources
from issues.models.articles import Article
from tests.make import make_article

pytestmark = pytest.mark.django_db

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


def test_new_items_become_candidates_and_not_articles(web):
    answer(web, item(1, author="ann@example.com (Ann Lee)"), item(2))
    source = make_source()
    poll(source)
    first = Candidate.objects.get(title="Post 1")
    assert (first.url, first.site_name, first.source) == ("http://blog.example/1/", "The Blog", source)
    assert "Ann Lee" in first.author
    assert titles() == ["Post 1", "Post 2"]
    assert not Article.objects.exists()


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        ("&lt;p&gt;First &lt;b&gt;lines&lt;/b&gt;.&lt;/p&gt;&lt;p&gt;More.&lt;/p&gt;", "First lines. More."),
        ("word " * 500, "word " * 99 + "word…"),
        ("", ""),
    ],
)
def test_first_lines_of_an_item_are_kept(web, text, excerpt):
    answer(web, item(1, description=text))
    poll(make_source())
    assert Candidate.objects.get().excerpt == excerpt


def test_second_poll_brings_only_new_items(web):
    source = make_source()
    answer(web, item(1))
    poll(source)
    answer(web, item(2), item(1, title="Post 1, renamed"))
    assert [one.candidate.title for one in poll(source)] == ["Post 2"]
    assert titles() == ["Post 1", "Post 2"]


def test_declined_item_does_not_come_again(web):
    source = make_source()
    answer(web, item(1))
    poll(source)
    Candidate.objects.all().decline()
    poll(source)
    assert Candidate.objects.waiting().count() == 0


def test_item_that_is_an_article_does_not_come(web):
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
        ({"cache_control": "public, max-age=14400"}, 4),
        ({"cache_control": "max-age=999999999"}, 24),
        ({"cache_control": "max-age=x"}, 1),
    ],
)
def test_next_poll_is_due_when_the_answer_is_stale(web, headers, hours):
    source = make_source()
    answer(web, item(1), **headers)
    poll(source)
    assert Source.objects.get().next_poll_at == NOW + timedelta(hours=hours)


@pytest.mark.parametrize(("failures", "hours"), [(0, 1), (1, 2), (7, 128), (8, 168), (1000, 168)])
def test_failing_feed_is_polled_later_and_later(web, failures, hours):
    web.answer(FEED, b"", status=503)
    poll(make_source(failures=failures))
    source = Source.objects.get()
    assert source.next_poll_at == NOW + timedelta(hours=hours)
    assert source.failures == min(failures + 1, 1000)
    assert source.problem


def test_retry_after_is_respected(web):
    source = make_source()
    web.answer(FEED, b"", status=429, retry_after="7200")
    poll(source)
    assert Source.objects.get().next_poll_at == NOW + timedelta(hours=2)


def test_feed_that_is_gone_for_ever_is_switched_off(web):
    source = make_source()
    web.answer(FEED, b"", status=410)
    poll(source)
    assert not Source.objects.get().is_active


def test_good_answer_ends_the_failures(web):
    answer(web, item(1))
    poll(make_source(failures=5, problem="It was down."))
    source = Source.objects.get()
    assert (source.failures, source.problem) == (0, "")


@pytest.mark.parametrize("body", [b"<title>Hello</title>", b"/etc/passwd", b"http://blog.example/", b"<rss", b"{}"])
def test_other_text_is_a_failure_and_is_not_taken_for_an_address_or_a_file(web, body):
    web.answer(FEED, body, content_type="application/rss+xml")
    poll(make_source())
    assert Source.objects.get().failures == 1
    assert len(web.requests) == 1
    assert not Candidate.objects.exists()


def test_private_address_is_not_requested(web):
    poll(make_source(url="http://169.254.169.254/feed/"))
    assert web.connections == []
    assert Source.objects.get().problem


# What the editor does during the fetch


@pytest.fixture
def meanwhile(web, monkeypatch):
    """Have the editor change the row while the feed is fetched."""

    def change(**fields):
        def fetch(*args, **kwargs):
            Source.objects.update(**fields)
            return real_fetch(*args, **kwargs)

        monkeypatch.setattr(polling, "fetch", fetch)

    real_fetch = polling.fetch
    web.redirect(FEED, "http://blog.example/new/")
    web.answer("http://blog.example/new/", rss(item(1)), content_type="application/rss+xml", etag='"new"')
    return change


def test_title_that_the_editor_changed_during_the_fetch_stays(meanwhile):
    meanwhile(title="Mine", site_url="http://blog.example/about/")
    poll(make_source(title=""))
    source = Source.objects.get()
    assert (source.title, source.site_url, source.etag) == ("Mine", "http://blog.example/about/", '"new"')


def test_answer_of_an_address_that_the_editor_changed_during_the_fetch_is_discarded(meanwhile):
    address = "http://other.example/feed/"
    meanwhile(url=address, canonical_url="other.example/feed", title="")
    assert poll(make_source()) == []
    source = Source.objects.get()
    assert (source.url, source.title, source.etag, source.polled_at) == (address, "", "", None)
    assert not Candidate.objects.exists()


def test_feed_that_the_editor_switched_off_during_the_fetch_stays_off(meanwhile):
    meanwhile(is_active=False)
    assert poll(make_source()) == []
    assert not Source.objects.get().is_active


def test_feed_that_was_deleted_during_the_fetch_brings_nothing(web, monkeypatch):
    answer(web, item(1))
    source = make_source()
    monkeypatch.setattr(polling, "parse_feed", lambda fetched: Source.objects.all().delete())
    assert poll(source) == []


# Moves, and what items hold


def test_permanent_move_is_followed(web):
    web.redirect(FEED, "http://blog.example/new/")
    web.answer("http://blog.example/new/", rss(item(1)), content_type="application/rss+xml")
    source = make_source()
    poll(source)
    assert Source.objects.get().url == "http://blog.example/new/"


def test_move_to_the_address_of_another_feed_is_not_followed(web):
    make_source(url="http://blog.example/new/")
    web.redirect(FEED, "http://blog.example/new/")
    web.answer("http://blog.example/new/", rss(item(1)), content_type="application/rss+xml")
    source = make_source()
    poll(source)
    source.refresh_from_db()
    assert source.url == FEED


def test_old_item_is_not_taken(web):
    old = NOW - MAX_AGE - timedelta(days=1)
    answer(web, item(1, pubDate=f"{old:%a, %d %b %Y %H:%M:%S} GMT"), item(2))
    poll(make_source())
    assert titles() == ["Post 2"]


def test_first_poll_takes_few_items(web):
    answer(web, *map(item, range(100)))
    poll(make_source())
    assert Candidate.objects.count() == FIRST_ITEMS


@pytest.mark.parametrize("link", ["", "javascript:alert(1)", "x" * 5000])
def test_item_without_a_web_address_is_left_out(web, link):
    answer(web, item(1, link=link), item(2))
    poll(make_source())
    assert "Post 2" in titles()


def test_original_address_of_feedburner_is_taken(web):
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


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("Why Vec&lt;T&gt; and Option&lt;T&gt; differ", "Why Vec<T> and Option<T> differ"),
        ("&lt;antirez&gt;", "<antirez>"),
        ("Don&amp;#8217;t &lt;em&gt;page&lt;/em&gt; me", "Don’t page me"),
        ("<![CDATA[The <i>x</i> of Q&amp;A]]>", "The x of Q&A"),
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
    ],
)
def test_text_that_looks_like_markup_stays_in_a_title_of_rss(web, title, read):
    answer(web, item(1, title=title))
    poll(make_source())
    assert titles() == [read]


@pytest.mark.parametrize(
    ("kind", "title", "read"),
    [
        ("text", "The &lt;template&gt; element", "The <template> element"),
        ("text", "Use &lt;b&gt;x&lt;/b&gt;", "Use <b>x</b>"),
        ("html", "The &lt;b&gt;x&lt;/b&gt; of Q&amp;amp;A", "The x of Q&A"),
        ("xhtml", "<div xmlns='http://www.w3.org/1999/xhtml'>The <b>x</b> &lt;y&gt;</div>", "The x <y>"),
    ],
)
def test_title_of_atom_is_what_its_type_says(web, kind, title, read):
    entry = f"<entry><title type='{kind}'>{title}</title><link href='http://blog.example/1'/></entry>"
    web.answer(FEED, f"<feed xmlns='http://www.w3.org/2005/Atom'>{entry}</feed>", content_type="application/atom+xml")
    poll(make_source())
    assert titles() == [read]


@pytest.mark.parametrize(
    ("authors", "of_feed", "names"),
    [
        ("<dc:creator>Ana</dc:creator><dc:creator>Bob Muster</dc:creator>", "", "Ana, Bob Muster"),
        ("<author>ana@blog.example (Ana)</author>", "", "Ana"),
        ("<author>ana@blog.example (Ana), bob@blog.example (Bob)</author>", "", "Ana, Bob"),
        ("<dc:creator>By Ana Prueba, Senior SRE at Blog</dc:creator>", "", "Ana Prueba"),
        ("<dc:creator>Prueba, Ana</dc:creator>", "", "Ana Prueba"),
        ("<dc:creator>Blog Engineering</dc:creator>", "", ""),
        ("", "<dc:creator>Ana</dc:creator>", "Ana"),
        ("<dc:creator>Bob</dc:creator>", "<dc:creator>Ana</dc:creator>", "Bob"),
    ],
)
def test_all_authors_of_an_item_or_those_of_its_feed(web, authors, of_feed, names):
    feed = f"<item><title>a</title><link>http://blog.example/1</link>{authors}</item>{of_feed}"
    namespace = "xmlns:dc='http://purl.org/dc/elements/1.1/'"
    web.answer(FEED, rss(feed).replace("<rss", f"<rss {namespace}"), content_type="application/rss+xml")
    poll(make_source())
    assert Candidate.objects.get().author == names


def json_feed(*items, **more):
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "The Blog", "items": items, **more})


def test_json_feed_is_read(web, clock):
    day = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    items = (
        {"id": "1", "url": "http://blog.example/1", "title": "Vec<T>", "authors": [{"name": "Ana"}, {"name": "Bob"}]},
        {
            "id": "http://blog.example/2",
            "title": "Use <b>x</b>",
            "content_html": "<p>Words.</p>",
            "date_published": day,
        },
        {"id": "3", "url": "http://blog.example/3", "title": "Old", "date_published": "2001-01-01T00:00:00Z"},
        *({"id": "4"}, {"id": 5, "title": [], "url": {}}, "nonsense", None),
    )
    web.answer(FEED, json_feed(*items, author={"name": "Zoe"}), content_type="application/feed+json")
    poll(make_source(title=""))
    found = {one.title: (one.url, one.author, one.excerpt) for one in Candidate.objects.all()}
    assert found == {
        "Vec<T>": ("http://blog.example/1", "Ana, Bob", ""),
        "Use <b>x</b>": ("http://blog.example/2", "Zoe", "Words."),
    }
    assert Source.objects.get().title == "The Blog"


@pytest.mark.parametrize(
    "body", ["{}", "[]", "{", '{"version": "https://example.com/"}', '{"version": 1}', "[" * 99_999]
)
def test_other_json_is_no_feed(web, body):
    web.answer(FEED, body, content_type="application/json")
    source = make_source()
    poll(source)
    source.refresh_from_db()
    assert source.problem


@pytest.mark.parametrize("items", ["x", None, {}, 7])
def test_json_feed_without_a_list_of_items_has_none(web, items):
    web.answer(
        FEED, json.dumps({"version": "https://jsonfeed.org/version/1", "items": items}), content_type="application/json"
    )
    source = make_source()
    assert poll(source) == []
    source.refresh_from_db()
    assert source.problem == ""


@pytest.mark.parametrize("date", ["Mon, 01 Jan 0001 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "yesterday"])
def test_item_whose_date_means_none_is_taken(web, date):
    answer(web, item(1, pubDate=date))
    poll(make_source())
    assert titles() == ["Post 1"]


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("http://blog.example/a b", "http://blog.example/a%20b"),
        ("http://blog_one.example/a", "http://blog_one.example/a"),
        (" http://blog.example/a\n", "http://blog.example/a"),
        ("http://blog.example/\n   a", "http://blog.example/a"),
        ("www.blog.example/a", "https://www.blog.example/a"),
        ("</link><guid isPermaLink='false'>http://blog.example/a</guid><link>", "http://blog.example/a"),
    ],
)
def test_odd_link_is_taken(web, link, url):
    answer(web, item(1, link=link))
    poll(make_source())
    assert Candidate.objects.get().url == url


def test_guid_that_is_no_address_is_not_taken_for_one(web):
    answer(web, "<item><title>Post</title><guid>123</guid></item>")
    assert poll(make_source()) == []
    assert "“Post”" in Source.objects.get().found


@pytest.mark.parametrize(("label", "codec", "title"), [("x-sjis", "cp932", "障害①"), ("windows-874", "cp874", "ไทย")])
def test_labels_of_the_encoding_standard(web, label, codec, title):
    feed = f"<?xml version='1.0' encoding='{label}'?>{rss(item(1, title=title))}".encode(codec)
    web.answer(FEED, feed, content_type="application/rss+xml")
    poll(make_source())
    assert titles() == [title]


def test_text_of_json_feed_is_no_markup(web):
    web.answer(FEED, json_feed({"url": "http://blog.example/1", "content_text": "Use <b> & x"}))
    poll(make_source())
    assert Candidate.objects.get().excerpt == "Use <b> & x"


def test_title_of_the_feed_is_used_if_the_editor_gave_none(web):
    answer(web, item(1))
    untitled, titled = make_source(title=""), make_source(url="http://blog.example/other/", title="Mine")
    web.answer("http://blog.example/other/", rss(item(2)), content_type="application/rss+xml")
    poll(untitled)
    poll(titled)
    assert set(Source.objects.values_list("title", flat=True)) == {"The Blog", "Mine"}


def test_due_feeds_are_polled_once(clock):
    due = make_source()
    make_source(url="http://later.example/", next_poll_at=NOW + timedelta(hours=1))
    make_source(url="http://off.example/", is_active=False)
    poll_sources(0)
    poll_sources(0)
    (job,) = ProcrastinateJob.objects.filter(task_name=poll_source.name)
    assert job.args == {"source_id": due.pk}
    assert not defer_poll(due)


def test_deleted_feed_is_not_polled(web):
    poll_source(1)
    assert web.requests == []


@pytest.mark.parametrize("count", [1, 3])
def test_poll_takes_a_fixed_number_of_queries(web, django_assert_num_queries, count):
    answer(web, *map(item, range(count)))
    source = make_source()
    with django_assert_num_queries(11):  # Four are for savepoints.
        poll(source)


# Why a feed brought no more


OLD = "Tue, 01 Oct 2019 00:00:00 GMT"


@pytest.mark.parametrize(
    ("items", "counts"),
    [
        ([], []),
        ([item(1), item(2)], ["2 new"]),
        ([item(1), item(2, pubDate=OLD), item(3, pubDate=OLD)], ["1 new", "2 older than 60 days"]),
        ([item(1), item(2, link="")], ["1 new", "1 left out"]),
        ([item(number) for number in range(FIRST_ITEMS + 4)], ["10 new", "4 beyond"]),
    ],
)
def test_feed_tells_what_became_of_its_items(web, items, counts):
    answer(web, *items)
    poll(make_source())
    found = Source.objects.get().found
    assert f"Items: {len(items)}" in found or not items
    assert all(count in found for count in counts)


def test_second_poll_tells_that_everything_was_known(web):
    source = make_source()
    answer(web, item(1))
    poll(source)
    poll(Source.objects.get())
    assert "1 known" in Source.objects.get().found


@pytest.mark.parametrize("link", ["mailto:ann@example.com", "tag:blog.example,2030:1", f"/{'x' * 2000}", "http://a b/"])
def test_item_that_cannot_be_taken_is_named_with_the_reason(web, link):
    answer(web, item(1, title="Lost one", link=link), item(2))
    poll(make_source())
    assert "“Lost one”: " in Source.objects.get().found
    assert titles() == ["Post 2"]


def test_only_some_items_that_cannot_be_taken_are_named(web):
    answer(web, *(item(number, link="mailto:a@example.com") for number in range(5)))
    poll(make_source())
    assert Source.objects.get().found.count("“Post") == polling.SHOWN
    assert "2 more" in Source.objects.get().found


def test_what_was_found_stays_while_nothing_changes(web):
    answer(web, item(1))
    poll(make_source())
    web.answer(FEED, b"", status=304)
    poll(Source.objects.get())
    assert "1 new" in Source.objects.get().found
