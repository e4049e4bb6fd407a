"""How many queries the desk makes for what is posted: literal numbers, as everything that follows costs some."""

import pytest
from django.urls import reverse

from issues.models.issues import Issue
from tests.desk_forms import read_form
from tests.make import make_article, make_issue, make_placement, note_changes

pytestmark = pytest.mark.django_db


def make_draft(articles=8):
    """As it is on a Sunday: eight articles, an outage, a message, saved before."""
    issue = make_issue(articles=articles, outages=1, status="draft")
    make_placement(issue)
    note_changes()
    return issue


def post(desk, issue, django_assert_num_queries, count, button="_save", **changes):
    url = reverse("admin:issues_issue_change", args=[issue.pk])
    data = read_form(desk.get(url), "issue_form")
    with django_assert_num_queries(count) as queries:
        response = desk.post(url, {**data, button: "1", **changes})
    assert response.status_code == 302
    return queries


def test_one_blurb_changed(desk, django_assert_num_queries):
    post(desk, make_draft(), django_assert_num_queries, 45, **{"articles-3-blurb": "Another."})


def test_nothing_changed(desk, django_assert_num_queries):
    post(desk, make_draft(), django_assert_num_queries, 30)


def test_approving(desk, django_assert_num_queries):
    issue = make_draft()
    from datetime import timedelta

    from django.utils import timezone

    Issue.objects.filter(pk=issue.pk).update(publish_at=timezone.now() + timedelta(days=2))
    note_changes()
    post(desk, issue, django_assert_num_queries, 50, button="_approve")


def test_placing(desk, django_assert_num_queries):
    issue, article = make_draft(), make_article()
    with django_assert_num_queries(25):
        response = desk.post(f"/admin/issues/article/{article.pk}/place/{issue.pk}/")
    assert response.json()["done"]
