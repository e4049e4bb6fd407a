"""The backlog in the drawer of an issue's page: searched, and placed from, while words are typed in the form."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from desk.models import UnsavedForm
from issues.changes import changing
from issues.models.articles import Article
from tests.browser.desk import add_row, find_violations, press, row_titles
from tests.make import make_article, make_issue


@pytest.fixture
def issue(transactional_db):
    issue = make_issue(number=12, status="draft")
    make_article(issue=issue, title="First", blurb="As saved.")
    make_article(issue=issue, title="Outage", section="outages")
    return issue


@pytest.fixture
def waiting(transactional_db):
    """Make three articles. "One" is listed first."""
    return [make_article(title=title, state="shortlisted") for title in ("Three", "Two", "One")]


def open_form(desk, issue):
    desk.goto(f"/admin/issues/issue/{issue.pk}/change/")


def write(desk, title, words):
    row = desk.locator("#articles-group .inline-related", has_text=title)
    row.locator("summary").first.click()
    row.locator("textarea[name$=blurb]").fill(words)


def add(desk, title):
    prefix = add_row(desk)
    desk.locator(f"{prefix}-title").fill(title)
    desk.locator(f"{prefix}-url").fill(f"https://example.com/{title}")


def open_drawer(desk):
    # A link before its script has run, which knows the key.
    expect(desk.get_by_role("button", name="Add from the backlog")).to_be_visible()
    desk.keyboard.press("Alt+a")
    expect(desk.get_by_role("dialog", name="Place from the backlog")).to_be_visible()


def place(desk, title):
    desk.get_by_role("button", name=f"“{title}”").click()
    expect(desk.locator("#drawer-status")).to_contain_text(f"“{title}” is in #12 now.")


def saved(issue):
    return [(article.title, article.blurb) for article in issue.articles.order_by("section", "position")]


def test_placed_articles_join_the_form_and_typed_words_stay(desk, issue, waiting):
    open_form(desk, issue)
    write(desk, "First", "Typed.")
    add(desk, "Mine")
    open_drawer(desk)
    for title in ("Two", "One"):
        place(desk, title)
    desk.keyboard.press("Escape")
    assert row_titles(desk) == ["First", "Mine", "Two", "One", "Outage"]
    write(desk, "Two", "About two.")
    press(desk, "Save")
    expect(desk.locator(".conflict, .errornote")).to_have_count(0)
    assert saved(issue) == [
        *(("First", "Typed."), ("Mine", ""), ("Two", "About two.")),
        *(("One", waiting[2].blurb), ("Outage", issue.articles.get(title="Outage").blurb)),
    ]


def test_focus_goes_through_the_drawer_by_keys_and_comes_back(desk, issue, waiting):
    open_form(desk, issue)
    desk.locator("#open-drawer").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#drawer-words")).to_be_focused()
    expect(desk.locator("#drawer-list li")).to_have_count(3)
    for key in ("ArrowDown", "Enter", "Enter"):
        desk.keyboard.press(key)
    expect(desk.get_by_role("button", name="“Three”")).to_be_focused()
    expect(desk.locator("#drawer-status")).to_contain_text("“Two” is in #12 now.")
    desk.keyboard.press("ArrowUp")
    desk.keyboard.type("nowhere")
    expect(desk.locator("#drawer-list")).to_contain_text("Nothing in the backlog has these words.")
    desk.locator("#drawer-close").press("Enter")
    expect(desk.locator("#open-drawer")).to_be_focused()
    assert [title for title, _ in saved(issue)] == ["First", "One", "Two", "Outage"]


def test_article_that_is_held_is_placed_anyway_after_its_reason_was_shown(desk, issue):
    make_article(title="Later", not_before=date(2999, 1, 1))
    open_form(desk, issue)
    open_drawer(desk)
    expect(desk.locator("#drawer-list")).to_contain_text("waits until")
    place(desk, "Later")
    assert issue.articles.filter(title="Later").exists()


def test_article_that_cannot_be_placed_stays_in_the_list(desk, issue):
    for title in ("One", "Two"):
        make_article(title=title, hold_one_per="series", series="Talks")
    open_form(desk, issue)
    open_drawer(desk)
    place(desk, "One")
    desk.get_by_role("button", name="“Two”").click()
    expect(desk.get_by_role("button", name="Place anyway")).to_be_visible()
    assert not issue.articles.filter(title="Two").exists()


def test_what_somebody_else_saved_before_the_placement_is_still_a_conflict(desk, issue, waiting, editor):
    open_form(desk, issue)
    write(desk, "First", "Mine.")
    with changing([issue], editor, "saved"):
        Article.objects.filter(title="First").update(blurb="Theirs.")
    open_drawer(desk)
    place(desk, "One")
    desk.keyboard.press("Escape")
    press(desk, "Save")
    expect(desk.locator(".conflict")).to_contain_text("Theirs")
    assert ("First", "Theirs.") in saved(issue)
    desk.locator(".conflict").get_by_role("radio").nth(1).check()
    press(desk, "Save")
    assert {"First", "One", "Outage"} == {title for title, _ in saved(issue)}
    assert not desk.locator(".conflict").count()


def test_draft_that_was_kept_after_a_placement_is_restored_with_all_words(desk, issue, waiting):
    open_form(desk, issue)
    open_drawer(desk)
    place(desk, "One")
    desk.keyboard.press("Escape")
    write(desk, "First", "Typed.")
    write(desk, "One", "About one.")
    expect(desk.locator("#kept-state")).to_contain_text("Saved as you type")
    assert UnsavedForm.objects.count() == 1
    open_form(desk, issue)
    desk.get_by_role("link", name="Restore the draft").click()
    expect(desk.locator(".restored")).to_be_visible()
    open_drawer(desk)
    place(desk, "Two")
    desk.keyboard.press("Escape")
    press(desk, "Save")
    expect(desk.locator(".conflict, .errornote")).to_have_count(0)
    assert [words for _, words in saved(issue)][:2] == ["Typed.", "About one."]
    assert [title for title, _ in saved(issue)] == ["First", "One", "Two", "Outage"]


def test_new_row_below_a_placed_one_can_be_removed(desk, issue, waiting):
    open_form(desk, issue)
    for title in ("Gone", "Stays"):
        add(desk, title)
    open_drawer(desk)
    place(desk, "One")
    desk.keyboard.press("Escape")
    gone = desk.locator("#articles-group .inline-related:not(.empty-form)", has_text="Gone")
    gone.locator("summary").first.click()
    gone.locator(".inline-deletelink").click()
    press(desk, "Save")
    assert [title for title, _ in saved(issue)] == ["First", "Stays", "One", "Outage"]


def test_placement_that_stops_a_scheduled_issue_shows_that_it_is_a_draft_again(desk, waiting):
    issue = make_issue(number=1, articles=1, publish_at=timezone.now() + timedelta(days=3))
    make_article(title="", blurb="")
    open_form(desk, issue)
    expect(desk.locator(".standing .state")).to_have_text("scheduled")
    open_drawer(desk)
    desk.locator("#drawer-list li").last.get_by_role("button").click()
    expect(desk.locator("#drawer-status")).to_contain_text("is a draft again")
    desk.keyboard.press("Escape")
    expect(desk.locator(".standing .state")).to_have_text("draft")
    expect(desk.locator(".submit-row [name=_approve]")).to_be_visible()
    expect(desk.locator(".submit-row [name=_withdraw]")).to_have_count(0)
    expect(desk.locator(".desk-menu li", has_text="Backlog").locator(".count")).to_have_text("3")


def test_keys_lead_through_blurbs_and_missing_titles(desk, issue):
    make_article(issue=issue, title="", blurb="", position=2)
    open_form(desk, issue)
    focused = []
    for key in ["j"] * 5 + ["k"]:
        desk.keyboard.press(f"Alt+{key}")
        focused.append(desk.evaluate("document.activeElement.id"))
    names = ("0-blurb", "1-title", "1-blurb", "2-blurb", "2-blurb", "1-blurb")
    assert focused == [f"id_articles-{name}" for name in names]
    expect(desk.locator("#articles-group details[open]")).to_have_count(1)


def test_undo_takes_what_was_placed_last_out_of_the_form_again(desk, issue, waiting):
    open_form(desk, issue)
    add(desk, "Mine")
    open_drawer(desk)
    for title in ("One", "Two"):
        place(desk, title)
    desk.get_by_role("button", name="“Three”").press("u")
    expect(desk.locator("#drawer-status")).to_contain_text("“Two” is shortlisted now.")
    expect(desk.get_by_role("button", name="“Two”")).to_be_focused()
    desk.get_by_role("button", name="Undo").click()
    expect(desk.locator("#drawer-status")).to_contain_text("“One” is shortlisted now.")
    expect(desk.locator("#drawer-undo")).to_be_hidden()
    place(desk, "Two")
    desk.keyboard.press("Escape")
    assert row_titles(desk) == ["First", "Mine", "Two", "Outage"]
    press(desk, "Save")
    expect(desk.locator(".conflict, .errornote")).to_have_count(0)
    assert [title for title, _ in saved(issue)] == ["First", "Mine", "Two", "Outage"]


def test_undo_does_not_throw_away_what_was_typed_in_the_row(desk, issue, waiting):
    open_form(desk, issue)
    open_drawer(desk)
    place(desk, "One")
    desk.keyboard.press("Escape")
    write(desk, "One", "About one.")
    open_drawer(desk)
    desk.get_by_role("button", name="Undo").click()
    expect(desk.locator("#drawer-status")).to_contain_text("changed its row")
    assert "One" in row_titles(desk)


def test_placing_does_not_load_the_form_again(desk, issue, waiting):
    open_form(desk, issue)
    open_drawer(desk)
    pages = []
    desk.on("request", lambda request: pages.append(request.url) if request.url.endswith("/change/") else None)
    place(desk, "One")
    desk.keyboard.press("Escape")
    assert (row_titles(desk), pages) == (["First", "One", "Outage"], [])


def test_lost_connection_is_told_and_the_article_stays_in_the_list(desk, issue, waiting, allowed_errors):
    allowed_errors.append("ERR_FAILED")
    desk.route("**/place/**", lambda route: route.abort())
    open_form(desk, issue)
    open_drawer(desk)
    desk.get_by_role("button", name="“One”").click()
    expect(desk.locator("#drawer-status")).to_contain_text("could not be reached")
    expect(desk.get_by_role("button", name="“One”")).to_be_visible()


def test_link_leads_to_the_backlog_without_scripts(desk, issue, make_page):
    page = make_page(java_script_enabled=False, storage_state=desk.context.storage_state())
    open_form(page, issue)
    page.locator("#open-drawer").click()
    expect(page.locator("h1")).to_have_text("Backlog")


def test_drawer_is_accessible_and_stays_inside_the_window(desk, issue, waiting):
    make_article(title="Later", state="held", not_before=date(2999, 1, 1))
    open_form(desk, issue)
    open_drawer(desk)
    expect(desk.locator("#drawer-list li")).to_have_count(4)
    assert find_violations(desk) == []
    for width in (1280, 390):
        desk.set_viewport_size({"width": width, "height": 844})
        assert desk.evaluate("document.getElementById('drawer').scrollWidth <= innerWidth")
    heights = "[...document.querySelectorAll('#drawer .btn:not([hidden])')].map((button) => button.offsetHeight)"
    assert min(desk.evaluate(heights)) >= 44
