import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, NamedTuple

import hypothesis
import lxml.html
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, reset_queries
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from issues.models import navigation
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.site_version import Version
from issues.search import form
from issues.site.caching import WEEK
from sreweekly.page_store import PageStore
from sreweekly.site_version import LATE, Reading
from tests.make import (
    make_article,
    make_author,
    make_correction,
    make_editor,
    make_issue,
    make_page,
    make_placement,
    make_subscriber,
)
from tests.make import make_publication as make_site
from tests.sreweekly.test_compression import DECODERS

pytestmark = pytest.mark.django_db

ISSUE = "/sre-weekly-issue-1/"
PUBLIC = [
    *("/", ISSUE, "/archive/", "/authors/", "/authors/ann/", "/publications/press/", "/tags/slo/", "/about/"),
    *("/feed/", "/feed/atom/", "/feed/json/", "/feed/articles/", "/authors/ann/feed/", "/search/", "/search/?q=lamps"),
    *("/sre-weekly-issue-1.txt", "/sre-weekly-issue-1.json", "/sre-weekly-issue-1.png", "/sitemap.xml", "/data/"),
    *("/robots.txt", "/favicon.ico", "/theme.css", "/opensearch.xml", "/page/1/", "/wp-login.php", "/feed/rss/"),
    *("/?s=lamps", "/?paged=2", "/?feed=atom", "/index.php/about", "/about?x=y"),
]
# No reader's page: the desk, its sign-in, what a phone sends, and health.
PERSONAL = [
    "/admin/",
    "/admin/issues/issue/",
    "/accounts/login/",
    "/capture/",
    "/health/",
    "/nothing/",
    "/static/site.css",
]


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Browser:
    """Asks a WSGI application as a server would."""

    def __init__(self, application: Callable[..., Any]):
        self.application = application

    def __call__(self, address: str = "/", method: str = "GET", /, **headers: str) -> Answer:
        environ = RequestFactory(headers={"host": "sreweekly.example"}).generic(method, address).environ
        environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        begun: list[Any] = []
        response = self.application(environ, lambda *arguments: begun.extend(arguments))
        body = b"".join(response)
        getattr(response, "close", lambda: None)()
        names = [name.lower() for name, _ in begun[1]]
        assert len(names) == len(set(names)), f"A header stands twice: {begun[1]}"
        return Answer(int(begun[0][:3]), {name.lower(): value for name, value in begun[1]}, body)


@pytest.fixture(autouse=True)
def one_connection():
    """Keep the connection of the test when a response is closed, as Django's test client does."""
    request_started.disconnect(reset_queries)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(reset_queries)
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture(autouse=True)
def nothing_kept():
    """Forget what was kept under a version: changes of the test before were rolled back, so it may be the same."""
    navigation._find_under.cache_clear()
    form._years_under.cache_clear()


@pytest.fixture
def watcher():
    return SimpleNamespace(is_running=True, reading=read(1))


@pytest.fixture
def store(watcher):
    return PageStore(WSGIHandler(), watcher, 2**22)


@pytest.fixture
def ask(store):
    return Browser(store)


@pytest.fixture
def django():
    return Browser(WSGIHandler())


@pytest.fixture
def site():
    issue = make_issue(number=1, articles=3)
    credits: dict[str, Any] = {"authors": (make_author("Ann"),), "publication": make_site("Press"), "tags": ("slo",)}
    article = make_article(issue=issue, title="Lamps", **credits)
    make_placement(issue)
    make_correction(issue)
    make_page()
    return article


def read(moves, published=1):
    """Return a reading that does not become stale, however slow the machine is."""
    return Reading(Version(moves, published), time.monotonic() + 3600)


def move(watcher, moves=2, published=1):
    watcher.reading = read(moves, published)


# What is stored


@pytest.mark.parametrize("address", PUBLIC)
def test_second_answer_is_the_first_without_a_query(ask, django, site, address, django_assert_num_queries):
    plain, first = django(address), ask(address)
    with django_assert_num_queries(0):
        second = ask(address)
    assert second == first
    assert (first.status, first.body) == (plain.status, plain.body)
    own = {"x-request-id": plain.headers["x-request-id"], "content-length": str(len(plain.body))}
    assert plain.headers.items() <= (first.headers | own).items()


