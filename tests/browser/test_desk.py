"""The issue form in a real browser, under the content security policy."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from playwright.sync_api import expect

from collecting.models.sources import Source
from issues.models.articles import Article
from issues.models.issues import Issue
from tests.browser.desk import (
    add_row,
    choose,
    create,
    find_violations,
    open_lines,
    open_new_issue,
    press,
    publish_now,
    row,
    row_titles,
)
from tests.make import (
    make_article,
    make_author,
    make_correction,
    make_issue,
    make_page,
    make_placement,
    make_publication,
)


@pytest.fixture
def issue(transactional_db):
    """Return a draft with the articles One, Two and Three, the outage Four, and a sponsor's message."""
    issue = make_issue(status="draft")
    for title in ("One", "Two", "Three"):
        make_article(issue=issue, title=title)
    make_article(issue=issue, title="Four", section="outages")
    make_placement(issue)
    return issue


def open_issue(desk, issue):
    desk.goto(f"/admin/issues/issue/{issue.pk}/change/")
    open_lines(desk)


def saved_titles(issue):
    return list(issue.articles.order_by("section", "position").values_list("title", flat=True))


def drag(desk, handle, target):
    for _ in range(3):  # The page may have moved just before the button was pressed: preflight arrives beside it.
        handle.hover()
        desk.mouse.down()
        if desk.locator(".dragged").count():
            break
        desk.mouse.up()
    expect(desk.locator(".dragged")).to_have_count(1)
    handle.hover(position={"x": 2, "y": 2})  # The drag has to start before the page scrolls to the target.
    target.hover(position={"x": 120, "y": 5})
    target.hover(position={"x": 122, "y": 5})
    desk.mouse.up()
    expect(desk.locator(".dragged")).to_have_count(0)


def test_title_and_slug_follow_the_number_until_they_are_edited(desk):
    open_new_issue(desk, 12)
    expect(desk.locator("#id_title")).to_have_value("SRE Weekly Issue #12")
    expect(desk.locator("#id_slug")).to_have_value("sre-weekly-issue-12")
    desk.locator("#id_title").fill("Special #12")
    desk.locator("#id_number").fill("13")
    expect(desk.locator("#id_title")).to_have_value("Special #12")
    expect(desk.locator("#id_slug")).to_have_value("sre-weekly-issue-13")


def test_row_is_dragged_within_its_section(desk, issue):
    open_issue(desk, issue)
    drag(desk, row(desk, "Three").locator(".row-handle"), row(desk, "One").locator("h3"))
    assert row_titles(desk) == ["Three", "One", "Two", "Four"]
    press(desk, "Save")
    assert saved_titles(issue) == ["Three", "One", "Two", "Four"]


def test_row_is_dragged_to_another_section(desk, issue):
    open_issue(desk, issue)
    drag(desk, row(desk, "One").locator(".row-handle"), row(desk, "Four").locator("h3"))
    press(desk, "Save")
    assert Article.objects.get(title="One").section == "outages"


def test_row_is_moved_by_its_buttons_and_the_move_is_announced(desk, issue):
    open_issue(desk, issue)
    button = row(desk, "Three").get_by_role("button", name="Move up")
    button.focus()
    button.press("Enter")
    expect(desk.locator("#articles-group > [role=status]")).to_have_text("“Three” is 2 of 3 in Articles.")
    expect(button).to_be_focused()
    button.press("Enter")
    assert row_titles(desk) == ["Three", "One", "Two", "Four"]
    row(desk, "One").get_by_role("button", name="Move down").click()
    assert row_titles(desk) == ["Three", "Two", "One", "Four"]


def test_row_is_moved_by_keys_from_within_a_field(desk, issue):
    open_issue(desk, issue)
    blurb = row(desk, "Two").locator("textarea.markdownx-editor")
    blurb.press("Alt+ArrowUp")
    expect(blurb).to_be_focused()
    press(desk, "Save")
    assert saved_titles(issue) == ["Two", "One", "Three", "Four"]


def test_rows_are_moved_by_those_who_may_not_add_articles(desk, issue, editor):
    editor.is_superuser = False
    editor.save()
    names = ("view_issue", "change_issue", "view_article", "change_article")
    editor.user_permissions.set(Permission.objects.filter(codename__in=names))
    open_issue(desk, issue)
    row(desk, "Three").get_by_role("button", name="Move up").click()
    assert row_titles(desk) == ["One", "Three", "Two", "Four"]
    press(desk, "Save")
    assert saved_titles(issue) == ["One", "Three", "Two", "Four"]


