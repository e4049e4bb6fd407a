"""The inbox, used with the keyboard, and without scripts."""

import pytest
from playwright.sync_api import expect

from collecting.models.candidates import Candidate
from issues.models.articles import Article
from tests.browser.desk import find_violations
from tests.make import make_article, make_candidate, make_issue

INBOX = "/admin/collecting/candidate/inbox/"


@pytest.fixture
def four(transactional_db):
    """Make two articles and two candidates. "One" is shown first."""
    make_article(title="Four", state="saved")
    make_candidate(title="Three")
    make_article(title="Two", state="saved", url="http://127.0.0.1:9/")
    make_candidate(title="One", excerpt="First lines.")


def row(desk, title):
    return desk.locator(".inbox-list > li").filter(has=desk.get_by_role("link", name=title, exact=True))


def says(desk, sentence):
    expect(desk.locator("#inbox-status")).to_contain_text(sentence)


def states():
    return dict(Article.objects.values_list("title", "state"))


def test_inbox_is_emptied_and_undone_by_keys_alone(desk, four):
    desk.goto(INBOX)
    expect(row(desk, "One")).to_be_focused()
    desk.keyboard.press("s")
    expect(row(desk, "Two")).to_be_focused()
    desk.keyboard.press("b")
    desk.keyboard.press("d")
    desk.keyboard.press("d")
    says(desk, "“Four” is declined.")
    expect(desk.get_by_text("Nothing waits for a decision.")).to_be_visible()
    assert states() == {"One": "shortlisted", "Two": "held", "Four": "declined"}
    assert Candidate.objects.get(title="Three").state == "declined"

    for title in ("Four", "Three", "Two", "One"):
        desk.keyboard.press("u")
        says(desk, f"“{title}” is in the inbox again.")
        expect(row(desk, title)).to_be_focused()
    assert states() == {"One": "saved", "Two": "saved", "Four": "saved"}
    expect(desk.locator("#inbox-count")).to_have_text("4 to decide on")
    desk.keyboard.press("d")
    says(desk, "“One” is declined.")
    assert states()["One"] == "declined"


def test_selected_rows_are_decided_on_at_once(desk, four):
    desk.goto(INBOX)
    for key in ("x", "j", "x", "j", "j", "k", "k", "s"):
        desk.keyboard.press(key)
    says(desk, "2 links are shortlisted.")
    assert states() == {"One": "shortlisted", "Two": "shortlisted", "Four": "saved"}
    expect(row(desk, "Three")).to_be_focused()


def test_row_that_somebody_else_decided_on_goes_and_says_so(desk, four):
    desk.goto(INBOX)
    Candidate.objects.get(title="One").take("shortlisted")
    desk.keyboard.press("d")
    says(desk, "was decided on already")
    expect(row(desk, "One")).to_be_hidden()
    expect(row(desk, "Two")).to_be_focused()
    desk.keyboard.press("s")
    says(desk, "“Two” is shortlisted.")
    Article.objects.filter(title="Two").update(state="declined")
    desk.keyboard.press("u")
    says(desk, "was decided on already")
    expect(row(desk, "Two")).to_be_hidden()
    expect(desk.locator("#inbox-count")).to_have_text("2 to decide on")


def test_row_comes_back_if_the_server_did_not_answer(desk, four, allowed_errors):
    allowed_errors.append("ERR_FAILED")
    # Before the page is open: Chromium may let a request pass that follows at once.
    desk.route("**/inbox/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    desk.goto(INBOX)
    desk.keyboard.press("d")
    says(desk, "could not be reached")
    expect(row(desk, "One")).to_be_visible()
    expect(row(desk, "Two")).to_be_focused()
    with desk.expect_popup() as popup:
        desk.keyboard.press("o")
    popup.value.close()


def test_buttons_and_menu_count_follow(desk, four):
    desk.goto(INBOX)
    row(desk, "Two").click(position={"x": 5, "y": 5})
    row(desk, "Two").get_by_role("button", name="Decline").click()
    says(desk, "“Two” is declined.")
    expect(desk.locator(".desk-menu [aria-current] .count")).to_have_text("3")
    desk.keyboard.press("?")
    expect(desk.get_by_role("dialog", name="Keys")).to_be_visible()


def test_inbox_works_without_scripts(make_page, desk, four):
    page = make_page(java_script_enabled=False)
    page.context.add_cookies(desk.context.cookies())
    page.goto(INBOX)
    row(page, "One").get_by_role("button", name="Shortlist").click()
    row(page, "Two").get_by_role("checkbox").check()
    row(page, "Four").get_by_role("checkbox").check()
    page.locator(".many").get_by_role("button", name="Decline").click()
    expect(page.locator(".messagelist")).to_contain_text("2 links are declined.")
    assert states() == {"One": "shortlisted", "Two": "declined", "Four": "declined"}


def test_filters_stay_while_keys_decide_and_undo(desk, four):
    desk.goto(INBOX)
    desk.get_by_text("Kind: all").click()
    desk.get_by_role("link", name="candidates").click()
    expect(row(desk, "One")).to_be_focused()
    desk.keyboard.press("d")
    desk.keyboard.press("d")
    says(desk, "“Three” is declined.")
    expect(desk.get_by_role("link", name="Show all that waits")).to_be_visible()
    desk.keyboard.press("u")
    says(desk, "“Three” is in the inbox again.")
    expect(desk.locator("#inbox-count")).to_have_text("1 match the filters")
    expect(desk.locator(".desk-menu [aria-current] .count")).to_have_text("3")
    desk.get_by_text("Kind: candidates").click()
    assert find_violations(desk) == []


def test_inbox_is_accessible(desk, four):
    printed = make_article(issue=make_issue())
    make_candidate(url=printed.url, title="")
    desk.goto(INBOX)
    desk.keyboard.press("x")
    desk.keyboard.press("j")
    assert find_violations(desk) == []
