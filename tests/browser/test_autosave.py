"""What is typed at the desk survives a crash, a lost network, a lost sign-in and a second tab."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import expect

from desk.models import UnsavedForm
from issues.models.issues import Issue
from tests.browser.desk import add_row, open_lines, press, row
from tests.desk_forms import save
from tests.make import make_article, make_editor, make_issue

KEEP = "**/unsaved/"


@pytest.fixture
def issue(transactional_db):
    issue = make_issue(status="draft", intro="The intro.")
    for title in ("One", "Two"):
        make_article(issue=issue, title=title)
    return issue


def url_of(issue):
    return f"/admin/issues/issue/{issue.pk}/change/"


def type_in(desk, issue, words="Typed."):
    desk.goto(url_of(issue))
    desk.wait_for_load_state("networkidle")
    open_lines(desk)
    desk.locator("#id_intro").fill(words)


def await_kept(desk):
    expect(desk.locator("#kept-state")).to_have_text("Saved as you type")


def is_kept_locally(desk, words):
    return desk.wait_for_function(
        "words => Object.values(localStorage).some((entry) => entry.includes(words))", arg=words
    )


def sign_in(page, live_server, editor):
    client = Client()
    client.force_login(editor)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])


def test_words_and_added_rows_survive_a_crash(desk, make_page, live_server, editor, issue):
    type_in(desk, issue)
    prefix = add_row(desk)
    desk.locator(f"{prefix}-title").fill("New")
    desk.locator(f"{prefix}-title").press("Alt+ArrowUp")
    desk.wait_for_timeout(1500)
    desk.wait_for_function(
        """() => Object.keys(localStorage).some((key) =>
            key.startsWith("unsaved:") && JSON.parse(localStorage.getItem(key)).isKept)"""
    )
    desk.close()

    page = make_page()
    sign_in(page, live_server, editor)
    page.goto(url_of(issue))
    panel = page.locator(".unsaved")
    expect(panel.locator("ins").first).to_contain_text("Typed")
    panel.get_by_role("link", name="Restore the draft").click()
    expect(page.locator("#id_intro")).to_have_value("Typed.")
    open_lines(page)
    expect(row(page, "New")).to_be_visible()
    row(page, "New").locator("[name$='-url']").fill("https://example.com/new")
    press(page, "Save")
    assert list(issue.articles.order_by("position").values_list("title", flat=True)) == ["One", "New", "Two"]
    assert Issue.objects.get().intro == "Typed."
    expect(page.locator(".unsaved")).to_have_count(0)
    assert not UnsavedForm.objects.exists()


def test_browser_keeps_what_the_server_does_not_get(desk, issue, allowed_errors):
    allowed_errors.append("ERR_FAILED|ERR_INTERNET_DISCONNECTED")
    desk.route(KEEP, lambda route: route.abort())
    type_in(desk, issue)
    expect(desk.locator("#kept-state")).to_contain_text("The server cannot be reached.")
    desk.context.set_offline(True)
    desk.goto("about:blank")
    desk.context.set_offline(False)
    desk.unroute(KEEP)
    desk.goto(url_of(issue))
    panel = desk.locator(".unsaved")
    panel.get_by_role("link", name="Restore the draft").click()
    expect(desk.locator("#id_intro")).to_have_value("Typed.")
    assert Issue.objects.get().intro == "The intro."


def test_draft_is_restored_although_another_is_handed_over_meanwhile(desk, issue):
    type_in(desk, issue)
    await_kept(desk)
    desk.evaluate(
        """() => {
            const [key, entry] = Object.entries(localStorage).find(([key]) => key.startsWith("unsaved:"));
            const other = { ...JSON.parse(entry), isKept: false };
            localStorage.setItem(key.replace(/[^:]*$/, crypto.randomUUID()), JSON.stringify(other));
        }"""
    )
    handed_over = []
    desk.route(KEEP, lambda route: handed_over.append(route))
    desk.goto(url_of(issue))

    def answer_both(route):
        handed_over[0].fulfill(json={"isKept": True})
        route.fulfill(response=route.fetch())

    desk.route("**/change/?draft=*", answer_both)
    link = desk.get_by_role("link", name="Restore the draft")
    expect(link).to_be_visible()
    link.click()
    expect(desk.locator("#id_intro")).to_have_value("Typed.")


def test_words_outlive_a_lost_sign_in(desk, live_server, editor, issue, allowed_errors):
    allowed_errors.append("403|Forbidden")
    type_in(desk, issue, "Before.")
    await_kept(desk)
    Session.objects.all().delete()
    desk.locator("#id_intro").fill("After.")
    expect(desk.get_by_role("link", name="Sign in again in a new tab")).to_be_visible(timeout=15_000)
    is_kept_locally(desk, "After.")
    sign_in(desk, live_server, editor)
    desk.goto(url_of(issue))
    panel = desk.locator(".unsaved").first
    expect(panel.locator("ins").first).to_contain_text("After")
    panel.get_by_role("link", name="Restore the draft").click()
    expect(desk.locator("#id_intro")).to_have_value("After.")


def test_draft_is_discarded(desk, issue):
    type_in(desk, issue)
    await_kept(desk)
    desk.reload()
    desk.get_by_role("button", name="Discard the draft").click()
    expect(desk.locator(".unsaved")).to_have_count(0)
    desk.reload()
    desk.wait_for_load_state("networkidle")
    expect(desk.locator(".unsaved")).to_have_count(0)
    assert not UnsavedForm.objects.exists()


def test_saved_draft_is_not_offered(desk, issue):
    type_in(desk, issue)
    press(desk, "Save")
    desk.wait_for_load_state("networkidle")
    expect(desk.locator(".unsaved")).to_have_count(0)
    desk.wait_for_function("Object.keys(localStorage).filter((key) => key.startsWith('unsaved:')).length === 0")
    assert Issue.objects.get().intro == "Typed."


def test_another_user_of_the_browser_sees_no_draft(desk, live_server, issue, allowed_errors):
    allowed_errors.append("ERR_FAILED")
    desk.route(KEEP, lambda route: route.abort())
    type_in(desk, issue)
    is_kept_locally(desk, "Typed.")
    sign_in(desk, live_server, make_editor("other"))
    desk.goto(url_of(issue))
    desk.wait_for_load_state("networkidle")
    expect(desk.locator(".unsaved")).to_have_count(0)


def test_two_tabs_are_resolved_field_by_field(desk, issue):
    other = desk.context.new_page()
    other.goto(url_of(issue))
    desk.goto(url_of(issue))
    open_lines(other)
    open_lines(desk)
    other.locator("#id_intro").fill("Their intro.")
    row(other, "One").locator("textarea.markdownx-editor").fill("Their blurb.")
    press(other, "Save")
    desk.locator("#id_intro").fill("My intro.")
    row(desk, "Two").locator("textarea.markdownx-editor").fill("My blurb.")
    press(desk, "Save")
    conflict = desk.locator(".conflict")
    conflict.get_by_label("Keep mine of Intro").check()
    conflict.get_by_role("button", name="Save with these choices").click()
    desk.wait_for_url("**/admin/issues/issue/")
    assert Issue.objects.get().intro == "My intro."
    assert list(issue.articles.order_by("position").values_list("blurb", flat=True)) == ["Their blurb.", "My blurb."]


def test_one_article_is_restored_from_the_history(desk, editor, issue):
    client = Client()
    client.force_login(editor)
    blurb = issue.articles.get(title="One").blurb
    save(client, url_of(issue), "issue_form", intro="Changed.", **{"articles-0-blurb": "Changed."})
    desk.goto(url_of(issue))
    desk.get_by_role("link", name="History").click()
    desk.get_by_role("button", name="Restore this article “One” from version 1").click()
    expect(desk.locator(".messagelist .success")).to_be_visible()
    assert issue.articles.get(title="One").blurb == blurb
    assert Issue.objects.get().intro == "Changed."


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_panel_conflict_and_history_have_no_accessibility_violation(desk, editor, issue, width, scheme, tmp_path):
    desk.emulate_media(color_scheme=scheme)
    desk.set_viewport_size({"width": width, "height": 900})
    type_in(desk, issue, "The words of mine.")
    await_kept(desk)
    client = Client()
    client.force_login(editor)
    save(client, url_of(issue), "issue_form", intro="The words of theirs.", **{"articles-0-blurb": "Changed."})
    found: list[str] = []

    def look(name):
        desk.wait_for_load_state("networkidle")
        desk.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        assert desk.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        for violation in Axe().run(desk).response["violations"]:
            found.extend(f"{name} {violation['id']}: {node['html'][:150]}" for node in violation["nodes"][:3])

    press(desk, "Save")
    look("conflict")
    desk.wait_for_timeout(1500)
    desk.goto(url_of(issue))
    expect(desk.locator(".unsaved")).to_be_visible()
    look("panel")
    desk.goto(f"/admin/issues/issue/{issue.pk}/history/")
    look("history")
    assert found == []
