"""Names of authors that are pasted or typed into an issue's form, and said to be wrong when the field is left."""

import pytest
from playwright.sync_api import expect

from tests.browser.desk import find_violations, press
from tests.make import make_article, make_author, make_issue

FIELD = "#id_articles-0-author_list"


@pytest.fixture
def issue(transactional_db):
    issue = make_issue(status="draft")
    make_article(issue=issue, authors=(make_author("+plus"),))
    make_author("Rachel Kroll", aliases=["rachelbythebay"])
    make_author("Zeynep Akdağ")
    return issue


def open_row(desk, issue):
    desk.goto(f"/admin/issues/issue/{issue.pk}/change/")
    desk.locator("#articles-0 summary").first.click()
    return desk.locator(f"{FIELD}-typed"), desk.locator(f"{FIELD}-problems")


def paste(field, text):
    field.evaluate(
        """(field, text) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            field.focus();
            field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        text,
    )


def test_pasted_names_are_checked_when_the_field_is_left(desk, issue):
    typed, problems = open_row(desk, issue)
    paste(typed, "rachelbythebay\nZeynep Akdagg\nNoel New")
    typed.press("Tab")
    expect(problems.locator("p")).to_have_count(2)
    expect(problems.get_by_role("button")).to_have_text(["Zeynep Akdağ", "Create “Zeynep Akdagg”", "Create “Noel New”"])
    assert find_violations(desk) == []
    problems.get_by_role("button", name="Zeynep Akdağ", exact=True).click()
    problems.get_by_role("button", name="Create “Noel New”").press("Enter")
    expect(problems).to_be_hidden()
    press(desk, "Save")
    names = [author.name for author in issue.articles.with_credits().get().credited_authors]
    assert names == ["+plus", "Rachel Kroll", "Zeynep Akdağ", "Noel New"]


def test_name_that_was_typed_and_left_is_checked(desk, issue):
    typed, problems = open_row(desk, issue)
    typed.fill("Rachel Krol")
    typed.press("Tab")
    problems.get_by_role("button", name="Rachel Kroll", exact=True).click()
    expect(desk.locator(f"{FIELD} + .names-box .name")).to_contain_text(["+plus", "Rachel Kroll"])
    expect(problems).to_be_hidden()


def test_name_that_begins_with_a_plus_is_shown_whole(desk, issue):
    open_row(desk, issue)
    expect(desk.locator(f"{FIELD} + .names-box bdi")).to_have_text("+plus")
    expect(desk.locator(f"{FIELD} + .names-box .name small")).to_have_count(0)
