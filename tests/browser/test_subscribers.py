"""Subscribers at the desk: a list moves in, somebody is found, ended and forgotten; without a script and accessibly."""

import pytest
from playwright.sync_api import expect

from mailings.demonstration import load_demonstration_of_subscribers
from mailings.models.subscribers import State, Subscriber
from mailings.models.suppressions import Suppression
from tests.browser.desk import find_violations
from tests.mailings.moving import files
from tests.worker import forget_jobs, work


@pytest.fixture(autouse=True)
def no_jobs(transactional_db):
    forget_jobs()


def test_list_moves_in(desk, tmp_path):
    path = tmp_path / "audience.csv"
    path.write_text(f"{files.SUBSTACK}nobody,false,,,false,2021-01-01,\n")
    desk.goto("/admin/")
    desk.get_by_role("link", name="Subscribers").click()
    desk.get_by_role("link", name="Import a list").click()
    expect(desk.get_by_label("Rehearse only")).to_be_checked()
    desk.get_by_label("File:").set_input_files(path)
    desk.get_by_role("button", name="Start").click()
    expect(desk.get_by_role("status")).to_have_text("Waiting for a worker.")
    assert find_violations(desk) == []
    work("imports")
    expect(desk.get_by_role("heading", name="What an import would do")).to_be_visible()
    assert find_violations(desk) == []
    desk.get_by_role("button", name="Import now").click()
    expect(desk.get_by_role("progressbar", name="Progress")).to_be_visible()
    work("imports")
    expect(desk.get_by_role("heading", name="What was done")).to_be_visible()
    assert Subscriber.objects.active().get().address == "ada@example.com"


def test_subscriber_is_found_ended_and_forgotten(desk):
    load_demonstration_of_subscribers()
    somebody = Subscriber.objects.active()[0]
    desk.goto("/admin/mailings/subscriber/")
    desk.get_by_role("searchbox").fill(somebody.address.upper())
    desk.get_by_role("button", name="Search").click()
    desk.get_by_role("link", name=somebody.address).click()
    desk.get_by_role("button", name="End the subscription").click()
    expect(desk.locator(".state").first).to_have_text("left")
    somebody.refresh_from_db()
    assert somebody.state == State.LEFT
    desk.get_by_role("button", name="Forget…").click()
    assert find_violations(desk) == []
    desk.get_by_role("button", name="Forget for good").click()
    expect(desk.locator(".messagelist .success")).to_be_visible()
    assert not Subscriber.objects.filter(pk=somebody.pk).exists()


def test_filtered_list_is_downloaded(desk):
    load_demonstration_of_subscribers()
    bounced = Subscriber.objects.in_state(State.BOUNCED).count()
    desk.goto("/admin/mailings/subscriber/")
    desk.get_by_role("link", name=f"{bounced} bounced").click()
    with desk.expect_download() as download:
        desk.get_by_role("button", name=f"Download {bounced} subscribers as CSV").click()
    assert len(download.value.path().read_text().splitlines()) == 1 + bounced


def test_pages_are_accessible(desk):
    load_demonstration_of_subscribers()
    found = []
    for path in (
        *("", "?state=bounced", "?q=nobody%40example.com", "add/", "growth/"),
        f"{Subscriber.objects.all()[0].pk}/change/",
        *("../suppression/", "../suppression/add/", f"../suppression/{Suppression.objects.all()[0].pk}/change/"),
        *("../subscriberimport/", "../subscriberimport/add/"),
    ):
        desk.goto(f"/admin/mailings/subscriber/{path}", wait_until="networkidle")
        found += find_violations(desk)
    assert found == []
