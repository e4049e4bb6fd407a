import pytest

from tests.desk_forms import error_codes, save
from tests.make import make_article, make_author, make_issue, make_publication

KINDS = [("author", make_author), ("publication", make_publication)]


@pytest.mark.parametrize(("kind", "make"), KINDS)
def test_name_in_another_case_is_the_same_name(desk, kind, make):
    make("DropBox")
    response = save(desk, f"/admin/issues/{kind}/add/", f"{kind}_form", name="  dropbox ")
    assert error_codes(response) == {"name": ["unique"]}


@pytest.mark.parametrize("name", ["Zoe\u0308", "Zo\u200bë"])
def test_name_in_another_spelling_that_looks_the_same_is_the_same(desk, name):
    make_author("Zoë")
    response = save(desk, "/admin/issues/author/add/", "author_form", name=name)
    assert error_codes(response) == {"name": ["unique"]}


def test_former_address_of_an_author_redirects(desk, client):
    author = make_author("Jamie")
    make_article(issue=make_issue(), authors=(author,))
    save(desk, f"/admin/issues/author/{author.pk}/change/", "author_form", slug="jaime")
    assert client.get("/authors/jamie/", follow=True).redirect_chain == [("/authors/jaime/", 301)]


def test_aliases_are_lines_that_may_contain_commas(desk):
    author = make_author("Robert Poston")
    aliases = "Robert Poston, MD\r\n\r\n  Bob Poston \r\n"
    save(desk, f"/admin/issues/author/{author.pk}/change/", "author_form", aliases=aliases)
    author.refresh_from_db()
    assert author.aliases == ["Robert Poston, MD", "Bob Poston"]


def test_authors_are_found_by_an_alias(desk):
    make_author("Rachel Kroll", aliases=["rachelbythebay"])
    query = {"app_label": "issues", "model_name": "article", "field_name": "authors", "term": "rachelby"}
    (result,) = desk.get("/admin/autocomplete/", query).json()["results"]
    assert result["text"] == "Rachel Kroll"


@pytest.mark.parametrize(("kind", "queries"), [("author", 6), ("publication", 6)])
def test_list_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, kind, queries):
    for _ in range(2):
        make_article(issue=make_issue(), publication=make_publication())
        with django_assert_num_queries(queries):
            assert desk.get(f"/admin/issues/{kind}/").status_code == 200
        make_article(issue=make_issue(), publication=make_publication())


@pytest.mark.parametrize("kind", ["author", "publication"])
def test_list_answers_any_query(desk, kind):
    make_author()
    for query in ("q=x", "q=%00", "articles=none", "articles=one", "articles=several", "o=-3"):
        assert desk.get(f"/admin/issues/{kind}/?{query}", follow=True).status_code == 200
