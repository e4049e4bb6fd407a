"""The second of two saves sees both versions side by side, and decides."""

import pytest
from django.urls import reverse

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.pages import Page
from sponsors.models import Placement
from tests.desk_forms import read_form, save
from tests.make import make_article, make_author, make_issue, make_page, make_sponsor


def change_url(issue):
    return reverse("admin:issues_issue_change", args=[issue.pk])


@pytest.fixture
def issue(db) -> Issue:
    """A draft with articles A and B."""
    issue = make_issue(status="draft", intro="The intro.")
    for title in ("A", "B"):
        make_article(issue=issue, title=title, blurb=f"Blurb of {title}.")
    return issue


def open_form(desk, issue):
    return read_form(desk.get(change_url(issue)), "issue_form")


def post(desk, issue, form, **changes):
    changed = {**form, **changes}
    return desk.post(
        change_url(issue), {name: value for name, value in changed.items() if value is not None} | {"_save": "1"}
    )


def meet(desk, issue, theirs, mine):
    """Somebody saves `theirs` while a form is open, in which `mine` is typed: the response, and the form in it."""
    form = open_form(desk, issue)
    assert post(desk, issue, form, **theirs).status_code == 302
    response = post(desk, issue, form, **mine)
    return response, read_form(response, "issue_form")


def decide(desk, issue, response, form, **choices):
    saved_now = response.context["conflict"].saved_now
    return post(desk, issue, form, _saved_now=saved_now, **choices)


def shown(response):
    return {
        f"{difference.row} {difference.label}".strip(): (difference.changed_by, difference.choice)
        for difference in response.context["conflict"].differences
    }


def test_each_differing_field_is_shown_with_who_changed_it(desk, issue):
    theirs = {"intro": "Their intro.", "articles-0-blurb": "Their blurb."}
    mine = {"intro": "My intro.", "articles-1-byline": "My byline"}
    response, _ = meet(desk, issue, theirs, mine)
    assert shown(response) == {
        "Intro": ("both", ""),
        "A Blurb": ("them", "theirs"),
        "B Byline": ("me", "mine"),
    }


def test_both_versions_are_printed_with_their_differences(desk, issue):
    response, _ = meet(desk, issue, {"intro": "The old intro."}, {"intro": "The new intro."})
    html = response.content.decode()
    assert '<del><span class="visually-hidden">removed: </span>old<' in html
    assert '<ins><span class="visually-hidden">added: </span>new<' in html
    assert "This was saved elsewhere by editor" in html


def test_nothing_is_saved_before_what_both_changed_is_decided(desk, issue):
    response, form = meet(desk, issue, {"intro": "Their intro."}, {"intro": "My intro."})
    response = decide(desk, issue, response, form)
    assert "Choose one side wherever both changed" in response.content.decode()
    assert Issue.objects.get().intro == "Their intro."


def test_choices_are_saved_field_by_field(desk, issue):
    theirs = {"intro": "Their intro.", "articles-0-blurb": "Their blurb.", "articles-0-byline": "Their byline"}
    mine = {"intro": "My intro.", "articles-0-blurb": "My blurb.", "articles-1-title": "My B"}
    response, form = meet(desk, issue, theirs, mine)
    (first, second) = issue.articles.order_by("position")
    choices = {"choice--intro": "mine", f"choice-articles-{first.pk}-blurb": "theirs"}
    assert decide(desk, issue, response, form, **choices).status_code == 302
    assert Issue.objects.get().intro == "My intro."
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.blurb, first.byline, second.title) == ("Their blurb.", "Their byline", "My B")


def test_third_save_in_between_is_told_again(desk, issue):
    response, form = meet(desk, issue, {"intro": "Their intro."}, {"intro": "My intro."})
    save(desk, change_url(issue), "issue_form", intro="A third intro.")
    response = decide(desk, issue, response, form, **{"choice--intro": "mine"})
    assert shown(response) == {"Intro": ("both", "")}
    assert Issue.objects.get().intro == "A third intro."


def test_article_that_was_added_there_stays_in_its_place(desk, issue):
    form = open_form(desk, issue)
    make_article(title="C").place(issue)
    response = post(desk, issue, form, intro="Mine.")
    assert "“C” was added there. It stays." in response.content.decode()
    form = read_form(response, "issue_form")
    assert decide(desk, issue, response, form).status_code == 302
    assert list(issue.articles.order_by("position").values_list("title", flat=True)) == ["A", "B", "C"]
    assert Issue.objects.get().intro == "Mine."


def test_row_that_was_added_here_is_kept(desk, issue):
    row = {"title": "New", "url": "https://example.com/n", "section": "articles", "order": "1"}
    new = {f"articles-2-{name}": value for name, value in row.items()} | {"articles-TOTAL_FORMS": "3"}
    moved = {"articles-0-order": "2", "articles-1-order": "3"}
    response, form = meet(desk, issue, {"intro": "Theirs."}, new | moved)
    assert decide(desk, issue, response, form).status_code == 302
    assert list(issue.articles.order_by("position").values_list("title", flat=True)) == ["New", "A", "B"]
    assert Issue.objects.get().intro == "Theirs."


