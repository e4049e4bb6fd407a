"""Previews and preflight in a real browser, under the content security policy."""

import pytest
from playwright.sync_api import expect

from tests.browser.desk import find_violations, press
from tests.make import make_article, make_issue, make_placement, make_publication


@pytest.fixture
def issue(transactional_db):
    """Return a draft that has a warning, because one article has no author."""
    issue = make_issue(status="draft", intro="Hello, *reader*.")
    make_placement(issue)
    for number in range(6):
        make_article(issue=issue, title=f"Article {number}", publication=make_publication(), tags=("slo",))
    make_article(issue=issue, title="Without an author", blurb="> A quote.\n\nAnd `code`.").credit([])
    make_article(issue=issue, title="Slack", section="outages")
    return issue


@pytest.fixture
def unforced(desk):
    """Return the desk without Playwright's colour scheme, which would apply to every frame."""
    desk.emulate_media(color_scheme="null")
    return desk


def background(frame):
    return frame.evaluate("getComputedStyle(document.documentElement).backgroundColor")


def open_previews(desk, issue):
    desk.goto(f"/admin/issues/issue/{issue.pk}/previews/", wait_until="networkidle")
    return {frame.frame_element().get_attribute("title"): frame for frame in desk.main_frame.child_frames}


def test_frames_have_the_colour_scheme_of_their_headings(unforced, issue):
    frames = open_previews(unforced, issue)
    assert len(frames) == 8
    for name, frame in frames.items():
        is_dark = frame.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        assert is_dark == ("dark" in name), name
    assert background(frames["Page on a phone, dark"]) == "rgb(18, 24, 29)"
    assert background(frames["Page on a phone, light"]) == "rgb(255, 255, 255)"


def test_frames_are_as_wide_as_their_devices(unforced, issue):
    frames = open_previews(unforced, issue)
    assert frames["Page on a phone, light"].evaluate("innerWidth") == 388
    assert frames["Page on a desktop, light"].evaluate("innerWidth") > 1000


def test_frames_have_the_styles_of_mail_and_page(unforced, issue):
    frames = open_previews(unforced, issue)
    color = "getComputedStyle(document.querySelector('.sreweekly-title a')).color"
    assert frames["HTML mail, light"].evaluate(color) == "rgb(11, 93, 140)"
    assert frames["HTML mail, dark"].evaluate(color) == "rgb(124, 192, 238)"
    assert frames["Page on a phone, light"].evaluate(color) == "rgb(23, 33, 43)"


def test_previews_are_reached_with_the_keyboard(unforced, issue):
    open_previews(unforced, issue)
    unforced.get_by_role("region", name="Previews, side by side").focus()
    unforced.keyboard.press("ArrowRight")
    unforced.wait_for_timeout(500)  # Scrolling is smooth.
    assert unforced.evaluate("document.querySelector('.previews').scrollLeft") > 0
    unforced.get_by_role("region", name="Text mail").focus()
    expect(unforced.locator("pre")).to_be_focused()
    expect(unforced.locator("pre")).to_be_in_viewport()


def test_previews_fit_on_a_phone(unforced, issue):
    unforced.set_viewport_size({"width": 320, "height": 600})
    open_previews(unforced, issue)
    assert unforced.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("path", ["previews/", "change/?confirm=_publish"])
def test_previews_and_preflight_are_accessible(desk, issue, path):
    desk.goto(f"/admin/issues/issue/{issue.pk}/{path}")
    # The pages in the frames are tested in test_reading.py.
    assert find_violations(desk, iframes=False) == []


def test_finding_leads_to_its_field(desk, issue):
    desk.goto(f"/admin/issues/issue/{issue.pk}/change/")
    desk.get_by_role("link", name="“Without an author” has no author").click()
    expect(desk.locator("#id_articles-6-author_list-typed")).to_be_focused()
    desk.get_by_text("Notes", exact=True).click()
    desk.get_by_role("link", name="links were not checked yet").click()
    expect(desk.locator("#id_placements-0-url")).to_be_focused()


def test_finding_leads_to_its_field_without_scripts(make_page, desk, issue):
    cookies = desk.context.cookies()
    plain = make_page(java_script_enabled=False)
    plain.context.add_cookies(cookies)
    plain.goto(f"/admin/issues/issue/{issue.pk}/change/")
    plain.get_by_role("link", name="Run preflight").press("Enter")
    plain.get_by_role("link", name="“Without an author” has no author").press("Enter")
    expect(plain.locator("#id_articles-6-author_list")).to_be_in_viewport()


def test_warnings_are_shown_and_confirmed(desk, issue):
    desk.goto(f"/admin/issues/issue/{issue.pk}/change/")
    press(desk, "Publish now")
    expect(desk.get_by_role("region", name="Preflight:")).to_be_focused()
    desk.get_by_role("button", name="Publish with").click()
    expect(desk.locator(".messagelist .success")).to_be_visible()
    issue.refresh_from_db()
    assert issue.is_approved


def test_enter_in_a_field_does_not_confirm_warnings(desk, issue):
    desk.goto(f"/admin/issues/issue/{issue.pk}/change/?confirm=_publish")
    expect(desk.get_by_role("button", name="Publish with")).to_be_visible()
    desk.locator(".line summary").first.click()
    desk.locator("#id_title").press("Enter")
    expect(desk.locator(".messagelist .success")).to_be_visible()
    issue.refresh_from_db()
    assert not issue.is_approved
