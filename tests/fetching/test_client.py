import gzip
import io
import os
import resource
import socket
import time
import zlib
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from fetching import client
from fetching.client import FEED_TYPES, LIMIT, fetch
from fetching.connections import is_public
from fetching.outcome import Outcome
from tests.web import PUBLIC

PAGE = "http://example.com/post"
HTML = "<title>Post</title>"


@pytest.fixture
def one_second(monkeypatch):
    monkeypatch.setattr(client, "SECONDS", 1)


def test_page_is_read(web):
    web.answer(PAGE, HTML, content_type="Text/HTML; Charset=utf-8", etag='"a"', cache_control="max-age=60")
    fetched = fetch(PAGE)
    assert (fetched.outcome, fetched.sentence, fetched.status) == (Outcome.OK, "", 200)
    assert (fetched.body, fetched.content_type, fetched.charset) == (HTML.encode(), "text/html", "utf-8")
    assert (fetched.address, fetched.final_address, fetched.etag) == (PAGE, PAGE, '"a"')
    assert (fetched.cache_control, fetched.is_cut, fetched.is_moved_permanently) == ("max-age=60", False, False)


def test_request_says_who_asks_and_carries_nothing_else(web, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    web.redirect(PAGE, "/next")
    web.answer("http://example.com/next", HTML)
    fetch(PAGE)
    headers = web.requests[1][1]
    assert headers.pop("User-Agent") == "SREWeekly/1.0 (+https://sreweekly.example/)"
    assert headers == {
        "Host": "example.com",
        "Accept": "text/html,application/xhtml+xml,*/*;q=0.1",
        "Accept-Encoding": "gzip",
    }


def test_cookies_are_not_kept(web):
    web.answer(PAGE, b"", 302, location="/next", set_cookie="a=b; Path=/")
    web.answer("http://example.com/next", HTML)
    fetch(PAGE)
    assert "Cookie" not in web.requests[1][1]


def test_newsletter_without_a_latin_name_says_who_asks(settings):
    settings.NEWSLETTER_NAME = "信頼性"
    assert client.user_agent() == "Newsletter/1.0 (+https://sreweekly.example/)"


# Addresses that are never asked


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://192.0.0.1/",
        "http://192.88.99.1/",
        "http://198.18.0.1/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://[::]/",
        "http://[::1]/",
        "http://[::127.0.0.1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::ffff:93.184.216.34]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b:1::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:4136:e378::]/",
        "http://[2001:db8::1]/",
        "http://[3fff::1]/",
        "http://[5f00::1]/",
        "http://[fc00::1]/",
        "http://[fd00:ec2::254]/",
        "http://[fe80::1]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "http://[4000::1]/",
        "http://localhost/",
    ],
)
def test_private_address_is_not_asked(web, address):
    fetched = fetch(address)
    assert fetched.outcome == Outcome.FORBIDDEN
    assert "is not on the public internet, so it is not asked." in fetched.sentence
    assert web.connections == []


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.7",
        "127.0.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "::1",
        "::ffff:10.0.0.7",
        "fd00::1",
        "64:ff9b::a00:7",
    ],
)
def test_name_of_a_private_address_is_not_asked(web, address):
    web.names["intranet.example.com"] = [address]
    assert fetch("http://intranet.example.com/").outcome == Outcome.FORBIDDEN
    assert web.connections == []


def test_name_that_changes_its_address_between_look_ups_is_connected_to_as_it_was_checked(web):
    web.answer(PAGE, HTML)
    web.names["example.com"] = [PUBLIC, "127.0.0.1"]
    assert fetch(PAGE).outcome == Outcome.OK
    assert web.connections == [(PUBLIC, 80)]


def test_name_that_turns_private_for_the_second_request_is_not_asked_again(web):
    web.redirect(PAGE, "/next")
    web.names["example.com"] = [PUBLIC, "127.0.0.1"]
    fetched = fetch(PAGE)
    assert (fetched.outcome, web.connections) == (Outcome.FORBIDDEN, [(PUBLIC, 80)])


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "//169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "http://example.com:22/",
        "http://user:secret@example.com/",
        "http://[example.com/",
        "https://example.com:99999/",
    ],
)
def test_redirect_to_what_is_never_asked_is_not_followed(web, location):
    web.redirect(PAGE, location)
    fetched = fetch(PAGE)
    assert fetched.outcome == Outcome.FORBIDDEN
    assert (len(web.requests), len(web.connections)) == (1, 1)


