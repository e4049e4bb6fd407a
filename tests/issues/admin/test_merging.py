"""Authors, publications, tags and sponsors that were entered twice are merged at the desk."""

import pytest
from django.db.models import Model
from taggit.models import Tag

from issues.history import restore
from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.tags import FormerTag
from sponsors.models import Sponsor
from tests.desk_forms import error_codes, read_form, save
from tests.make import (
    make_article,
    make_author,
    make_issue,
    make_placement,
    make_publication,
    make_sponsor,
    note_changes,
    sign_in,
)

KINDS = ["issues/author", "issues/publication", "taggit/tag", "sponsors/sponsor"]


def make_tag(name=""):
    return Tag.objects.create(name=name or f"tag {Tag.objects.count()}")


MAKE = dict(zip(KINDS, (make_author, make_publication, make_tag, make_sponsor), strict=True))


def address_of(row: Model) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}"


def merge(desk, kept, *others):
    return desk.post(f"{address_of(kept)}/merge/", {"row": [row.pk for row in others], "kept": kept.pk}, follow=True)


def offered(response):
    """Return the names that the page offers, with whether they are checked."""
    return [(choice.row.name, choice.is_chosen) for choice in response.context["choices"]]


# What is offered


@pytest.mark.parametrize("kind", KINDS)
def test_selected_rows_are_offered_with_what_may_be_the_same_and_what_was_searched(desk, kind):
    chosen, alike, other = [MAKE[kind](name) for name in ("Post-Mortem", "post mortem", "Found by name")]
    MAKE[kind]("Another")
    response = desk.post(f"/admin/{kind}/", {"action": "merge", "_selected_action": [chosen.pk]}, follow=True)
    assert offered(response) == [(chosen.name, True), (alike.name, False)]
    response = desk.get(f"/admin/{kind}/merge/", {"row": chosen.pk, "q": "found by"})
    assert offered(response) == [(chosen.name, True), (other.name, False), (alike.name, False)]


def test_row_with_the_most_articles_is_kept_unless_another_is_chosen(desk):
    few, many = make_author("Jon"), make_author("John")
    make_article(authors=(many,))
    response = desk.get("/admin/issues/author/merge/", {"row": [few.pk, many.pk]})
    assert [choice.total for choice in response.context["choices"]] == [1, 0]


def test_author_is_alike_by_another_name(desk):
    author, other = make_author("Rachel"), make_author("R. Kroll", aliases=["Ráchel"])
    response = desk.get("/admin/issues/author/merge/", {"row": author.pk})
    assert offered(response)[1:] == [(other.name, False)]


@pytest.mark.parametrize("kind", KINDS)
def test_without_rows_all_names_that_are_alike_are_offered(desk, kind):
    one, other, _ = [MAKE[kind](name) for name in ("Case study", "case-study", "Another")]
    [pair] = desk.get(f"/admin/{kind}/merge/").context["pairs"]
    assert set(pair[:2]) == {one, other}


@pytest.mark.parametrize("query", ["row=x", "row=999", "row=99999999999999999999", "q=%00", "kept=1"])
def test_page_answers_any_query(desk, query):
    assert desk.get(f"/admin/taggit/tag/merge/?{query}").status_code == 200


# Merging


def test_merged_author_keeps_all_articles_names_and_addresses(desk, client):
    issue = make_issue()
    lorin, loren, other = make_author("Lorin"), make_author("Loren", aliases=["L. H."]), make_author("Anna")
    make_article(issue=issue, authors=(lorin,))
    joint = make_article(issue=issue, authors=(other, loren))
    both = make_article(issue=issue, authors=(loren, lorin))
    merge(desk, lorin, loren)
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
    merge(desk, kept, lost)
    kept.refresh_from_db()
    article.refresh_from_db()
    assert article.publication == kept
    assert (kept.hosts, kept.disclosure) == (["old.reddit.com", "reddit.com"], "Full disclosure.")
    assert kept.aliases == ["reddit r/sre"]
    assert not Publication.objects.filter(pk=lost.pk).exists()


