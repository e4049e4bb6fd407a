"""The frame of the desk in a real browser: the menu, the box for finding, keys, writing Markdown, and what fits."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from collecting.models.sources import Source
from issues.models.issues import Issue
from mailings.models.imports import SubscriberImport
from mailings.models.mailings import Mailing
from mailings.models.subscribers import Subscriber
from mailings.models.suppressions import Suppression
from tests.browser.desk import open_lines
from tests.make import (
    make_article,
    make_author,
    make_candidate,
    make_correction,
    make_issue,
    make_page,
    make_placement,
    make_publication,
    make_subscriber,
    make_suppression,
)

LONG = "Averyveryverylongtitlewithoutasinglespace" * 4
MAILINGS = ("mailings/mailing", "mailings/subscriber", "mailings/suppression", "mailings/subscriberimport")
LISTS = [
    *("issues/issue", "issues/article", "issues/author", "issues/publication", "issues/page", "issues/correction"),
    *("sponsors/sponsor", "sponsors/placement", "taggit/tag", "collecting/candidate", "collecting/source"),
    *MAILINGS,
    *("auth/user", "auth/group", "wordpress/wordpressimport", "procrastinate/procrastinatejob"),
]
PAGES = [
    *("", "settings/", "settings/roles/", "find/?q=a", "collecting/candidate/inbox/", "collecting/candidate/save/"),
    *("collecting/source/opml/import/", "wordpress/wordpressimport/add/"),
    *(f"{name}/" for name in LISTS),
    *(
        f"{name}/add/"
        for name in (*LISTS[:9], "mailings/subscriber", "mailings/suppression", "mailings/subscriberimport")
    ),
    "mailings/subscriber/growth/",
]


@pytest.fixture
def issue(transactional_db):
    """Return a draft with an article and a sponsor's message, and make a row for every list, with long words."""
    issue = make_issue(number=12, status="draft", intro="Some words here.")
    article = make_article(issue=issue, title=LONG, authors=(make_author(LONG),), publication=make_publication(LONG))
    make_article(url=article.url, title=LONG, tags=("slo",))
    make_placement(issue)
    published = make_issue(number=11)
    make_correction(published)
    make_mailing(published)
    make_page()
    make_candidate()
    Source.objects.create(url=f"https://a.example/{LONG}", problem=LONG)
    make_subscriber(f"{LONG[:60]}@{LONG[:60]}.example", source=LONG, consent=LONG)
    make_suppression(f"{LONG[:60]}@{LONG[:60]}.example")
    SubscriberImport.objects.create(
        name=f"{LONG[:140]}.csv", size=1, state="failed", failure=LONG, finished_at=timezone.now()
    )
    return issue


def make_mailing(issue):
    """A mailing that is paused, with a refusal in long words."""
    words = dict.fromkeys(("subject", "sender", "html", "text", "note"), LONG)
    mailing = Mailing.objects.create(issue=issue, status="paused", prepared_at=timezone.now(), candidates=1, **words)
    refused = {"state": "refused", "reason": LONG, "settled_at": timezone.now(), "domain": f"{LONG[:60]}.example"}
    mailing.deliveries.create(subscriber=make_subscriber(), **refused)


def url_of(issue):
    return f"/admin/issues/issue/{issue.pk}/change/"


@pytest.mark.parametrize("width", [1280, 1024, 390])
def test_no_page_of_the_desk_scrolls_sideways(desk, issue, width):
    desk.set_viewport_size({"width": width, "height": 844})
    ways = ("change/", "history/", "previews/")
    paths = [*PAGES, *(f"issues/issue/{issue.pk}/{way}" for way in ways)]
    paths += [f"mailings/mailing/issue/{pk}/" for pk in Issue.objects.values_list("pk", flat=True)]
    for model in (Subscriber, Suppression, SubscriberImport):
        paths.append(f"mailings/{model._meta.model_name}/{model.objects.values_list('pk', flat=True)[0]}/change/")
    wide = []
    for path in paths:
        desk.goto(f"/admin/{path}")
        if "change/" in path:
            open_lines(desk)
        if desk.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(path)
    assert wide == []


def test_box_finds_a_row_and_opens_it(desk, issue):
    desk.goto("/admin/")
    desk.keyboard.press("ControlOrMeta+k")
    desk.keyboard.type("#12")
    expect(desk.locator("#find-results a")).to_have_count(1)
    desk.keyboard.press("ArrowDown")
    expect(desk.locator("#find-results a")).to_be_focused()
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**{url_of(issue)}")