@pytest.mark.parametrize("address", PERSONAL)
def test_what_is_not_public_is_never_stored(store, ask, site, address):
    ask(address)
    ask(address, sec_fetch_dest="document")
    assert not store._pages


def test_nothing_that_is_made_with_a_cookie_or_a_token_is_stored(store, ask, site):
    ask(ISSUE, cookie="sessionid=x")
    ask(ISSUE, authorization="Bearer x")
    assert not store._pages


def test_stored_page_is_for_visitors_with_cookies_too(ask, site, django_assert_num_queries):
    first = ask(ISSUE)
    with django_assert_num_queries(0):
        assert ask(ISSUE, cookie="sessionid=x") == first


def test_page_is_made_again_as_for_nobody(watcher, store, site):
    cookies = []

    def application(environ, start_response):
        cookies.append(environ.get("HTTP_COOKIE"))
        return WSGIHandler()(environ, start_response)

    store.application = application
    Browser(store)(ISSUE)
    move(watcher)
    Browser(store)(ISSUE, cookie="sessionid=x")
    assert cookies == [None, None]


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "DELETE"])
def test_other_methods_go_to_django(store, ask, site, method):
    ask(ISSUE)
    assert ask(ISSUE, method).status in (403, 405)
    assert len(store._pages) == 1


def test_draft_is_not_stored(store, ask):
    make_issue(number=1, status="draft")
    assert ask(ISSUE).status == 404
    assert not store._pages


def test_without_a_reading_django_answers(store, ask, watcher, site):
    watcher.reading = None
    assert ask(ISSUE).status == 200
    assert not store._pages


def test_store_of_no_bytes_stores_nothing(watcher, site):
    store = PageStore(WSGIHandler(), watcher, 0)
    assert Browser(store)(ISSUE).status == 200
    assert not store._pages


# The version


def test_page_is_made_again_when_the_version_has_moved(ask, watcher, site):
    ask(ISSUE)
    Article.objects.filter(pk=site.pk).update(title="Owls")
    assert b"Owls" not in ask(ISSUE).body
    move(watcher)
    assert b"Owls" in ask(ISSUE).body


def test_issue_that_is_out_by_the_clock_is_shown(ask, watcher, site):
    ask("/")
    make_issue(number=2)
    move(watcher, moves=1, published=2)
    assert b"/sre-weekly-issue-2/" in ask("/").body


def test_withdrawn_issue_is_gone(ask, watcher, site):
    ask(ISSUE)
    Issue.objects.update(status="draft")
    move(watcher)
    assert [ask(ISSUE).status for _ in range(2)] == [404, 404]


def test_pages_made_under_one_version_ask_once_where_the_navigation_leads(ask, watcher, site):
    def asked(address):
        with CaptureQueriesContext(connection) as queries:
            ask(address)
        return sum("issues_authorship" in query["sql"] for query in queries)

    assert [asked("/data/"), asked("/nothing/")] == [1, 0]
    move(watcher)
    assert asked("/data/") == 1


def test_pages_of_subscribers_are_not_kept(ask, store, settings, site):
    settings.NEWSLETTER_FROM = "newsletter@sreweekly.example"
    token = make_subscriber().token
    ways = ("", "leave", "leave/", "confirm/", "held/", "nothing/")
    for path in ("/subscribe/", "/subscribe/sent/", *(f"/subscription/{token}/{way}" for way in ways)):
        ask(path)
    assert store.size == 0


def test_navigation_and_years_follow_the_version(ask, watcher, site):
    first = ask("/search/").body
    assert b'href="/tags/"' in first
    assert b"2019" not in first
    Issue.objects.update(publish_at=datetime(2019, 5, 1, tzinfo=UTC))
    site.tags.clear()
    move(watcher)
    second = ask("/search/").body
    assert b'href="/tags/"' not in second
    assert b"2019" in second


def test_reader_with_a_cookie_sees_the_navigation_of_this_moment(ask, site):
    ask("/data/")
    site.tags.clear()
    assert b'href="/tags/"' not in ask("/search/", cookie="x=1").body


def test_unchanged_feed_is_kept_after_one_query(ask, watcher, site, django_assert_num_queries):
    first = ask("/feed/")
    move(watcher)
    with django_assert_num_queries(1):
        assert ask("/feed/") == first
    with django_assert_num_queries(0):
        assert ask("/feed/") == first


