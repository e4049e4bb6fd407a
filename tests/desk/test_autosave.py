"""What is typed is kept on the server, offered again, and thrown away by nothing but a save or its editor."""

import json
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from desk.models import UnsavedForm
from issues.models.articles import Article
from issues.models.issues import Issue
from tests.desk_forms import errors, read_form, save
from tests.make import make_article, make_editor, make_issue, make_page

ADD = "/admin/issues/issue/add/"


def change_url(issue):
    return f"/admin/issues/issue/{issue.pk}/change/"


def ask(client, verb, fields, form, row=None, path="issue", user=None):
    """What the script sends."""
    given = {
        "user": str(user or client.session["_auth_user_id"]),
        "object": str(row.pk) if row else "",
        "form": str(form),
    }
    body = json.dumps({**given, "fields": fields, "saved_at": "2026-11-24T01:00:00.000Z"})
    return client.post(f"/admin/issues/{path}/unsaved/{verb}/", body, content_type="application/json")


def type_in(desk, issue, form=None, **changes):
    """Open the issue, type, and have it kept; returns the id of the form."""
    form = form or uuid4()
    fields = read_form(desk.get(change_url(issue)), "issue_form")
    fields |= {name: value if isinstance(value, list) else [value] for name, value in changes.items()}
    assert ask(desk, "keep", fields, form, issue).json() == {"kept": True}
    return form


def put_back(desk, url, form, follow=False, **more):
    return desk.post(url, {"_put_back": str(form), **more}, follow=follow)


def copies(response):
    return [
        (difference.row, difference.label, "".join(piece.text for piece in difference.mine))
        for copy in response.context["copies"]
        for difference in copy["differences"]
    ]


def test_unsaved_words_are_offered_with_their_differences(desk):
    issue = make_issue(articles=1, status="draft", intro="Old.")
    type_in(desk, issue, intro="Typed.", **{"articles-0-byline": "Somebody"})
    response = desk.get(change_url(issue))
    title = issue.articles.get().title
    assert copies(response) == [("", "Intro", "Typed."), (title, "Byline", "Somebody")]
    assert "There are unsaved words of yours" in response.content.decode()
    assert Issue.objects.get().intro == "Old."


def test_words_are_put_back_with_the_rows_that_were_added_and_nothing_is_saved(desk):
    issue = make_issue(articles=1, status="draft")
    row = {"title": "New", "url": "", "section": "articles", "order": "2"}
    new = {f"articles-1-{name}": value for name, value in row.items()} | {"articles-TOTAL_FORMS": "2"}
    form = type_in(desk, issue, intro="Typed.", **new)
    response = put_back(desk, change_url(issue), form)
    filled = read_form(response, "issue_form")
    assert (filled["intro"], filled["articles-1-title"]) == (["Typed."], ["New"])
    assert errors(response) == {}
    assert "errornote" not in response.content.decode()
    assert (Issue.objects.get().intro, issue.articles.count()) == ("", 1)


def test_words_that_were_put_back_are_saved_by_a_save(desk):
    issue = make_issue(articles=1, status="draft")
    form = type_in(desk, issue, intro="Typed.")
    filled = read_form(put_back(desk, change_url(issue), form), "issue_form")
    assert desk.post(change_url(issue), {**filled, "_form": form, "_save": "1"}).status_code == 302
    assert Issue.objects.get().intro == "Typed."
    assert not UnsavedForm.objects.exists()


def test_refused_save_keeps_the_copy(desk):
    issue = make_issue(articles=1, status="draft")
    form = type_in(desk, issue, intro="Typed.")
    assert save(desk, change_url(issue), "issue_form", title="No number", _form=form).status_code == 200
    assert UnsavedForm.objects.exists()


def test_what_a_saved_form_still_sends_is_not_kept(desk):
    issue = make_issue(articles=1, status="draft")
    form = type_in(desk, issue, intro="Typed.")
    save(desk, change_url(issue), "issue_form", intro="Typed.", _form=form)
    type_in(desk, issue, form, intro="Late.")
    assert not UnsavedForm.objects.exists()


