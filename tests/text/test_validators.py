from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from text.validators import validate_http_address, validate_line, validate_printable


def problem(validate, text):
    with pytest.raises(ValidationError) as error:
        validate(text)
    (message,) = error.value.messages
    return message


@pytest.mark.parametrize("text", ["", "a\tb\r\nc", "Zażółć 日本 🎉", "\u200d\u202e\x85", "a" * 100_000])
def test_printable_text(text):
    validate_printable(text)


@pytest.mark.parametrize("character", [*"\0\x01\x08\x0b\x0c\x0e\x1f\x7f", "\ud800", "\ufffe", "\uffff"])
def test_control_characters_are_refused_by_place(character):
    assert problem(validate_printable, f"ab{character}") == (
        f"Character 3 is a control character (U+{ord(character):04X}) that cannot be printed. Delete it."
    )


@pytest.mark.parametrize("character", list("\n\r\t\u2028\u2029"))
def test_line_breaks_and_tabs_are_refused_in_a_line(character):
    assert problem(validate_line, f"a{character}b") == "Keep it on one line, without tabs."


def test_line_has_no_control_characters():
    assert "control character" in problem(validate_line, "a\x0bb")


@pytest.mark.parametrize(
    "address",
    [
        *(
            "https://example.com",
            "http://example.com/",
            "https://example.com/a?b=c&d=[e]#f",
            "https://example.com:8443/",
        ),
        *("https://münchen.example/ü", "https://xn--mnchen-3ya.example/", "http://[::1]:8080/", "http://10.0.0.1/"),
        *(
            "https://medium.com/@lex/post",
            "https://example.com?to=@lex",
            "https://example.com#@lex",
            "https://EXAMPLE.COM/",
        ),
        *(
            "https://example.com/\"'<>",
            "https://example.com/a%20b",
            "https://example.com/~a;b=c,d",
            "http://localhost/",
        ),
    ],
)
def test_web_addresses(address):
    validate_http_address(address)


@pytest.mark.parametrize(
    "address",
    [
        *("", "example.com", "//example.com", "/a", "javascript:alert(1)", "data:text/html,x", "ftp://example.com/"),
        *("mailto:lex@example.com", "https://", "https:///x", "https://exa mple.com", "https://example.com/a b"),
        *(
            " https://example.com",
            "https://example.com ",
            "https://[foo/",
            "https://-a.example/",
            "https://a..example/",
        ),
        *("https://example.com/\n", "java\tscript:x", "https://example.com/\x00", "https://" + "a" * 64 + ".example/"),
    ],
)
def test_what_is_no_web_address_is_refused(address):
    problem(validate_http_address, address)


@pytest.mark.parametrize("address", ["https://lex:secret@example.com/", "https://lex@example.com"])
def test_credentials_are_refused(address):
    assert problem(validate_http_address, address) == "Remove the user name and password from the address."


def test_port_that_nobody_can_open_is_refused():
    assert problem(validate_http_address, "https://example.com:99999/") == (
        "Ports end at 65535: nobody can open this address."
    )


@given(
    st.one_of(
        st.text(), st.text().map("https://".__add__), st.text(alphabet="htps:/@[]%.a1?#\\").map("http://".__add__)
    )
)
def test_any_text_is_answered_by_a_sentence_or_nothing(text):
    with suppress(ValidationError):
        validate_http_address(text)
