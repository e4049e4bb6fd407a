"""Whoever saves second sees both versions side by side, and chooses."""

import pytest

from desk.autosave import KeepsWords
from issues.changes import changing
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.pages import Page
from sponsors.models import Placement
from tests.desk_forms import errors, read_form, save
from tests.make import make_article, make_author, make_issue, make_page, make_sponsor


@pytest.fixture
def issue(db) -> Issue:
    """Return a draft with articles A and B."""
    issue = make_issue(status="draft", intro="The intro.")
    for title in ("A", "B"):
        make_article(issue=issue, title=title, blurb=f"Blurb of {title}.")
    return issue


def change_url(row, path="issue"):
    return f"/admin/issues/{path}/{row.pk}/change/"


def open_form(desk, issue):
    return read_form(desk.get(change_url(issue)), "issue_form")


def post(desk, issue, form, **changes):
    return desk.post(change_url(issue), {**form, **changes, "_save": "1"})


def meet(desk, issue, theirs, mine):
    """Save `theirs` while a form is open in which `mine` is typed; return the response, and the form in it."""
    form = open_form(desk, issue)
    assert post(desk, issue, form, **theirs).status_code == 302
    response = post(desk, issue, form, **mine)
    return response, read_form(response, "issue_form")


def decide(desk, issue, response, form, **choices):
    return post(desk, issue, form, _saved_now=response.context["conflict"].version, **choices)


def take_out(issue, title):
    with changing([issue]):
        issue.articles.get(title=title).return_to_backlog()


def shown(response):
    return {
        f"{difference.row} {difference.label}".strip(): (difference.changed_by, difference.choice)
        for difference in response.context["conflict"].differences
    }


def titles(issue):
    return list(issue.articles.order_by("position").values_list("title", flat=True))


def test_each_differing_field_tells_who_changed_it(desk, issue):
    theirs = {
        "intro": "Their intro.",
        "articles-0-blurb": "Their blurb.",
        "publish_at_0": "2027-12-05",
        "publish_at_1": "18:00:00",
    }
    mine = {"intro": "My intro.", "articles-1-byline": "My byline"}
    response, _ = meet(desk, issue, theirs, mine)
    assert response.context["adminform"].form.has_error("__all__", "conflict")
    assert response.context["conflict"].saved_by == "editor"
    assert shown(response) == {
        "Publication time": ("them", "theirs"),
        "Intro": ("both", ""),
        "A Blurb": ("them", "theirs"),
        "B Byline in place of credits": ("me", "mine"),
    }


def test_conflict_is_not_called_an_error_to_correct(desk, issue):
    response, _ = meet(desk, issue, {"intro": "Theirs."}, {"intro": "Mine."})
    assert response.context["errors"] == []
    response, _ = meet(desk, issue, {"intro": "Theirs again."}, {"intro": "Mine.", "slug": "not a slug!"})
    assert len(response.context["errors"]) == 1


def test_both_versions_are_printed_with_their_differences(desk, issue):
    response, _ = meet(desk, issue, {"intro": "The old intro."}, {"intro": "The new intro."})
    html = response.content.decode()
    assert '<del><span class="visually-hidden">removed: </span>old<' in html
    assert '<ins><span class="visually-hidden">added: </span>new<' in html


def test_nothing_is_saved_before_what_both_changed_is_decided(desk, issue):
    response, form = meet(desk, issue, {"intro": "Their intro."}, {"intro": "My intro."})
    response = decide(desk, issue, response, form)
    assert response.context["conflict"].has_choices
    issue.refresh_from_db()
    assert issue.intro == "Their intro."


def test_choices_are_saved_field_by_field(desk, issue):
    theirs = {"intro": "Their intro.", "articles-0-blurb": "Their blurb.", "articles-0-byline": "Their byline"}
    mine = {"intro": "My intro.", "articles-0-blurb": "My blurb.", "articles-1-title": "My B"}
    response, form = meet(desk, issue, theirs, mine)
    first, second = issue.articles.order_by("position")
    choices = {"choice--intro": "mine", f"choice-articles-{first.pk}-blurb": "theirs"}
    assert decide(desk, issue, response, form, **choices).status_code == 302
    for row in (issue, first, second):
        row.refresh_from_db()
    assert issue.intro == "My intro."
    assert (first.blurb, first.byline, second.title) == ("Their blurb.", "Their byline", "My B")


