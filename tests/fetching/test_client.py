import gzip
import os
import resource
import socket
import time
import zlib
from datetime import UTC, datetime, timedelta

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fetching import client
from fetching.client import FEED_TYPES, LIMIT, fetch
from fetching.outcome import Outcome
from tests.web import PUBLIC

PAGE = "http://example.com/post"
HTML = "<title>Post</title>"


@pytest.fixture
def short_time(monkeypatch):
    monkeypatch.setattr(client, "SECONDS", 0.6)


def test_page_is_read(web):
    web.answer(PAGE, HTML, content_type="Text/HTML; Charset=utf-8", etag='"a"', cache_control="max-age=60")
    fetched = fetch(PAGE)
    assert (fetched.outcome, fetched.sentence, fetched.status) == (Outcome.OK, "", 200)
    assert (fetched.body, fetched.content_type, fetched.charset) == (HTML.encode(), "text/html", "utf-8")
    assert (fetched.address, fetched.final_address, fetched.etag) == (PAGE, PAGE, '"a"')
    assert (fetched.cache_control, fetched.is_cut, fetched.is_moved_permanently) == ("max-age=60", False, False)


def test_request_names_the_newsletter_and_uses_no_proxy_and_no_cookies(web, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    web.answer(PAGE, b"", 302, location="/next", set_cookie="a=b; Path=/")
    web.answer("http://example.com/next", HTML)
    fetch(PAGE)
    headers = web.requests[1][1]
    assert headers.pop("User-Agent") == "SREWeekly/1.0 (+https://sreweekly.example/)"
    assert headers == {
        "Host": "example.com",
        "Accept": "text/html,application/xhtml+xml,*/*;q=0.1",
        "Accept-Encoding": "gzip",
    }


def test_user_agent_of_a_newsletter_without_a_latin_name(settings):
    settings.NEWSLETTER_NAME = "信頼性"
    assert client.user_agent() == "Newsletter/1.0 (+https://sreweekly.example/)"


# Redirects


def test_redirects_are_followed(web):
    web.redirect("http://bit.ly/a", "http://example.com/old", 302)
    web.redirect("http://example.com/old", "post")
    web.answer(PAGE, HTML)
    fetched = fetch("http://bit.ly/a")
    assert (fetched.outcome, fetched.address, fetched.final_address) == (Outcome.OK, "http://bit.ly/a", PAGE)
    assert not fetched.is_moved_permanently


@pytest.mark.parametrize(
    ("statuses", "is_permanent"),
    [([301], True), ([308, 301], True), ([301, 302], False), ([302, 301], False), ([307], False)],
)
def test_move_is_permanent_if_every_redirect_is(web, statuses, is_permanent):
    for number, status in enumerate(statuses):
        web.redirect(f"http://example.com/{number}", f"/{number + 1}", status)
    web.answer(f"http://example.com/{len(statuses)}", HTML)
    assert fetch("http://example.com/0").is_moved_permanently == is_permanent


@pytest.mark.parametrize("location", ["{}", "{}/x"])
def test_fourth_redirect_is_not_followed(web, location):
    for number in range(4):
        web.redirect(PAGE + "/x" * number, location.format(PAGE + "/x" * number))
    assert fetch(PAGE).outcome == Outcome.TOO_MANY_REDIRECTS
    assert len(web.requests) == 4


def test_fragment_survives_a_redirect(web):
    web.redirect(PAGE, "/new")
    web.answer("http://example.com/new", HTML)
    assert fetch(f"{PAGE}#part").final_address == "http://example.com/new#part"


def test_redirect_to_an_address_beyond_ascii(web):
    web.redirect(PAGE, "/größe".encode().decode("latin-1"))
    web.answer("http://example.com/gr%C3%B6%C3%9Fe", HTML)
    assert fetch(PAGE).outcome == Outcome.OK


def test_body_of_a_redirect_is_not_read(web):
    def write(request):
        request.send_response(302)
        request.send_header("Location", "/next")
        request.end_headers()
        while True:
            request.wfile.write(b"\0" * 2**16)

    web.handle(PAGE, write)
    web.answer("http://example.com/next", HTML)
    started = time.monotonic()
    assert fetch(PAGE).outcome == Outcome.OK
    assert time.monotonic() - started < 5


# What sites answer


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (404, Outcome.GONE),
        (410, Outcome.GONE),
        (400, Outcome.REFUSED),
        (429, Outcome.REFUSED),
        (999, Outcome.REFUSED),
        (500, Outcome.UNREACHABLE),
        (304, Outcome.UNREACHABLE),
        (300, Outcome.UNREACHABLE),
    ],
)
def test_status_gives_the_outcome(web, status, outcome):
    web.answer(PAGE, HTML, status)
    fetched = fetch(PAGE)
    assert (fetched.outcome, fetched.status, fetched.body) == (outcome, status, b"")
    assert str(status) in fetched.sentence


