"""What the proxy stores, and when it sends it. The application is a stub, which says how old its answers are."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sreweekly.compression import ENCODERS, choose_encoding
from tests.deploy.proxy import NGINX, eventually

numbers = count(1)


@pytest.fixture
def address() -> str:
    """Return an address that no other test uses."""
    return f"/issue-{next(numbers)}/"


def test_second_reader_is_answered_from_the_cache(cached, stub, address):
    stub.publish(address)
    assert [cached.ask(address).cache for _ in range(2)] == ["MISS", "HIT"]
    assert len(stub.requests) == 1


def test_old_page_is_asked_for_again_with_its_etag(cached, stub, address):
    stub.publish(address, expired=100)
    cached.ask(address)
    answer = cached.ask(address)
    assert (answer.status, answer.cache, answer.body) == (200, "REVALIDATED", b"First.")
    assert stub.requests[1].headers["If-None-Match"] == answer.headers["ETag"]


def test_correction_shows_at_once(cached, stub, address):
    stub.publish(address, expired=100)
    cached.ask(address)
    stub.correct(address)
    assert cached.ask(address).body == b"Second."


def test_correction_shows_after_one_reader_while_stale_while_revalidate_lasts(cached, stub, address):
    stub.publish(address, expired=5)
    cached.ask(address)
    stub.correct(address)
    assert cached.ask(address)[::2] == (200, b"First.")
    assert eventually(lambda: cached.ask(address).body == b"Second.")


def test_page_shows_while_the_application_is_away(cached, stub, address):
    stub.publish(address, expired=3600)
    cached.ask(address)
    with stub.stopped():
        answers = {cached.ask(address)[::2] for _ in range(10)}
    assert answers == {(200, b"First.")}


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_page_shows_while_the_application_fails(cached, stub, address, status):
    stub.publish(address, expired=3600)
    cached.ask(address)
    stub.answers[address] = status, {"Cache-Control": "no-store"}, b"A fault."
    assert cached.ask(address)[::2] == (200, b"First.")


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("expired", [5, 100])
def test_page_that_was_withdrawn_does_not_come_back_in_an_outage(cached, stub, address, status, expired):
    stub.publish(address, expired=expired)
    cached.ask(address)
    stub.answers[address] = status, {}, b"Gone."
    assert eventually(lambda: cached.ask(address).status == status)
    with stub.stopped():
        assert cached.ask(address).status == status


def test_readers_who_come_at_once_cause_one_request(cached, stub, address):
    stub.publish(address)
    stub.before = lambda request: time.sleep(0.3)
    with ThreadPoolExecutor(8) as readers:
        answers = list(readers.map(cached.ask, [address] * 8))
    stub.before = lambda request: None
    assert {answer.body for answer in answers} == {b"First."}
    assert len(stub.requests) == 1


def test_address_without_a_page_is_not_stored(cached, stub, address):
    stub.publish(address, status=404)
    assert [cached.ask(address).cache for _ in range(2)] == ["MISS", "MISS"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Cache_Control": ""},
        {"Cache_Control": "max-age=300"},
        {"Cache_Control": "private, max-age=300"},
        {"Cache_Control": "public, no-store"},
        {"Cache_Control": "publicity"},
        {"Set_Cookie": "sessionid=secret"},
        {"Vary": "Accept-Encoding, Cookie"},
        {"Vary": "Authorization"},
        {"Vary": "*"},
    ],
)
@pytest.mark.parametrize("first", [{}, {"X_Accel_Expires": ""}])
def test_what_is_not_public_is_not_stored(cached, stub, address, headers, first):
    stub.publish(address, **(first | headers))
    assert [cached.ask(address).cache for _ in range(2)] == ["MISS", "MISS"]


@pytest.mark.parametrize(
    "path",
    ["/admin/", "/accounts/login/", "/capture/", "/health/", "/mail-reports/postmark/", "//admin/", "/%61dmin/"],
)
def test_desk_is_not_stored(cached, stub, path):
    stub.publish(path)
    assert [cached.ask(path).cache for _ in range(2)] == [None, None]
    assert len(stub.requests) == 2


@pytest.mark.parametrize("path", ["/subscribe/", "/subscribe/sent/", "/subscription/AAAAAAAAAAAAAAAAAAAAAA/leave/"])
def test_pages_of_subscribers_are_not_stored(cached, stub, path):
    stub.publish(path)
    assert [cached.ask(path).cache for _ in range(2)] == [None, None]
    assert len(stub.requests) == 2


def test_readers_with_and_without_cookies_share_a_page(cached, stub, address):
    stub.publish(address)
    cached.ask(address, Cookie="sessionid=secret")
    assert cached.ask(address).cache == "HIT"


def test_answer_to_post_is_neither_stored_nor_from_the_cache(cached, stub, address):
    stub.publish(address)
    assert cached.ask(address, "POST", b"word").cache is None
    assert cached.ask(address).cache == "MISS"
    assert cached.ask(address, "POST", b"word").cache is None


def test_head_is_answered_from_the_same_page(cached, stub, address):
    stub.publish(address)
    cached.ask(address)
    answer = cached.ask(address, "HEAD")
    assert (answer.cache, answer.body, answer.headers["Content-Length"]) == ("HIT", b"", "6")


def test_reader_who_has_the_page_gets_304_from_the_cache(cached, stub, address):
    stub.publish(address, Last_Modified="Sun, 15 Nov 2026 20:45:00 GMT")
    etag = cached.ask(address).headers["ETag"]
    assert cached.ask(address, If_None_Match=f'"other", {etag}').status == 304
    assert cached.ask(address, If_Modified_Since="Mon, 16 Nov 2026 00:00:00 GMT").status == 304
    assert cached.ask(address, If_None_Match='"other"').status == 200
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate, zstd", "zstd"),
        ("gzip, deflate", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP;Q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.000,zstd;q=0.001", "zstd"),
        ("gzip;q=0", None),
        ("brotli, gzipped, azstd", None),
        ("identity", None),
        ("br" * 1000, None),
        ("", None),
    ],
)
def test_application_is_asked_for_one_encoding(cached, stub, address, accepted, encoding):
    cached.ask(address, Accept_Encoding=accepted)
    assert stub.requests[0].headers["Accept-Encoding"] == encoding


TEMPLATE = (NGINX / "nginx.conf.template").read_text()
PARTS = st.tuples(
    st.sampled_from(["br", "zstd", "gzip", "deflate", "identity", "*", "brx"]),
    st.sampled_from(["", ";q=0", "; q=0.0", ";q=0.001", " ;Q=0.5", ";q=1", ";q=1.000", ";q=", ";x=1"]),
)


@given(st.lists(PARTS, unique_by=lambda part: part[0]), st.sampled_from([",", ", ", " , "]))
def test_encoding_is_one_that_the_client_accepts(parts, comma):
    """By the patterns of the template, which Python reads as nginx does."""
    accepted = comma.join(f"{name}{weight}" for name, weight in parts)
    patterns = re.findall(r'^ +"~\*(.*)" (br|zstd|gzip);$', TEMPLATE, re.MULTILINE)
    assert [name for _, name in patterns] == list(ENCODERS)
    chosen = next((name for pattern, name in patterns if re.search(pattern, accepted, re.IGNORECASE)), "")
    acceptable = [name for name, weight in parts if choose_encoding(f"{name}{weight}") == name in ENCODERS]
    assert chosen == next((name for name in ENCODERS if name in acceptable), "")


def test_each_encoding_is_stored_for_itself(cached, stub, address):
    for accepted in ("br, gzip", "zstd", "gzip", "identity"):
        stub.publish(address, accepted.encode())
        assert cached.ask(address, Accept_Encoding=accepted).body == accepted.encode()
    assert cached.ask(address, Accept_Encoding="gzip, deflate, br;q=0.9").body == b"br, gzip"
    assert cached.ask(address, Accept_Encoding="deflate").body == b"identity"
    assert len(stub.requests) == 4


def test_browser_and_feed_reader_do_not_share_a_feed(cached, stub, address):
    for destination in ("document", "empty"):
        stub.publish(f"{address}feed/", destination.encode(), Vary="Accept-Encoding, Sec-Fetch-Dest")
        cached.ask(f"{address}feed/", Sec_Fetch_Dest=destination)
    assert [request.headers["Sec-Fetch-Dest"] for request in stub.requests] == ["document", None]
    assert cached.ask(f"{address}feed/", Sec_Fetch_Dest="document").body == b"document"
    assert cached.ask(f"{address}feed/").body == b"empty"


def test_destination_does_not_multiply_pages(cached, stub, address):
    stub.publish(address)
    cached.ask(address, Sec_Fetch_Dest="document")
    assert cached.ask(address).cache == "HIT"
    assert stub.requests[0].headers["Sec-Fetch-Dest"] is None


@pytest.mark.parametrize("host", ["evil.example", "www.newsletter.example", "127.0.0.1", ""])
def test_other_names_never_reach_the_application(cached, stub, address, host):
    answer = cached.ask(address, host=host, X_Forwarded_Host="evil.example")
    if host:
        assert (answer.status, answer.headers["Location"]) == (301, f"https://newsletter.example{address}")
    assert stub.requests == []


def test_name_is_the_same_however_it_is_written(cached, stub, address):
    stub.publish(address)
    cached.ask(address, host="NEWSLETTER.example:443")
    assert cached.ask(address).cache == "HIT"
    assert stub.requests[0].headers["Host"] == "newsletter.example"


def stored(proxy, cache) -> int:
    return sum(path.is_file() for path in (proxy.folder / "cache" / cache).rglob("*"))


@pytest.mark.parametrize(
    ("path", "cache"),
    [
        ("/", "pages"),
        ("/feed/", "pages"),
        ("/sre-weekly-issue-1.json", "pages"),
        ("/data/articles.jsonl", "pages"),
        ("/authors/ann-lee/feed/atom/", "pages"),
        ("/?unknown=1", "queries"),
        ("/sre-weekly-issue-1.png?v=1", "queries"),
        ("/authors/j%C3%BCrgen/", "queries"),
        ("/%61bout/", "queries"),
        ("/search/words/", "queries"),
        ("/without-slash", "queries"),
    ],
)
def test_only_addresses_that_are_few_are_stored_with_the_pages(cached, stub, path, cache):
    stub.publish(path.partition("?")[0])
    before = {name: stored(cached, name) for name in ("pages", "queries")}
    assert cached.ask(path).cache == "MISS"
    assert cached.ask(path).cache == "HIT"
    assert {name for name in before if stored(cached, name) != before[name]} == {cache}


def test_address_that_is_too_long_is_not_stored(cached, stub, address):
    stub.publish(address)
    assert [cached.ask(f"{address}?q={'a' * 2048}").cache for _ in range(2)] == [None, None]