def test_row_moves_between_sections_by_its_select(desk, issue):
    open_issue(desk, issue)
    row(desk, "Two").locator("select[name$=-section]").select_option("outages")
    assert row_titles(desk) == ["One", "Three", "Four", "Two"]
    press(desk, "Save")
    assert saved_titles(issue) == ["One", "Three", "Four", "Two"]


def test_open_article_is_short_and_holds_back_what_is_rarely_needed(desk, issue):
    desk.set_viewport_size({"width": 1280, "height": 900})
    desk.goto(f"/admin/issues/issue/{issue.pk}/change/")
    row(desk, "One").locator("summary").first.click()
    expect(desk.get_by_role("button", name="Read the page")).to_be_visible()
    assert row(desk, "One").evaluate("(row) => row.offsetHeight") < 560
    expect(row(desk, "One").get_by_label("Send back to the backlog")).to_be_hidden()


def test_article_is_sent_back_to_the_backlog(desk, issue):
    open_issue(desk, issue)
    row(desk, "Two").get_by_label("Send back to the backlog").check()
    press(desk, "Save")
    assert saved_titles(issue) == ["One", "Three", "Four"]
    assert Article.objects.backlog().get().title == "Two"


def test_new_row_is_moved_between_saved_rows(desk, issue):
    open_issue(desk, issue)
    prefix = add_row(desk)
    desk.locator(f"{prefix}-title").fill("New")
    desk.locator(f"{prefix}-url").fill("https://example.com/new")
    desk.locator(f"{prefix}-title").press("Alt+ArrowUp")
    press(desk, "Save")
    assert saved_titles(issue) == ["One", "Two", "New", "Three", "Four"]


def test_removing_a_new_row_leaves_the_other_rows_unchanged(desk, issue):
    open_issue(desk, issue)
    gone = add_row(desk)
    desk.locator(f"{gone}-title").fill("Gone")
    desk.locator(f"{gone}-title").press("Alt+ArrowUp")
    kept = add_row(desk)
    desk.locator(f"{kept}-title").fill("Kept")
    desk.locator(f"{kept}-url").fill("https://example.com/kept")
    desk.locator(f"{kept}-title").press("Alt+ArrowUp")
    desk.locator(".inline-deletelink").last.scroll_into_view_if_needed()
    row_of_gone = desk.locator(gone.replace("#id_", "#"))
    row_of_gone.locator(".inline-deletelink").click()
    assert row_titles(desk) == ["One", "Two", "Kept", "Three", "Four"]
    press(desk, "Save")
    assert saved_titles(issue) == ["One", "Two", "Kept", "Three", "Four"]


def test_refused_save_keeps_order_and_text(desk, issue):
    open_issue(desk, issue)
    row(desk, "Three").locator("textarea.markdownx-editor").fill("<script>alert(1)</script>")
    row(desk, "Three").locator("textarea.markdownx-editor").press("Alt+ArrowUp")
    press(desk, "Save")
    expect(row(desk, "Three").locator(".errorlist[id]")).to_be_visible()
    assert row_titles(desk) == ["One", "Three", "Two", "Four"]
    expect(row(desk, "Three").locator("textarea.markdownx-editor")).to_have_value("<script>alert(1)</script>")


def test_blurb_is_previewed_in_a_new_row(desk, issue):
    open_issue(desk, issue)
    prefix = add_row(desk)
    desk.locator(f"{prefix}-blurb").fill("Some *words*.")
    preview = desk.locator(prefix.replace("#id_", "#")).locator(".markdown-preview")
    expect(preview.locator("em")).to_have_text("words")
    desk.locator(f"{prefix}-blurb").fill("- one\n- two")
    expect(preview.locator("li").first).to_have_css("list-style-type", "disc")
    desk.locator(f"{prefix}-blurb").fill("<img src=x onerror=alert(1)>")
    expect(preview).to_contain_text("HTML is not printed")
    expect(preview.locator("img")).to_have_count(0)
    desk.locator(f"{prefix}-blurb").fill("It's plain.")
    expect(preview).to_be_hidden()


def test_tab_key_leaves_a_markdown_field(desk, issue):
    open_issue(desk, issue)
    desk.locator("#id_intro").press("Tab")
    expect(desk.locator("#id_intro")).not_to_be_focused()


