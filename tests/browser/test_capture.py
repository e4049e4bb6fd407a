"""The bookmarklet on a page of another site, what a phone shares, and the page that saves links."""

from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from collecting.admin.capture import bookmarklet
from collecting.models.candidates import Candidate
from collecting.models.devices import Device
from issues.models.articles import Article
from tests.browser.desk import find_violations
from tests.make import make_article, make_device, make_issue

SAVE = "/admin/collecting/candidate/save/"
VISITED = "http://blog.example/post?utm_source=feed"
HEAD = """
    <title>Plain title</title>
    <meta property="og:title" content="Title &amp; “quotes” #1 %41">
    <meta property="og:site_name" content="Example Blog">
    <link rel="canonical" href="/post">
"""
STRUCTURED = """
    <script type="application/ld+json">{"@graph": [{"@type": "WebSite"},
        {"@type": "Article", "author": [{"name": "Ann  Example"}, "Bob Ünal"]}]}</script>
    <script type="application/ld+json">not JSON</script>
    <meta name="author" content="Somebody else">
"""


@pytest.fixture
def visit(desk):
    """Opens a page of another site, whose policy allows nothing, and selects its paragraph."""

    def open_page(head: str = HEAD + STRUCTURED, body: str = "<p>Selected &lt;b&gt; words.</p>") -> None:
        html = f"<!doctype html><meta charset=utf-8>{head}<body>{body}"
        policy = {"Content-Security-Policy": "default-src 'none'; script-src 'none'"}
        desk.context.route(
            "http://blog.example/**",
            lambda route: route.fulfill(body=html, headers=policy, content_type="text/html; charset=utf-8"),
        )
        desk.goto(VISITED)
        desk.evaluate("document.querySelector('p') && getSelection().selectAllChildren(document.querySelector('p'))")

    return open_page


@pytest.fixture(autouse=True)
def other_site_s_errors(allowed_errors):
    allowed_errors.append("blog.example")


def press_bookmarklet(page: Page, code: str) -> Page:
    with page.expect_popup() as popup:
        page.evaluate(unquote(code.removeprefix("javascript:")))
    return popup.value


@pytest.fixture
def code(live_server, editor):
    _, key = make_device(editor, kind=Device.Kind.BOOKMARKLET)
    return bookmarklet(live_server.url + SAVE, key)


def test_bookmarklet_saves_the_page_in_one_step(desk, visit, code):
    visit()
    window = press_bookmarklet(desk, code)
    expect(window.locator(".messagelist")).to_have_text("“Title & “quotes” #1 %41” is in the backlog.")
    article = Article.objects.backlog().get()
    assert (article.url, article.title) == ("http://blog.example/post", "Title & “quotes” #1 %41")
    candidate = Candidate.objects.get()
    assert (candidate.author, candidate.site_name) == ("Ann Example, Bob Ünal", "Example Blog")
    assert (candidate.excerpt, candidate.page_canonical) == ("Selected <b> words.", "http://blog.example/post")
    assert "key" not in window.url


def test_small_window_closes_by_itself(desk, visit, code, monkeypatch):
    monkeypatch.setattr("collecting.admin.saved.CLOSE_AFTER", 1)
    visit()
    window = press_bookmarklet(desk, code)
    if not window.is_closed():
        window.wait_for_event("close")
    assert Article.objects.exists()


def test_small_window_stays_while_tags_and_a_note_are_added(desk, visit, code, monkeypatch):
    monkeypatch.setattr("collecting.admin.saved.CLOSE_AFTER", 5)
    visit()
    window = press_bookmarklet(desk, code)
    window.get_by_label("Note").fill("Ask Ann.")
    expect(window.get_by_text("closes by itself")).to_have_count(0)
    window.get_by_role("combobox", name="Tags").press_sequentially("dns")
    expect(window.get_by_role("option")).to_have_text(["Create “dns”"])
    window.keyboard.press("Enter")
    expect(window.get_by_role("button", name="Remove dns")).to_be_visible()
    with window.expect_event("close"):
        window.get_by_role("button", name="Add").click()
    article = Article.objects.get()
    assert (list(article.tags.names()), "Ask Ann." in article.notes) == (["dns"], True)


