import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.links import canonicalize, host_of

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
        "https://www.example.com/post?id=7",
        "HTTPS://Example.COM/post?id=7",
        "https://example.com:443/post?id=7",
        "http://example.com:80/post?id=7",
        "https://example.com/post/?id=7",
        "https://example.com/post?id=7#comments",
        "https://example.com/./a/../post?id=7",
        "https://example.com/p%6Fst?id=7",
        "https://example.com/post?utm_source=sreweekly&id=7&utm_campaign=x",
        "https://example.com/post?id=7&fbclid=abc&gclid=d&mc_cid=e&mc_eid=f",
        "https://example.com/post?id=7&source=rss----abc---4",
        "https://example.com/post?id=7&ref=sreweekly",
        "https://example.com/post?trk=public_profile&id=7",
    ],
)
def test_addresses_of_one_article_have_one_key(same):
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
        "https://example.com/post?id=7&ref=main",
        "https://example.com/post?id=",
    ],
)
def test_addresses_of_other_articles_have_other_keys(other):
    assert canonicalize(other) != canonicalize(ADDRESS)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("", ""),
        ("https://example.com", "example.com"),
        ("https://example.com?b=2&a=1&b=1", "example.com?a=1&b=1&b=2"),
        ("https://example.com/?q=a+b&r=%20c", "example.com?q=a+b&r=+c"),
        ("https://example.com/?flag", "example.com?flag="),
        ("https://münchen.example/ü", "xn--mnchen-3ya.example/%C3%BC"),
        ("http://[2001:DB8::1]:8080/a", "2001:db8::1:8080/a"),
        ("https://example.com:99999/", "https://example.com:99999/"),
        ("https://[example.com/", "https://[example.com/"),
        ("https://" + "a" * 70 + ".example/", "https://" + "a" * 70 + ".example/"),
    ],
)
def test_canonicalize(address, key):
    assert canonicalize(address) == key


def test_medium_posts_keep_their_path():
    assert canonicalize("https://medium.com/@lex/post-1?source=rss-x") == "medium.com/@lex/post-1"


@given(ODD_ADDRESSES)
def test_any_text_has_a_key_and_a_host(address):
    assert isinstance(canonicalize(address), str)
    assert isinstance(host_of(address), str)


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
        ("https://example.com:99999/", "example.com"),
        ("https://[example.com/", ""),
        ("not an address", ""),
        ("", ""),
    ],
)
def test_host_of(address, host):
    assert host_of(address) == host
