"""What is marked in the results, and what is shown of a long text."""

import pytest

from issues.search.marking import EXCERPT_LENGTH, Text, Wanted
from tests.issues.search.asking import ask, make_found


def excerpt(text: str, hit: str = "") -> str:
    return Text(text, Wanted(hit)).excerpt({hit}).replace("<mark>", "").replace("</mark>", "")


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("Zoë failed. Fails failing on-call", "fail", ["failed", "Fails", "failing"]),
        ("Zoë failed. Fails failing on-call", '"zoe failed"', ["Zoë", "failed", "Fails", "failing"]),
        ("Zoë failed. Fails failing on-call", "fail -nothing", ["failed", "Fails", "failing"]),
        ("Zoë’s on-call week", "call", ["on-call"]),
        ("Zoë’s on-call week", "zoe", ["Zoë’s"]),
        ("On call, on‑call, OnCall; on. The call", "oncall", ["On call", "on‑call", "OnCall"]),
        ("On call, on-call, oncall, call", "on call", ["On call", "on-call", "oncall", "call"]),
        ("Upgrades of CVE-2021-44228", "44228", ["CVE-2021-44228"]),
        ("C, C++ and C#", "c++", ["C++"]),
        ("C, C++ and C#", "c", ["C"]),
        ("クラウド障害とラウンド", "クラウド", ["クラウド"]),
        ("クラウド障害と障", "障", ["障", "障"]),
        ("ｸﾗｳﾄﾞ", "クラ", ["ｸﾗｳﾄﾞ"]),
        ("हिन्दी में क्लाउड", "क्लाउड", ["क्लाउड"]),
    ],
)
def test_what_was_found_is_marked(db, client, text, words, marked):
    make_found("An article", blurb=text)
    assert ask(client, words).xpath("//mark/text()") == marked


def test_marking_keeps_every_character():
    marked = "  “<mark>Fail</mark>”, &lt;<mark>fail</mark>&gt;\tfailing &amp; <mark>fail</mark>"
    assert Text("  “Fail”, <fail>\tfailing & fail", Wanted("fail")).mark({"fail"}) == marked


def test_excerpt_shows_the_first_hit():
    shown = excerpt("word " * 200 + "hit " + "word " * 200, "hit")
    assert " hit " in shown
    assert shown.startswith("…word")
    assert shown.endswith("word…")
    assert len(shown) <= EXCERPT_LENGTH + 2


@pytest.mark.parametrize("hit", ["", "last", "first"])
def test_excerpt_ends_where_the_text_ends(hit):
    shown = excerpt("first " + "word " * 100 + "last", hit)
    assert len(shown) <= EXCERPT_LENGTH + 2
    assert shown.startswith("first") == (hit != "last")
    assert shown.endswith("last") == (hit == "last")


def test_excerpt_of_text_without_spaces_is_cut_anywhere():
    assert excerpt("長" * 1000) == "長" * EXCERPT_LENGTH + "…"
