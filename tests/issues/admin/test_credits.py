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


@pytest.mark.parametrize(("kind", "make"), KINDS)
def test_former_name_is_kept_as_another_name(desk, kind, make):
    row = make("HostedGraphite", aliases=["HG"])
    save(desk, f"/admin/issues/{kind}/{row.pk}/change/", f"{kind}_form", name="Graphite Labs")
    save(desk, f"/admin/issues/{kind}/{row.pk}/change/", f"{kind}_form", name="Graphite  LABS")
    row.refresh_from_db()
    assert (row.name, row.aliases) == ("Graphite LABS", ["HG", "HostedGraphite"])


@pytest.mark.parametrize(("kind", "make"), KINDS)
def test_new_name_that_is_spelled_like_another_is_told(desk, kind, make):
    make("Hosted Graphite")
    response = save(desk, f"/admin/issues/{kind}/add/", f"{kind}_form", name="Hosted Graphiet")
    assert [message.level_tag for message in desk.get(response.url).context["messages"]] == ["warning", "success"]


@pytest.mark.parametrize(("kind", "make"), KINDS)
def test_typed_name_may_be_another_name(desk, kind, make):
    make("Hosted Graphite", aliases=["MetricFire"])
    answer = desk.post("/admin/issues/article/names/", {"kind": kind, "name": "metricfire"}).json()
    assert answer["problems"] != []  # Other names do not ignore case.
    answer = desk.post("/admin/issues/article/names/", {"kind": kind, "name": "MetricFire"}).json()
    assert answer["found"] == {"MetricFire": "Hosted Graphite"}
    assert desk.get("/admin/issues/article/names/", {"kind": kind, "term": "metricf"}).json()["names"] == [
        "Hosted Graphite"
    ]


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
