"""Feeds that are opened in a browser instead of a feed reader: they explain themselves."""

import pytest

from tests.issues.printing.test_markup_contract import make_sample
from tests.make import make_issue

FEED = "This is a web feed"
ARCHIVE = "This is a part of the archive of a web feed"
# The text that is shown: the elements' own and the text that the stylesheet adds.
SHOWN = """() => [...document.querySelectorAll("*")]
    .filter(element => getComputedStyle(element).display !== "none" && element.checkVisibility())
    .flatMap(element => [
        getComputedStyle(element, "::before").content,
        ...[...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE).map(node => node.data),
        getComputedStyle(element, "::after").content,
    ])
    .filter(text => text.trim() && text !== "none")"""


@pytest.fixture
def site(transactional_db):
    make_issue(number=436, intro="The week before.")
    make_sample()


@pytest.mark.parametrize(
    ("feed", "title", "explanation", "address"),
    [
        ("/feed/", "SRE Weekly", FEED, "/feed/"),
        ("/feed/atom/", "SRE Weekly", FEED, "/feed/atom/"),
        ("/feed/articles/", "SRE Weekly: articles", FEED, "/feed/articles/"),
        ("/tags/slo/feed/atom/", "slo · SRE Weekly", FEED, "/tags/slo/feed/atom/"),
        ("/feed/archive/1-2/", "SRE Weekly", ARCHIVE, "/feed/"),
    ],
)
def test_feed_explains_itself(page, site, feed, title, explanation, address):
    page.goto(feed)
    first, *shown = page.evaluate(SHOWN)
    assert first == title
    assert [text for text in shown if text.startswith(f'"{explanation}')]
    assert f'"https://sreweekly.example{address}"' in shown


def test_entries_are_listed_without_their_contents(page, site):
    for feed in ("/feed/", "/feed/atom/"):
        page.goto(feed)
        shown = page.evaluate(SHOWN)
        assert len(shown) == 4 + 2 * 3
        assert {"SRE Weekly Issue #436", "The week before.", "SRE Weekly Issue #437"} < set(shown)


def test_feed_fits_the_screen(make_page, site):
    page = make_page(viewport={"width": 320, "height": 800})
    for feed in ("/feed/", "/feed/articles/atom/"):
        page.goto(feed)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
