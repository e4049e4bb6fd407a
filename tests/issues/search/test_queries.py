import pytest
from django.db import connection

from issues.search.queries import normalize, other_spellings, tsquery_of, wanted_parts, wanted_words
from text.words import STOP_WORDS


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("Two Words", "two words"),
        ('"A Phrase" more', '"a phrase" more'),
        ("“A phrase”", '"a phrase"'),
        ("‹A phrase› 「A phrase」", '"a phrase" "a phrase"'),
        ("this -that –other", "this -that -other"),
        ('-"a phrase"', '-"a phrase"'),
        ("this OR that", "this or that"),
        ('"or"', '"or"'),
        ("incident.io CI/CD", 'incident.io "ci cd"'),
        ("C++ or AT&T -.NET", "c++ or at&t -.net"),
        ("Zoë’s On‑Call", "zoe's on-call"),
        ('open "quote', "open quote"),
        ("https://www.example.com/a-b/?utm_source=x", '"example.com a-b"'),
        ("a & b | !c <-> (d:*)", "a b c d"),
        ("- \" ' \\ 🎉 %\0", ""),
    ],
)
def test_query_of_a_reader_is_normalized(typed, query):
    assert normalize(typed) == query
    assert normalize(query) == query


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ("cache -cluster or database", "(cache & !cluster) | database"),
        ("on -the call", "call"),
        ("don't panic", "panic"),
        ("zoe's o'reilly", "(zoe & (o <1> reilly))"),
        ("c++ .net at&t", "(cu0002bu0002b & u0002enet & atu00026t)"),
        ("node.js", "(node <1> js)"),
        ("障", "u0969c:*"),
        ("障害が", "(u0969cu05bb3 <1> u05bb3u0304c)"),
        ('"障害 aws"', "(u0969cu05bb3 <2> aws)"),
        ('"state of the art"', "(state <1> of0 <1> the0 <1> art)"),
        *((words, "") for words in ("or", "the of", '"the"', "it's", "-of")),
    ],
)
def test_query_is_written_for_postgresql(query, written):
    assert tsquery_of(query) == written


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ("oncall", "(oncall | (on0 <1> call))"),
        ("on-call", "((on0 <1> call) | oncall)"),
        ("on call week", "((call & week) | (oncall & week))"),
        ("on -call", "!call"),
        ('"oncall week"', "((oncall <1> week) | (on0 <1> call <1> week))"),
        ('"on call week"', "((on0 <1> call <1> week) | (oncall <1> week))"),
        ("cve-2021-44228", "((cve <1> 2021 <1> 44228) | cve202144228)"),
        ("cve 2021", "(cve & 2021)"),
        ("tls 1.3 week", "((tls & (1 <1> 3) & week) | ((tls1 <1> 3) & week))"),
        ("cache ipv 6-only", "((cache & ipv & (6 <1> only0)) | (cache & (ipv6 <1> only0)))"),
        ("rollouts", "(rollouts | (roll <1> out0))"),
        ("io", "(io | (i0 <1> o))"),
    ],
)
def test_query_is_also_written_in_other_spellings(query, written):
    spellings = {"(on0 <1> call)", "oncall", "cve202144228", "tls1", "ipv6", "(roll <1> out0)", "(i0 <1> o)"}
    assert tsquery_of(query, spellings & set(other_spellings(query))) == written


def test_only_likely_spellings_are_tried():
    assert other_spellings("a way") == ["(w <1> ay)", "(wa <1> y)"]
    assert other_spellings("1.3") == other_spellings("10.0.0.1") == []


def test_long_query_stays_short():
    assert other_spellings(" ".join(["ab"] * 66)) == other_spellings("x" * 200) == []


def test_excluded_words_and_operators_are_not_wanted():
    assert wanted_words('one or "two one" -three -"four five"') == ["one", "two"]
    assert wanted_parts('one or "two of" -three') == {"one", "two", "onetwo", "twoof"}


def test_words_that_nobody_looks_for_are_those_of_postgresql(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_read_file(setting || '/tsearch_data/english.stop') FROM pg_config WHERE name = 'SHAREDIR'"
        )
        assert set(cursor.fetchone()[0].split()) == STOP_WORDS