@pytest.mark.parametrize("header", ["cf_mitigated", "x_amzn_waf_action", "x_vercel_mitigated"])
def test_bot_check_is_a_refusal_whatever_its_status(web, header):
    web.answer(PAGE, HTML, 503, **{header: "challenge"})
    assert fetch(PAGE).outcome == Outcome.REFUSED


@pytest.mark.parametrize(
    ("title", "outcome"),
    [
        ("Just a moment...", Outcome.REFUSED),
        ("Sign in &ndash; Google Accounts", Outcome.REFUSED),
        ("Oops! That page can&rsquo;t be found. - Example", Outcome.GONE),
        ("404: the page that took a site down", Outcome.OK),
    ],
)
def test_title_of_a_stand_in_gives_the_outcome(web, title, outcome):
    web.answer(PAGE, f"<html><head><title data-x>\n {title}\n</title>")
    fetched = fetch(PAGE)
    assert (fetched.outcome, bool(fetched.body)) == (outcome, outcome == Outcome.OK)


@pytest.mark.parametrize("target", ["/login?next=/post", "http://accounts.example.com/x"])
def test_redirect_to_a_sign_in_is_a_refusal(web, target):
    web.redirect(PAGE, target, 302)
    web.answer(target if target.startswith("http:") else f"http://example.com{target}", HTML)
    assert fetch(PAGE).outcome == Outcome.REFUSED


def test_page_about_signing_in_is_read(web):
    web.answer("http://example.com/login/", HTML)
    assert fetch("http://example.com/login/").outcome == Outcome.OK


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/pdf", b"%PDF-1.7"),
        ("text/html", b"%PDF-1.7"),
        ("image/png", b"\x89PNG"),
        ("text/plain", b"Hello"),
        ("", b"Hello"),
    ],
)
def test_file_of_another_kind_is_not_a_page(web, kind, body):
    web.answer(PAGE, body, content_type=kind)
    fetched = fetch(PAGE)
    assert (fetched.outcome, fetched.body) == (Outcome.NOT_A_PAGE, b"")


def test_page_without_a_type_is_read(web):
    web.answer(PAGE, HTML, content_type="")
    assert fetch(PAGE).outcome == Outcome.OK


def test_feed_is_read_if_feeds_are_accepted(web):
    web.answer(PAGE, "<rss/>", content_type="application/rss+xml")
    assert fetch(PAGE).outcome == Outcome.NOT_A_PAGE
    assert fetch(PAGE, accept=FEED_TYPES).body == b"<rss/>"


def test_conditional_request_can_be_answered_with_not_modified(web):
    web.answer(PAGE, b"", 304, etag='"b"')
    fetched = fetch(PAGE, etag='"a"', last_modified="Sun, 22 Nov 2026 00:00:00 GMT")
    headers = web.requests[0][1]
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == ('"a"', "Sun, 22 Nov 2026 00:00:00 GMT")
    assert (fetched.outcome, fetched.etag) == (Outcome.NOT_MODIFIED, '"b"')