@pytest.mark.parametrize(
    ("head", "author"),
    [
        ("<meta name=author content=' Ann '><meta name=author content=Bob>", "Ann, Bob"),
        ("<meta property='article:author' content='https://facebook.com/x'><a rel='author me'>Ann</a>", "Ann"),
        ('<script type=\'application/ld+json\'>{"author": {"name": ["Ann"]}}</script>', "Ann"),
        ("<script type='application/ld+json'>[null, 7, {\"author\": null}]</script>", ""),
        ("", ""),
        (
            '<meta name=author content="By Ann Lee (ann@blog.example)"><meta name=author content="Bob, Jr.">',
            "Ann Lee, Bob Jr.",
        ),
        (
            """<script type="application/ld+json">[{"@type": "Comment", "author": {"name": "Troll"}},
            {"@type": "Article", "author": [{"@type": "Organization", "name": "Blog"}, {"name": "Ann"}]}]</script>""",
            "Ann",
        ),
        ("<body><ol class=comment-list><li><a rel=author>Troll</a></ol><a rel=author>Ann</a>", "Ann"),
    ],
)
def test_bookmarklet_reads_who_wrote_the_page(desk, visit, code, head, author):
    visit(head)
    expect(press_bookmarklet(desk, code).locator(".messagelist")).to_be_visible()
    assert Candidate.objects.get().author == author


OLD = """<title>Old</title><meta property="og:title" content="Old"><meta name="author" content="Ann">
    <link rel="canonical" href="{}">"""


@pytest.mark.parametrize(
    ("canonical", "script", "kept"),
    [
        ("/post", "history.pushState({}, '', '/post?v=2'); document.title = 'New'", ("New", "", "")),
        ("", "history.pushState({}, '', '/next'); document.title = 'New'", ("New", "", "")),
        ("/", "location.hash = '#/incidents/18'; document.title = 'New'", ("New", "", "")),
        # The page is the same: its script has cut what identifies nothing, or has changed its head as well.
        ("/post", "history.replaceState({}, '', '/post')", ("Old", "Ann", "http://blog.example/post")),
        ("/post", "location.hash = 'part'", ("Old", "Ann", "http://blog.example/post")),
        (
            "/post",
            "history.pushState({}, '', '/next'); document.querySelector('link').href = '/next'",
            ("Old", "Ann", "http://blog.example/next"),
        ),
    ],
)
def test_head_of_a_page_that_was_left_by_script_is_not_read(desk, visit, code, canonical, script, kept):
    visit(OLD.format(canonical))
    desk.evaluate(script)
    expect(press_bookmarklet(desk, code).locator(".messagelist")).to_be_visible()
    candidate = Candidate.objects.get()
    assert (candidate.title, candidate.author, candidate.page_canonical) == kept


def test_long_selection_is_cut_to_fit_an_address(desk, visit, code):
    visit(body="<p>" + "日本 " * 2000)
    window = press_bookmarklet(desk, code)
    expect(window.locator(".messagelist")).to_be_visible()
    assert 300 < len(Candidate.objects.get().excerpt) < 2000


def test_revoked_bookmarklet_leaves_the_words_for_one_press(desk, visit, code):
    Device.objects.get().revoke()
    visit()
    window = press_bookmarklet(desk, code)
    expect(window.get_by_text("Nothing is saved yet")).to_be_visible()
    assert not Article.objects.exists()
    window.get_by_role("button", name="Save").click()
    expect(window.locator(".messagelist")).to_be_visible()
    assert Article.objects.count() == 1