def test_stored_feed_may_be_read_by_scripts_of_other_sites(ask, site):
    answers = [ask("/feed/"), ask("/feed/"), ask("/feed/", if_none_match=ask("/feed/").headers["etag"])]
    assert [answer.status for answer in answers] == [200, 200, 304]
    assert {answer.headers["access-control-allow-origin"] for answer in answers} == {"*"}


def test_others_get_the_former_page_while_it_is_made_again(watcher, store, site):
    ask = Browser(store)
    former = ask(ISSUE)
    move(watcher)
    during: list[Answer] = []

    def application(environ, start_response):
        during.append(ask(ISSUE))
        return WSGIHandler()(environ, start_response)

    store.application = application
    Issue.objects.update(intro="Another intro.")
    assert b"Another intro." in ask(ISSUE).body
    assert during == [former]


# The database is away


def make_failing(status):
    def application(environ, start_response):
        response = HttpResponse("Away.", status=status)
        start_response(f"{status} Away", list(response.items()))
        return response

    return application


@pytest.mark.parametrize("status", [500, 503])
def test_former_page_is_served_as_stale_if_making_it_again_fails(ask, store, watcher, site, status):
    first = ask(ISSUE)
    move(watcher)
    store.application = make_failing(status)
    answer = ask(ISSUE)
    assert (answer.status, answer.body) == (200, first.body)
    assert "ttl=-" in answer.headers["cache-status"]


def test_page_is_marked_stale_once_the_database_is_silent(ask, watcher, site):
    assert "cache-status" not in ask(ISSUE).headers
    watcher.reading = Reading(Version(1, 1), time.monotonic() - LATE - 1)
    assert ask(ISSUE).headers["cache-status"] == "page-store; hit; ttl=-6"


def test_stored_page_is_served_for_a_week_at_most(ask, store, watcher, site):
    ask(ISSUE)
    store.application = make_failing(503)
    watcher.reading = Reading(Version(1, 1), time.monotonic() - WEEK + 60)
    assert ask(ISSUE).status == 200
    watcher.reading = Reading(Version(1, 1), time.monotonic() - WEEK - 60)
    assert ask(ISSUE).status == 503


# Conditions, encodings, HEAD


@pytest.mark.parametrize("address", [ISSUE, "/feed/", "/sre-weekly-issue-1.json"])
def test_unchanged_page_is_304_without_a_query(ask, site, address, django_assert_num_queries):
    etag = ask(address).headers["etag"]
    with django_assert_num_queries(0):
        answer = ask(address, if_none_match=etag)
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", etag)
    assert not {"content-length", "content-type", "content-encoding"} & answer.headers.keys()
    assert {"cache-control", "vary", "content-security-policy"} <= answer.headers.keys()


@pytest.mark.parametrize(
    ("header", "status"),
    [("*", 304), ('"x", {}', 304), ("{strong}", 304), ('"x"', 200), ("", 200), ("nonsense", 200), ('W/"x", "y"', 200)],
)
def test_if_none_match_is_read_as_http_says(ask, site, header, status):
    etag = ask(ISSUE).headers["etag"]
    asked = header.replace("{strong}", etag.removeprefix("W/")).replace("{}", etag)
    assert ask(ISSUE, if_none_match=asked).status == status


def test_if_modified_since_counts_without_if_none_match(ask, site):
    modified = ask("/feed/").headers["last-modified"]
    assert ask("/feed/", if_modified_since=modified).status == 304
    assert ask("/feed/", if_modified_since="Thu, 01 Jan 2015 00:00:00 GMT").status == 200
    assert ask("/feed/", if_modified_since="nonsense").status == 200
    assert ask("/feed/", if_modified_since=modified, if_none_match='"x"').status == 200


def test_first_answer_to_a_condition_is_stored_and_may_be_304(ask, django, site):
    etag = django("/feed/").headers["etag"]
    assert [ask("/feed/", if_none_match=etag).status for _ in range(2)] == [304, 304]
    assert ask("/feed/").body


def test_precondition_goes_to_django(ask, site):
    ask("/feed/")
    assert ask("/feed/", if_match='"x"').status == 412