def test_decided_form_that_is_refused_shows_what_was_chosen(desk, issue):
    response, form = meet(desk, issue, {"intro": "Their intro."}, {"title": "No number"})
    response = decide(desk, issue, response, form)
    assert list(errors(response)) == ["title"]
    form = read_form(response, "issue_form")
    assert form["intro"] == ["Their intro."]
    assert post(desk, issue, form, title="Issue #1").status_code == 302


def test_notes_are_compared_though_they_make_no_version(desk, issue):
    response, form = meet(desk, issue, {"notes": "Their notes."}, {"notes": "My notes.", "intro": "Mine."})
    assert response.context["conflict"].saved_by == "editor"
    assert shown(response) == {"Notes": ("both", ""), "Intro": ("me", "mine")}
    assert decide(desk, issue, response, form, **{"choice--notes": "mine"}).status_code == 302
    issue.refresh_from_db()
    assert (issue.notes, issue.intro) == ("My notes.", "Mine.")


def test_third_save_in_between_is_a_new_conflict(desk, issue):
    response, form = meet(desk, issue, {"intro": "Their intro."}, {"intro": "My intro."})
    save(desk, change_url(issue), "issue_form", intro="A third intro.")
    response = decide(desk, issue, response, form, **{"choice--intro": "mine"})
    assert shown(response) == {"Intro": ("both", "")}
    issue.refresh_from_db()
    assert issue.intro == "A third intro."


def test_article_that_was_added_there_stays_in_its_place(desk, issue):
    form = open_form(desk, issue)
    with changing([issue]) as change:
        make_article(title="C").place(change.issues[issue.pk])
    response = post(desk, issue, form, intro="Mine.")
    assert len(response.context["conflict"].notes) == 1
    assert decide(desk, issue, response, read_form(response, "issue_form")).status_code == 302
    assert titles(issue) == ["A", "B", "C"]
    issue.refresh_from_db()
    assert issue.intro == "Mine."


def test_row_that_was_added_here_is_kept(desk, issue):
    row = {"title": "New", "url": "https://example.com/n", "section": "articles", "order": "1"}
    new = {f"articles-2-{name}": value for name, value in row.items()} | {"articles-TOTAL_FORMS": "3"}
    moved = {"articles-0-order": "2", "articles-1-order": "3"}
    response, form = meet(desk, issue, {"intro": "Theirs."}, new | moved)
    assert shown(response)["New New"] == ("me", "mine")
    assert decide(desk, issue, response, form).status_code == 302
    assert titles(issue) == ["New", "A", "B"]
    issue.refresh_from_db()
    assert issue.intro == "Theirs."


@pytest.mark.parametrize(("choice", "order"), [("mine", ["B", "A"]), ("theirs", ["A", "B"])])
def test_order_is_one_choice(desk, issue, choice, order):
    swapped = {"articles-0-order": "2", "articles-1-order": "1"}
    response, form = meet(desk, issue, {"intro": "Theirs."}, swapped)
    assert shown(response) == {"Intro": ("them", "theirs"), "Order": ("me", "mine")}
    decide(desk, issue, response, form, **{"choice-order": choice})
    assert titles(issue) == order


@pytest.mark.parametrize(("choice", "kept"), [("mine", ["A", "B"]), ("theirs", ["B"])])
def test_article_that_was_taken_out_there_comes_back_if_wanted(desk, issue, choice, kept):
    form = open_form(desk, issue)
    first = issue.articles.get(title="A")
    take_out(issue, "A")
    response = post(desk, issue, form, **{"articles-0-blurb": "My words."})
    assert shown(response) == {"A Taken out elsewhere": ("both", "")}
    form = read_form(response, "issue_form")
    assert decide(desk, issue, response, form, **{f"choice-articles-{first.pk}-": choice}).status_code == 302
    first.refresh_from_db()
    assert titles(issue) == kept
    assert first.blurb == ("My words." if choice == "mine" else "Blurb of A.")


