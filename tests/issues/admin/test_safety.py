"""The desk against mistakes, second tabs and users without permission."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from taggit.models import Tag

from issues.models.credits import Author
from issues.models.issues import Issue
from issues.models.pages import Page
from tests.desk_forms import error_codes, read_form, save
from tests.make import make_article, make_author, make_issue, make_page, make_placement, sign_in

SOON = timedelta(days=3)


def change_url(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


ROWS: dict[str, tuple[Callable, str, str]] = {
    "article": (make_article, "title", "Other"),
    "author": (make_author, "name", "Other"),
    "page": (make_page, "title", "Other"),
    "placement": (lambda: make_placement(make_issue()), "url", "https://other.example/"),
}


@pytest.mark.parametrize("kind", ROWS)
def test_second_save_of_two_is_a_conflict(desk, kind):
    make, field, value = ROWS[kind]
    row = make()
    url, form = change_url(row), f"{kind}_form"
    stale = read_form(desk.get(url), form)
    assert save(desk, url, form, **{field: value}).status_code == 302
    assert error_codes(desk.post(url, {**stale, "_save": "1"})) == {"__all__": ["conflict"]}
    row.refresh_from_db()
    assert getattr(row, field) == value


def edit_rows(desk, article, placement):
    save(desk, change_url(article.issue), "issue_form", **{"articles-0-blurb": "New.", "placements-0-message": "New."})


def press_keys(desk, article, placement):
    desk.post("/admin/issues/article/sort/saved/", {"article": article.pk, "undo": "1"})


@pytest.mark.parametrize(
    ("change", "kind"), [(edit_rows, "article"), (edit_rows, "placement"), (press_keys, "article")]
)
def test_form_of_a_row_that_was_changed_elsewhere_is_a_conflict(desk, change, kind):
    issue = make_issue(articles=1, status="draft")
    article, placement = issue.articles.get(), make_placement(issue)
    url = change_url(article if kind == "article" else placement)
    stale = read_form(desk.get(url), f"{kind}_form")
    change(desk, article, placement)
    assert error_codes(desk.post(url, {**stale, "_save": "1"})) == {"__all__": ["conflict"]}


def test_form_of_an_author_who_was_merged_elsewhere_is_a_conflict(desk):
    kept, lost = make_author(), make_author("Ann")
    stale = read_form(desk.get(change_url(kept)), "author_form")
    desk.post("/admin/issues/author/merge/", {"row": [kept.pk, lost.pk], "kept": kept.pk})
    assert error_codes(desk.post(change_url(kept), {**stale, "_save": "1"})) == {"__all__": ["conflict"]}
    assert Author.objects.get().aliases == ["Ann"]


def test_issue_that_was_published_once_cannot_be_deleted(desk):
    issue = make_issue()
    issue.withdraw()
    desk.post(f"/admin/issues/issue/{issue.pk}/delete/", {"post": "yes"})
    assert Issue.objects.exists()


def test_guid_of_a_deleted_issue_is_not_used_again(db):
    make_issue(number=7).delete()
    assert make_issue(number=7).guid == "tag:sreweekly.com,2026:issue-7-2"


def test_article_of_a_published_issue_cannot_be_sent_to_the_backlog(desk):
    issue = make_issue(articles=1)
    save(desk, change_url(issue), "issue_form", **{"articles-0-to_backlog": "on"})
    assert issue.articles.count() == 1


@pytest.mark.parametrize(("path", "form"), [("taggit/tag", "tag_form"), ("issues/page", "page_form")])
def test_address_of_a_tag_or_page_does_not_change(desk, path, form):
    make_article(tags=("slo",))
    model: Any
    model, key = (Page, make_page().pk) if form == "page_form" else (Tag, Tag.objects.get().pk)
    assert save(desk, f"/admin/{path}/{key}/change/", form, slug="another").status_code == 302
    assert not model.objects.filter(slug="another").exists()


def test_former_address_of_an_author_is_not_given_to_another(desk):
    make_author("Ann", slug="ann-b", previous_slugs=["ann"])
    response = save(desk, "/admin/issues/author/add/", "author_form", name="Other", slug="ann")
    assert error_codes(response) == {"slug": ["unique"]}


def test_placing_needs_permission_to_change_issues(db):
    issue = make_issue(status="draft")
    client = sign_in("view_article", "change_article")
    data = {"action": f"place_{issue.pk}", "_selected_action": [make_article().pk]}
    client.post("/admin/issues/article/", data)
    assert issue.articles.count() == 0


def test_publishing_needs_the_permission_to_publish(db):
    client = sign_in("add_issue", "view_issue", "add_article", "view_article")
    row = {"articles-0-title": "T", "articles-0-url": "https://example.com/", "articles-0-section": "articles"}
    row["articles-TOTAL_FORMS"] = "1"
    assert save(client, "/admin/issues/issue/add/", "issue_form", "_publish", **row).status_code == 403
    assert not Issue.objects.exists()
