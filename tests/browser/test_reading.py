"""The pages in readers' browsers: nothing runs, other sites get no request, nothing is stored, everybody can read."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.issues.printing.test_markup_contract import make_sample
from tests.make import make_article, make_author, make_issue, make_page, make_placement, make_publication, make_sponsor

PAGES = [
    *("/", "/sre-weekly-issue-437/", "/category/general/", "/archive/", "/about/", "/nothing/"),
    *("/authors/", "/authors/lorin-hochstein/", "/publications/", "/publications/acm-queue/", "/tags/", "/tags/slo/"),
    *("/search/", "/search/?q=mismatch", "/search/?q=nothing+here", "/data/", "/archive/2024/", "/archive/?number=1"),
]
# WCAG 2.2, 2.5.8: 24 pixels a side, or that far from the next. axe does not check it unless told.
RULES = {"rules": {"target-size": {"enabled": True}}}
# JSON-LD is data: it is written as a script that no browser runs.
SCRIPTS = "script:not([type='application/ld+json'])"
HOSTILE = " ".join(
    [
        '"><img src=x onerror=window.ran=1>',
        "<script>window.ran=1</script>",
        "[a](javascript:window.ran=1) <javascript:window.ran=1>",
        "</title></div></main><svg onload=window.ran=1>",
    ]
)


@pytest.fixture
def site(transactional_db):
    issue = make_issue(number=436, articles=2, outages=1)
    make_placement(issue)
    # Their initials are narrow, and stand side by side.
    make_article(issue=issue, authors=tuple(make_author(name) for name in ("Ida", "Jan", "Lu")), tags=("i", "j", "l"))
    make_sample()
    make_page(body="# We\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\n" + "x" * 300 + "\n```\n\n" + "y" * 300)


@pytest.fixture(autouse=True)
def not_found_is_expected(allowed_errors):
    allowed_errors.append(r"404 \(Not Found\) \(http://[^/]+/(nothing/|archive/\?number=1)\)$")


def test_other_sites_get_no_request_and_nothing_is_stored(page, live_server, site):
    hosts = []
    page.on("request", lambda request: hosts.append(urlsplit(request.url).netloc))
    for address in PAGES:
        page.goto(address)
        assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
        assert page.locator(SCRIPTS).count() == 0, address
    assert set(hosts) == {urlsplit(live_server.url).netloc}
    assert page.context.cookies() == []


@pytest.mark.parametrize("width", [320, 390, 700, 1280])
def test_dates_of_issues_fit_their_column(make_page, transactional_db, width):
    for month in range(1, 13):
        make_article(issue=make_issue(number=1000 + month, publish_at=datetime(2026, month, 28, tzinfo=UTC)))
    page = make_page(viewport={"width": width, "height": 800})
    for address in ("/", "/archive/"):
        page.goto(address)
        boxes = page.evaluate(
            """() => [...document.querySelectorAll(".issues li")].map((issue) =>
                [".date", "b", "bdi", "p"].flatMap((part) => issue.querySelector(part) ?? []).map((part) => {
                    const range = document.createRange();
                    range.selectNodeContents(part);
                    const box = range.getBoundingClientRect();
                    return [box.left, box.top, box.right, box.bottom];
                }))"""
        )
        assert boxes
        for date, *others in boxes:
            assert 0 <= date[0] < date[2] <= width
            for other in others:
                is_apart = date[2] < other[0] or other[2] < date[0] or date[3] <= other[1] or other[3] <= date[1]
                assert is_apart, (address, date, other)


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
def test_pages_are_accessible_and_fit_the_screen(make_page, site, scheme, width):
    page = make_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for address in PAGES:
        page.goto(address)
        results = Axe().run(page, options=RULES)
        assert results.violations_count == 0, f"{address}: {results.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{address} scrolls sideways"


@pytest.mark.parametrize(
    "preferences",
    [
        {"forced_colors": "active", "color_scheme": "dark"},
        {"contrast": "more", "color_scheme": "light"},
        {"reduced_motion": "reduce", "color_scheme": "dark"},
    ],
)
def test_pages_are_accessible_with_every_preference(make_page, site, preferences):
    page = make_page(viewport={"width": 768, "height": 800}, **preferences)
    for address in ("/", "/sre-weekly-issue-437/", "/archive/", "/tags/"):
        page.goto(address)
        results = Axe().run(page, options=RULES)
        assert results.violations_count == 0, f"{address}: {results.generate_report()}"
        assert page.evaluate("document.getAnimations().length") == 0


def test_configured_colours_are_shown(make_page, settings, site):
    settings.NEWSLETTER_ACCENT, settings.NEWSLETTER_ACCENT_DARK = "#7a1f5c", "#f0a6d4"
    for scheme, colour in (("light", "rgb(122, 31, 92)"), ("dark", "rgb(240, 166, 212)")):
        page = make_page(color_scheme=scheme)
        page.goto("/archive/")
        assert page.locator(".sunday").evaluate("bar => getComputedStyle(bar).stroke") == colour
        assert Axe().run(page).violations_count == 0


def test_print_has_addresses_and_no_navigation(make_page, site):
    page = make_page(color_scheme="dark")
    page.goto("/sre-weekly-issue-437/")
    page.emulate_media(media="print")
    title = page.locator(".sreweekly-title a").first
    # Browsers give the rule or its result.
    printed = title.evaluate("a => getComputedStyle(a, '::after').content")
    assert printed in ('" (" attr(href) ")"', '" (https://example.com/?a=1&b=2)"')
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    for hidden in ("nav[aria-label=Site]", "nav[aria-label=Issues]", ".sreweekly-permalink >> nth=0", ".skip"):
        assert not page.locator(hidden).is_visible(), hidden


def test_markup_in_text_does_not_run(page, site):
    text = HOSTILE
    issue = make_issue(number=500, title=f"#500 {text}", intro=text)
    make_placement(issue, sponsor=make_sponsor(text), message=text, url='https://s.example/"onfocus=window.ran=1')
    author, publication = make_author(text, slug="a"), make_publication(text, slug="p")
    make_article(issue=issue, title=text, blurb=text, disclosure=text, authors=(author,), publication=publication)
    make_article(issue=issue, section="outages", title=text, blurb=text, byline=text, tags=(text[:90],))
    for address in (
        *("/", issue.get_absolute_url(), "/archive/", "/authors/", "/publications/", "/tags/"),
        *("/authors/a/", "/publications/p/"),
    ):
        page.goto(address)
        assert page.evaluate("window.ran") is None
        assert page.locator(f"main img, {SCRIPTS}, main svg, [onerror], [onload], [onfocus]").count() == 0
        assert page.locator("a[href^='javascript' i]").count() == 0


def test_keyboard_reaches_the_content_first(page, site):
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize(
    ("address", "width"), [("/", 320), ("/sre-weekly-issue-437/", 1280), ("/authors/lorin-hochstein/", 320)]
)
def test_keyboard_reaches_everything_in_order_and_shows_where_it_is(make_page, site, address, width):
    page = make_page(viewport={"width": width, "height": 800})
    page.goto(address)
    controls = page.locator("a[href], input, button")
    for number in range(controls.count()):
        page.keyboard.press("Tab")
        element = controls.nth(number)
        assert element.evaluate("element => element === document.activeElement"), f"{number}: {element}"
        box = element.bounding_box()
        assert box, f"{number} has no place"
        in_sight = 0 <= box["x"] < width and 0 <= box["y"] < 800
        assert in_sight, f"{number}: {box}"
        style = element.evaluate("e => [getComputedStyle(e).outlineStyle, getComputedStyle(e).opacity]")
        assert style == ["solid", "1"], f"{number}: {element.inner_text()} {style}"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") in ("", "skip"), "The keyboard is trapped."


def test_link_to_an_article_leads_to_it_and_is_shown(page, live_server, settings, site):
    settings.SITE_URL = live_server.url
    page.goto("/sre-weekly-issue-437/")
    page.get_by_role("link", name="Link to “Stop, please”").click()
    assert page.url == f"{live_server.url}/sre-weekly-issue-437/#article-900002"
    assert page.locator(":target").get_attribute("id") == "article-900002"
    assert page.locator(":target").bounding_box()["y"] < 800


def test_reader_jumps_to_an_issue_by_its_number(page, live_server, site):
    page.goto("/")
    page.get_by_label("Issue number").fill("436")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url == f"{live_server.url}/sre-weekly-issue-436/"


def test_reader_finds_an_old_article_by_its_author(page, live_server, settings, site):
    settings.SITE_URL = live_server.url
    page.goto("/")
    page.get_by_role("link", name="Archive", exact=True).click()
    page.get_by_role("link", name="#437").click()
    page.get_by_role("link", name="Lorin Hochstein").click()
    page.get_by_role("link", name="SRE Weekly Issue #437").click()
    assert page.url.endswith("/sre-weekly-issue-437/#article-900001")
    assert page.get_by_role("heading", name="An argument count mismatch", level=2).is_visible()
