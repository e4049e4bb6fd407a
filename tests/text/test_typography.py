import time

import pytest

from text.markdown import MAX_MARKDOWN_LENGTH, plain_text, render_markdown, render_uncached


def printed(text):
    return plain_text(render_markdown(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\"a\" 'b' it's", "“a” ‘b’ it’s"),
        ("1999--2004, so -- then---ah --- yes", "1999–2004, so – then—ah — yes"),
        ("*so*---it was", "so—it was"),
        ("*so*--`it`--was", "so–it–was"),
        ('"--force" and \'-x\', "so"--it', "“--force” and ‘-x’, “so”–it"),
        ("**--force**\n--all", "--force --all"),
    ],
)
def test_quotes_and_dashes_are_typographic(text, words):
    assert printed(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "(a) retry, (b) fail fast, (c) shed load",
        "(C) (r) (R) (tm) (TM) (p) (P)",
        "+-5 and -+5",
        "Wait... cd .. or ../up, 1..10, what?.... no!....",
        "What????? No!!!!! a,,b ,,",
        "git commit --amend, x ---- y, 1/2 and 2 x 4",
        "--force is an option (--dry-run) [--all] a=--b",
    ],
)
def test_everything_else_is_printed_as_typed(text):
    assert printed(text) == text


@pytest.mark.parametrize(
    "address",
    [
        "https://a.example/it's-a--b---c",
        "mailto:a--b@a.example",
        "ftp://a.example/a--b",
        "//a.example/it's",
        "/on-this-site--2/",
        "a.example/how--to?q='x'#it's",
        "10.0.0.1:8080/a--b",
        "xn--bcher-kva.example",
        "o'brien--x@a.example",
    ],
)
@pytest.mark.parametrize("around", ["{}", '"See {}," it says.', "Go -- ({}).", "[{}](https://b.example/)", "`{}`"])
def test_addresses_stay_as_typed(address, around):
    assert address.removeprefix("mailto:") in printed(around.format(address))


def test_quotes_around_an_address_are_typographic():
    assert printed("\"https://a.example/\" and 'a.example/x'") == "“https://a.example/” and ‘a.example/x’"


@pytest.mark.parametrize("text", ["https//a--b", "and/or--both", "end.--Start", "a//b--c", "v1.2/1.3--1.4"])
def test_words_with_slashes_are_no_addresses(text):
    assert "–" in printed(text)


@pytest.mark.parametrize("piece", ["a.", "a-", "'", "+-", "a@", "xn--a-", "a:", "--", "//"])
def test_longest_odd_word_is_rendered_in_time(piece):
    begun = time.process_time()
    render_uncached(piece * (MAX_MARKDOWN_LENGTH // len(piece) - 2) + "--'")
    assert time.process_time() - begun < 5