@pytest.mark.parametrize("etag", ["ü", "a\nHost: b"])
def test_condition_that_does_not_fit_into_a_header_is_left_out(web, etag):
    web.answer(PAGE, HTML)
    assert fetch(PAGE, etag=etag).outcome == Outcome.OK
    assert "If-None-Match" not in web.requests[0][1]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("Sun, 22 Nov 2026 00:01:00 GMT", 60),
        ("Sat, 21 Nov 2026 00:00:00 GMT", 0),
        ("soon", None),
        ("9" * 5000, None),
        ("", None),
    ],
)
def test_retry_after(web, time_machine, header, seconds):
    time_machine.move_to("2026-11-22T00:00:00Z", tick=False)
    web.answer(PAGE, b"", 429, retry_after=header)
    assert fetch(PAGE).retry_after == seconds


# Hostile servers and failing networks


def test_page_without_end_is_cut(web):
    def write(request):
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.end_headers()
        while True:
            request.wfile.write(b"<p>" * 2**14)

    web.handle(PAGE, write)
    fetched = fetch(PAGE)
    assert (fetched.outcome, len(fetched.body), fetched.is_cut) == (Outcome.OK, LIMIT, True)
    assert "2,097,152" in fetched.sentence


def test_page_of_just_the_limit_is_not_cut(web):
    web.answer(PAGE, b"<" * 1000)
    assert not fetch(PAGE, limit=1000).is_cut
    assert fetch(PAGE, limit=999).is_cut


@pytest.mark.parametrize(("encoding", "wbits"), [("gzip", 31), ("deflate", 15)])
def test_decompression_bomb_is_cut_early(web, encoding, wbits):
    packer = zlib.compressobj(9, wbits=wbits)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(100)) + packer.flush()
    web.answer(PAGE, bomb, content_encoding=encoding)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fetched = fetch(PAGE)
    assert (fetched.is_cut, len(fetched.body)) == (True, LIMIT)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # Kilobytes.


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "rot13"])
def test_unrequested_encoding_is_not_decoded(web, encoding):
    web.answer(PAGE, gzip.compress(gzip.compress(HTML.encode())), content_encoding=encoding)
    fetched = fetch(PAGE)
    assert (fetched.outcome, fetched.body) == (Outcome.NOT_A_PAGE, b"")
    assert encoding in fetched.sentence


@pytest.mark.parametrize("encoding", ["x-gzip", "GZIP", "identity", ""])
def test_compressed_page_is_read(web, encoding):
    body = HTML.encode()
    web.answer(PAGE, gzip.compress(body) if "g" in encoding.lower() else body, content_encoding=encoding)
    assert fetch(PAGE).body == body


def test_broken_compression_gives_what_could_be_read(web):
    web.answer(PAGE, gzip.compress(os.urandom(200_000))[:100_000], content_encoding="gzip")
    assert 80_000 < len(fetch(PAGE).body) < 110_000
    web.answer(PAGE, b"no gzip at all", content_encoding="gzip")
    assert fetch(PAGE).outcome == Outcome.UNREACHABLE


def drip(*beginnings: bytes):
    """A byte every 0.05 s, for ever: no timeout between two bytes would end it."""

    def write(request):
        for beginning in beginnings:
            request.wfile.write(beginning)
        while True:
            request.wfile.write(b"x")
            time.sleep(0.05)

    return write


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@pytest.mark.parametrize(
    ("write", "outcome"),
    [
        (drip(b"HTTP/1.1 "), Outcome.UNREACHABLE),
        (drip(OK, b"X-Long: "), Outcome.UNREACHABLE),
        (drip(OK, b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n1;"), Outcome.OK),
        (drip(OK, b"Content-Length: 100000\r\n\r\n<title>Slow</title>"), Outcome.OK),
        (lambda request: time.sleep(5), Outcome.UNREACHABLE),
    ],
)
def test_slow_server_is_cut_off_in_time(web, short_time, write, outcome):
    web.handle(PAGE, write)
    started = time.monotonic()
    fetched = fetch(PAGE)
    assert time.monotonic() - started < 4
    assert (fetched.outcome, fetched.is_cut) == (outcome, outcome == Outcome.OK)
    assert "in time" in fetched.sentence


def test_redirects_share_the_time(web, short_time):
    def write(request):
        time.sleep(0.25)
        request.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: /post\r\n\r\n")

    web.handle(PAGE, write)
    started = time.monotonic()
    assert fetch(PAGE).outcome == Outcome.UNREACHABLE
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"X-Many: x\r\n" * 200 + b"\r\n",
        OK + b"X-Long: " + b"x" * 2**17 + b"\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
        OK + b"Content-Length: x\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
    ],
)
def test_broken_answer_raises_nothing(web, short_time, answer):
    web.handle(PAGE, lambda request: request.wfile.write(answer))
    assert fetch(PAGE).outcome in {Outcome.UNREACHABLE, Outcome.FORBIDDEN, Outcome.OK}


