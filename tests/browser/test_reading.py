"""What readers' browsers make of the pages: nothing runs, nobody else is asked, nothing is kept, all can be read."""

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from issues.models import Issue
from tests.issues.test_markup_contract import make_sample
from tests.make import make_article, make_author, make_issue, make_page, make_placement, make_publication, make_sponsor

PAGES = [
    *("/", "/sre-weekly-issue-437/", "/archive/", "/about/", "/nothing/"),
    *("/authors/lorin-hochstein/", "/publications/acm-queue/", "/tags/slo/"),
]
HOSTILE = [
    '"><img src=x onerror=window.ran=1>',
    "<script>window.ran=1</script>",
    "[a](javascript:window.ran=1) <javascript:window.ran=1>",
    "</title></div></main><svg onload=window.ran=1>",
]


@pytest.fixture
def site(transactional_db):
    make_issue(number=436, articles=2)
    make_sample()
    make_page(body="# We\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\n" + "x" * 300 + "\n```\n\n" + "y" * 300)


@pytest.fixture(autouse=True)
def not_found_is_expected(allowed_errors):
    allowed_errors.append(r"404 \(Not Found\) \(http://[^/]+/nothing/\)$")


@pytest.mark.parametrize("address", PAGES)
def test_nobody_else_is_asked_and_nothing_is_kept(page, live_server, site, address):
    asked = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).netloc))
    page.goto(address)
    assert set(asked) == {urlsplit(live_server.url).netloc}
    assert page.context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.scripts.length]") == [0, 0, 0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_pages_are_accessible_and_fit_the_screen(make_page, site, scheme, width):
    page = make_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for address in PAGES:
        page.goto(address)
        results = Axe().run(page)
        assert results.violations_count == 0, f"{address}: {results.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{address} scrolls sideways"


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_was_typed_runs(page, site, text):
    issue = make_issue(number=500, title=f"#500 {text}", intro=text)
    make_placement(issue, sponsor=make_sponsor(text), message=text, url='https://s.example/"onfocus=window.ran=1')
    author, publication = make_author(text, slug="a"), make_publication(text, slug="p", url="javascript:window.ran=1")
    make_article(issue=issue, title=text, blurb=text, disclosure=text, authors=(author,), publication=publication)
    make_article(issue=issue, section="outages", title=text, blurb=text, byline=text, tags=(text,))
    for address in (
        "/",
        Issue.objects.get(number=500).get_absolute_url(),
        "/archive/",
        "/authors/a/",
        "/publications/p/",
    ):
        page.goto(address)
        assert page.evaluate("window.ran") is None
        assert page.locator("main img, main script, main svg, [onerror], [onload], [onfocus]").count() == 0
        assert page.locator("a[href^='javascript' i]").count() == 0


def test_keyboard_reaches_the_content_first(page, site):
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_reader_finds_an_old_article_by_its_author(page, live_server, settings, site):
    settings.SITE_URL = live_server.url
    page.goto("/")
    page.get_by_role("link", name="Archive", exact=True).click()
    page.get_by_role("link", name="SRE Weekly Issue #437").click()
    page.get_by_role("link", name="Lorin Hochstein").click()
    page.get_by_role("link", name="SRE Weekly Issue #437").click()
    assert page.url.endswith("/sre-weekly-issue-437/#article-900001")
    assert page.get_by_role("heading", name="An argument count mismatch", level=2).is_visible()
