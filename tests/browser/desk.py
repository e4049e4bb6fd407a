"""The editor's actions at the desk, for browser tests."""

import re
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect


def open_new_issue(desk: Page, number: int) -> None:
    desk.goto("/admin/issues/issue/add/")
    desk.get_by_label("Number:").fill(str(number))


def open_lines(desk: Page) -> None:
    """Open all parts of the issue's form, which shows one article at a time."""
    desk.evaluate(
        """() => document.querySelectorAll("#issue_form details").forEach((line) => {
            line.removeAttribute("name");
            line.open = true;
        })"""
    )


def add_row(desk: Page) -> str:
    """Add an article to the issue. Return the selector prefix of its fields, such as "#id_articles-3"."""
    desk.get_by_role("button", name="Add another Article").click()
    total = int(desk.locator("#id_articles-TOTAL_FORMS").input_value())
    return f"#id_articles-{total - 1}"


def choose(desk: Page, field: str, name: str, option: str = "") -> None:
    """Type a name into a field of names, such as "#id_articles-3-author_list", and choose it or another option."""
    desk.locator(f"{field}-typed").fill(name)
    desk.locator(f"{field} + .names-box").get_by_role("option", name=option or name, exact=True).click()
    expect(desk.locator(f"{field} + .names-box .name").last).to_contain_text(name)


def create(desk: Page, field: str, name: str) -> None:
    """Type a name that is to be created, and choose to create it."""
    choose(desk, field, name, f"Create “{name}”")


def row_titles(desk: Page) -> list[str]:
    """Return the titles of the articles in the order of the form."""
    return desk.evaluate(
        """() => [...document.querySelectorAll("#articles-group .inline-related:not(.empty-form)")]
            .map((row) => row.querySelector("[name$='-title']").value)"""
    )


def row(desk: Page, title: str) -> Locator:
    return desk.locator("#articles-group .inline-related:not(.empty-form)").filter(
        has=desk.locator(f"input[name$='-title'][value={title!r}]")
    )


def press(desk: Page, button: str) -> None:
    """Press a submit button and wait for the next page, which may be the same form with errors."""
    with desk.expect_navigation():
        desk.locator(".submit-row").last.get_by_role("button", name=button, exact=True).click()


def find_violations(page: Page, **options) -> list[str]:
    """Return what axe finds on the page, narrow in light colours and wide in dark ones. Takes axe's options."""
    found = []
    views: list[tuple[int, Literal["light", "dark"]]] = [(320, "light"), (1280, "dark")]
    for width, scheme in views:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        # The colours of links change in a transition, which waits while a closed line hides the link.
        page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")
        for violation in Axe().run(page, options=options).response["violations"]:
            rule = f"{page.url}, {width}, {scheme}: {violation['id']}"
            found += [f"{rule}: {node['html'][:200]}" for node in violation["nodes"][:3]]
    return found


def publish_now(desk: Page) -> None:
    """Publish, and confirm if preflight warns, for example about the weekday."""
    press(desk, "Publish now")
    expect(desk.locator(".messagelist")).to_be_visible()
    confirmation = desk.get_by_role("button", name=re.compile("^Publish with"))
    if confirmation.is_visible():
        with desk.expect_navigation():
            confirmation.click()
