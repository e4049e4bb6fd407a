from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from text.validators import strip_control_characters, validate_http_address, validate_line, validate_printable

FORBIDDEN = "\0\x01\x08\x0b\x0c\x0e\x1f\x7f\ud800\ufffe\uffff"


def code(validate, text):
    with pytest.raises(ValidationError) as error:
        validate(text)
    return error.value.code


@pytest.mark.parametrize("text", ["", "a\tb\r\nc", "Zażółć 日本 🎉", "\u200d\u202e\x85", "a" * 100_000])
def test_text_without_control_characters_is_printable(text):
    validate_printable(text)
    assert strip_control_characters(text) == text


def test_control_characters_are_refused_and_removed():
    for character in FORBIDDEN:
        assert code(validate_printable, f"ab{character}") == "control_character"
        assert code(validate_line, f"ab{character}") == "control_character"
    assert strip_control_characters(f"a{FORBIDDEN}b") == "ab"


def test_control_character_is_named_with_its_place():
    with pytest.raises(ValidationError) as error:
        validate_printable("ab\x0b")
    assert error.value.params == {"place": 3, "code": 0x0B}


def test_line_has_no_line_breaks_and_tabs():
    for character in "\n\r\t\u2028\u2029":
        assert code(validate_line, f"a{character}b") == "line_break"
    validate_line("A title")


def test_web_addresses_are_valid():
    for address in [
        *("https://example.com", "https://example.com/a?b=c&d=[e]#f", "https://example.com:8443/"),
        *("https://münchen.example/ü", "https://xn--mnchen-3ya.example/", "http://[::1]:8080/", "http://10.0.0.1/"),
        *("https://medium.com/@lex/post", "https://example.com?to=@lex", "https://example.com#@lex"),
        *("https://EXAMPLE.COM/", "https://example.com/\"'<>", "https://example.com/~a;b=c,d", "http://localhost/"),
    ]:
        validate_http_address(address)


@pytest.mark.parametrize(
    ("expected", "addresses"),
    [
        ("invalid", ["", "example.com", "//example.com", "/a", "mailto:lex@example.com", "https://", "https:///x"]),
        ("invalid", ["javascript:alert(1)", "data:text/html,x", "ftp://example.com/"]),
        (
            "invalid",
            ["https://exa mple.com", "https://example.com/a b", " https://example.com", "https://example.com "],
        ),
        ("invalid", ["https://[foo/", "https://-a.example/", "https://a..example/", f"https://{'a' * 64}.example/"]),
        ("line_break", ["https://example.com/\n", "java\tscript:x"]),
        ("control_character", ["https://example.com/\x00"]),
        ("case", ["HTTPS://example.com/"]),
        ("credentials", ["https://lex:secret@example.com/", "https://lex@example.com"]),
        ("port", ["https://example.com:99999/"]),
    ],
)
def test_other_addresses_are_refused(expected, addresses):
    assert [code(validate_http_address, address) for address in addresses] == [expected] * len(addresses)


@given(st.one_of(st.text(), st.text(alphabet="htps:/@[]%.a1?#\\").map("http://".__add__)))
@limits(max_examples=25)
def test_any_text_is_valid_or_refused_without_a_crash(text):
    with suppress(ValidationError):
        validate_http_address(text)
