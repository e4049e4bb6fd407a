"""Subscribing in a real browser: by keyboard, without scripts, in every width and colour."""

import re
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from mailings.models.subscribers import State, Subscriber
from mailings.tasks import write_letter
from tests.browser.test_reading import RULES
from tests.make import make_issue, make_subscriber

TOKEN = "t" * 22
PATHS = ["/subscribe/", "/subscribe/sent/", "/subscribe/privacy/", "/ours/", "/"] + [
    f"/subscription/{TOKEN}/{way}"
    for way in ("", "confirm/", "welcome/", "leave/", "pause/", "resume/", "address/", "forget/")
]


@pytest.fixture(autouse=True)
def sender(settings):
    settings.NEWSLETTER_FROM = "SRE Weekly <newsletter@sreweekly.example>"


def open_link(page):
    """Open the first link of the last letter."""
    page.goto(re.findall(r"https://sreweekly\.example(/subscription/\S+)", str(mail.outbox[-1].body))[0])


def press(page, name):
    button = page.get_by_role("button", name=name)
    for _ in range(30):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"the keyboard does not reach “{name}”")


def test_reader_signs_up_leaves_and_comes_back_by_keyboard_without_scripts(make_page):
    make_issue(slug="ours")
    page = make_page(java_script_enabled=False)
    page.goto("/ours/")
    page.get_by_label("Mail address").focus()
    page.keyboard.type("Ada@example.com")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/subscribe/sent/$"))
    subscriber = Subscriber.objects.get()
    write_letter(subscriber.pk, is_due=True)
    open_link(page)
    press(page, "Confirm")
    expect(page).to_have_url(re.compile("/welcome/$"))
    page.get_by_role("link", name="Pause, change the address, or leave").press("Enter")
    page.get_by_role("link", name="Leave").press("Enter")
    press(page, "Leave")
    expect(page.get_by_role("heading", level=1)).to_have_text("You have left")
    assert Subscriber.objects.get().state == State.LEFT
    press(page, "Get it again")
    expect(page.get_by_role("heading", level=1)).to_contain_text("You get")
    assert list(Subscriber.objects.active()) == [subscriber]
    assert page.context.cookies() == []


def test_wrong_address_gets_the_focus_and_its_sentence(page, allowed_errors):
    allowed_errors.append("400")
    page.goto("/subscribe/")
    page.get_by_label("Mail address").fill("ada@localhost")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    field = page.get_by_label("Mail address")
    expect(field).to_have_value("ada@localhost")
    expect(field).to_be_focused()


def test_browser_of_another_site_is_asked_once_more(make_page, live_server):
    page = make_page()
    field = '<input name="address" value="a@example.com"><button>'
    page.set_content(f'<form action="{live_server.url}/subscribe/" method="post">{field}')
    page.get_by_role("button").click()
    expect(page.get_by_label("Mail address")).to_have_value("a@example.com")
    assert not Subscriber.objects.exists()
    page.get_by_role("button", name="Subscribe").click()
    expect(page).to_have_url(re.compile("/subscribe/sent/$"))


@pytest.mark.parametrize("state", ["active", "left", "bounced", "pending", "paused", "complained"])
def test_pages_can_be_used_by_everybody(make_page, state):
    make_issue(slug="ours")
    now = timezone.now()
    fields: dict[str, dict[str, Any]] = {
        "pending": {"confirmed_at": None},
        "left": {"left_at": now},
        "paused": {"paused_until": now + timedelta(weeks=4)},
        "complained": {"complained_at": now},
        "bounced": {"bounced_at": now, "bounce": "550 No such user"},
    }
    make_subscriber(f"{'long' * 15}@example.com", token=TOKEN, **fields.get(state, {}))
    for width, colours in ((320, "light"), (1280, "dark")):
        page = make_page(viewport={"width": width, "height": 800}, color_scheme=colours)
        for path in PATHS if state == "active" else [f"/subscription/{TOKEN}/"]:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            found = Axe().run(page, options=RULES).response["violations"]
            assert [(path, each["id"], each["nodes"][0]["html"]) for each in found] == []


def test_field_for_programs_is_seen_by_nobody(page):
    page.goto("/subscribe/")
    assert page.locator("[name=topic]").is_hidden()
    expect(page.get_by_role("textbox")).to_have_count(1)
