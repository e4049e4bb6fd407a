import pytest

from issues.models.credits import Author, Publication
from tests.desk_forms import error_codes, save
from tests.make import make_article, make_author, make_issue, make_publication

KINDS = [("author", make_author), ("publication", make_publication)]


def merge(desk, kind, kept, *others):
    data = {"action": "merge", "_selected_action": [row.pk for row in (kept, *others)], "kept": kept.pk}
    return desk.post(f"/admin/issues/{kind}/", data)


def test_merge_asks_which_to_keep(desk):
    one, two = make_author("Loren"), make_author("Lorin")
    data = {"action": "merge", "_selected_action": [one.pk, two.pk]}
    page = desk.post("/admin/issues/author/", data).content.decode()
    assert page.count('type="radio"') == 2
    assert Author.objects.count() == 2


def test_merged_author_keeps_all_articles_names_and_addresses(desk, client):
    issue = make_issue()
    lorin, loren, other = make_author("Lorin"), make_author("Loren", aliases=["L. H."]), make_author("Anna")
    make_article(issue=issue, authors=(lorin,))
    joint = make_article(issue=issue, authors=(other, loren))
    both = make_article(issue=issue, authors=(loren, lorin))
    merge(desk, "author", lorin, loren)
    lorin.refresh_from_db()
    assert lorin.articles.count() == 3
    assert joint.credited_authors == [other, lorin]
    assert both.credited_authors == [lorin]
    assert lorin.aliases == ["L. H.", "Loren"]
    assert client.get("/authors/loren/", follow=True).redirect_chain == [("/authors/lorin/", 301)]


def test_merged_publication_keeps_all_articles_and_hosts(desk):
    kept = make_publication("Reddit", hosts=["reddit.com"])
    lost = make_publication("reddit r/sre", hosts=["old.reddit.com"], disclosure="Full disclosure.")
    article = make_article(publication=lost)
    merge(desk, "publication", kept, lost)
    kept.refresh_from_db()
    article.refresh_from_db()
    assert article.publication == kept
    assert (kept.hosts, kept.disclosure) == (["old.reddit.com", "reddit.com"], "Full disclosure.")
    assert not Publication.objects.filter(pk=lost.pk).exists()


def test_merge_needs_two_rows(desk):
    data = {"action": "merge", "_selected_action": [make_author().pk]}
    response = desk.post("/admin/issues/author/", data, follow=True)
    assert [message.level_tag for message in response.context["messages"]] == ["error"]


@pytest.mark.parametrize(("kind", "make"), KINDS)
def test_name_in_another_case_is_the_same_name(desk, kind, make):
    make("DropBox")
    response = save(desk, f"/admin/issues/{kind}/add/", f"{kind}_form", name="  dropbox ")
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


def test_author_with_articles_cannot_be_deleted(desk):
    author = make_author()
    make_article(authors=(author,))
    desk.post(f"/admin/issues/author/{author.pk}/delete/", {"post": "yes"})
    assert Author.objects.filter(pk=author.pk).exists()


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
