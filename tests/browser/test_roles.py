"""A contributor, a proofreader and an editor with one issue, and the page that says what each may do."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from playwright.sync_api import expect

from issues.models.issues import Issue
from tests.browser.desk import find_violations, open_lines, press
from tests.make import make_issue, make_placement, sign_in_as


@pytest.fixture
def issue(transactional_db):
    issue = make_issue(status="draft", publish_at=timezone.now() + timedelta(days=3), articles=2)
    make_placement(issue)
    return issue


@pytest.fixture
def open_as(make_page, live_server):
    """Return a function that opens a page in which a new user with this role is signed in."""

    def open_page(role):
        name = settings.SESSION_COOKIE_NAME
        page = make_page()
        value = sign_in_as(role).cookies[name].value
        page.context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
        return page

    return open_page


def test_contributor_asks_for_a_review_and_an_editor_finds_it(open_as, issue):
    contributor, editor = open_as("Contributor"), open_as("Editor")
    contributor.goto(f"/admin/issues/issue/{issue.pk}/change/")
    press(contributor, "Ready for review")
    expect(contributor.locator(".messagelist .success")).to_be_in_viewport()
    expect(contributor.locator(".standing")).to_contain_text("ready for review")
    assert find_violations(contributor) == []
    editor.goto("/admin/")
    editor.get_by_role("link", name="Review it").click()
    expect(editor.locator(".standing")).to_contain_text("asked by Contributor")
    assert find_violations(editor) == []
    press(editor, "Not ready")
    assert not Issue.objects.exclude(review_requested_at=None).exists()


def test_proofreader_changes_a_blurb(open_as, issue):
    page = open_as("Proofreader")
    page.goto(f"/admin/issues/issue/{issue.pk}/change/")
    open_lines(page)
    page.locator("#id_articles-1-blurb").fill("Read it, twice.")
    expect(page.locator("input[name$='-url'], [name$='-order']")).to_have_count(0)
    assert find_violations(page) == []
    press(page, "Save")
    assert issue.articles.last().blurb == "Read it, twice."


def test_page_of_the_roles_is_accessible(desk):
    sign_in_as("Contributor")
    Group.objects.get(name="Proofreader").permissions.add(Permission.objects.get(codename="add_candidate"))
    desk.goto("/admin/settings/")
    desk.get_by_role("link", name="Roles").click()
    expect(desk.get_by_text("changed by hand", exact=True)).to_be_visible()
    assert find_violations(desk) == []
    desk.get_by_role("link", name="Contributor", exact=True).click()
    expect(desk.get_by_role("checkbox", name="Contributor")).to_be_checked()
    assert find_violations(desk) == []
