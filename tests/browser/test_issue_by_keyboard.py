"""An issue is made from eight saved links, by keys alone and by touch alone. All presses besides words are counted."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from issues.models.articles import Article
from issues.models.issues import Issue
from tests.make import make_article, make_issue

TITLES = [f"How we lost region {number}" for number in range(1, 9)]
MOST = 60  # Presses of keys (a chord is one) or taps, from the saved links to the published issue.


def blurb(place):
    return f"The cause was the one in number {place + 1}."


@pytest.fixture
def links(transactional_db, settings):
    """Save eight links by their addresses alone. The last issue was a week ago."""
    settings.COOLING_OFF = timedelta(0)
    make_issue()
    for number in range(8, 0, -1):
        make_article(title="", blurb="", url=f"https://blog.example/{number}/")


class Keyboard:
    """Use a page with keys only, and count them."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
            self.count += 1

    def type(self, text):
        """Type words, which do not count, where the focus is."""
        self.page.keyboard.insert_text(text)

    def follow(self, *keys):
        """Press keys of which the last opens another page."""
        with self.page.expect_navigation():
            self.press(*keys)

    def find(self, words):
        """Go to what the box for finding has for these words."""
        self.press("Control+k")
        with self.page.expect_response(lambda response: "part=1" in response.url and "q=&" not in response.url):
            self.type(words)
        expect(self.page.locator("#find-results a")).to_have_text([words])
        self.follow("Enter")


def is_focused(page, selector):
    expect(page.locator(selector)).to_be_focused()


def test_issue_is_made_by_keys_alone(desk, links, page):
    keyboard = Keyboard(desk)
    desk.goto("/admin/")

    # Decide on the links.
    keyboard.find("Inbox")
    is_focused(desk, ".inbox-list > li:first-child")
    keyboard.press(*"s" * 8)
    expect(desk.locator(".inbox-empty")).to_be_visible()

    # Begin the issue, and place them. Preflight is of the saved issue until something is typed.
    keyboard.find("New issue")
    keyboard.follow("Control+s")
    keyboard.press("Alt+a")
    expect(desk.locator("#drawer-list li")).to_have_count(8)
    keyboard.press("ArrowDown", *["Enter"] * 8)
    expect(desk.locator("#drawer-list")).to_contain_text("Nothing waits")
    keyboard.press("Escape")

    # Write titles and blurbs.
    for place, title in enumerate(TITLES):
        keyboard.press("Alt+j")
        is_focused(desk, f"#id_articles-{place}-title")
        keyboard.type(title)
        keyboard.press("Alt+j")
        is_focused(desk, f"#id_articles-{place}-blurb")
        keyboard.type(blurb(place))
    publish(desk, keyboard)

    assert keyboard.count <= MOST
    assert published(page) == TITLES


def publish(desk, keyboard):
    """Publish, and confirm preflight's warnings, which are about what nobody credits."""
    keyboard.follow("Control+Shift+Enter")
    expect(desk.locator("#preflight button[name=_publish]")).to_be_in_viewport()
    keyboard.follow("Control+Shift+Enter")
    expect(desk.locator(".messagelist .success")).to_be_in_viewport()


def published(page):
    issue = Issue.objects.published()[0]
    assert list(issue.articles.order_by("position").values_list("blurb", flat=True)) == [blurb(n) for n in range(8)]
    assert not Article.objects.backlog().exists()
    page.goto(issue.get_absolute_url())
    return page.locator(".sreweekly-title").all_inner_texts()


class Touch:
    """Use a page by touch only, and count the taps."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def tap(self, selector, **options):
        self.page.locator(selector, **options).first.tap()
        self.count += 1

    def follow(self, selector, **options):
        with self.page.expect_navigation():
            self.tap(selector, **options)

    def type(self, selector, text):
        """Tap a field, and type words, which do not count."""
        self.tap(selector)
        is_focused(self.page, selector)
        self.page.keyboard.insert_text(text)


def test_issue_is_made_by_touch_on_a_phone(desk, links, make_page, page):
    size = {"width": 390, "height": 844}
    phone = make_page(viewport=size, has_touch=True, is_mobile=True, storage_state=desk.context.storage_state())
    touch = Touch(phone)
    phone.goto("/admin/")

    # Decide on the links.
    touch.follow(".desk-menu a", has_text="Inbox")
    for left in range(7, -1, -1):
        touch.tap(".inbox-list > li:not([hidden]) button[name=shortlist]")
        expect(phone.locator("#inbox-count .number")).to_have_text(str(left))
    expect(phone.locator("#inbox-status")).not_to_be_empty()

    # Begin the issue, and place them.
    touch.follow(".desk-menu a", has_text="This week")
    touch.follow("form[action$='/issue/begin/'] button")
    touch.tap("#open-drawer")
    for left in range(7, -1, -1):
        touch.tap("#drawer-list li:not([hidden]) button")
        expect(phone.locator("#drawer-list li:not([hidden])")).to_have_count(left)
    expect(phone.locator("#drawer-list")).to_contain_text("Nothing waits")
    touch.tap("#drawer-close")

    # Write titles and blurbs.
    for place, title in enumerate(TITLES):
        touch.tap(f"#articles-{place} > details > summary")
        touch.type(f"#id_articles-{place}-title", title)
        touch.type(f"#id_articles-{place}-blurb", blurb(place))
    touch.follow(".submit-row [name=_publish]")
    touch.follow("#preflight [name=_publish]")
    expect(phone.locator(".messagelist .success")).to_be_in_viewport()

    assert touch.count <= MOST
    assert published(page) == TITLES