def test_words_are_thrown_away_by_their_editor(desk):
    issue = make_issue(articles=1, status="draft")
    form = type_in(desk, issue, intro="Typed.")
    ask(desk, "discard", {}, form, issue)
    assert copies(desk.get(change_url(issue))) == []


def test_two_tabs_keep_two_copies_the_later_first(desk):
    issue = make_issue(articles=1, status="draft")
    type_in(desk, issue, intro="First.")
    type_in(desk, issue, intro="Second.")
    assert [words for _, _, words in copies(desk.get(change_url(issue)))] == ["Second.", "First."]


def test_copy_that_says_what_is_saved_is_not_offered(desk):
    issue = make_issue(articles=1, status="draft")
    type_in(desk, issue)
    assert copies(desk.get(change_url(issue))) == []


def test_save_elsewhere_is_told_beside_unsaved_words(desk):
    issue = make_issue(articles=1, status="draft")
    form = type_in(desk, issue, intro="Typed.")
    save(desk, change_url(issue), "issue_form", intro="Theirs.")
    response = desk.get(change_url(issue))
    assert "This was saved elsewhere since you opened that form, by editor" in response.content.decode()
    filled = read_form(put_back(desk, change_url(issue), form), "issue_form")
    assert "__all__" in errors(desk.post(change_url(issue), {**filled, "_save": "1"}))
    assert Issue.objects.get().intro == "Theirs."


def test_new_issue_is_kept_and_put_back(desk):
    fields = read_form(desk.get(ADD), "issue_form") | {"intro": ["Typed."]}
    form = uuid4()
    ask(desk, "keep", fields, form)
    assert copies(desk.get(ADD)) == [("", "Intro", "Typed.")]
    filled = read_form(put_back(desk, ADD, form), "issue_form")
    desk.post(ADD, {**filled, "_form": form, "_save": "1"})
    assert Issue.objects.get().intro == "Typed."
    assert not UnsavedForm.objects.exists()


@pytest.mark.parametrize("path", ["article", "page"])
def test_other_forms_are_kept_too(desk, path):
    row = make_article() if path == "article" else make_page()
    url, words = f"/admin/issues/{path}/{row.pk}/change/", {"article": "blurb", "page": "body"}[path]
    fields = read_form(desk.get(url), f"{path}_form") | {words: ["Typed."]}
    ask(desk, "keep", fields, uuid4(), row, path)
    assert [text for _, _, text in copies(desk.get(url))] == ["Typed."]


def test_copy_of_the_browser_is_compared_and_put_back(desk):
    issue = make_issue(articles=1, status="draft")
    fields = read_form(desk.get(change_url(issue)), "issue_form") | {"intro": ["<b>Typed</b>."]}
    panel = ask(desk, "compare", fields, uuid4(), issue).content.decode()
    assert "kept in this browser" in panel
    assert "&lt;b&gt;Typed" in panel
    filled = put_back(desk, change_url(issue), uuid4(), fields=json.dumps(fields))
    assert read_form(filled, "issue_form")["intro"] == ["<b>Typed</b>."]


def test_copy_of_the_browser_that_says_what_is_saved_needs_no_panel(desk):
    issue = make_issue(articles=1, status="draft")
    fields = read_form(desk.get(change_url(issue)), "issue_form")
    assert ask(desk, "compare", fields, uuid4(), issue).content == b""


def test_nobody_sees_another_s_unsaved_words(desk):
    issue = make_issue(articles=1, status="draft")
    form = type_in(desk, issue, intro="Typed.")
    other = Client()
    other.force_login(make_editor("other"))
    assert copies(other.get(change_url(issue))) == []
    assert put_back(other, change_url(issue), form).status_code == 302
    ask(other, "discard", {}, form, issue)
    assert UnsavedForm.objects.exists()


def test_words_of_one_user_are_not_kept_for_another_who_signed_in(desk):
    issue = make_issue(articles=1, status="draft")
    assert ask(desk, "keep", {"intro": ["x"]}, uuid4(), issue, user=999).status_code == 403
    assert not UnsavedForm.objects.exists()


