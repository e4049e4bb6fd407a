"""Pictures pasted, dropped and picked in a Markdown field, and how readers get them."""

import base64

import pytest
from playwright.sync_api import Page, expect

from issues.models.issues import Issue
from pictures.models import Picture
from tests.browser.desk import find_violations, open_lines
from tests.make import make_article, make_issue, make_page, make_picture
from tests.pictures.files import make_animation, make_file

GIVE = """([selector, type, files, text]) => {
    const transfer = new DataTransfer();
    for (const [name, content] of files) {
        const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: "image/png" }));
    }
    text && transfer.setData("text/plain", text);
    const Kind = { paste: ClipboardEvent, drop: DragEvent }[type];
    const given = { clipboardData: transfer, dataTransfer: transfer, bubbles: true, cancelable: true };
    return document.querySelector(selector).dispatchEvent(new Kind(type, given));
}"""


@pytest.fixture(autouse=True)
def own_address(settings, live_server):
    """Previews print whole addresses, and the policy of the page allows this site's only."""
    settings.SITE_URL = live_server.url


@pytest.fixture
def issue(transactional_db):
    issue = make_issue(status="draft")
    make_article(issue=issue, blurb="A blurb.")
    return issue


def open_form(desk: Page, issue: Issue) -> None:
    desk.goto(f"/admin/issues/issue/{issue.pk}/change/")
    open_lines(desk)


def give(desk: Page, kind: str, *files: tuple[str, bytes], selector: str = "#id_intro", text: str = "") -> bool:
    """Paste or drop files. Return whether the browser would do what it does with files."""
    encoded = [(name, base64.b64encode(content).decode()) for name, content in files]
    return desk.evaluate(GIVE, [selector, kind, encoded, text])


def status(desk: Page, field: str = "intro"):
    return desk.locator(f".markdown-editor:has(#id_{field}) .markdown-pictures [role=status]")


def markdown(name: str, words: str = "") -> str:
    return f"![{words}](/pictures/{Picture.objects.get(file_name=name).name})"


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_given_picture_stands_where_the_caret_was_and_its_words_are_typed_next(desk, issue, kind):
    open_form(desk, issue)
    intro = desk.locator("#id_intro")
    intro.fill("Before. After.")
    intro.evaluate("(field) => field.setSelectionRange(8, 8)")
    assert not give(desk, kind, ("graph.png", make_file()))
    expect(intro).to_have_value(f"Before. {markdown_later(desk, 'graph.png')}After.")
    desk.keyboard.type("A graph")
    expect(intro).to_have_value(f"Before. {markdown('graph.png', 'A graph')}After.")
    expect(desk.locator(".markdown-preview img[alt='A graph']")).to_be_visible()
    for _ in range(2):
        desk.keyboard.press("Control+z")
    expect(intro).to_have_value("Before. After.")


def markdown_later(desk: Page, name: str) -> str:
    expect(status(desk)).to_contain_text("in the text")
    return markdown(name)


def test_several_come_in_order_and_words_typed_meanwhile_stay(desk, issue, allowed_errors):
    allowed_errors.append("status of 400")
    open_form(desk, issue)
    intro = desk.locator("#id_intro")
    intro.fill("End.")
    intro.evaluate("(field) => field.setSelectionRange(0, 0)")
    files = [("a.png", make_file(size=(900, 700))), ("b.svg", b"<svg>"), ("c.gif", make_animation("GIF"))]
    give(desk, "paste", *files)
    intro.evaluate("(field) => field.setSelectionRange(4, 4)")
    desk.keyboard.type(" Typed.")
    expect(status(desk)).to_contain_text("2 pictures")
    expect(intro).to_have_value(f"{markdown('a.png')}\n\n{markdown('c.gif')}End. Typed.")
    expect(status(desk)).to_contain_text("b.svg: ")
    expect(status(desk)).to_contain_text("animated")


def test_picture_is_picked_by_the_keyboard(desk, issue):
    open_form(desk, issue)
    desk.locator("#id_intro").focus()
    with desk.expect_file_chooser() as chosen:
        desk.keyboard.press("Control+j")
    chosen.value.set_files({"name": "graph.png", "mimeType": "image/png", "buffer": make_file()})
    expect(desk.locator("#id_intro")).to_have_value(markdown_later(desk, "graph.png"))
    assert find_violations(desk) == []


def test_text_is_pasted_as_text_and_a_file_beside_the_field_leaves_the_page_alone(desk, issue):
    open_form(desk, issue)
    assert give(desk, "paste", ("cells.png", make_file()), text="cells")
    assert not give(desk, "drop", ("graph.png", make_file()), selector="h1")
    assert not Picture.objects.exists()


@pytest.mark.parametrize(
    "text", ["my graph.png", "/home/ann/my graph.png\n", "file:///C:/my%20graph.png", "C:\\Users\\ann\\my graph.png"]
)
def test_copied_file_is_pasted_as_a_picture_and_not_as_its_name(desk, issue, text):
    open_form(desk, issue)
    assert not give(desk, "paste", ("my graph.png", make_file()), text=text)
    expect(desk.locator("#id_intro")).to_have_value(markdown_later(desk, "my graph.png"))


def test_field_that_may_not_be_changed_takes_no_picture(desk, issue):
    open_form(desk, issue)
    desk.locator("#id_intro").evaluate("(field) => (field.readOnly = true)")
    assert give(desk, "paste", ("graph.png", make_file()))
    assert not Picture.objects.exists()


def test_refusal_is_said_at_the_field_and_the_text_stays(desk, issue, editor, allowed_errors):
    open_form(desk, issue)
    desk.locator("#id_intro").fill("Words.")
    allowed_errors.append("status of 40[03]")  # 403: the preview may come after the cookies are gone.
    give(desk, "drop", ("x.svg", b"<svg>"))
    expect(status(desk)).to_contain_text("x.svg: SVG")
    desk.context.clear_cookies()
    give(desk, "drop", ("graph.png", make_file()))
    expect(status(desk)).to_contain_text("signed out")
    expect(desk.locator("#id_intro")).to_have_value("Words.")


def test_reader_gets_webp_in_its_place(page, transactional_db):
    picture = make_picture(width=900, alternative="A red box")
    make_page(slug="about", body=f"Before.\n\n{picture.markdown}\n\nAfter.")
    page.goto("/about/")
    image = page.get_by_role("img", name="A red box")
    expect(image).to_be_visible()
    assert image.evaluate("(image) => image.decode().then(() => image.currentSrc)").endswith(picture.name.webp)
    assert find_violations(page) == []


@pytest.mark.parametrize("form", ["page", "feed", "mail"])
def test_previews_show_the_picture(desk, issue, form):
    make_article(issue=issue, blurb=make_picture(width=900, alternative="A red box").markdown)
    desk.goto(f"/admin/issues/issue/{issue.pk}/previews/?as={form}")
    image = desk.frame_locator("iframe.preview").get_by_role("img", name="A red box")
    assert image.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 900


def test_pages_of_pictures_are_accessible(desk, transactional_db):
    picture = make_picture(alternative="A red box")
    make_page(body=picture.markdown)
    for path in ("", "add/", f"{picture.pk}/change/", f"{picture.pk}/delete/"):
        desk.goto(f"/admin/pictures/picture/{path}")
        assert find_violations(desk) == [], path
