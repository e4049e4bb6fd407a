"""Pages and feed entries of issues whose contents did not change are not printed again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from issues.changes import changing
from issues.models.issues import Issue
from issues.printing.page import print_page
from issues.site.forms import IssueForms
from tests.make import make_issue, note_changes

pytestmark = pytest.mark.django_db

PAGE = "/sre-weekly-issue-1/"
ADDRESSES = ["/", PAGE, "/feed/"]


@pytest.fixture
def issue():
    issue = make_issue(articles=1)
    note_changes()
    issue.refresh_from_db()
    return issue


def body(client, address):
    return client.get(address).content.decode()


def change_blurb(issue, blurb):
    with changing([issue]):
        issue.articles.update(blurb=blurb)


@pytest.mark.parametrize(("address", "more"), [("/", 2), (PAGE, 1), ("/feed/", 0)])
def test_contents_are_loaded_once(client, issue, django_assert_num_queries, address, more):
    for queries in (7 + more, 2 + more):
        with django_assert_num_queries(queries):
            assert "Blurb" in body(client, address)


@pytest.mark.parametrize("address", ADDRESSES)
def test_change_is_printed_at_once(client, issue, address):
    assert "Changed." not in body(client, address)
    for blurb in ("Changed.", "Changed again."):
        change_blurb(issue, blurb)
        assert blurb in body(client, address)


def test_new_publication_time_is_printed_at_once(client, issue):
    body(client, PAGE)
    earlier = timezone.now() - timedelta(days=400)
    Issue.objects.update(publish_at=earlier)
    assert f'"datePublished": "{earlier:%Y-%m}' in body(client, PAGE)


def test_new_settings_are_printed_at_once(client, issue, settings):
    body(client, PAGE)
    settings.SITE_URL = "https://other.example"
    assert "https://sreweekly.example/authors/" not in body(client, PAGE)


def test_contents_that_changed_after_the_issue_was_read_are_not_kept(issue):
    pages = IssueForms(print_page, 2**20)
    change_blurb(issue, "Changed.")
    assert "Changed." in pages.of([issue])[0].html  # But `issue` has the digest of the former blurb.
    again = Issue.objects.get()
    again.contents_digest = issue.contents_digest
    change_blurb(again, "Other words.")
    assert "Other words." in pages.of([again])[0].html


def test_issue_without_a_digest_is_not_kept(django_assert_num_queries):
    make_issue(articles=1)
    pages = IssueForms(print_page, 2**20)
    for _ in range(2):
        issues = list(Issue.objects.all())
        with django_assert_num_queries(5):
            pages.of(issues)


def test_preview_is_never_kept(client, desk, issue):
    note_changes()
    desk.get(f"/admin/issues/issue/{issue.pk}/preview/")
    assert "sreweekly-permalink" in body(client, PAGE)
    assert "sreweekly-permalink" not in body(desk, f"/admin/issues/issue/{issue.pk}/preview/")
