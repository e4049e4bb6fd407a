"""What the database folds and finds, it folds and finds as Python does."""

import re
import sys
import unicodedata

import pytest
from django.db import connection

from issues.models.credits import Author
from tests.make import make_author
from text.folding import fold
from text.lookups import fold_in_sql
from text.matching import pattern_of

pytestmark = pytest.mark.django_db


def test_database_folds_each_character_as_python_does():
    if connection.pg_version < 170000:  # type: ignore[attr-defined]
        pytest.skip("Each version of PostgreSQL knows the characters of its own version of Unicode.")
    chars = [chr(code) for code in range(1, sys.maxunicode + 1)]
    texts = [f"{char}x" for char in chars if unicodedata.category(char) not in ("Cn", "Cs", "Co")]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT one, {fold_in_sql('one', connection)} FROM unnest(%s::text[]) AS one", [texts])
        differing = {text for text, folded in cursor.fetchall() if folded != fold(text)}
    assert differing == set()


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        *(("Zoe", "Zoë"), ("naive", "The naïve"), ("JOSE", "José"), ("Echeverria", "Echeverría"), ("Łukasz", "lukasz")),
        *(("Don't", "Don’t panic"), ("dont", "Don’t panic"), ("O'Test", "Ed O’Test"), ("O’Test", "Ed O'Test")),
        *(
            ("oncall", "On-call"),
            ("oncall", "On call"),
            ("on-call", "oncall"),
            ("Node.js", "NodeJS"),
            ("nodejs", "Node.js"),
        ),
        *(
            ("nodejs", "Node.js"),
            ("44228", "CVE-2021-44228"),
            ("2021-44228", "CVE-2021-44228"),
            ("flix", "Netflix"),
            ("C++", "Learn C++"),
        ),
        *((".NET", "The .NET"), ("at&t", "AT&T"), ("障害", "クラウド障害"), ("हिन्दी", "हिन्दी में"), ("(x*", "f(x*y)")),
        *(("http3", "HTTP/3"), ("cicd", "CI/CD"), ("ci cd", "CI/CD"), ("st john", "St. John"), ("a - b", "a - b")),
        *(('"quoted"', "A “quoted” name"), ("j.r.r. tolkien", "J. R. R. Tolkien"), ("hamrun", "Ħamrun")),
        *(("ＳＲＥ", "SRE"), ("Straße", "STRASSE"), ("ΟΔΟΣ", "οδος"), ("مدرسه", "مَدْرَسه")),
    ],
)
def test_name_is_found_in_other_spellings(typed, name):
    make_author(name)
    assert Author.objects.filter(name__finds=typed).exists()
    assert re.search(pattern_of(typed), fold(name))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("C++", "C#"),
        (".NET", "internet"),
        (".NET", "example.net"),
        ("cart", "A scar to see"),
        ("a.c", "abc"),
        ("%", "x"),
    ],
)
def test_name_is_not_found_by_what_it_is_not(typed, name):
    make_author(name)
    assert not Author.objects.filter(name__finds=typed).exists()
    assert not re.search(pattern_of(typed), fold(name))


def test_lists_of_names_are_searched_and_folded_names_compared():
    make_author("Zoë", aliases=["José"])
    assert Author.objects.filter(aliases__finds="jose", name__folded="zoe").exists()


@pytest.mark.parametrize(
    "typed", ["\\", "'", '"', "[", "***=x", "(?i)x", "\0", "x" * 2000, "🎉", "\u0301", "{}%s", "\n"]
)
def test_anything_may_be_typed(typed):
    make_author("Zoë ’s %s")
    list(Author.objects.filter(name__finds=typed))
    re.compile(pattern_of(typed))