def test_authors_are_credited_in_the_order_in_which_they_are_chosen(desk, issue):
    make_author("Anna")
    make_author("Zoë")
    open_issue(desk, issue)
    prefix = add_row(desk)
    desk.locator(f"{prefix}-title").fill("New")
    desk.locator(f"{prefix}-url").fill("https://example.com/new")
    choose(desk, f"{prefix}-author_list", "Zoë")
    choose(desk, f"{prefix}-author_list", "Anna")
    create(desk, f"{prefix}-author_list", "Ødegaard")
    for key in ("ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowRight", "ArrowRight"):
        desk.keyboard.press(key)
    expect(desk.locator(f"{prefix}-author_list-typed")).to_be_focused()
    create(desk, f"{prefix}-publication", "A Publication")
    press(desk, "Save")
    article = Article.objects.get(title="New")
    assert [author.name for author in article.credited_authors] == ["Zoë", "Anna", "Ødegaard"]
    assert str(article.publication) == "A Publication"
    expect(row(desk, "New").locator("[name$=author_list]")).to_have_value(re.compile("Zoë"))


def test_enter_creates_nobody_who_may_be_in_the_field_already(desk, issue):
    make_author("Zeynep Akdağ")
    open_issue(desk, issue)
    prefix = add_row(desk)
    choose(desk, f"{prefix}-author_list", "Zeynep Akdağ")
    typed = desk.locator(f"{prefix}-author_list-typed")
    typed.fill("zeynep akdag")
    expect(desk.get_by_role("option", name="Create “zeynep akdag”")).to_be_visible()
    typed.press("Enter")
    expect(desk.locator(f"{prefix}-author_list")).to_have_value("Zeynep Akdağ\nzeynep akdag")  # Nothing with a plus.


def test_existing_tags_are_suggested_and_new_tags_can_be_typed(desk, issue):
    make_article(tags=("capacity",))
    open_issue(desk, issue)
    field = row(desk, "One").get_by_role("combobox", name="Tags")
    field.press_sequentially("capa")
    expect(desk.locator(".names-list").get_by_role("option")).to_have_text(["capacity", "Create “capa”"])
    field.press("Enter")
    field.press_sequentially("brand new")
    expect(desk.locator(".names-list").get_by_role("option")).to_have_text(["Create “brand new”"])
    field.press(",")
    expect(row(desk, "One").get_by_role("button", name="Remove")).to_have_count(3)  # With the author.
    press(desk, "Save")
    assert sorted(Article.objects.get(title="One").tags.names()) == ["brand new", "capacity"]


def test_issue_is_published_and_then_corrected(desk, page, issue, settings):
    settings.COOLING_OFF = timedelta(0)
    open_issue(desk, issue)
    publish_now(desk)
    expect(desk.locator(".messagelist .success")).to_be_visible()
    open_lines(desk)
    row(desk, "One").locator("textarea.markdownx-editor").fill("Corrected.")
    press(desk, "Save")
    page.goto(Issue.objects.get().get_absolute_url())
    expect(page.get_by_text("Corrected.")).to_be_visible()
    expect(page.locator(".updated")).to_contain_text("Updated:")


def test_hostile_text_runs_no_script(desk, page, issue, allowed_errors):
    hostile = "\"><img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
    make_article(issue=issue, title=hostile, authors=(make_author(hostile),), publication=make_publication(hostile))
    Article.objects.filter(title="One").update(blurb=hostile, byline=hostile, disclosure=hostile)
    open_issue(desk, issue)
    desk.wait_for_load_state("networkidle")
    assert "run" not in desk.title()
    for path in ("issue", "article", "author", "publication"):
        desk.goto(f"/admin/issues/{path}/")
        assert "run" not in desk.title()


def test_desk_is_accessible(desk, issue):
    make_page()
    make_correction(make_issue())
    Source.objects.create(url="https://a.example/feed", problem="It was down.")
    found = []
    for path in (
        "",
        *("issues/issue/", "issues/issue/add/", f"issues/issue/{issue.pk}/change/"),
        *("issues/article/", "issues/article/add/", "issues/author/", "issues/correction/", "issues/correction/add/"),
        *("collecting/source/", "collecting/source/opml/import/"),
    ):
        desk.goto(f"/admin/{path}", wait_until="networkidle")
        found += find_violations(desk)
    assert found == []