def test_sentence_names_the_redirect(web):
    web.redirect(PAGE, "file:///etc/passwd")
    assert fetch(PAGE).sentence == (
        "It redirects to file:///etc/passwd. Only addresses that begin with http:// or https:// are asked."
    )


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "Only addresses that begin with http:// or https:// are asked."),
        ("example.com/post", "Only addresses that begin with http:// or https:// are asked."),
        ("file:///etc/passwd", "Only addresses that begin with http:// or https:// are asked."),
        ("gopher://example.com/", "Only addresses that begin with http:// or https:// are asked."),
        ("ftp://example.com/", "Only addresses that begin with http:// or https:// are asked."),
        ("javascript:alert(1)", "Only addresses that begin with http:// or https:// are asked."),
        ("http://user:secret@example.com/", "Addresses with a user name or a password are not asked."),
        ("http://user@example.com/", "Addresses with a user name or a password are not asked."),
        ("http://example.com:22/", "Only the ports 80 and 443 are asked, not 22."),
        ("https://example.com:8443/", "Only the ports 80 and 443 are asked, not 8443."),
        ("http://example.com:99999/", "Nobody can open this address: it is not written as one."),
        ("http:///post", "Nobody can open this address: it is not written as one."),
        ("http://[example.com/", "Nobody can open this address: it is not written as one."),
        ("http://" + "a" * 70 + ".example.com/", "Nobody can open this address: it is not written as one."),
    ],
)
def test_other_addresses_that_are_never_asked(web, address, sentence):
    fetched = fetch(address)
    assert (fetched.outcome, fetched.sentence) == (Outcome.FORBIDDEN, sentence)
    assert web.connections == []


def test_backslash_hides_no_host(web):
    """Browsers and urllib read http://a\\@b/ differently."""
    web.names["example.com"] = [PUBLIC]
    fetch("http://example.com\\@127.0.0.1/")
    fetch("http://127.0.0.1\\@example.com/")
    assert {address for address, _ in web.connections} <= {PUBLIC}


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_address_is_public(address):
    assert is_public(ip_address(address))


@given(st.one_of(st.text(), st.text(alphabet="htps:/@[]%.a1?#&=\\;+üW ").map("http://".__add__)))
def test_no_text_raises(address):
    original = socket.getaddrinfo
    socket.getaddrinfo = no_names
    try:
        assert fetch(address).sentence
    finally:
        socket.getaddrinfo = original


def no_names(*args, **kwargs):
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


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
    [([301], True), ([308, 301], True), ([301, 302], False), ([302, 301], False), ([307], False), ([303], False)],
)
def test_move_is_permanent_where_every_redirect_is(web, statuses, is_permanent):
    for number, status in enumerate(statuses):
        web.redirect(f"http://example.com/{number}", f"/{number + 1}", status)
    web.answer(f"http://example.com/{len(statuses)}", HTML)
    assert fetch("http://example.com/0").is_moved_permanently == is_permanent


def test_fourth_redirect_is_not_followed(web):
    for number in range(4):
        web.redirect(f"http://example.com/{number}", f"/{number + 1}")
    fetched = fetch("http://example.com/0")
    assert (fetched.outcome, len(web.requests)) == (Outcome.TOO_MANY_REDIRECTS, 4)
    assert fetched.sentence == "The address redirects more than 3 times."


def test_redirect_loop_ends(web):
    web.redirect(PAGE, PAGE)
    assert fetch(PAGE).outcome == Outcome.TOO_MANY_REDIRECTS


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
    assert time.monotonic() - started < 2