def test_box_opens_no_result_of_the_words_before(desk, issue):
    desk.goto("/admin/")
    desk.keyboard.press("ControlOrMeta+k")
    expect(desk.locator("#find-results a").first).to_be_visible()
    desk.locator("#find-words").fill("publications")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/admin/issues/publication/")


def test_enter_waits_for_the_results_and_opens_the_first(desk, issue):
    desk.goto("/admin/")
    desk.keyboard.press("ControlOrMeta+k")
    desk.keyboard.type("#12")
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**{url_of(issue)}")


def test_enter_on_a_checkbox_of_the_inbox_decides_nothing(desk, issue):
    desk.goto("/admin/collecting/candidate/inbox/")
    requests = []
    desk.on("request", lambda request: requests.append(request.url))
    desk.get_by_role("checkbox").last.press("Enter")
    desk.get_by_role("checkbox").last.press("x")  # This has an effect, so Enter would have had it before.
    expect(desk.get_by_role("checkbox").last).to_be_checked()
    assert requests == []


def test_keys_of_the_page_are_shown(desk, issue):
    desk.goto(url_of(issue))
    desk.keyboard.press("?")
    expect(desk.get_by_role("dialog", name="Keys")).to_be_visible()
    desk.keyboard.press("Escape")
    open_lines(desk)
    desk.locator("#id_intro").press("?")
    expect(desk.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_menu_of_a_phone_needs_no_script(make_page, desk, issue):
    phone = make_page(java_script_enabled=False, viewport={"width": 390, "height": 844})
    phone.context.add_cookies(desk.context.cookies())
    phone.goto("/admin/")
    expect(phone.get_by_role("link", name="Sponsors")).to_be_hidden()
    phone.get_by_role("link", name="Menu").click()
    phone.get_by_role("link", name="Sponsors").click()
    phone.wait_for_url("**/sponsors/sponsor/")


def test_row_is_dragged_by_touch(make_page, desk, issue):
    make_article(issue=issue, title="Second")
    phone = make_page(viewport={"width": 390, "height": 844}, has_touch=True)
    phone.context.add_cookies(desk.context.cookies())
    phone.goto(url_of(issue))
    handle, target = (phone.locator("#articles-1 .row-handle"), phone.locator("#articles-0 summary").first)
    handle.evaluate("(handle) => handle.scrollIntoView({ block: 'center' })")
    start, end = handle.bounding_box(), target.bounding_box()
    assert start
    assert end
    touch = phone.context.new_cdp_session(phone)

    def send(kind, x, y):
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    x, y = start["x"] + 8, start["y"] + 8
    send("touchStart", x, y)
    for step in range(1, 9):
        send("touchMove", x, y + (end["y"] + 4 - y) * step / 8)
    send("touchEnd", x, end["y"])
    expect(phone.locator("#articles-1 .row-place")).to_have_text("1 of 2")


def test_form_is_saved_by_a_key(desk, issue):
    desk.goto(url_of(issue))
    open_lines(desk)
    desk.locator("#id_intro").fill("Changed.")
    desk.keyboard.press("ControlOrMeta+s")
    expect(desk.locator(".messagelist .success")).to_be_in_viewport()
    assert Issue.objects.get(pk=issue.pk).intro == "Changed."


def test_save_by_key_keeps_the_place(desk, issue):
    make_article(issue=issue, title="Two")
    desk.set_viewport_size({"width": 1280, "height": 500})
    desk.goto(url_of(issue))
    desk.locator("#articles-1 summary").first.click()
    expect(desk.get_by_role("button", name="Read the page")).to_be_visible()
    blurb = desk.locator("#id_articles-1-blurb")
    blurb.fill("Changed.")
    blurb.evaluate("(field) => { field.setSelectionRange(2, 4); field.scrollIntoView({ block: 'center' }); }")
    top = blurb.bounding_box()["y"]
    desk.keyboard.press("Alt+ArrowUp")  # The row is the first of the saved form.
    blurb.evaluate("(field, top) => scrollBy(0, field.getBoundingClientRect().top - top)", top)
    desk.keyboard.press("ControlOrMeta+s")
    expect(desk.locator(".messagelist .success")).to_be_in_viewport()
    desk.wait_for_load_state("networkidle")  # Suggestions for the address above the field are there.
    saved = desk.locator("#id_articles-0-blurb")
    expect(saved).to_be_focused()
    assert saved.evaluate("(field) => [field.value, field.selectionStart, field.selectionEnd]") == ["Changed.", 2, 4]
    assert abs(saved.bounding_box()["y"] - top) < 3


def test_suggestions_for_an_address_come_when_its_line_opens(desk, issue):
    desk.goto(url_of(issue))
    desk.locator("#articles-0 summary").first.click()
    expect(desk.get_by_role("button", name="Read the page")).to_be_visible()


def test_refused_save_opens_what_is_wrong_and_nothing_else(desk, issue):
    desk.goto(url_of(issue))
    desk.locator("#articles-0 summary").first.click()
    desk.locator("#id_articles-0-url").fill("nonsense")
    desk.keyboard.press("ControlOrMeta+s")
    expect(desk.locator("#id_articles-0-url")).to_be_focused()
    expect(desk.locator("#issue_form details[open]")).to_have_count(1)


# Writing Markdown


@pytest.fixture
def intro(desk, issue):
    """Return the field of the intro, with its second word selected."""
    desk.goto(url_of(issue))
    open_lines(desk)
    field = desk.locator("#id_intro")
    field.evaluate("(field) => { field.focus(); field.setSelectionRange(5, 10); }")
    return field


def paste(field, **data):
    field.evaluate(
        """(field, data) => {
            const clipboardData = new DataTransfer();
            for (const [kind, text] of Object.entries(data)) {
                clipboardData.setData(`text/${kind}`, text);
            }
            field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        data,
    )


def test_words_are_marked_and_unmarked_by_keys(desk, intro):
    intro.press("ControlOrMeta+b")
    expect(intro).to_have_value("Some **words** here.")
    intro.press("ControlOrMeta+b")
    expect(intro).to_have_value("Some words here.")
    intro.press("ControlOrMeta+i")
    expect(intro).to_have_value("Some *words* here.")
    intro.press("ControlOrMeta+z")
    expect(intro).to_have_value("Some words here.")


@pytest.mark.parametrize(
    ("button", "text"),
    [
        ("Link", "Some [words](https://) here."),
        ("Quote", "> Some words here."),
        ("List", "- Some words here."),
        ("Code", "Some `words` here."),
    ],
)
def test_toolbar_marks_the_selection(desk, intro, button, text):
    tools = desk.locator(".field-intro").get_by_role("group", name="Markdown")
    tools.get_by_role("button", name=button).click()
    expect(intro).to_have_value(text)


def test_address_that_is_pasted_over_words_links_them(intro):
    paste(intro, plain="https://example.com/a")
    expect(intro).to_have_value("Some [words](https://example.com/a) here.")


def test_rich_text_is_pasted_as_markdown(intro):
    html = (
        "<p>One <b>bold</b> <i>word</i> and <a href='https://example.com/'>a link</a>.</p><ul><li>First</li><li>Second"
        "</li></ul><script>alert(1)</script><a href='javascript:alert(1)'>none</a>"
    )
    intro.evaluate("(field) => field.select()")
    paste(intro, html=html, plain="One bold word")
    expect(intro).to_have_value("One **bold** *word* and [a link](https://example.com/).\n\n- First\n- Second\n\nnone")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ul><li>A<ul><li>B<ol start=3><li>C</ol></ul><li><p>D</p></ul>", "- A\n    - B\n        3. C\n- D"),
        ("<ol><li>A</li><ul><li>B</li></ul><li>C</li></ol>", "1. A\n    - B\n2. C"),
        ("<p>See</p><div><pre><code>if x:\n\n\n    go(_)\n</code></pre></div>", "See\n\n    if x:\n\n\n        go(_)"),
        ("<pre>a<br>b</pre>", "    a\n    b"),
        ("<ul><li>Run <code>a`b</code><pre>c</pre></li></ul>", "- Run `` a`b ``\n\n        c"),
        ("<a href='https://a.example/b (c)'><div>A</div><div>b</div></a>", "[A b](https://a.example/b%20%28c%29)"),
        ("<a href='/here'>A</a> <b><strong>b</strong></b>", "A **b**"),
        ("<p># <i>A</i></p><p>1. b</p>", "\\# *A*\n\n1\\. b"),
    ],
)
def test_lists_code_and_odd_addresses_are_pasted_as_markdown(intro, html, text):
    intro.evaluate("(field) => field.select()")
    paste(intro, html=html, plain="A b")
    expect(intro).to_have_value(text)
