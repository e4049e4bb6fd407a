"""An author who is really a publication becomes one, and a publication that is really an author."""

import pytest

from issues.models.credits import Author, Publication
from tests.desk_forms import error_codes, read_form
from tests.make import make_article, make_author, make_issue, make_publication, note_changes, sign_in


def turn(desk, row):
    return desk.post(f"/admin/issues/{row._meta.model_name}/{row.pk}/turn/", follow=True)


def tell(response):
    return [message.level_tag for message in response.context["messages"]]


# Author to publication


def test_author_becomes_the_publication_of_all_articles(desk):
    fern, ann = make_author("Fern Hub", url="https://fern.example/"), make_author("Ann")
    alone, joint = make_article(authors=(fern,)), make_article(authors=(fern, ann))
    response = turn(desk, fern)
    publication = Publication.objects.get()
    assert (publication.name, publication.slug, publication.url) == ("Fern Hub", "fern-hub", "https://fern.example/")
    for article, authors in ((alone, []), (joint, [ann])):
        article.refresh_from_db()
        assert (article.publication, article.credited_authors) == (publication, authors)
    assert list(Author.objects.all()) == [ann]
    assert response.redirect_chain[-1][0] == f"/admin/issues/publication/{publication.pk}/change/"
    assert tell(response) == ["success"]


def test_other_names_are_kept_there_and_back(desk):
    turn(desk, make_author("Fern Hub", aliases=["Fern"]))
    assert Publication.objects.get().aliases == ["Fern"]
    turn(desk, Publication.objects.get())
    assert Author.objects.get().aliases == ["Fern"]


def test_articles_of_another_publication_keep_the_author(desk):
    fern, press = make_author("Fern Hub"), make_publication("Press")
    free, taken = make_article(authors=(fern,)), make_article(authors=(fern,), publication=press)
    context = desk.get(f"/admin/issues/author/{fern.pk}/turn/").context
    assert (context["turned_count"], context["staying"][0].places[0].name) == (1, taken.title)
    assert tell(turn(desk, fern)) == ["success", "warning"]
    assert list(fern.articles.all()) == [taken]
    assert list(Publication.objects.get(name="Fern Hub").articles.all()) == [free]


def test_author_is_merged_into_the_publication_of_this_name(desk):
    fern, known = make_author("fern hub", previous_slugs=["fern"]), make_publication("Fern Hub")
    already, free = make_article(authors=(fern,), publication=known), make_article(authors=(fern,))
    turn(desk, fern)
    assert set(Publication.objects.get().articles.all()) == {already, free}
    assert not Author.objects.exists()
    known.refresh_from_db()
    assert (known.previous_slugs, known.version) == (["fern"], 2)


# Publication to author


def test_publication_becomes_the_last_author_of_all_articles(desk):
    ann, blog = make_author("Ann"), make_publication("Bob’s blog", hosts=["bob.example"])
    article = make_article(authors=(ann,), publication=blog)
    assert desk.get(f"/admin/issues/publication/{blog.pk}/turn/").context["lost"] == ["Hosts: bob.example"]
    turn(desk, blog)
    article.refresh_from_db()
    assert [author.name for author in article.credited_authors] == ["Ann", "Bob’s blog"]
    assert article.publication is None
    assert not Publication.objects.exists()


def test_publication_is_merged_into_the_author_of_this_name(desk):
    bob, blog = make_author("Bob"), make_publication("bob")
    both, other = make_article(authors=(bob,), publication=blog), make_article(publication=blog)
    turn(desk, blog)
    assert both.credited_authors == [bob]
    assert other.credited_authors[-1] == bob
    assert Author.objects.filter(name__iexact="bob").count() == 1


# What follows


@pytest.mark.parametrize(("kind", "make"), [("author", make_author), ("publication", make_publication)])
def test_public_addresses_lead_to_the_other_kind(desk, client, kind, make):
    row = make("Fern Hub", previous_slugs=["fern"])
    make_article(issue=make_issue(), **({"authors": (row,)} if kind == "author" else {"publication": row}))
    turn(desk, row)
    other = "publication" if kind == "author" else "author"
    for slug in ("fern-hub", "fern"):
        for rest in ("", "feed/", "feed/issues/"):
            response = client.get(f"/{kind}s/{slug}/{rest}")
            assert response.status_code == 301
            assert response.url.endswith(f"/{other}s/fern-hub/{rest}")


def test_former_address_that_belongs_to_another_is_left_to_it(desk):
    make_publication("Other", slug="fern", previous_slugs=["hub"])
    fern = make_author("Fern Hub", previous_slugs=["fern", "hub", "free"])
    turn(desk, fern)
    assert Publication.objects.get(name="Fern Hub").previous_slugs == ["free"]


def test_form_of_an_article_that_was_open_meanwhile_is_a_conflict(desk):
    fern = make_author("Fern Hub")
    article = make_article(authors=(fern, make_author()))
    url = f"/admin/issues/article/{article.pk}/change/"
    stale = read_form(desk.get(url), "article_form")
    turn(desk, fern)
    assert error_codes(desk.post(url, {**stale, "_save": "1"}))["__all__"] == ["conflict"]


def test_row_that_is_gone_is_not_turned(desk):
    fern = make_author()
    turn(desk, fern)
    assert turn(desk, fern).status_code == 404
    assert Publication.objects.count() == 1


@pytest.mark.parametrize("missing", ["change_author", "delete_author", "add_publication", "change_publication"])
def test_turning_needs_permission_on_both_sides(db, missing):
    needed = {"change_author", "delete_author", "add_publication", "change_publication"}
    fern = make_author()
    client = sign_in("view_author", *(needed - {missing}))
    assert client.get(f"/admin/issues/author/{fern.pk}/turn/").status_code == 403
    assert turn(client, fern).status_code == 403
    assert "turn_address" not in client.get(f"/admin/issues/author/{fern.pk}/change/").context


@pytest.mark.parametrize(("make", "queries"), [(make_author, 32), (make_publication, 31)])
def test_turning_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, make, queries):
    turn(desk, make())  # Django asks for content types once.
    for count in (2, 3):  # Links are checked if one issue changes alone.
        row = make(f"Fern {count}")
        for _ in range(count):
            issue = make_issue()
            make_article(issue=issue, **({"authors": (row,)} if make is make_author else {"publication": row}))
        note_changes()
        url = f"/admin/issues/{row._meta.model_name}/{row.pk}/turn/"
        with django_assert_num_queries(10):
            desk.get(url)
        with django_assert_num_queries(queries):
            desk.post(url)