# What sites answer


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (404, Outcome.GONE),
        (410, Outcome.GONE),
        (400, Outcome.REFUSED),
        (401, Outcome.REFUSED),
        (403, Outcome.REFUSED),
        (429, Outcome.REFUSED),
        (451, Outcome.REFUSED),
        (999, Outcome.REFUSED),
        (500, Outcome.UNREACHABLE),
        (503, Outcome.UNREACHABLE),
        (304, Outcome.UNREACHABLE),
        (300, Outcome.UNREACHABLE),
    ],
)
def test_status_says_what_happened(web, status, outcome):
    web.answer(PAGE, HTML, status)
    fetched = fetch(PAGE)
    assert (fetched.outcome, fetched.status, fetched.body) == (outcome, status, b"")
    assert str(status) in fetched.sentence


def test_unreachable_is_not_dead(web):
    web.answer(PAGE, HTML, 502)
    assert fetch(PAGE).sentence == (
        "The site answered 502. It could not be reached from here, which does not mean that it is dead."
    )


@pytest.mark.parametrize("header", ["cf_mitigated", "x_amzn_waf_action", "x_vercel_mitigated"])
def test_challenge_is_no_error_of_the_page(web, header):
    web.answer(PAGE, HTML, 503, **{header: "challenge"})
    fetched = fetch(PAGE)
    assert fetched.outcome == Outcome.REFUSED
    assert fetched.sentence == "The site wants a browser to prove itself (503). It may well open in yours."


@pytest.mark.parametrize(
    ("title", "outcome"),
    [
        ("Just a moment...", Outcome.REFUSED),
        ("Attention Required! | Cloudflare", Outcome.REFUSED),
        ("Access denied", Outcome.REFUSED),
        ("Log in", Outcome.REFUSED),
        ("Sign in &ndash; Google Accounts", Outcome.REFUSED),
        ("404", Outcome.GONE),
        ("Page not found | Example", Outcome.GONE),
        ("Oops! That page can&rsquo;t be found. - Example", Outcome.GONE),
        ("404: the page that took a site down", Outcome.OK),
        ("Login at scale", Outcome.OK),
        ("Just a moment: how queues grow", Outcome.OK),
    ],
)
def test_page_that_stands_in_for_another_is_known_by_its_title(web, title, outcome):
    web.answer(PAGE, f"<html><head><title data-x>\n {title}\n</title>")
    assert fetch(PAGE).outcome == outcome


@pytest.mark.parametrize("target", ["/login?next=/post", "/users/sign_in", "http://accounts.example.com/x"])
def test_redirect_to_a_sign_in_is_a_refusal(web, target):
    web.redirect(PAGE, target, 302)
    web.answer(target if target.startswith("http:") else f"http://example.com{target}", HTML)
    fetched = fetch(PAGE)
    assert (fetched.outcome, fetched.sentence) == (
        Outcome.REFUSED,
        "The site asks to sign in. It may well open in yours.",
    )


def test_page_about_signing_in_is_read(web):
    web.answer("http://example.com/login/", HTML)
    assert fetch("http://example.com/login/").outcome == Outcome.OK


@pytest.mark.parametrize(
    ("kind", "body", "what"),
    [
        ("application/pdf", b"%PDF-1.7", "a PDF"),
        ("text/html", b"%PDF-1.7", "a PDF"),
        ("image/png", b"\x89PNG", "a picture"),
        ("text/html", b"\x89PNG", "no web page (text/html)"),
        ("text/plain", b"Hello", "plain text"),
        ("application/zip", b"PK", "no web page (application/zip)"),
        ("", b"Hello", "no web page"),
    ],
)
def test_what_is_no_page_is_no_error(web, kind, body, what):
    web.answer(PAGE, body, content_type=kind)
    fetched = fetch(PAGE)
    assert (fetched.outcome, fetched.body) == (Outcome.NOT_A_PAGE, b"")
    assert fetched.sentence == f"The address leads to {what}: it has no title to read."


def test_page_without_a_type_is_read(web):
    web.answer(PAGE, HTML, content_type="")
    assert fetch(PAGE).outcome == Outcome.OK


