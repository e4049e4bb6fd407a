import re

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from text.words import lexeme, tokens_of, words_of


def words(text: str) -> set[str]:
    return {word for token in tokens_of(text) for word, _ in words_of(token)}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Łukasz Ørsted Straße", ["lukasz", "orsted", "strasse"]),
        ("CI/CD: incident.io", ["ci", "cd", "incident io"]),
        ("<b>&amp;</b>", ["b", "amp", "b"]),
        ("on‑call—now max_connections post–mortem", ["on call", "now", "max connections", "post mortem"]),
        ("Zoë’s Hawaiʻi", ["zoe s", "hawai i"]),
        ("الموثوقية Надёжность", ["الموثوقية", "надежность"]),
        ("C++ c++17 C# C#12 F# Q# C♯ Ｃ＋＋", ["c++", "c++", "17", "c#", "c#", "12", "f#", "q#", "c#", "c++"]),
        ("Google+ Notepad++ a+b 1+1 10+ issue#7 #7", ["google+", "notepad++", *"ab11", "10", "issue", "7", "7"]),
        (".NET (.env) end...Net ASP.NET ../x", [".net", ".env", "end", "net", "asp net", "x"]),
        ("AT&T R&D Q & A", ["at&t", "r&d", "q", "a"]),
        ("Objective-C++ C/C++", ["objective c++", "c", "c++"]),
        ("हिन्दी க்ளவுட் ระบบล่ม ক্লাউড", ["हिन्दी", "க்ளவுட்", "ระบบล่ม", "ক্লাউড"]),
        ("AWS障害2件 장애가", ["aws", "障害", "2", "件", "장애가"]),
        ("so\u00adft می\u200cخواهم", ["soft", "میخواهم"]),
        ("🎉 \0 -- ' . & + #", []),
    ],
)
def test_text_is_split_in_any_script(text, parts):
    assert [" ".join(token.parts) for token in tokens_of(text)] == parts


@pytest.mark.parametrize(
    ("word", "text"),
    [
        *(
            ("call", "on-call"),
            ("44228", "CVE-2021-44228"),
            ("3", "HTTP-3"),
            ("js", "Node.js"),
            ("endtoend", "End-to-end"),
            ("failovers", "Fail-overs"),
            ("rollout", "roll-out"),
        ),
        *(
            ("google", "Google+"),
            ("barnes", "Barnes&Noble"),
            ("障害", "クラウド障害"),
            ("害", "障害"),
            ("장애", "장애가"),
        ),
    ],
)
def test_text_is_kept_under_its_words(word, text):
    assert word in words(text)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("c", "C++ C# R&C"),
        ("net", ".NET"),
        ("at", "AT&T"),
        ("हन", "हिन्दी"),
        ("xyzxyz", "x-y-z-x-y-z"),
        ("123", "1.2.3"),
    ],
)
def test_text_is_not_kept_under_what_it_is_not(word, text):
    assert word not in words(text)


def test_places_of_what_is_joined_or_paired_are_counted():
    assert [token.length for token in tokens_of("weekly on-call 障害対応 now")] == [1, 2, 4, 1]


@pytest.mark.parametrize("word", ["cache", "c++", "http3", "障害", "on", "हिन्दी"])
def test_words_are_kept_as_letters_and_digits(word):
    assert lexeme(word).isascii()
    assert lexeme(word).isalnum()


@given(st.text())
@limits(max_examples=50)
def test_words_of_any_text_are_safe_for_postgresql(text):
    for token in tokens_of(text):
        assert 0 <= token.start < token.end <= len(text)
        for word, offset in words_of(token):
            assert 0 <= offset < token.length
            assert re.fullmatch("[a-z0-9]+", lexeme(word))


def test_each_character_is_safe_for_postgresql():
    for char in map(chr, range(0x20000)):
        for token in tokens_of(f"{char} {char}"):
            assert all(token.parts)
            assert all(re.fullmatch("[a-z0-9]+", lexeme(word)) for word, _ in words_of(token))
