"""Which addresses are requested: none that is not on the public internet."""

from contextlib import closing
from ipaddress import ip_address

import pycurl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fetching.client import fetch
from fetching.connections import is_public
from fetching.outcome import Outcome
from tests.web import PUBLIC, Web

PAGE = "http://example.com/post"
HTML = "<title>Post</title>"

NOT_PUBLIC = """
    127.0.0.1 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 192.0.0.9 192.88.99.1 198.18.0.1
    224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:93.184.216.34 64:ff9b::7f00:1
    64:ff9b:1::7f00:1 2002:7f00:1:: 2001:0:4136:e378:: 2001:20::1 2001:db8::1 3fff::1 5f00::1 fc00::1 fe80::1 fec0::1
    ff02::1 4000::1
"""


def test_special_blocks_are_not_public():
    assert [address for address in NOT_PUBLIC.split() if is_public(ip_address(address))] == []


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_website_is_public(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "１２７.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"])
def test_private_address_is_not_requested(web, host):
    assert fetch(f"http://{host}/").outcome == Outcome.FORBIDDEN
    assert web.connections == []


@pytest.mark.parametrize("address", ["10.0.0.7", "169.254.169.254", "::1", "::ffff:10.0.0.7", "64:ff9b::a00:7"])
def test_name_of_a_private_address_is_not_requested(web, address):
    web.names["intranet.example.com"] = [address]
    assert fetch("http://intranet.example.com/").outcome == Outcome.FORBIDDEN
    assert web.connections == []


def test_private_address_among_public_ones_is_not_connected_to(web):
    del web.ports[80]
    web.names["example.com"] = [f"127.0.0.1,{PUBLIC}"]
    assert fetch(PAGE).outcome == Outcome.FORBIDDEN
    assert web.connections == [(PUBLIC, 80)]


def test_name_that_turns_private_between_two_requests_is_not_connected_to(web):
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
        "http://example.com:22/",
        "http://user:secret@example.com/",
        "http://[example.com/",
    ],
)
def test_redirect_to_a_forbidden_address_is_not_followed(web, location):
    web.redirect(PAGE, location)
    fetched = fetch(PAGE)
    assert fetched.outcome == Outcome.FORBIDDEN
    assert fetched.final_address in fetched.sentence
    assert (len(web.requests), len(web.connections)) == (1, 1)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "example.com/post",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://user:secret@example.com/",
        "http://user@example.com/",
        "http://example.com:22/",
        "https://example.com:8443/",
        "http://example.com:99999/",
        "http:///post",
        "http://[example.com/",
        "http://exa mple.com/",
        "http://" + "ü" * 70 + ".example.com/",
    ],
)
def test_forbidden_address_is_not_requested(web, address):
    fetched = fetch(address)
    assert fetched.outcome == Outcome.FORBIDDEN
    assert fetched.sentence
    assert web.connections == []


def test_host_and_path_beyond_ascii_are_encoded(web):
    web.answer("http://xn--mnchen-3ya.example/gr%C3%B6%C3%9Fe%20a", HTML)
    assert fetch("http://münchen.example/größe a").outcome == Outcome.OK


def test_backslash_hides_no_host(web):
    """Browsers and other programs read http://a\\@b/ differently."""
    web.names["example.com"] = [PUBLIC]
    fetch("http://example.com\\@127.0.0.1/")
    fetch("http://127.0.0.1\\@example.com/")
    assert {address for address, _ in web.connections} <= {PUBLIC}


@settings(max_examples=25)
@given(st.one_of(st.text(), st.text(alphabet="htps:/@[]%.a1?#&=\\;+üW ").map("http://".__add__)))
def test_no_text_raises(address):
    with closing(Web()) as web, pytest.MonkeyPatch.context() as patch:
        patch.setattr(pycurl, "Curl", web.open)
        assert fetch(address).sentence
