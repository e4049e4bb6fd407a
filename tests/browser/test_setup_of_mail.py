"""“Is my mail set up right?”: read and copied at any width, in light and dark."""

import pytest
from playwright.sync_api import expect

from mailings.dns.results import fine, unknown, wrong
from mailings.models.setup import SetupCheck
from mailings.setup.questions import sender_now, subjects
from tests.browser.desk import find_violations

Name = SetupCheck.Name
FOUND = {
    Name.SERVER: fine("The mail server, or the address of the provider, answers."),
    Name.SPF: wrong("It does not name the server.", "3 of 10 look-ups.", "sreweekly.example", "v=spf1 a:mail.x -all"),
    Name.DKIM: wrong("There is none.", "", "news._domainkey.sreweekly.example", "v=DKIM1; k=rsa; p=" + "M" * 700),
    Name.DMARC: unknown("It could not be asked: no name server answered.", "Ask again later."),
}


@pytest.fixture
def asked(transactional_db, settings) -> None:
    settings.NEWSLETTER_FROM = "SRE Weekly <newsletter@sreweekly.example>"
    for name, result in FOUND.items():
        SetupCheck.objects.keep(name, subjects(sender_now())[name], result)


def test_page_is_accessible_and_fits(desk, asked):
    desk.goto("/admin/mailings/mailing/")
    desk.get_by_role("link", name="Is my mail set up right?").click()
    expect(desk.get_by_role("heading", name="DNS of the sender")).to_be_visible()
    assert find_violations(desk) == []
    desk.set_viewport_size({"width": 320, "height": 900})
    assert desk.evaluate("document.documentElement.scrollWidth") <= 320


def test_record_is_copied_whole_by_the_keyboard(desk, asked):
    desk.goto("/admin/mailings/mailing/setup/")
    value = desk.get_by_role("textbox", name="Value").last
    value.focus()
    desk.keyboard.press("Control+A")
    assert (
        value.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)") == FOUND[Name.DKIM].value
    )
    SetupCheck.objects.update(asked_at="2026-01-01T00:00Z")
    desk.get_by_role("button", name="Ask again").click()
    expect(desk.get_by_text("A worker is asking")).to_be_visible()
