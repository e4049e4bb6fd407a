"""What a slip, a second tab or a colleague could undo at the desk, and does not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from taggit.models import Tag

from issues.changes import changing
from issues.models.credits import Author
from issues.models.issues import Issue
from issues.models.pages import Page
from tests.desk_forms import errors, read_form, save
from tests.make import (
    make_article,
    make_author,
    make_issue,
    make_page,
    make_placement,
    make_publication,
    make_sponsor,
    note_changes,
)

SOON = timedelta(days=3)


def change_url(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def sign_in(*permissions):
    user = User.objects.create_user("helper", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


ROWS: dict[str, tuple[Callable, str, str]] = {
    "article": (make_article, "title", "Other"),
    "author": (make_author, "name", "Other"),
    "publication": (make_publication, "name", "Other"),
    "page": (make_page, "title", "Other"),
    "sponsor": (make_sponsor, "name", "Other"),
    "placement": (lambda: make_placement(make_issue()), "url", "https://other.example/"),
}


@pytest.mark.parametrize("kind", ROWS)
def test_second_save_of_a_stale_form_is_told(desk, kind):
    make, field, value = ROWS[kind]
    row = make()
    url, form = change_url(row), f"{kind}_form"
    stale = read_form(desk.get(url), form)
    assert save(desk, url, form, **{field: value}).status_code == 302
    assert errors(desk.post(url, {**stale, "_save": "1"}))["__all__"][0].startswith("This was saved elsewhere")
    row.refresh_from_db()
    assert getattr(row, field) == value


@pytest.mark.parametrize("path", ["issues/article", "sponsors/placement"])
def test_row_deleted_elsewhere_makes_an_issue_s_form_stale(desk, path):
    issue = make_issue(articles=2, status="draft")
    placement = make_placement(issue)
    stale = read_form(desk.get(change_url(issue)), "issue_form")
    gone = placement.pk if path.endswith("placement") else issue.articles.values_list("pk", flat=True)[0]
    desk.post(f"/admin/{path}/{gone}/delete/", {"post": "yes"})
    assert "__all__" in errors(desk.post(change_url(issue), {**stale, "_save": "1"}))


def test_withdrawal_makes_an_issue_s_form_stale(desk):
    issue = make_issue(articles=1, publish_at=timezone.now() + SOON)
    stale = read_form(desk.get(change_url(issue)), "issue_form")
    with changing([issue]) as door:
        door.load(issue).withdraw()
    assert "__all__" in errors(desk.post(change_url(issue), {**stale, "_save": "1"}))


def test_merge_makes_an_issue_s_form_stale(desk):
    issue = make_issue(articles=1, status="draft")
    lost = Author.objects.get()
    stale = read_form(desk.get(change_url(issue)), "issue_form")
    kept = make_author()
    data = {"action": "merge", "_selected_action": [kept.pk, lost.pk], "kept": kept.pk}
    desk.post("/admin/issues/author/", data)
    assert "__all__" in errors(desk.post(change_url(issue), {**stale, "_save": "1"}))


def test_issue_that_was_published_once_is_not_deleted(desk):
    issue = make_issue()
    issue.withdraw()
    desk.post(f"/admin/issues/issue/{issue.pk}/delete/", {"post": "yes"})
    assert Issue.objects.exists()


def test_guid_of_a_deleted_issue_is_not_given_again(db):
    make_issue(number=7).delete()
    assert make_issue(number=7).guid == "tag:sreweekly.com,2026:issue-7-2"


def test_slip_in_the_year_is_told_and_changes_no_offer(desk):
    issue = make_issue(articles=1, status="draft")
    url = change_url(issue)
    response = save(desk, url, "issue_form", publish_at_0="9999-12-31", publish_at_1="23:59")
    assert errors(response) == {"publish_at": ["Check the year."]}
    Issue.objects.update(publish_at="9999-12-28T12:00Z")
    assert desk.get("/admin/issues/issue/add/").status_code == 200


def test_scheduled_issue_that_is_emptied_becomes_a_draft(desk):
    issue = make_issue(articles=1, publish_at=timezone.now() + SOON)
    save(desk, change_url(issue), "issue_form", **{"articles-0-to_backlog": "on"})
    issue.refresh_from_db()
    assert issue.state == "draft"


@pytest.mark.parametrize("action", ["return_to_backlog", "delete_selected"])
def test_scheduled_issue_that_is_emptied_from_the_list_becomes_a_draft(desk, action):
    issue = make_issue(articles=1, publish_at=timezone.now() + SOON)
    note_changes(Issue.objects.all())
    data = {"action": action, "_selected_action": [issue.articles.get().pk], "post": "yes"}
    desk.post("/admin/issues/article/?place=all", data)
    issue.refresh_from_db()
    assert issue.state == "draft"
    assert note_changes(Issue.objects.all()) == 0


def test_row_of_a_published_issue_is_not_sent_to_the_backlog(desk):
    issue = make_issue(articles=1)
    save(desk, change_url(issue), "issue_form", **{"articles-0-to_backlog": "on"})
    assert issue.articles.count() == 1


@pytest.mark.parametrize(("path", "form"), [("taggit/tag", "tag_form"), ("issues/page", "page_form")])
def test_address_of_a_tag_or_page_stands(desk, path, form):
    make_article(tags=("slo",))
    model: Any
    model, key = (Page, make_page().pk) if form == "page_form" else (Tag, Tag.objects.get().pk)
    assert save(desk, f"/admin/{path}/{key}/change/", form, slug="another").status_code == 302
    assert not model.objects.filter(slug="another").exists()


def test_former_address_of_an_author_is_not_given_to_another(desk):
    make_author("Ann", slug="ann-b", previous_slugs=["ann"])
    response = save(desk, "/admin/issues/author/add/", "author_form", name="Other", slug="ann")
    assert errors(response) == {"slug": ["“Ann” had this address, and links to it still lead there."]}


def test_tag_whose_address_would_be_too_long_is_told(desk):
    fields = {"title": "T", "url": "https://example.com/", "tag_list": ["ﷺ" * 20]}
    response = save(desk, "/admin/issues/article/add/", "article_form", **fields)
    assert "too long" in errors(response)["tag_list"][0]


def test_address_as_phones_write_it_is_told_at_its_field(desk):
    fields = {"title": "T", "url": "Https://example.com/"}
    response = save(desk, "/admin/issues/article/add/", "article_form", **fields)
    assert errors(response) == {"url": ["Write http:// or https:// in small letters."]}


def test_emphasis_nested_without_end_is_told(desk):
    fields = {"title": "T", "url": "https://example.com/", "blurb": "*a **b " * 400 + "x" + " c** d*" * 400}
    response = save(desk, "/admin/issues/article/add/", "article_form", **fields)
    assert errors(response) == {"blurb": ["Emphasis, lists or quotes are nested too deeply to be printed."]}


def test_odd_addresses_of_the_desk_are_answered(desk):
    issue = make_issue(articles=1)
    assert desk.get("/admin/issues/issue/add/?publish_at=zzz").status_code == 200
    assert save(desk, change_url(issue), "issue_form", "_approve").status_code == 302


def test_who_may_not_change_issues_places_nothing(db):
    issue = make_issue(status="draft")
    client = sign_in("view_article", "change_article")
    data = {"action": f"place_{issue.pk}", "_selected_action": [make_article().pk]}
    client.post("/admin/issues/article/", data)
    assert issue.articles.count() == 0


def test_who_may_not_change_issues_publishes_nothing(db):
    client = sign_in("add_issue", "view_issue", "add_article", "view_article")
    row = {"articles-0-title": "T", "articles-0-url": "https://example.com/", "articles-0-section": "articles"}
    save(client, "/admin/issues/issue/add/", "issue_form", "_publish", **row, **{"articles-TOTAL_FORMS": 1})
    assert Issue.objects.get().state == "draft"
