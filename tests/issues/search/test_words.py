import pytest

from issues.search.words import normalize, wanted_words, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Zoë’s on-call", ["zoe", "s", "on-call"]),
        ("Łukasz Ørsted Straße", ["lukasz", "orsted", "strasse"]),
        ("CI/CD: incident.io & R&D", ["ci", "cd", "incident", "io", "r", "d"]),
        ("<b>&amp;</b>", ["b", "amp", "b"]),
        ("on‑call—now", ["on-call", "now"]),
        ("信頼性 الموثوقية Надёжность", ["信頼性", "الموثوقية", "надежность"]),
        ("🎉 \0 -- '", []),
    ],
)
def test_words_are_folded_in_any_script(text, words):
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("Two Words", "two words"),
        ('"A Phrase" more', '"a phrase" more'),
        ("“A phrase”", '"a phrase"'),
        ("this -that –other", "this -that -other"),
        ('-"a phrase"', '-"a phrase"'),
        ("this OR that", "this or that"),
        ('"or"', '"or"'),
        ("incident.io CI/CD", '"incident io" "ci cd"'),
        ('open "quote', "open quote"),
        ("https://www.example.com/a-b/?utm_source=x", '"example com a-b"'),
        ("a & b | !c <-> (d:*)", "a b c d"),
        ("- \" ' \\ 🎉 %\0", ""),
    ],
)
def test_query_of_a_reader_is_normalized(typed, query):
    assert normalize(typed) == query


def test_excluded_words_and_operators_are_not_wanted():
    assert wanted_words('one or "two one" -three -"four five"') == ["one", "two"]
