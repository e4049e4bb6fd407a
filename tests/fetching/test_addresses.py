import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fetching.addresses import host_of, is_feed_proxy, is_shortened
from fetching.identity import canonicalize, suggest_address
from fetching.tracking import tracking_parameters, without_tracking

ADDRESS = "https://example.com/post?id=7"
ODD_ADDRESSES = st.one_of(
    st.text(),
    st.text().map("https://".__add__),
    st.text().map("https://example.com/".__add__),
    st.text(alphabet="htps:/@[]%.a1?#&=\\;+üW").map("http://".__add__),
)


@pytest.mark.parametrize(
    "same",
    [
        "http://example.com/post?id=7",
        "HTTPS://Example.COM/post?id=7",
        "http://example.com:80/post?id=7",
        "https://example.com/post/?id=7",
        "https://example.com/post?id=7#comments",
        "https://example.com/./a/../post?id=7",
        "https://example.com/p%6Fst?id=7",
        "https://example.com/post?utm_source=sreweekly&id=7&utm_campaign=x",
        "https://example.com/post?id=7&fbclid=abc&gclid=d&mc_cid=e&mc_eid=f",
        "https://example.com/post?id=7&source=rss----abc---4",
        "https://example.com/post?id=7&ref=sreweekly",
        "https://example.com/post?id=7&ref=blog.example.org",
        "https://example.com/post?id=7&ref_src=twsrc%5Etfw&_bhlid=a&gad_source=1&%75tm_id=2",
    ],
)
def test_addresses_of_one_page_have_one_key(same):
    assert canonicalize(same) == canonicalize(ADDRESS) == "example.com/post?id=7"


@pytest.mark.parametrize(
    "other",
    [
        "https://example.com/post?id=8",
        "https://example.com/post",
        "https://example.com/Post?id=7",
        "https://example.com:8443/post?id=7",
        "https://blog.example.com/post?id=7",
        "https://example.com/post?id=7&source=twitter",
        "https://example.com/post?id=7&ref=v1.2.3",
        "https://example.com/post?id=",
    ],
)
def test_addresses_of_other_pages_have_other_keys(other):
    assert canonicalize(other) != canonicalize(ADDRESS)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("", ""),
        ("https://example.com", "example.com"),
        ("https://medium.com/@lex/post-1?source=rss-x", "medium.com/@lex/post-1"),
        ("https://example.com?b=2&a=1&b=1", "example.com?a=1&b=1&b=2"),
        ("https://example.com/?q=a+b&r=%20c", "example.com?q=a+b&r=+c"),
        ("https://example.com/?flag", "example.com?flag="),
        ("https://münchen.example/ü", "münchen.example/%C3%BC"),
        ("http://[2001:DB8::1]:8080/a", "2001:db8::1:8080/a"),
        ("https://example.com:99999/", "https://example.com:99999/"),
        ("https://[example.com/", "https://[example.com/"),
    ],
)
def test_canonicalize(address, key):
    assert canonicalize(address) == key


@settings(max_examples=25)
@given(ODD_ADDRESSES)
def test_any_text_has_a_key_and_a_host(address):
    assert isinstance(canonicalize(address), str)
    assert isinstance(host_of(address), str)


@settings(max_examples=25)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Z"])))
def test_key_of_a_key_is_the_key(rest):
    key = canonicalize(f"https://example.com/{rest}")
    assert canonicalize(f"https://{key}") == key


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://www.example.com/a", "example.com"),
        ("https://Engineering.Example.com:8443/", "engineering.example.com"),
        ("https://münchen.example/", "münchen.example"),
        ("https://xn--mnchen-3ya.example/", "münchen.example"),
        ("https://example.com:99999/", "example.com"),
        ("https://[example.com/", ""),
        ("", ""),
    ],
)
def test_host_of(address, host):
    assert host_of(address) == host