@pytest.mark.parametrize("verb", ["keep", "compare", "discard"])
def test_keeping_asks_for_the_right_to_change(db, verb):
    issue = make_issue(articles=1, status="draft")
    user = User.objects.create_user("helper", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_issue"))
    client = Client()
    client.force_login(user)
    assert ask(client, verb, {"intro": ["x"]}, uuid4(), issue).status_code == 403
    assert ask(client, verb, {"intro": ["x"]}, uuid4()).status_code == 403
    assert "keeping" not in client.get(change_url(issue)).content.decode()


@pytest.mark.parametrize("verb", ["keep", "compare", "discard"])
def test_keeping_is_for_who_is_signed_in(client, db, verb):
    assert client.post(f"/admin/issues/issue/unsaved/{verb}/").status_code == 302


def test_too_much_is_told_in_a_sentence(desk):
    issue = make_issue(status="draft")
    response = ask(desk, "keep", {"intro": ["x" * 2**22]}, uuid4(), issue)
    assert response.status_code == 413
    assert "4 MB at the most" in response.json()["sentence"]


BAD = [b"", b"{", b"[]", b'"x"', b"\xff", b'{"user": 1}']


@pytest.mark.parametrize("body", BAD)
@pytest.mark.parametrize("verb", ["keep", "compare", "discard"])
def test_odd_requests_are_refused(desk, verb, body):
    url = f"/admin/issues/issue/unsaved/{verb}/"
    assert desk.post(url, body, content_type="application/json").status_code == 403


ODD_FIELDS: list[dict] = [
    {},
    {"intro": []},
    {"articles-TOTAL_FORMS": ["x"]},
    {"articles-TOTAL_FORMS": ["9" * 30]},
    {"articles-0-id": ["x"], "articles-TOTAL_FORMS": ["1"]},
    {"intro": ["a\0b\ud800"]},
    {"__prefix__\0": ["x"]},
    {"publish_at_0": ["x"], "publish_at_1": []},
    {"articles-0-authors-0-x": ["1"]},
    {"placements-7-message": ["x"]},
    {"nobody-0-knows": ["x"], "nobody-TOTAL_FORMS": ["1"]},
]


@pytest.mark.parametrize("fields", ODD_FIELDS)
def test_odd_fields_are_kept_compared_and_put_back(desk, fields):
    issue, form = make_issue(articles=1, status="draft"), uuid4()
    assert ask(desk, "keep", fields, form, issue).status_code == 200
    assert ask(desk, "compare", fields, form, issue).status_code == 200
    assert desk.get(change_url(issue)).status_code == 200
    assert put_back(desk, change_url(issue), form).status_code == 200


def test_gone_object_is_told(desk):
    article = make_article()
    Article.objects.all().delete()
    article.pk = 1
    assert ask(desk, "keep", {"title": ["x"]}, uuid4(), article, "article").status_code == 404


@pytest.mark.parametrize("form", ["x", "", "00000000-0000-0000-0000-000000000001"])
def test_put_back_of_nothing_is_told(desk, form):
    issue = make_issue(status="draft")
    response = put_back(desk, change_url(issue), form, follow=True)
    assert "These words are not kept any more" in response.content.decode()


def test_action_of_the_page_keeps_the_copy(desk):
    article = make_article()
    url, form = f"/admin/issues/article/{article.pk}/change/", uuid4()
    fields = read_form(desk.get(url), "article_form") | {"blurb": ["Typed."]}
    ask(desk, "keep", fields, form, article, "article")
    posted = {"change_form-action": "return_to_backlog", "_selected_action": article.pk, "_form": form}
    desk.post(url, fields | posted)
    assert UnsavedForm.objects.exists()


def test_keeping_asks_the_same_for_one_row_and_for_three(desk, django_assert_num_queries):
    for articles in (1, 3):
        issue = make_issue(articles=articles, status="draft")
        fields = read_form(desk.get(change_url(issue)), "issue_form")
        form = uuid4()
        ask(desk, "keep", fields, form, issue)
        with django_assert_num_queries(9):
            ask(desk, "keep", fields, form, issue)
