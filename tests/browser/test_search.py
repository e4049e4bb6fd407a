"""The search page in a reader's browser: without scripts, by keyboard, in both schemes, on small screens."""

from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from issues.models.issues import Issue
from tests.make import make_article, make_author, make_issue, make_publication, note_changes

ADDRESSES = [
    "/search/",
    "/search/?q=cache",
    "/search/?q=cache&page=2",
    "/search/?q=cache&author=ann-lee&year=2024&tag=slo",
    "/search/?q=cahce",
    "/search/?q=cache&author=nobody&year=1066",
    "/search/?q=" + "x" * 201,
]
HOSTILE = '"><img src=x onerror=window.ran=1><script>window.ran=1</script>'


@pytest.fixture
def library(transactional_db, allowed_errors):
    # Words that are too long are answered with status 400.
    allowed_errors.append(r"400 \(Bad Request\) \(http://[^/]+/search/")
    issue = make_issue(publish_at=datetime(2024, 6, 1, tzinfo=UTC), intro="An issue about the cache. " * 40)
    author, publication = make_author("Ann Lee"), make_publication("ACM Queue")
    for number in range(25):
        make_article(
            issue=issue,
            title=f"Cache {number} {'x' * number * 4}",
            blurb="Of failing caches. " * number,
            authors=(author,),
            publication=publication,
            tags=("slo",),
        )
    note_changes(Issue.objects.all())


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
def test_search_is_accessible_and_fits_the_screen(make_page, library, scheme, width):
    page = make_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for address in ADDRESSES:
        page.goto(address)
        results = Axe().run(page)
        assert results.violations_count == 0, f"{address}: {results.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{address} scrolls sideways"


def test_reader_narrows_a_search_and_opens_what_was_found(make_page, library):
    page = make_page(java_script_enabled=False)
    page.goto("/search/")
    page.get_by_label("Search for").fill("cahce")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="cache", exact=True).click()
    expect(page.get_by_text("26 results")).to_be_visible()
    page.get_by_text("Narrow the search").click()
    page.get_by_label("Author").fill("ann lee")
    page.get_by_label("Year").select_option("2024")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("25 results")).to_be_visible()
    page.get_by_role("link", name="Remove Author").click()
    expect(page.get_by_text("Author:")).to_have_count(0)
    page.get_by_role("link", name="Next Page 2").click()
    expect(page.get_by_role("listitem").filter(has=page.locator("h2"))).to_have_count(6)
    page.locator("ol.results small a").last.click()
    page.wait_for_url("**/sre-weekly-issue-1/#article-*")


def test_markup_in_text_does_not_run(page, library):
    make_article(issue=Issue.objects.get(), title=f"found {HOSTILE}", blurb=HOSTILE, byline=HOSTILE, tags=("hostile",))
    note_changes(Issue.objects.all())
    for words in ("found", f"found or {HOSTILE}", f"{HOSTILE} nothing"):
        page.goto("/search/")
        page.get_by_label("Search for").fill(words)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.evaluate("window.ran") is None
        assert page.locator("main img, main script, [onerror]").count() == 0
