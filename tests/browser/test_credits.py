"""“Credits to look at”, used with the keyboard, and without scripts."""

import pytest
from playwright.sync_api import expect

from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.settled import SettledCredit
from tests.browser.desk import find_violations
from tests.make import make_article, make_author, make_candidate, make_issue, make_publication, note_changes

PAGE = "/admin/issues/author/doubts/"


@pytest.fixture
def doubts(transactional_db):
    """Make a byline, an organisation, and two pairs, in this order on the page."""
    issue = make_issue()
    article = make_article(title="Queues", byline="Zoë Fox — Lamp Journal (summary)", issue=issue)
    article.credit([])
    make_article(authors=(make_author("Visa"),), url="https://visa.example/", issue=issue)
    jaime, jamie = make_author("Jaime Woo"), make_author("Jamie Woo")
    times, the_times = make_publication("New York Times"), make_publication("The New York Times")
    make_article(authors=(jaime,), publication=times, issue=issue)
    make_article(authors=(jamie,), publication=the_times, issue=issue)
    note_changes()


def row(desk, name):
    return desk.locator(".inbox-list > li").filter(has=desk.get_by_role("link", name=name, exact=True))


def says(desk, sentence):
    expect(desk.locator("#inbox-status")).to_contain_text(sentence)


def test_rows_are_settled_and_undone_by_keys_alone(desk, doubts):
    desk.goto(PAGE)
    expect(row(desk, "Zoë Fox — Lamp Journal (summary)")).to_be_focused()
    desk.keyboard.press("y")
    expect(row(desk, "Visa")).to_be_focused()
    desk.keyboard.press("y")
    expect(row(desk, "Jaime Woo")).to_be_focused()
    desk.keyboard.press("n")
    says(desk, "are two")
    assert set(Publication.objects.values_list("name", flat=True)) >= {"Visa", "Lamp Journal"}
    expect(desk.locator("#inbox-count")).to_have_text("1 to settle")
    for name in ("Jaime Woo", "Visa", "Zoë Fox — Lamp Journal (summary)"):
        desk.keyboard.press("u")
        expect(row(desk, name)).to_be_focused()
    says(desk, "nobody again")
    assert Author.objects.filter(name="Visa").exists()
    assert Article.objects.get(title="Queues").credited_authors == []
    assert not SettledCredit.objects.exists()
    desk.keyboard.press("j")
    desk.keyboard.press("y")
    says(desk, "“Visa” is a publication now.")


def test_selected_pairs_are_merged_after_a_confirmation(desk, doubts):
    desk.goto(PAGE)
    for key in ("j", "j", "x", "j", "x", "y"):
        desk.keyboard.press(key)
    expect(desk.get_by_role("button", name="Merge", exact=True)).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator(".messagelist")).to_contain_text("2 are settled.")
    assert Author.objects.filter(name__endswith="Woo").count() == Publication.objects.count() == 1


def test_row_that_is_refused_comes_back_and_says_why(desk, doubts):
    make_article(authors=(make_author("Lamp Labs"),), publication=Publication.objects.first())
    desk.goto(PAGE)
    row(desk, "Lamp Labs").press("y")
    says(desk, "“Lamp Labs” stays")
    expect(row(desk, "Lamp Labs")).to_be_visible()
    expect(desk.locator("#inbox-count")).to_have_text("5 to settle")


def test_buttons_work_without_scripts(make_page, desk, doubts, live_server):
    page = make_page(java_script_enabled=False)
    page.context.add_cookies(desk.context.cookies())
    page.goto(PAGE)
    page.get_by_role("button", name="Make it a publication").click()
    expect(page.locator(".messagelist")).to_contain_text("“Visa” is a publication now.")
    page.get_by_role("button", name="Merge…").first.click()
    page.get_by_role("radio", name="Jamie Woo").check()
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("Merged into “Jamie Woo”")
    page.get_by_label("Select Zoë Fox").check()
    page.get_by_role("button", name="Right as they are").click()
    page.get_by_text("Found right before").click()
    page.get_by_role("button", name="Ask again").first.click()
    expect(page.get_by_label("Select Zoë Fox")).to_be_visible()


def test_pages_are_accessible_and_fit_a_phone(desk, doubts):
    SettledCredit.objects.settle(["author: Anybody"])
    desk.goto(PAGE)
    assert find_violations(desk) == []
    desk.set_viewport_size({"width": 320, "height": 700})
    assert desk.evaluate("document.documentElement.scrollWidth") <= 320
    row(desk, "Jaime Woo").press("y")
    expect(desk.get_by_role("button", name="Merge", exact=True)).to_be_visible()
    assert find_violations(desk) == []


@pytest.mark.parametrize("path", [PAGE, "/admin/collecting/candidate/inbox/"])
def test_pointer_clicks_what_it_pressed_in_a_row_below_the_current_one(desk, doubts, path):
    make_candidate(url="https://a.example/1")
    make_candidate(url="https://a.example/2")
    desk.goto(path)
    box = desk.locator(".inbox-list input[type=checkbox]").nth(1)
    box.check(timeout=5000)
    expect(desk.locator(".inbox-list > li").nth(1)).to_have_attribute("aria-current", "true")
