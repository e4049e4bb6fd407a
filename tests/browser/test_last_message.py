"""The last message of a sponsor is taken over into the form of an issue."""

import pytest
from playwright.sync_api import expect

from issues.models.issues import Issue
from sponsors.models import Placement
from tests.browser.desk import choose, find_violations, press
from tests.make import make_issue, make_placement, make_sponsor

MESSAGE, LINK, STATE = (f"#id_placements-0-{name}" for name in ("message", "url", "state"))


@pytest.fixture
def issue(transactional_db) -> Issue:
    acme = make_sponsor("Acme")
    make_placement(make_issue(number=8), sponsor=acme, message="Try *Acme*.", url="https://acme.example/8")
    return make_issue(number=9, status="draft")


def open_sponsor(desk, issue):
    desk.goto(f"/admin/issues/issue/{issue.pk}/change/")
    desk.locator("#placements-0 summary").click()
    return desk.locator("#placements-0 .offers")


def values(desk):
    return [desk.locator(field).input_value() for field in (MESSAGE, LINK, STATE)]


def test_message_of_the_chosen_sponsor_is_taken_over_and_undone(desk, issue):
    offers = open_sponsor(desk, issue)
    choose(desk, "#id_placements-0-sponsor", "Acme")
    offers.get_by_role("button", name="Take over the message from #8").press("Enter")
    expect(offers.get_by_role("button", name="Undo")).to_be_focused()
    assert values(desk) == ["Try *Acme*.", "https://acme.example/8", "copy_in"]
    desk.keyboard.press("Enter")
    assert values(desk) == ["", "", "booked"]
    desk.keyboard.press("Enter")
    press(desk, "Save")
    placement = Placement.objects.get(issue=issue)
    assert (placement.message, placement.state) == ("Try *Acme*.", "copy_in")


def test_words_are_replaced_only_when_that_is_confirmed(desk, issue):
    mine = make_placement(issue, sponsor=Placement.objects.get().sponsor, message="Mine.", state="approved")
    offers = open_sponsor(desk, issue)
    offers.get_by_role("button", name="Take over").click()
    assert values(desk)[0] == "Mine."
    offers.get_by_role("button", name="Replace it").click()
    assert values(desk) == ["Try *Acme*.", "https://acme.example/8", "copy_in"]
    desk.locator(MESSAGE).press_sequentially("!")
    expect(offers.get_by_role("button")).to_have_count(0)
    assert Placement.objects.get(pk=mine.pk).message == "Mine."
    assert not find_violations(desk)