@pytest.mark.parametrize("encoding", DECODERS)
def test_each_encoding_holds_the_same_page(ask, site, encoding):
    plain, first, second = ask(ISSUE), ask(ISSUE, accept_encoding=encoding), ask(ISSUE, accept_encoding=encoding)
    assert DECODERS[encoding](first.body) == plain.body
    assert first == second
    assert (first.headers["content-encoding"], first.headers["etag"]) == (encoding, plain.headers["etag"])
    assert first.headers["content-length"] == str(len(first.body))


def test_picture_is_not_compressed(ask, site):
    assert "content-encoding" not in ask("/sre-weekly-issue-1.png", accept_encoding="br").headers


@pytest.mark.parametrize("address", [ISSUE, "/feed/"])
def test_head_is_get_without_a_body(ask, site, address):
    full = ask(address, accept_encoding="br")
    assert ask(address, "HEAD", accept_encoding="br") == full._replace(body=b"")


def test_feed_that_is_opened_like_a_page_is_another_document(ask, site):
    types = [ask("/feed/", sec_fetch_dest=kind).headers["content-type"] for kind in ("document", "empty", "document")]
    assert types == ["text/xml; charset=utf-8", "application/rss+xml; charset=utf-8", "text/xml; charset=utf-8"]


# Keys


@pytest.mark.parametrize("query", ["?utm_source=x", "?a=1&b=2", "?q=x", "?page=7", "?%00", "?;", "?a[]=1"])
def test_unknown_parameters_do_not_multiply_pages(store, ask, site, query, django_assert_num_queries):
    first = ask(ISSUE)
    with django_assert_num_queries(0):
        assert ask(ISSUE + query) == first
    assert len(store._pages) == 1


def test_search_ignores_unknown_parameters(store, ask, site):
    first = ask("/search/?q=lamps")
    assert ask("/search/?utm_source=x&q=lamps&x=y").body == first.body
    assert len(store._pages) == 1


def test_numbers_that_are_looked_for_do_not_multiply_pages(store, ask, site):
    ask("/archive/")
    statuses = [ask(f"/archive/?number={number}").status for number in ("1", "01", "%231", "2", "x", "")]
    assert (statuses, len(store._pages)) == ([302, 302, 302, 404, 404, 404], 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/search/?q=lamps", "/search/?q=owls"),
        ("/search/?q=lamps", "/search/"),
        ("/search/?q=lamps", "/search/?q=lamps&sort=new"),
        ("/search/?q=lamps", "/search/?q=lamps&author=ann"),
        ("/", "/?feed=atom"),
        ("/", "/?p=1"),
        ("/", "/?paged=2"),
        ("/?feed=rss", "/?feed=atom"),
        ("/?s=lamps", "/?s=owls"),
        ("/about?x=1", "/about?x=2"),
        ("/about", "/about?x=2"),
        ("/archive/", "/archive/?page=2"),
        ("/archive/", "/archive/?number=1"),
        ("/archive/?number=2", "/archive/?number=1"),
        ("/authors/ann/", "/authors/ann/?page=x"),
    ],
)
def test_pages_are_told_apart_in_either_order(watcher, django, site, one, other):
    for order in ([one, other, one], [other, one, other]):
        ask = Browser(PageStore(WSGIHandler(), watcher, 2**22))
        for address in order:
            answer, plain = ask(address), django(address)
            assert (answer.status, answer.body) == (plain.status, plain.body)
            assert answer.headers.get("location") == plain.headers.get("location")


def test_host_that_is_not_ours_gets_nothing(store, ask, site):
    ask(ISSUE)
    assert ask(ISSUE, host="evil.example").status == 400
    assert ask(ISSUE, host="").status == 400
    assert len(store._pages) == 1


def test_page_over_http_is_redirected_although_the_other_is_stored(settings, watcher, site):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ask = Browser(PageStore(WSGIHandler(), watcher, 2**22))
    assert ask(ISSUE, x_forwarded_proto="https").status == 200
    assert ask(ISSUE).status == ask(ISSUE, x_forwarded_proto="http").status == 301
    assert ask(ISSUE, x_forwarded_proto="https").status == 200


EXAMPLES = hypothesis.settings(max_examples=50)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("accept", "accept_language", "accept_encoding", "user_agent", "referer", "range", "x_forwarded_host"),
            *("x_forwarded_for", "x_requested_with", "if_none_match", "if_modified_since", "sec_fetch_dest", "cookie"),
            *("x_original_url", "x_rewrite_url", "x_http_method_override", "forwarded", "origin", "via", "pragma"),
        ]
    ),
    st.sampled_from(["", "*", "gzip", "br", "document", "evil.example", "bytes=0-5", '"x"', "sessionid=x", "/admin/"])
    | st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=30),
)