def test_merged_tag_keeps_all_articles_names_and_addresses(desk, client):
    issue = make_issue()
    one, both = make_article(issue=issue, tags=("oncall",)), make_article(issue=issue, tags=("oncall", "on-call"))
    first, second, third = Tag.objects.get(name="oncall"), Tag.objects.get(name="on-call"), make_tag("paging")
    assert merge(desk, second, first).redirect_chain[-1][0] == f"/admin/taggit/tag/{second.pk}/change/"
    assert [list(article.tags.names()) for article in (one, both)] == [["on-call"], ["on-call"]]
    merge(desk, third, second)
    assert [list(article.tags.names()) for article in (one, both)] == [["paging"], ["paging"]]
    for former in ("/tags/oncall/", "/tags/on-call/", "/tag/oncall/"):
        assert client.get(former, follow=True).redirect_chain[-1] == ("/tags/paging/", 301)
    assert client.get("/tags/oncall/feed/").url.endswith("/tags/paging/feed/")


@pytest.mark.parametrize("make", [make_author, make_publication])
def test_former_name_of_a_credit_is_its_row_when_a_version_is_restored(desk, make):
    issue = make_issue(status="draft")
    lost, kept = make("Hosted Graphiet"), make("Hosted Graphite")
    article = make_article(issue=issue, **({"authors": (lost,)} if make is make_author else {"publication": lost}))
    note_changes()
    merge(desk, kept, lost)
    restore(issue.revisions.get(version=1), None)
    article.refresh_from_db()
    assert kept in [*article.credited_authors, article.publication]


def test_former_name_of_a_tag_is_its_tag_when_a_version_is_restored(desk):
    issue = make_issue(status="draft")
    article = make_article(issue=issue, tags=("oncall",))
    note_changes()
    kept = make_tag("on-call")
    merge(desk, kept, Tag.objects.get(name="oncall"))
    restore(issue.revisions.get(version=1), None)
    assert list(article.tags.all()) == [kept]


def test_tag_that_was_merged_away_can_be_the_kept_one_later(desk):
    merge(desk, make_tag("a"), make_tag("b"))
    again = make_tag("b")
    merge(desk, again, Tag.objects.get(name="a"))
    assert list(FormerTag.objects.values_list("name", "tag")) == [("a", again.pk)]


def test_former_address_of_a_tag_without_a_published_article_is_not_found(desk, client):
    make_article(tags=("oncall",))
    merge(desk, make_tag("on-call"), Tag.objects.get(name="oncall"))
    for address in ("/tags/oncall/", "/tags/oncall/feed/", "/tag/oncall/"):
        assert client.get(address).status_code == 404


def test_form_of_an_article_with_a_merged_tag_is_a_conflict(desk):
    article = make_article(tags=("oncall",))
    url = f"/admin/issues/article/{article.pk}/change/"
    stale = read_form(desk.get(url), "article_form")
    merge(desk, make_tag("on-call"), Tag.objects.get(name="oncall"))
    assert error_codes(desk.post(url, {**stale, "_save": "1"})) == {"__all__": ["conflict"]}


def test_merged_sponsor_keeps_messages_publications_and_notes(desk):
    kept, lost = make_sponsor("Acme", notes="Pays."), make_sponsor("ACME Inc.", notes="Late.", contact="Jo")
    placement, publication = make_placement(make_issue(), sponsor=lost), make_publication(sponsor=lost)
    merge(desk, kept, lost)
    placement.refresh_from_db()
    publication.refresh_from_db()
    assert placement.sponsor == publication.sponsor == kept == Sponsor.objects.get()
    assert (Sponsor.objects.get().notes, Sponsor.objects.get().contact) == ("Pays.\n\nLate.", "Jo")


@pytest.mark.parametrize("kind", KINDS)
def test_merge_needs_two_rows_and_one_to_keep(desk, kind):
    one, two = MAKE[kind]("One"), MAKE[kind]("Two")
    for fields in ({"row": [one.pk], "kept": one.pk}, {"row": [one.pk, two.pk]}, {"kept": 999, "row": two.pk}, {}):
        response = desk.post(f"/admin/{kind}/merge/", fields, follow=True)
        assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert type(one)._default_manager.count() == 2


