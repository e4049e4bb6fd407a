"""Previews and preflight in a real browser, under the content security policy."""

import re

import pytest
from playwright.sync_api import expect

from issues.models.articles import Article
from tests.browser.desk import add_row, find_violations, press
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


def open_preview(desk, issue, query=""):
    desk.goto(f"/admin/issues/issue/{issue.pk}/previews/{query}", wait_until="networkidle")
    (frame,) = desk.main_frame.child_frames
    return frame


@pytest.mark.parametrize(("colours", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(18, 24, 29)")])
def test_frame_has_the_colours_that_are_chosen(unforced, issue, colours, ground):
    frame = open_preview(unforced, issue, f"?as=phone&colours={colours}")
    assert frame.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (colours == "dark")
    assert background(frame) == ground


def test_forms_are_chosen_without_scripts(make_page, desk, issue):
    plain = make_page(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    plain.context.add_cookies(desk.context.cookies())
    plain.goto(f"/admin/issues/issue/{issue.pk}/previews/")
    for name, words, width in (("Phone", "Preview — not", 390), ("Feed", "Guid", 390), ("Mail", "View on", 700)):
        plain.get_by_role("navigation", name="Preview as").get_by_role("link", name=name).click()
        expect(plain.frame_locator("iframe").locator("body")).to_contain_text(words)
        assert plain.locator("iframe").bounding_box()["width"] == width + 2
    plain.get_by_role("link", name="Dark").click()
    expect(plain.get_by_role("link", name="Mail", exact=True)).to_have_attribute("aria-current", "page")
    plain.get_by_role("link", name="Text").click()
    expect(plain.frame_locator("iframe").locator("pre")).to_contain_text("Hello, *reader*.")


def test_mail_has_its_styles_in_both_colours(unforced, issue):
    color = "getComputedStyle(document.querySelector('.sreweekly-title a')).color"
    assert open_preview(unforced, issue, "?as=mail").evaluate(color) == "rgb(11, 93, 140)"
    assert open_preview(unforced, issue, "?as=mail&colours=dark").evaluate(color) == "rgb(124, 192, 238)"


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_previews_do_not_scroll_sideways(unforced, issue, width):
    unforced.set_viewport_size({"width": width, "height": 600})
    for form in ("page", "text"):
        frame = open_preview(unforced, issue, f"?as={form}")
        for page in (unforced, frame):
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("path", ["previews/", "change/?confirm=_publish"])
def test_previews_and_preflight_are_accessible(desk, issue, path):
    desk.goto(f"/admin/issues/issue/{issue.pk}/{path}")
    # The pages in the frames are tested in test_reading.py.
    assert find_violations(desk, iframes=False) == []


def test_finding_leads_to_its_field(desk, issue):
    desk.goto(f"/admin/issues/issue/{issue.pk}/change/")
    desk.get_by_role("link", name=re.compile("Has no author.*(Without an author)")).click()
    expect(desk.locator("#id_articles-6-author_list-typed")).to_be_focused()
    desk.locator("#preflight").get_by_text("Notes", exact=True).click()
    desk.get_by_role("link", name="links were not checked yet").click()
    expect(desk.locator("#id_placements-0-url")).to_be_focused()


def test_finding_leads_to_its_field_without_scripts(make_page, desk, issue):
    cookies = desk.context.cookies()
    plain = make_page(java_script_enabled=False)
    plain.context.add_cookies(cookies)
    plain.goto(f"/admin/issues/issue/{issue.pk}/change/")
    plain.get_by_role("link", name="Run preflight").press("Enter")
    plain.get_by_role("link", name=re.compile("Has no author.*(Without an author)")).press("Enter")
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
    desk.locator(".line summary").nth(1).click()
    desk.locator("#id_title").press("Enter")
    expect(desk.locator(".messagelist .success")).to_be_visible()
    issue.refresh_from_db()
    assert not issue.is_approved


# While the editor types


def open_issue(desk, issue, width=1280):
    desk.set_viewport_size({"width": width, "height": 900})
    with desk.expect_response(lambda response: response.url.endswith("/preflight/")):
        desk.goto(f"/admin/issues/issue/{issue.pk}/change/")
    expect(desk.locator("#preflight-heading")).to_contain_text("1 warning")


def answers(desk):
    return desk.expect_response(lambda response: "/typed/" in response.url)


def show_preview(desk):
    desk.locator("#beside").get_by_role("button", name="Preview").click()
    return desk.frame_locator("#beside iframe")


def open_line(desk, name):
    desk.locator(".line summary, .inline-related summary").filter(has_text=name).click()


def test_preflight_follows_what_is_typed_and_leads_to_new_rows(desk, issue):
    open_issue(desk, issue)
    prefix = add_row(desk)
    with answers(desk):
        desk.locator(f"{prefix}-title").fill("Brand new")
    panel = desk.get_by_role("region", name="Preflight:")
    expect(panel.get_by_role("heading", name="Brand new")).to_be_visible()
    expect(desk.locator("#preflight-counts")).to_have_text("Preflight: 1 stop, 3 warnings, 3 notes")
    open_line(desk, "Article 0")
    panel.get_by_role("link", name="has no address").click()
    expect(desk.locator(f"{prefix}-url")).to_be_focused()
    assert not Article.objects.filter(title="Brand new").exists()


def test_focus_and_open_notes_stay_when_preflight_changes(desk, issue):
    open_issue(desk, issue)
    panel = desk.locator("#preflight")
    panel.get_by_text("Notes", exact=True).click()
    open_line(desk, "Intro")
    with answers(desk):
        desk.locator("#id_intro").fill("TK")
        panel.get_by_role("link", name="has no author").focus()
    expect(panel.get_by_role("link", name="contains “TK”")).to_be_visible()
    expect(panel.get_by_role("link", name="has no author")).to_be_focused()
    expect(panel.get_by_role("link", name="links were not checked yet")).to_be_visible()


def test_errors_of_the_form_are_said_before_it_is_saved(desk, issue):
    open_issue(desk, issue)
    open_line(desk, "Article 0")
    with answers(desk):
        desk.locator("#id_articles-0-url").fill("ftp://example.com")
    desk.locator("#preflight").get_by_role("link", name="begins with http://").click()
    expect(desk.locator("#id_articles-0-url")).to_be_focused()


def test_preview_follows_what_is_typed_where_it_was_scrolled_to(desk, issue):
    open_issue(desk, issue)
    preview = show_preview(desk)
    expect(preview.locator(".entry-content")).to_contain_text("Hello, reader")
    scroller = "document.querySelector('#beside iframe').contentDocument.scrollingElement"
    desk.evaluate(f"{scroller}.scrollTop = 500")
    open_line(desk, "Article 0")
    with answers(desk):
        desk.locator("#id_articles-0-blurb").fill("Typed *just now*.")
    expect(preview.locator(".sreweekly-description em").first).to_have_text("just now")
    assert desk.evaluate(f"{scroller}.scrollTop") == 500


@pytest.mark.parametrize("form", ["Phone", "Feed", "Mail", "Text"])
def test_other_form_of_the_preview_has_what_is_typed_too(desk, issue, form):
    open_issue(desk, issue)
    preview = show_preview(desk)
    open_line(desk, "Intro")
    with answers(desk):
        desk.locator("#id_intro").fill("Typed just now.")
    expect(preview.locator("body")).to_contain_text("Typed just now.")
    desk.locator("#beside").get_by_role("button", name=form).click()
    expect(preview.locator("body")).to_contain_text("Typed just now.")
    expect(desk.locator("#beside iframe")).to_be_visible()
    if form == "Mail":
        expect(preview.locator(".sreweekly-title a").first).to_have_css("color", "rgb(11, 93, 140)")


def test_what_stands_beside_the_form_is_remembered_and_both_stand_there_on_a_very_wide_screen(desk, issue):
    open_issue(desk, issue)
    panel, frame = desk.locator("#preflight"), desk.locator("#beside iframe")
    expect(panel).to_be_visible()
    expect(frame).to_be_hidden()
    show_preview(desk)
    desk.reload()
    expect(frame).to_be_visible()
    expect(panel).to_be_hidden()
    desk.set_viewport_size({"width": 1680, "height": 900})
    expect(frame).to_be_visible()
    expect(panel).to_be_visible()
    desk.set_viewport_size({"width": 390, "height": 844})
    expect(frame).to_be_hidden()
    expect(panel).to_be_visible()


def test_one_request_at_a_time(desk, issue):
    open_issue(desk, issue)
    open_line(desk, "Intro")
    running, most = set(), []

    def begin(request):
        if "/typed/" in request.url:
            running.add(request)
            most.append(len(running))

    desk.on("request", begin)
    desk.on("requestfinished", lambda request: running.discard(request))
    with answers(desk):
        desk.locator("#id_intro").press_sequentially("Words that take a while to type.", delay=80)
    desk.locator("#id_intro").fill("The end.")
    with answers(desk) as answer:
        pass
    assert set(most) == {1}
    assert "The+end." in answer.value.request.post_data


def test_opened_draft_is_checked_as_it_is(desk, editor, issue):
    open_issue(desk, issue)
    open_line(desk, "Intro")
    with desk.expect_response(lambda response: response.url.endswith("/unsaved/")):
        desk.locator("#id_intro").fill("TK")
    desk.reload()
    desk.get_by_role("link", name="Restore the draft").click()
    expect(desk.locator("#preflight").get_by_role("link", name="contains “TK”")).to_be_visible()


@pytest.mark.parametrize("width", [1024, 1280, 1680, 1920])
def test_issue_does_not_scroll_sideways_with_its_preview(desk, issue, width):
    open_issue(desk, issue)
    show_preview(desk)
    desk.set_viewport_size({"width": width, "height": 900})
    assert desk.evaluate("document.documentElement.scrollWidth") <= width


def test_preview_beside_the_form_is_accessible(desk, issue):
    open_issue(desk, issue)
    show_preview(desk)
    assert find_violations(desk, iframes=False) == []