def test_headers_can_be_stored(web):
    web.handle(PAGE, lambda request: request.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: /b\x85\xff\r\n\r\n"))
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: x\x01y/\xff\r\nETag: a\x01b\r\n\r\n"
    web.handle("http://example.com/b%EF%BF%BD%EF%BF%BD", lambda request: request.wfile.write(answer))
    fetched = fetch(PAGE)
    assert (fetched.outcome, fetched.etag, fetched.content_type) == (Outcome.NOT_A_PAGE, "ab", "xy/�")


def test_header_with_a_nul_is_a_broken_answer(web):
    web.handle(PAGE, lambda request: request.wfile.write(OK + b"ETag: a\0b\r\n\r\n"))
    assert fetch(PAGE).outcome == Outcome.UNREACHABLE


def test_page_that_breaks_off_is_kept_as_far_as_it_arrived(web):
    web.answer(PAGE, HTML, content_length="1000")
    fetched = fetch(PAGE)
    assert (fetched.body, fetched.is_cut) == (HTML.encode(), True)


def test_unknown_name(web):
    fetched = fetch("http://no-such-name.example/")
    assert fetched.outcome == Outcome.UNREACHABLE
    assert "“no-such-name.example” is not known" in fetched.sentence


def test_refused_connection(web):
    del web.ports[80]
    web.names["example.com"] = [PUBLIC]
    assert fetch(PAGE).outcome == Outcome.UNREACHABLE


@pytest.fixture
def certificate(tmp_path):
    """The path of a certificate for secure.example, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "secure.example")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("secure.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(pem)
    )
    return str(path)


def test_certificate_is_checked_against_the_name(web, certificate, monkeypatch):
    monkeypatch.setattr(certifi, "where", lambda: certificate)
    web.serve_tls(certificate)
    web.answer("https://secure.example/", HTML)
    web.answer("https://other.example/", HTML)
    assert fetch("https://secure.example/").outcome == Outcome.OK
    fetched = fetch("https://other.example/")
    assert fetched.outcome == Outcome.UNREACHABLE
    assert "certificate" in fetched.sentence


def test_certificate_of_an_unknown_issuer_is_refused(web, certificate):
    web.serve_tls(certificate)
    web.answer("https://secure.example/", HTML)
    assert fetch("https://secure.example/").outcome == Outcome.UNREACHABLE
    assert web.requests == []


def test_silence_instead_of_tls_ends_in_time(web, short_time):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        web.ports[443] = silent.getsockname()[1]
        web.names["secure.example"] = [PUBLIC]
        started = time.monotonic()
        assert fetch("https://secure.example/").outcome == Outcome.UNREACHABLE
        assert time.monotonic() - started < 4


def test_slow_page_over_tls_is_cut_off_in_time(web, short_time, certificate, monkeypatch):
    monkeypatch.setattr(certifi, "where", lambda: certificate)
    web.serve_tls(certificate)
    web.handle("https://secure.example/", drip(OK, b"\r\n", HTML.encode()))
    started = time.monotonic()
    assert fetch("https://secure.example/").is_cut
    assert time.monotonic() - started < 4


def test_connections_are_closed(web):
    web.answer(PAGE, HTML)
    fetch(PAGE)
    before = len(os.listdir("/dev/fd"))
    for _ in range(5):
        fetch(PAGE)
    time.sleep(0.1)
    assert len(os.listdir("/dev/fd")) <= before