@hypothesis.settings(max_examples=60)
@given(poison=HEADERS, address=st.sampled_from(PUBLIC))
def test_no_header_changes_what_the_next_reader_gets(watcher, django, site, poison, address):
    ask = Browser(PageStore(WSGIHandler(), watcher, 2**22))
    assert ask(address, **poison).status < 500
    answer, plain = ask(address), django(address)
    assert (answer.status, answer.body) == (plain.status, plain.body)
    assert answer.headers["content-type"] == plain.headers["content-type"]


@hypothesis.settings(max_examples=40)
@given(headers=HEADERS, address=st.sampled_from([*PUBLIC, *PERSONAL]))
def test_editor_s_page_is_never_given_to_others(store, client, site, headers, address):
    editor = make_editor_once(client)
    ask = Browser(store)
    ask(address, **headers | {"cookie": editor})
    assert not any(key[0] in PERSONAL for key in store._pages)
    assert b"Log out" not in ask(address).body


def make_editor_once(client) -> str:
    if not client.cookies:
        client.force_login(make_editor())
    return client.cookies.output(header="", sep=";").partition(";")[0].strip()


# Size


def test_least_recently_used_page_leaves_first(watcher, site):
    addresses = ["/", ISSUE, "/archive/", "/about/", "/authors/", "/tags/", "/publications/"]
    store = PageStore(WSGIHandler(), watcher, 2**22)
    ask = Browser(store)
    for address in addresses:
        ask(address)
    store.limit = store.size
    ask("/")
    ask("/data/")
    stored = [key[0] for key in store._pages]
    assert (ISSUE in stored, "/" in stored, "/data/" in stored) == (False, True, True)


def test_store_never_holds_more_than_its_limit(watcher, site):
    store = PageStore(WSGIHandler(), watcher, 100_000)
    ask = Browser(store)
    for number in range(30):
        ask(f"/search/?q=word{number}", accept_encoding=["br", "gzip", ""][number % 3])
        assert store.size == sum(page.size for page in store._pages.values()) <= store.limit
    assert len(store._pages) > 1


@pytest.mark.parametrize(
    "address", ["/sre-weekly-issue-1/{}/", "/author/{}/", "/?m=2026{}", "/wp-content/{}", "/2026/{}/sre-weekly/"]
)
def test_invented_addresses_displace_no_page(watcher, site, monkeypatch, address):
    monkeypatch.setattr("sreweekly.page_store.MOST_REDIRECTS", 3)
    store = PageStore(WSGIHandler(), watcher, 2**22)
    ask = Browser(store)
    ask(ISSUE)
    for number in range(1, 7):
        assert ask(address.format(number)).status in (301, 410)
    assert [key[0] for key in store._pages].count(ISSUE) == 1
    assert len(store._pages) == 4
    assert store.size == sum(page.size for page in store._pages.values())


def test_names_of_paths_leave_with_their_pages(watcher, site):
    store = PageStore(WSGIHandler(), watcher, 100_000)
    ask = Browser(store)
    for address in PUBLIC:
        ask(address)
    assert store._names.keys() == store._keys.keys() == {key[0] for key in store._pages}


def test_pages_link_to_nothing_that_a_parameter_added(ask, site):
    """A page is shared by all who add parameters that it does not know."""
    page = lxml.html.fromstring(ask("/search/?q=lamps&utm_source=spy").body.decode())
    assert not [link for link in page.xpath("//@href") if "spy" in link]


def test_answers_are_counted_by_source(store, ask, watcher, site):
    for _ in range(3):
        ask(ISSUE)
    watcher.reading = Reading(Version(1, 1), time.monotonic() - LATE - 1)
    ask(ISSUE)
    samples = {tuple(sample.labels.values()): sample.value for metric in store.collect() for sample in metric.samples}
    assert (samples["django",], samples["store",], samples["stale",]) == (1, 2, 1)


def test_page_does_not_keep_the_identifier_of_a_request(ask, site):
    assert "x-request-id" not in ask(ISSUE).headers