def test_feed_is_read_where_feeds_are_asked_for(web):
    web.answer(PAGE, "<rss/>", content_type="application/rss+xml")
    assert fetch(PAGE).outcome == Outcome.NOT_A_PAGE
    assert fetch(PAGE, accept=FEED_TYPES).body == b"<rss/>"


def test_conditions_are_sent_and_304_is_told(web):
    web.answer(PAGE, b"", 304, etag='"b"')
    fetched = fetch(PAGE, etag='"a"', last_modified="Sun, 22 Nov 2026 00:00:00 GMT")
    headers = web.requests[0][1]
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == ('"a"', "Sun, 22 Nov 2026 00:00:00 GMT")
    assert (fetched.outcome, fetched.etag) == (Outcome.NOT_MODIFIED, '"b"')


@pytest.mark.parametrize("etag", ["ü", "a\nHost: b", "\0"])
def test_condition_that_no_header_can_carry_is_left_out(web, etag):
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
        ("-1", None),
        ("9" * 5000, None),
        ("", None),
    ],
)
def test_retry_after(web, time_machine, header, seconds):
    time_machine.move_to("2026-11-22T00:00:00Z", tick=False)
    web.answer(PAGE, b"", 429, retry_after=header)
    assert fetch(PAGE).retry_after == seconds


# Servers that mean no good, and networks that fail


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
    assert fetched.sentence == "Only the first 2,097,152 bytes were read: there was more, or it broke off."


def test_page_of_just_the_limit_is_not_cut(web):
    web.answer(PAGE, b"<" * 1000)
    assert not fetch(PAGE, limit=1000).is_cut
    assert fetch(PAGE, limit=999).is_cut


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_compressed_bomb_of_a_gigabyte_is_cut_while_it_inflates(web, encoding):
    packer = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(1024)) + packer.flush()
    web.answer(PAGE, bomb, content_encoding=encoding)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fetched = fetch(PAGE)
    assert (fetched.is_cut, len(fetched.body)) == (True, LIMIT)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # Kilobytes.


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "rot13"])
def test_what_was_not_asked_for_is_not_inflated(web, encoding):
    web.answer(PAGE, gzip.compress(gzip.compress(HTML.encode())), content_encoding=encoding)
    fetched = fetch(PAGE)
    assert (fetched.outcome, fetched.body) == (Outcome.NOT_A_PAGE, b"")
    assert f"compressed as {encoding}" in fetched.sentence


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", "identity", ""])
def test_compressed_page_is_read(web, encoding):
    body = HTML.encode()
    web.answer(PAGE, gzip.compress(body) if "g" in encoding.lower() else body, content_encoding=encoding)
    assert fetch(PAGE).body == body


def test_broken_compression_gives_what_could_be_read(web):
    noise = io.BytesIO(os.urandom(200_000)).read()
    web.answer(PAGE, gzip.compress(noise)[:100_000], content_encoding="gzip")
    assert 90_000 < len(fetch(PAGE).body) < 110_000
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
        (drip(), Outcome.UNREACHABLE),
        (drip(b"HTTP/1.1 "), Outcome.UNREACHABLE),
        (drip(OK, b"X-Long: "), Outcome.UNREACHABLE),
        (drip(OK, b"\r\n"), Outcome.OK),
        (drip(OK, b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n1;"), Outcome.OK),
        (drip(OK, b"Content-Length: 100000\r\n\r\n<title>Slow</title>"), Outcome.OK),
        (lambda request: time.sleep(5), Outcome.UNREACHABLE),
    ],
)
def test_server_that_drips_is_cut_in_time(web, one_second, write, outcome):
    web.handle(PAGE, write)
    started = time.monotonic()
    fetched = fetch(PAGE)
    assert time.monotonic() - started < 1.5
    assert fetched.outcome == outcome
    assert fetched.is_cut == (outcome == Outcome.OK)
    assert "1 seconds" in fetched.sentence


def test_slow_redirects_share_the_time(web, one_second):
    def write(request):
        time.sleep(0.4)
        request.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: /post\r\n\r\n")

    web.handle(PAGE, write)
    started = time.monotonic()
    assert fetch(PAGE).outcome == Outcome.UNREACHABLE
    assert time.monotonic() - started < 1.5


