import pytest
from hypothesis import given
from hypothesis import strategies as st

from text.addresses import to_uri
from text.markdown import links_to
from text.plain import Links, markdown_to_text


@pytest.mark.parametrize(
    ("address", "uri"),
    [
        ("https://bücher.example/straße", "https://xn--bcher-kva.example/stra%C3%9Fe"),
        ("https://BÜCHER.example:8080/?q=ü#ß", "https://xn--bcher-kva.example:8080/?q=%C3%BC#%C3%9F"),
        ("https://bu\u0308cher.example", "https://xn--bcher-kva.example"),
        ("http://faß.example/", "http://xn--fa-hia.example/"),
        ("https://日本。jp/東京", "https://xn--wgv71a.jp/%E6%9D%B1%E4%BA%AC"),
        ("https://💩.la/🎉", "https://xn--ls8h.la/%F0%9F%8E%89"),
        ("https://b%C3%BCcher.example/%C3%BC/ü%20|", "https://xn--bcher-kva.example/%C3%BC/%C3%BC%20|"),
        ("https://üs:pä@ü.example/@ü.example", "https://%C3%BCs:p%C3%A4@xn--tda.example/@%C3%BC.example"),
        ("https://my_b.ü.example/", "https://my_b.xn--tda.example/"),
        ("mailto:lex@bücher.example?subject=ü", "mailto:lex@xn--bcher-kva.example?subject=%C3%BC"),
        ("https://xn--bcher-kva.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://[::1]:80/ü", "https://[::1]:80/%C3%BC"),
        ("/über/", "/%C3%BCber/"),
        ("https://a℀b.example/", "https://a%E2%84%80b.example/"),
    ],
)
def test_address_becomes_a_uri(address, uri):
    assert to_uri(address) == to_uri(uri) == uri


@given(st.text(st.characters(max_codepoint=127, exclude_characters="%")))
def test_ascii_stays_as_it_is(text):
    for address in (text, f"https://{text}"):
        assert to_uri(address) == address


@given(st.text(st.characters()))
def test_any_text_becomes_ascii(text):
    assert to_uri(f"https://{text}").isascii()


@pytest.mark.parametrize(
    "text", ["https://Bücher.example/ü", "<https://Bücher.example/ü>", "[a](https://Bücher.example/ü)"]
)
def test_markdown_links_to_the_uri(text):
    assert links_to(text, "https://bücher.example/ü")
    assert links_to(text, "https://xn--bcher-kva.example/%C3%BC")


def test_plain_text_lists_the_uri_of_a_bare_address():
    links = Links()
    assert markdown_to_text("See https://bücher.example/ü.", links) == "See https://bücher.example/ü [1]."
    assert links.listed() == "[1] https://xn--bcher-kva.example/%C3%BC"
