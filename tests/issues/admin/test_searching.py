"""Lists of the desk, autocompletes and the box find words in any spelling."""

from collections.abc import Callable
from typing import Any

import pytest
from taggit.models import Tag

from collecting.models.candidates import Candidate
from collecting.models.sources import Source
from issues.models.corrections import Correction
from sponsors.models import Sponsor
from tests.make import make_article, make_author, make_issue, make_page, make_placement, make_publication

pytestmark = pytest.mark.django_db

MAKE: dict[str, Callable[[str], Any]] = {
    "issues/author": make_author,
    "issues/publication": make_publication,
    "sponsors/sponsor": lambda name: Sponsor.objects.create(name=name),
    "taggit/tag": lambda name: Tag.objects.create(name=name),
    "issues/article": lambda name: make_article(title=name),
    "issues/issue": lambda name: make_issue(number=1, title=f"#1: {name}"),
    "issues/page": lambda name: make_page(title=name, slug="made"),
    "issues/correction": lambda name: Correction.objects.create(issue=make_issue(), text=name),
    "sponsors/placement": lambda name: make_placement(make_issue(), message=name),
    "collecting/candidate": lambda name: Candidate.objects.create(title=name, url="https://example.com/"),
    "collecting/source": lambda name: Source.objects.create(title=name, url="https://example.com/feed"),
}


def found(desk, kind: str, words: str) -> int:
    return desk.get(f"/admin/{kind}/", {"q": words}).context["cl"].result_count


def suggested(desk, kind: str, words: str) -> list[str]:
    return desk.get("/admin/issues/article/names/", {"kind": kind, "term": words}).json()["names"]


@pytest.mark.parametrize("kind", MAKE)
def test_list_finds_any_spelling(desk, kind):
    MAKE[kind]("José’s naïve On‑call, don’t panic: CVE-2021-44228, C++ 障害")
    for words in (
        *("Jose", "naive", "oncall", "on call", "Don't panic", "don’t jose's", "44228", "cve 2021", "c++", "障害"),
        '"naive oncall"',
    ):
        assert found(desk, kind, words) == 1, words
    for words in ("c#", ".on", "josef", "44229"):
        assert found(desk, kind, words) == 0, words


@pytest.mark.parametrize("kind", MAKE)
def test_list_answers_anything(desk, kind):
    for words in ("\\", "'", '"', '"a', "(", "***=x", "%s {}", "x" * 3000, "🎉"):
        assert desk.get(f"/admin/{kind}/", {"q": words}).status_code == 200, words


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Zoe", "Zoë"),
        ("Echeverria", "Ana Echeverría"),
        ("Ed O'Test", "Ed O’Test"),
        ("ed o’test", "Ed O'Test"),
    ],
)
def test_autocompletes_find_any_spelling(desk, words, name):
    Sponsor.objects.create(name=name)
    query = {"app_label": "issues", "model_name": "publication", "field_name": "sponsor", "term": words}
    assert [one["text"] for one in desk.get("/admin/autocomplete/", query).json()["results"]] == [name]
    assert suggested(desk, "sponsor", words) == [name]


def test_autocomplete_answers_what_postgresql_refuses(desk):
    query = {"app_label": "issues", "model_name": "publication", "field_name": "sponsor", "term": "\0"}
    assert desk.get("/admin/autocomplete/", query).status_code == 200


def test_author_is_found_by_other_names_in_any_spelling(desk):
    make_author("Rachel", aliases=["Éche-verría"])
    assert found(desk, "issues/author", "echeverria") == 1
    assert desk.get("/admin/issues/article/names/", {"kind": "author", "term": "echeverria"}).json()["names"] == [
        "Rachel"
    ]


def test_box_and_merging_find_any_spelling(desk):
    row, other = make_author("Zoë On-Call"), make_author("Somebody")
    assert "Zoë On-Call" in desk.get("/admin/find/", {"q": "oncall zoe"}).content.decode()
    page = desk.get("/admin/issues/author/merge/", {"row": other.pk, "q": "oncall"})
    assert row in [choice.row for choice in page.context["choices"]]


def test_reader_filters_by_a_name_without_accents(client):
    make_article(issue=make_issue(), title="One", authors=(make_author("Zoë O’Test"),))
    assert client.get("/search/", {"author": "zoe o'test"}).status_code == 200
