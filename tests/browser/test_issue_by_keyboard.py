"""An issue is made with the keyboard alone: eight links are saved, placed, commented on and published."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from issues.models.articles import Article
from issues.models.issues import Issue
from tests.make import make_publication

TITLES = [f"How we lost region {number}" for number in range(1, 9)]
# More than any page has.
MOST_TABS = 600


class Keyboard:
    """Use a page with keys only. Fails with the selector that the Tab key does not reach."""

    def __init__(self, page):
        self.page = page

    def go(self, selector, key="Tab"):
        for _ in range(MOST_TABS):
            if self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{key} does not lead to {selector}.")

    def type(self, selector, text):
        self.go(selector)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)

    def press(self, selector, key="Enter"):
        self.go(selector)
        self.page.keyboard.press(key)

    def follow(self, selector, address):
        """Press Enter on a link or button, and wait for the page that it opens."""
        self.press(selector)
        self.page.wait_for_url(address)


@pytest.fixture
def keyboard(desk):
    return Keyboard(desk)


def test_issue_is_assembled_and_published_with_the_keyboard(desk, keyboard, page, settings):
    settings.COOLING_OFF = timedelta(0)
    make_publication("Blog", hosts=["blog.example"])

    # Save the week's links.
    desk.goto("/admin/collecting/candidate/save/")
    addresses = "\n".join(f"https://blog.example/{number}/" for number in range(1, 9))
    keyboard.type("#capture_form textarea[name=url]", addresses)
    keyboard.press("#capture_form input[type=submit]")
    expect(desk.locator(".messagelist")).to_contain_text("backlog")
    assert Article.objects.backlog().count() == 8

    # Start the issue.
    desk.goto("/admin/")
    keyboard.press("form[action$='/issue/begin/'] button")
    desk.wait_for_url("**/change/")
    issue = Issue.objects.get()

    # Place the articles.
    desk.goto("/admin/issues/article/?state=saved")
    keyboard.go("#result_list tbody tr")
    for _ in range(8):
        desk.keyboard.press("x")
        desk.keyboard.press("j")
    with desk.expect_response("**/place/**"):  # The rows look placed before the server has answered.
        desk.keyboard.press("p")
    assert issue.articles.count() == 8

    # Write titles and comments.
    desk.goto(f"/admin/issues/issue/{issue.pk}/change/")
    for place, title in enumerate(TITLES):
        keyboard.press(f"#articles-{place} summary")
        keyboard.type(f"#id_articles-{place}-title", title)
        keyboard.type(f"#id_articles-{place}-blurb", f"The cause was the one in number {place + 1}.")
        keyboard.type(f"#id_articles-{place}-byline", "Ann Lee — Blog")
    # Move the last article to the top.
    keyboard.go("#id_articles-7-title", "Shift+Tab")
    for _ in range(7):
        desk.keyboard.press("Alt+ArrowUp")
    keyboard.press("input[name=_publish]")
    expect(desk.locator(".messagelist")).to_be_visible()
    if not Issue.objects.published().exists():  # Preflight's warnings have to be confirmed.
        keyboard.press("#preflight [name=_publish]")
    expect(desk.locator(".messagelist .success")).to_be_visible()

    page.goto(issue.get_absolute_url())
    assert page.locator(".sreweekly-title").all_inner_texts() == [TITLES[-1], *TITLES[:-1]]