@pytest.mark.parametrize("kind", KINDS)
def test_merging_needs_permission_to_change_and_delete(db, kind):
    one, two = MAKE[kind]("One"), MAKE[kind]("Two")
    name = kind.partition("/")[2]
    client = sign_in(f"view_{name}", f"change_{name}")
    assert client.get(f"/admin/{kind}/merge/").status_code == 403
    assert client.post(f"/admin/{kind}/merge/", {"row": [two.pk], "kept": one.pk}).status_code == 403
    assert "merge" not in client.get(f"/admin/{kind}/").text
    assert client.get(f"/admin/{kind}/{one.pk}/change/").context["merge_address"] == ""
    assert type(one)._default_manager.count() == 2


@pytest.mark.parametrize(("kind", "queries"), [(kind, 6) for kind in KINDS])
def test_page_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, kind, queries):
    rows = []
    for letter in "ab":
        rows += [MAKE[kind](f"{letter}{letter} nearly the same"), MAKE[kind](f"{letter}{letter} nearly the-same")]
        with django_assert_num_queries(queries):
            desk.get(f"/admin/{kind}/merge/", {"row": [row.pk for row in rows[:1]]})


def test_merging_takes_a_fixed_number_of_queries(desk, django_assert_num_queries):
    merge(desk, make_tag(), make_tag())  # Django asks for content types once.
    for count in (2, 3):  # Links are checked if one issue changes alone.
        kept, lost = make_tag(f"kept {count}"), make_tag(f"lost {count}")
        for _ in range(count):
            make_article(issue=make_issue(), tags=(lost.name,))
        note_changes()
        with django_assert_num_queries(35):
            desk.post("/admin/taggit/tag/merge/", {"row": [lost.pk], "kept": kept.pk})


# The page of a row


@pytest.mark.parametrize("kind", KINDS)
def test_page_of_a_row_shows_what_uses_it_and_what_may_be_the_same(desk, kind):
    row, other = MAKE[kind]("Case study"), MAKE[kind]("case-study")
    issue = make_issue(number=7)
    if kind == "sponsors/sponsor":
        make_placement(issue, sponsor=row)
    else:
        fields = {"authors": (row,)} if kind == KINDS[0] else {"publication": row} if kind == KINDS[1] else {}
        make_article(issue=issue, title="Latest", tags=("Case study",) if kind == KINDS[2] else (), **fields)
    context = desk.get(f"{address_of(row)}/{row.pk}/change/").context
    [use] = context["uses"]
    assert "#7" in use.places[0].name + use.places[0].detail
    assert [one for one, _, _ in context["alike"]] == [other]


def test_latest_articles_are_shown_first_and_lead_to_all(desk):
    author = make_author("Ann")
    for _ in range(26):
        make_article(issue=make_issue(), authors=(author,))
    waiting = make_article(authors=(author,), state="declined")
    [use] = desk.get(f"/admin/issues/author/{author.pk}/change/").context["uses"]
    assert (use.total, len(use.places), use.places[0].name) == (27, 25, waiting.title)
    assert desk.get(use.all_address).context["cl"].result_count == 27


@pytest.mark.parametrize(("kind", "make"), [("author", make_author), ("publication", make_publication)])
def test_page_of_a_credit_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, kind, make):
    row = make("Case study")
    fields = {"authors": (row,)} if kind == "author" else {"publication": row}
    desk.get(f"/admin/issues/{kind}/{row.pk}/change/")  # Django asks for content types once.
    for letter in "ab":
        make_article(issue=make_issue(), **fields)
        make(f"Case study{letter}")
        with django_assert_num_queries(10):
            desk.get(f"/admin/issues/{kind}/{row.pk}/change/")


def test_new_name_that_is_like_another_leads_to_merging(desk):
    john = make_author("John Allspaw")
    response = save(desk, "/admin/issues/author/add/", "author_form", name="Jon Allspaw")
    text = str(next(iter(desk.get(response.url).context["messages"])))
    assert f"row={john.pk}" in text
    assert Author.objects.count() == 2
    assert Article.objects.count() == 0


def test_rows_that_were_merged_by_somebody_else_meanwhile_are_not_merged_again(desk, monkeypatch):
    kept, lost, third = make_author(), make_author(), make_author()

    def merge_first(self, rows):
        third.absorb(Author.objects.get(pk=kept.pk)) if Author.objects.filter(pk=kept.pk).exists() else None
        return []

    monkeypatch.setattr("issues.admin.credits.CreditAdmin.issues_of", merge_first)
    response = merge(desk, kept, lost)
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert set(Author.objects.all()) == {lost, third}