def test_slow_look_up_of_a_name_ends_in_time(web, one_second, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: time.sleep(3))
    started = time.monotonic()
    fetched = fetch(PAGE)
    assert time.monotonic() - started < 1.5
    assert fetched.sentence.startswith("“example.com” did not answer within 1 seconds.")


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"X-Many: x\r\n" * 200 + b"\r\n",
        OK + b"X-Long: " + b"x" * 2**17 + b"\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
        b"HTTP/9 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
        OK + b"Content-Length: x\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
    ],
)
def test_broken_answer_raises_nothing(web, one_second, answer):
    web.handle(PAGE, lambda request: request.wfile.write(answer))
    assert fetch(PAGE).outcome in {Outcome.UNREACHABLE, Outcome.FORBIDDEN, Outcome.OK}


def test_headers_can_be_stored(web):
    answer = b"HTTP/1.1 302 Found\r\nLocation: /a\x00b\x85\xff\r\nETag: a\x00\x01\r\n\r\n"
    web.handle(PAGE, lambda request: request.wfile.write(answer))
    other = b"HTTP/1.1 200 OK\r\nContent-Type: x\x00y/\xff\r\nETag: a\x00b\r\n\r\n"
    web.handle("http://example.com/ab%EF%BF%BD%EF%BF%BD", lambda request: request.wfile.write(other))
    fetched = fetch(PAGE)
    assert (fetched.outcome, fetched.etag, fetched.content_type) == (Outcome.NOT_A_PAGE, "ab", "xy/�")
    assert "\0" not in fetched.final_address + fetched.sentence


def test_page_that_breaks_off_is_kept_as_far_as_it_came(web):
    web.answer(PAGE, HTML, content_length="1000")
    fetched = fetch(PAGE)
    assert (fetched.body, fetched.is_cut) == (HTML.encode(), True)


def test_unknown_name(web):
    fetched = fetch("http://no-such-name.example/")
    assert fetched.outcome == Outcome.UNREACHABLE
    assert fetched.sentence.startswith("The name “no-such-name.example” is not known.")


def test_refused_connection(web):
    del web.ports[80]
    web.names["example.com"] = [PUBLIC]
    assert fetch(PAGE).sentence.startswith("The connection to “example.com” failed.")


@pytest.fixture
def certificate(tmp_path):
    """Of secure.example, signed by itself."""
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
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", certificate)
    web.serve_tls(certificate)
    web.answer("https://secure.example/", HTML)
    web.answer("https://other.example/", HTML)
    assert fetch("https://secure.example/").outcome == Outcome.OK
    fetched = fetch("https://other.example/")
    assert fetched.outcome == Outcome.UNREACHABLE
    assert fetched.sentence.startswith("“other.example” has no valid certificate.")


def test_unknown_certificate_is_not_taken(web, certificate):
    web.serve_tls(certificate)
    web.answer("https://secure.example/", HTML)
    assert fetch("https://secure.example/").outcome == Outcome.UNREACHABLE
    assert web.requests == []


def test_silence_instead_of_tls_ends_in_time(web, one_second):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        web.ports[443] = silent.getsockname()[1]
        web.names["secure.example"] = [PUBLIC]
        started = time.monotonic()
        assert fetch("https://secure.example/").outcome == Outcome.UNREACHABLE
        assert time.monotonic() - started < 1.5


def test_dripping_page_over_tls_is_cut_in_time(web, one_second, certificate, monkeypatch):
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", certificate)
    web.serve_tls(certificate)
    web.handle("https://secure.example/", drip(OK, b"\r\n", HTML.encode()))
    started = time.monotonic()
    assert fetch("https://secure.example/").is_cut
    assert time.monotonic() - started < 1.5


def test_connections_are_closed(web):
    web.answer(PAGE, HTML)
    fetch(PAGE)
    before = len(os.listdir("/dev/fd"))
    for _ in range(5):
        fetch(PAGE)
    time.sleep(0.1)
    assert len(os.listdir("/dev/fd")) <= before