def test_other_site_that_opens_the_page_saves_nothing(desk):
    desk.goto(f"{SAVE}?url=https://spam.example/&title=Spam#key=guessed")
    expect(desk.get_by_text("Nothing is saved yet")).to_be_visible()
    desk.goto(f"{SAVE}?url=https://spam.example/&title=Spam")
    expect(desk.get_by_label("Title")).to_have_value("Spam")
    assert not Article.objects.exists()


def test_words_come_back_after_signing_in(page, editor, live_server):
    page.goto(f"{SAVE}?url=https%3A%2F%2Fexample.com%2Fa%3Fb%3Dc%26d%3De&title=T%26T&text=%E2%80%9CQ%E2%80%9D")
    page.get_by_label("User name or e-mail address").fill("editor")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_label("Addresses")).to_have_value("https://example.com/a?b=c&d=e")
    expect(page.get_by_label("Title")).to_have_value("T&T")
    expect(page.get_by_label("Selected text")).to_have_value("“Q”")


def test_what_a_phone_shares_is_saved_by_keys_alone(desk):
    make_article(issue=make_issue(number=412, status="draft"), url="https://example.com/post")
    desk.goto(f"{SAVE}?title=A+post&text=A+post+https%3A%2F%2Fexample.com%2Fpost")
    expect(desk.get_by_text("Is in #412 (draft)")).to_be_visible()
    expect(desk.get_by_label("Addresses")).to_have_value("https://example.com/post")
    desk.get_by_label("Title").press("Enter")
    expect(desk.locator(".messagelist")).to_contain_text("“A post” is in the backlog. Is in #412 (draft).")


def test_desk_is_an_app_of_its_own(desk):
    desk.goto("/admin/")
    manifest = desk.context.new_cdp_session(desk).send("Page.getAppManifest")
    assert manifest["url"].endswith("/desk.webmanifest")
    assert manifest["errors"] == []


def test_bookmarklet_is_made_by_keys_and_explained_when_clicked(desk):
    desk.goto(SAVE)
    desk.get_by_role("button", name="Make a bookmarklet").press("Enter")
    link = desk.get_by_role("link", name="Save to SRE Weekly")
    code = link.get_attribute("href")
    expect(desk.get_by_label("On a phone")).to_have_value(code)
    link.click()
    expect(desk.get_by_text("It does nothing on this page")).to_be_visible()


def test_token_is_made_and_revoked_by_keys(desk):
    desk.goto(SAVE)
    desk.get_by_label("Name of the phone or script").fill("Phone")
    desk.get_by_label("Name of the phone or script").press("Enter")
    assert len(desk.get_by_label("The token").input_value()) == 43
    desk.get_by_role("button", name="Revoke Phone").press("Enter")
    expect(desk.locator(".messagelist")).to_contain_text("“Phone” is revoked")
    assert Device.objects.get().revoked_at


@pytest.mark.parametrize("kind", ["token", "bookmarklet"])
def test_page_is_accessible_and_fits_a_phone(desk, editor, kind):
    make_device(editor)
    desk.set_viewport_size({"width": 320, "height": 700})
    desk.goto(SAVE)
    if kind == "token":
        desk.get_by_label("Name of the phone or script").fill("Script")
    desk.get_by_role("button", name=f"Make a {kind}").click()
    expect(desk.locator("#secret")).to_be_visible()
    assert desk.evaluate("document.documentElement.scrollWidth") <= 320
    results = Axe().run(desk)
    assert results.violations_count == 0, results.generate_report()


def test_page_after_saving_is_accessible(desk):
    desk.goto(f"/admin/collecting/candidate/saved/{make_article().pk}/")
    assert find_violations(desk) == []


def test_small_window_is_accessible(desk):
    desk.goto(f"{SAVE}?window=small&url=ftp://x")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_text("Give a web address")).to_be_visible()
    results = Axe().run(desk)
    assert results.violations_count == 0, results.generate_report()