def test_order_is_one_choice(desk, issue):
    swapped = {"articles-0-order": "2", "articles-1-order": "1"}
    response, form = meet(desk, issue, {"intro": "Theirs."}, swapped)
    assert shown(response) == {"Intro": ("them", "theirs"), "Order of the articles": ("me", "mine")}
    decide(desk, issue, response, form)
    assert list(issue.articles.order_by("position").values_list("title", flat=True)) == ["B", "A"]


@pytest.mark.parametrize(("choice", "titles"), [("mine", ["A"]), ("theirs", [])])
def test_article_that_was_taken_out_there_comes_back_if_wanted(desk, issue, choice, titles):
    form = open_form(desk, issue)
    first = issue.articles.get(title="A")
    first.return_to_backlog()
    response = post(desk, issue, form, **{"articles-0-blurb": "My words."})
    assert shown(response) == {"A All of it": ("both", "")}
    form = read_form(response, "issue_form")
    assert decide(desk, issue, response, form, **{f"choice-articles-{first.pk}-": choice}).status_code == 302
    first.refresh_from_db()
    assert list(issue.articles.filter(title="A").values_list("title", flat=True)) == titles
    assert first.blurb == ("My words." if titles else "Blurb of A.")


def test_deleted_article_that_is_kept_is_written_anew(desk, issue):
    form = open_form(desk, issue)
    first = issue.articles.get(title="A")
    desk.post(f"/admin/issues/article/{first.pk}/delete/", {"post": "yes"})
    response = post(desk, issue, form, **{"articles-0-blurb": "My words."})
    form = read_form(response, "issue_form")
    assert decide(desk, issue, response, form, **{f"choice-articles-{first.pk}-": "mine"}).status_code == 302
    assert issue.articles.get(title="A").blurb == "My words."


def test_untouched_article_that_was_taken_out_there_stays_out(desk, issue):
    form = open_form(desk, issue)
    issue.articles.get(title="A").return_to_backlog()
    response = post(desk, issue, form, intro="Mine.")
    assert "“A” was taken out there. It stays out." in response.content.decode()
    assert decide(desk, issue, response, read_form(response, "issue_form")).status_code == 302
    assert Article.objects.backlog().get().title == "A"


def test_two_sponsor_s_messages_meet_in_one_place(desk, issue):
    form = open_form(desk, issue)
    sponsor = {"placements-0-sponsor": make_sponsor().pk}
    post(desk, issue, form, **sponsor, **{"placements-0-message": "Theirs."})
    mine = {**sponsor, "placements-0-message": "Mine."}
    response = post(desk, issue, form, **mine)
    assert shown(response)["Sponsor’s message Message"] == ("both", "")
    choices = {name.name: "mine" for name in response.context["conflict"].differences}
    assert decide(desk, issue, response, read_form(response, "issue_form"), **choices).status_code == 302
    assert Placement.objects.get().message == "Mine."


def test_names_are_shown_for_authors(desk, issue):
    author = make_author("Zoë")
    response, _ = meet(desk, issue, {"intro": "Theirs."}, {"articles-0-author_list": [str(author.pk)]})
    (difference,) = [found for found in response.context["conflict"].differences if found.label == "Authors"]
    assert [piece.text for piece in difference.mine if piece.kind == "added"] == ["Zoë"]


def test_every_field_of_a_row_takes_part(desk, issue):
    """What no comparison knows would be overwritten silently."""
    response, _ = meet(desk, issue, {"intro": "Theirs."}, {"intro": "Mine."})
    conflict = response.context["conflict"]
    for rows in (conflict.mine, conflict.now):
        for row in rows.values():
            assert set(row.values) - {"issue"} <= set(conflict.fields[row.formset])


def test_page_is_decided_alike(desk):
    page = make_page(title="About", body="Who we are.")
    url = f"/admin/issues/page/{page.pk}/change/"
    form = read_form(desk.get(url), "page_form")
    save(desk, url, "page_form", body="Who they are.")
    response = desk.post(url, {**form, "title": "My title", "body": "Who I am.", "_save": "1"})
    assert shown(response) == {"Title": ("me", "mine"), "Body": ("both", "")}
    again = read_form(response, "page_form") | {"_saved_now": response.context["conflict"].saved_now}
    assert desk.post(url, {**again, "choice--body": "theirs", "_save": "1"}).status_code == 302
    page = Page.objects.get()
    assert (page.title, page.body) == ("My title", "Who they are.")


def test_authors_of_an_article_are_never_taken_for_unchanged(desk):
    """The history of an article does not know them."""
    article = make_article(authors=(make_author("Anna"),))
    url = f"/admin/issues/article/{article.pk}/change/"
    form = read_form(desk.get(url), "article_form")
    save(desk, url, "article_form", author_list=[make_author("Zoë").pk])
    response = desk.post(url, {**form, "title": "Mine", "_save": "1"})
    assert shown(response) == {"Title": ("me", "mine"), "Authors": ("both", "")}