@pytest.mark.parametrize(
    ("address", "printed", "cut"),
    [
        ("https://example.com/a?utm_source=x&utm_medium=y", "https://example.com/a", ["utm_source", "utm_medium"]),
        ("https://example.com/a?b=1&fbclid=x&c=%7E+d", "https://example.com/a?b=1&c=%7E+d", ["fbclid"]),
        ("https://example.com?source=rss----a---4#b?utm_x=y", "https://example.com#b?utm_x=y", ["source"]),
        ("HTTP://Example.com:80/A/?ref=sreweekly&&b", "HTTP://Example.com:80/A/?&b", ["ref"]),
        ("https://example.com/a?%75tm_source=x&b", "https://example.com/a?b", ["utm_source"]),
        ("https://example.com/a?utm_source", "https://example.com/a", ["utm_source"]),
        ("https://medium.com/p/a?source=friends_link&sk=b", "https://medium.com/p/a?source=friends_link&sk=b", []),
        ("https://example.com/a?b?utm_source=x", "https://example.com/a?b?utm_source=x", []),
        ("https://example.com/a#utm_source=x", "https://example.com/a", ["utm_source"]),
        ("mailto:a@example.com?utm_source=x", "mailto:a@example.com?utm_source=x", []),
        ("", "", []),
    ],
)
def test_tracking_is_cut_and_nothing_else(address, printed, cut):
    assert without_tracking(address) == printed
    assert tracking_parameters(address) == cut


QUERIES = st.lists(
    st.sampled_from(
        ["utm_source=x", "a=1", "ref=x.com", "%75tm_a=%", "fbclid", "source=rss", "", "=", "b=%2526", "ü=&"]
    )
).map("&".join)


@settings(max_examples=25)
@given(st.one_of(ODD_ADDRESSES, QUERIES.map("https://example.com/a?".__add__)))
def test_cutting_tracking_twice_cuts_it_once_and_changes_no_key(address):
    printed = without_tracking(address)
    assert without_tracking(printed) == printed
    assert tracking_parameters(printed) == []
    assert canonicalize(printed) == canonicalize(address)


@settings(max_examples=25)
@given(st.text(alphabet="a1=&%+;/?:@~.-_ü#"))
def test_address_without_tracking_stays_byte_for_byte(rest):
    address = f"https://example.com/{rest}"
    assert without_tracking(address) == address


@pytest.mark.parametrize(
    ("address", "is_proxy", "is_short"),
    [
        ("http://feedproxy.google.com/~r/a/b", True, False),
        ("https://feeds2.feedburner.com/~r/a", True, False),
        ("https://feeds.feedblitz.com/~/a", True, False),
        ("https://bit.ly/a", False, True),
        ("https://www.t.co/a", False, True),
        ("https://not-t.co/a", False, False),
        ("https://example.com/?u=https://t.co/a", False, False),
        ("https://[", False, False),
        ("", False, False),
    ],
)
def test_proxies_and_shorteners(address, is_proxy, is_short):
    assert (is_feed_proxy(address), is_shortened(address)) == (is_proxy, is_short)


A, B = "https://example.com/a", "https://example.org/b"


@pytest.mark.parametrize(
    ("address", "final", "canonical", "is_moved", "suggestion"),
    [
        (A, A, "", False, A),
        (A, "", "", False, A),
        (f"{A}?utm_source=x", f"{A}?utm_source=x", "", False, A),
        (A, B, "", True, B),
        (A, B, "", False, A),
        ("https://t.co/x", B, "", False, B),
        ("http://feedproxy.google.com/~r/x", f"{B}?utm_source=feed", "", False, B),
        (A, A, "https://example.com/c?utm_source=x", False, "https://example.com/c"),
        (A, A, "https://example.org/copy", False, A),
        (A, A, "https://example.com/", False, A),
        (A, B, "https://example.org/c", True, "https://example.org/c"),
        ("https://[", "", "https://[", False, "https://["),
    ],
)
def test_suggested_address(address, final, canonical, is_moved, suggestion):
    assert suggest_address(address, final, canonical, is_moved=is_moved) == suggestion
