"""What is typed at the desk is kept on the server and offered again until it is saved or discarded."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from desk.models import UnsavedForm
from issues.changes import changing
from issues.models.articles import Article
from issues.models.issues import Issue
from tests.desk_forms import errors, read_form, save
from tests.make import make_article, make_editor, make_issue, make_page

ADD = "/admin/issues/issue/add/"


@pytest.fixture
def issue(db) -> Issue:
    """A draft with one article."""
    return make_issue(articles=1, status="draft", intro="Old.")


def change_url(row, path="issue"):
    return f"/admin/issues/{path}/{row.pk}/change/"


def ask(client, fields=None, form=None, row=None, path="issue", method="post", **more):
    """Send what the script sends."""
    given = {
        "user": client.session["_auth_user_id"],
        "object": str(row.pk) if row else "",
        "form": str(form or uuid4()),
    }
    body = json.dumps({**given, "fields": fields or {}, "saved_at": "2026-11-24T01:00:00.000Z", **more})
    return getattr(client, method)(f"/admin/issues/{path}/unsaved/", body, content_type="application/json")


def type_in(client, row, path="issue", form=None, **changes):
    """Open the form, type, and have it kept; return the id of the form."""
    form = form or uuid4()
    fields = read_form(client.get(change_url(row, path)), f"{path}_form")
    fields |= {name: value if isinstance(value, list) else [value] for name, value in changes.items()}
    assert ask(client, fields, form, row, path).status_code == 200
    return form


def restore(client, url, form):
    return client.get(url, {"draft": str(form)})


def offered(response):
    """The text in each difference of each draft that the page offers, by label."""
    return [
        {difference.label: "".join(piece.text for piece in difference.mine) for difference in conflict.differences}
        for _, conflict in response.context["drafts"]
    ]


def test_draft_is_offered_with_its_differences(desk, issue):
    type_in(desk, issue, intro="Typed.", **{"articles-0-byline": "Somebody"})
    assert offered(desk.get(change_url(issue))) == [{"Intro": "Typed.", "Byline in place of credits": "Somebody"}]
    issue.refresh_from_db()
    assert issue.intro == "Old."


def test_restored_draft_has_its_new_rows_and_no_errors_and_saves_nothing(desk, issue):
    row = {"title": "New", "url": "", "section": "articles", "order": "2"}
    new = {f"articles-1-{name}": value for name, value in row.items()} | {"articles-TOTAL_FORMS": "2"}
    form = type_in(desk, issue, intro="Typed.", **new)
    response = restore(desk, change_url(issue), form)
    filled = read_form(response, "issue_form")
    assert (filled["intro"], filled["articles-1-title"]) == (["Typed."], ["New"])
    assert (errors(response), response.context["errors"]) == ({}, [])
    issue.refresh_from_db()
    assert (issue.intro, issue.articles.count()) == ("Old.", 1)


def test_saving_a_restored_draft_settles_it(desk, issue):
    form = type_in(desk, issue, intro="Typed.")
    response = restore(desk, change_url(issue), form)
    assert response.context["keeping"]["form"] == form
    filled = read_form(response, "issue_form")
    assert desk.post(change_url(issue), {**filled, "_form": form, "_save": "1"}).status_code == 302
    issue.refresh_from_db()
    assert issue.intro == "Typed."
    assert not UnsavedForm.objects.exists()


def test_refused_save_keeps_the_draft(desk, issue):
    form = type_in(desk, issue, intro="Typed.")
    assert save(desk, change_url(issue), "issue_form", title="No number", _form=form).status_code == 200
    assert UnsavedForm.objects.exists()


def test_late_request_of_a_saved_form_keeps_nothing(desk, issue):
    form = type_in(desk, issue, intro="Typed.")
    save(desk, change_url(issue), "issue_form", intro="Typed.", _form=form)
    assert ask(desk, {"intro": ["Late."]}, form, issue).json() == {"isKept": False}
    assert not UnsavedForm.objects.exists()


def test_discarded_draft_is_gone(desk, issue):
    form = type_in(desk, issue, intro="Typed.")
    assert ask(desk, form=form, row=issue, method="delete").status_code == 200
    assert offered(desk.get(change_url(issue))) == []


def test_two_tabs_keep_two_drafts_and_the_later_comes_first(desk, issue):
    first, second = type_in(desk, issue, intro="First."), type_in(desk, issue, intro="Second.")
    UnsavedForm.objects.filter(form=first).update(saved_at="2026-11-23T00:00Z")
    UnsavedForm.objects.filter(form=second).update(saved_at="2026-11-24T00:00Z")
    assert offered(desk.get(change_url(issue))) == [{"Intro": "Second."}, {"Intro": "First."}]


def test_draft_that_equals_what_is_saved_is_not_offered(desk, issue):
    type_in(desk, issue)
    assert offered(desk.get(change_url(issue))) == []


def test_restored_draft_of_an_older_version_leads_to_a_conflict(desk, issue):
    form = type_in(desk, issue, intro="Typed.")
    save(desk, change_url(issue), "issue_form", intro="Theirs.")
    ((_, conflict),) = desk.get(change_url(issue)).context["drafts"]
    assert (conflict.is_outdated, conflict.saved_by) == (True, "editor")
    filled = read_form(restore(desk, change_url(issue), form), "issue_form")
    response = desk.post(change_url(issue), {**filled, "_save": "1"})
    assert response.context["adminform"].form.has_error("__all__", "conflict")
    issue.refresh_from_db()
    assert issue.intro == "Theirs."


def test_draft_of_an_article_that_was_taken_out_keeps_its_words_in_the_form(desk, issue):
    second = make_article(issue=issue)
    form = type_in(
        desk, issue, **{"articles-0-blurb": "Words of the first.", "articles-1-blurb": "Words of the second."}
    )
    with changing([issue]):
        issue.articles.exclude(pk=second.pk).get().return_to_backlog()
    filled = read_form(restore(desk, change_url(issue), form), "issue_form")
    assert (filled["articles-0-blurb"], filled["articles-1-blurb"]) == (
        ["Words of the second."],
        ["Words of the first."],
    )


def test_new_issue_is_kept_and_restored(desk):
    fields = read_form(desk.get(ADD), "issue_form") | {"intro": ["Typed."]}
    form = uuid4()
    ask(desk, fields, form)
    assert offered(desk.get(ADD)) == [{"Intro": "Typed."}]
    filled = read_form(restore(desk, ADD, form), "issue_form")
    desk.post(ADD, {**filled, "_form": form, "_save": "1"})
    assert Issue.objects.get().intro == "Typed."
    assert not UnsavedForm.objects.exists()


@pytest.mark.parametrize(("path", "field"), [("article", "blurb"), ("page", "body")])
def test_other_forms_are_kept_too(desk, path, field):
    row = make_article() if path == "article" else make_page()
    type_in(desk, row, path, **{field: "Typed."})
    assert [list(draft.values()) for draft in offered(desk.get(change_url(row, path)))] == [["Typed."]]


def test_draft_is_escaped_and_dated_by_its_age(desk, issue):
    fields = read_form(desk.get(change_url(issue)), "issue_form") | {"intro": ["<b>Typed</b>."]}
    ask(desk, fields, row=issue, age=3600)
    assert "&lt;b&gt;Typed" in desk.get(change_url(issue)).content.decode()
    assert timezone.now() - UnsavedForm.objects.get().saved_at >= timedelta(hours=1)


def test_drafts_are_shown_to_their_user_only(desk, issue):
    form = type_in(desk, issue, intro="Typed.")
    other = Client()
    other.force_login(make_editor("other"))
    assert offered(other.get(change_url(issue))) == []
    assert read_form(restore(other, change_url(issue), form), "issue_form")["intro"] == ["Old."]
    ask(other, form=form, row=issue, method="delete")
    assert UnsavedForm.objects.exists()


def test_request_of_a_user_who_signed_out_is_refused(desk, issue):
    assert ask(desk, {"intro": ["x"]}, row=issue, user="999").status_code == 403
    assert not UnsavedForm.objects.exists()


@pytest.mark.parametrize("method", ["post", "delete"])
def test_keeping_needs_the_permission_to_change(db, issue, method):
    user = User.objects.create_user("helper", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_issue"))
    client = Client()
    client.force_login(user)
    assert ask(client, row=issue, method=method).status_code == 403
    assert ask(client, method=method).status_code == 403
    assert "keeping" not in client.get(change_url(issue)).context


def test_keeping_needs_a_sign_in_and_its_methods(client, desk):
    assert client.post("/admin/issues/issue/unsaved/").status_code == 302
    assert desk.get("/admin/issues/issue/unsaved/").status_code == 405


def test_too_large_form_is_refused_in_a_sentence(desk, issue):
    response = ask(desk, {"intro": ["x" * 2**22]}, row=issue)
    assert (response.status_code, list(response.json())) == (413, ["sentence"])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"user": 1}'])
def test_malformed_request_is_refused(desk, body):
    assert desk.post("/admin/issues/issue/unsaved/", body, content_type="application/json").status_code == 403


@pytest.mark.parametrize("more", [{"form": "x"}, {"fields": {"intro": "x"}}, {"fields": ["x"]}, {"object": "99"}])
def test_request_about_nothing_is_not_found(desk, issue, more):
    assert ask(desk, row=issue, **more).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"intro": []},
        {"articles-TOTAL_FORMS": ["x"]},
        {"articles-0-id": ["x"], "articles-0-order": ["9" * 30], "articles-TOTAL_FORMS": ["1"]},
        {"intro": ["a\0b\ud800"], "__prefix__\0": ["x"]},
        {"publish_at_0": ["x"], "publish_at_1": []},
        {"placements-7-message": ["x"], "placements-TOTAL_FORMS": ["8"]},
        {"nobody-0-knows": ["x"], "opened": ["[1]"]},
        {"opened": ['{"": {"intro": 1}}'], "seen": ["9" * 30]},
    ],
)
def test_odd_fields_are_kept_and_restored(desk, issue, fields):
    form = uuid4()
    assert ask(desk, fields, form, issue, age="x").status_code == 200
    assert desk.get(change_url(issue)).status_code == 200
    assert restore(desk, change_url(issue), form).status_code == 200


def test_deleted_row_is_not_found(desk):
    article = make_article()
    Article.objects.all().delete()
    article.pk = 1
    assert ask(desk, {"title": ["x"]}, row=article, path="article").status_code == 404


@pytest.mark.parametrize("form", ["x", "", "00000000-0000-0000-0000-000000000001"])
def test_draft_that_is_gone_is_reported(desk, issue, form):
    response = restore(desk, change_url(issue), form)
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert read_form(response, "issue_form")["intro"] == ["Old."]


def test_action_of_the_page_keeps_the_draft(desk):
    article = make_article(issue=make_issue(status="draft"))
    form = type_in(desk, article, "article", blurb="Typed.")
    posted = {"CHANGE_FORM-action": "return_to_backlog", "_selected_action": article.pk, "_form": form}
    assert desk.post(change_url(article, "article"), posted).status_code == 302
    article.refresh_from_db()
    assert article.issue is None
    assert UnsavedForm.objects.exists()


def test_keeping_takes_the_same_queries_for_one_row_and_for_three(desk, django_assert_num_queries):
    for articles in (1, 3):
        issue = make_issue(articles=articles, status="draft")
        form = type_in(desk, issue)
        fields = UnsavedForm.objects.get(form=form).fields
        with django_assert_num_queries(8):
            ask(desk, fields, form, issue)