def test_form_still_shows_every_row_after_one_was_taken_out_there(desk, issue):
    form = open_form(desk, issue)
    take_out(issue, "A")
    response = post(desk, issue, form, **{"articles-0-blurb": "Words for A.", "articles-1-blurb": "Words for B."})
    form = read_form(response, "issue_form")
    assert (form["articles-0-blurb"], form["articles-1-blurb"]) == (["Words for B."], ["Words for A."])
    assert set(shown(response)) == {"A Taken out elsewhere", "B Blurb"}


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
    take_out(issue, "A")
    response = post(desk, issue, form, intro="Mine.")
    assert len(response.context["conflict"].notes) == 1
    assert decide(desk, issue, response, read_form(response, "issue_form")).status_code == 302
    assert Article.objects.backlog().get().title == "A"


def test_two_sponsor_s_messages_meet_in_one_place(desk, issue):
    form = open_form(desk, issue)
    sponsor = {"placements-0-sponsor": make_sponsor().name}
    post(desk, issue, form, **sponsor, **{"placements-0-message": "Theirs."})
    response = post(desk, issue, form, **sponsor, **{"placements-0-message": "Mine."})
    assert shown(response)["Sponsor’s message Message"] == ("both", "")
    choices = {difference.name: "mine" for difference in response.context["conflict"].differences}
    assert decide(desk, issue, response, read_form(response, "issue_form"), **choices).status_code == 302
    assert Placement.objects.get().message == "Mine."


def test_authors_are_shown_by_name(desk, issue):
    author = make_author("Zoë")
    response, _ = meet(desk, issue, {"intro": "Theirs."}, {"articles-0-author_list": author.name})
    (difference,) = [found for found in response.context["conflict"].differences if found.label == "Authors"]
    assert [piece.text for piece in difference.mine if piece.kind == "added"] == ["Zoë"]


def test_every_visible_field_of_a_row_takes_part(desk, issue):
    """A field that is not compared would be overwritten silently."""
    response, _ = meet(desk, issue, {"intro": "Theirs."}, {"intro": "Mine."})
    for inline in response.context["inline_admin_formsets"]:
        for form in inline.formset.initial_forms:
            visible = {field.name for field in form.visible_fields()} - {"order"}
            assert set(response.context["conflict"].now[f"articles-{form.instance.pk}"].values) == visible


def test_form_without_its_opened_values_selects_no_side(desk, issue):
    form = open_form(desk, issue) | {"opened": ["{"]}
    save(desk, change_url(issue), "issue_form", intro="Theirs.")
    assert shown(post(desk, issue, form, title="Issue #1")) == {"Title": ("both", ""), "Intro": ("both", "")}


def test_page_is_decided_alike(desk):
    page = make_page(title="About", body="Who we are.")
    url = change_url(page, "page")
    form = read_form(desk.get(url), "page_form")
    save(desk, url, "page_form", body="Who they are.")
    response = desk.post(url, {**form, "title": "My title", "body": "Who I am.", "_save": "1"})
    assert (shown(response), response.context["conflict"].saved_by) == (
        {"Title": ("me", "mine"), "Body": ("both", "")},
        "editor",
    )
    again = read_form(response, "page_form") | {"_saved_now": response.context["conflict"].version}
    assert desk.post(url, {**again, "choice--body": "theirs", "_save": "1"}).status_code == 302
    page = Page.objects.get()
    assert (page.title, page.body) == ("My title", "Who they are.")


def test_authors_of_an_article_take_part(desk):
    article = make_article(authors=(make_author("Anna"),))
    url = change_url(article, "article")
    form = read_form(desk.get(url), "article_form")
    save(desk, url, "article_form", author_list=make_author("Zoë").name)
    response = desk.post(url, {**form, "title": "Mine", "_save": "1"})
    assert shown(response) == {"Title": ("me", "mine"), "Authors": ("them", "theirs")}


def test_save_that_ends_while_the_form_is_checked_is_shown_too(desk, issue, monkeypatch):
    form = open_form(desk, issue)
    save(desk, change_url(issue), "issue_form", intro="Theirs.")
    # The row was read before that save ended.
    monkeypatch.setattr(KeepsWords, "_resolve", lambda admin, request, row: None)
    assert shown(post(desk, issue, form, intro="Mine.")) == {"Intro": ("both", "")}
