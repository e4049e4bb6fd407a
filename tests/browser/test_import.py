"""An archive moves in: uploaded at the desk, rehearsed, read about, imported."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from issues.models.issues import Issue
from tests.wordpress.wxr import HEAD, SAMPLES, TAIL, item
from tests.worker import forget_jobs, work
from wordpress.models import WordPressImport

SAMPLE = SAMPLES / "sreweekly-like.wxr.xml"
URL = "/admin/wordpress/wordpressimport/"


@pytest.fixture(autouse=True)
def no_jobs(transactional_db):
    forget_jobs()


@pytest.mark.skipif(not SAMPLE.exists(), reason="The sample export is not at hand.")
def test_archive_is_rehearsed_and_imported(desk, page):
    desk.goto("/admin/settings/")
    desk.get_by_role("link", name="Imports").click()
    desk.get_by_role("link", name="Add import").click()
    expect(desk.get_by_label("Rehearse only")).to_be_checked()
    desk.get_by_label("Files:").set_input_files(SAMPLE)
    desk.get_by_role("button", name="Start").click()
    expect(desk.get_by_role("status")).to_have_text("Waiting for a worker.")
    work("imports")
    expect(desk.get_by_role("heading", name="What an import would do")).to_be_visible()
    expect(desk.get_by_text("issues added: 91")).to_be_visible()
    assert not Issue.objects.exists()
    desk.get_by_role("button", name="Import now").click()
    expect(desk.get_by_role("progressbar", name="Progress")).to_be_visible()
    work("imports")
    expect(desk.get_by_role("heading", name="What was done")).to_be_visible()
    page.goto("/sre-weekly-issue-14/")
    expect(page.get_by_role("heading", name="SRE Weekly Issue #14")).to_be_visible()


def test_progress_moves_and_says_where_it_stands(desk, tmp_path, allowed_errors):
    upload(desk, tmp_path)
    WordPressImport.objects.update(state="running", started_at="2026-01-01T00:00Z", percent=47)
    expect(desk.get_by_role("status")).to_have_text("Running: more than 40 percent is done.")
    expect(desk.get_by_role("progressbar")).to_have_attribute("value", "47")
    allowed_errors.append("500")
    desk.route("**/status/", lambda route: route.fulfill(status=500))
    expect(desk.get_by_role("status")).to_contain_text("The progress could not be loaded.")
    desk.unroute("**/status/")
    expect(desk.get_by_role("status")).to_have_text("Running: more than 40 percent is done.")


def test_file_is_chosen_and_started_by_keys(desk, tmp_path):
    desk.goto(f"{URL}add/")
    desk.get_by_label("Files:").set_input_files(export(tmp_path))
    desk.get_by_label("Files:").focus()
    desk.keyboard.press("Tab")
    expect(desk.get_by_label("Uploads:")).to_be_focused()
    desk.keyboard.press("Tab")
    expect(desk.get_by_label("Rehearse only")).to_be_focused()
    desk.keyboard.press("Space")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("status")).to_be_visible()
    assert not WordPressImport.objects.get().is_rehearsal


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_import_has_no_accessibility_violation(desk, tmp_path, scheme, width):
    desk.emulate_media(color_scheme=scheme)
    desk.set_viewport_size({"width": width, "height": 900})
    found = []
    upload(desk, tmp_path)
    found += look(desk, "running")
    work("imports")
    expect(desk.get_by_role("heading", name="To look at")).to_be_visible()
    found += look(desk, "report")
    desk.goto(URL)
    found += look(desk, "list")
    desk.goto(f"{URL}add/")
    desk.get_by_role("button", name="Start").click()
    expect(desk.get_by_text("Choose the file to import, or all of them.")).to_be_visible()
    assert found + look(desk, "refused") == []


def look(desk, name):
    """What axe finds, and whether the page is wider than the window."""
    desk.wait_for_load_state("load")
    found = [
        f"{name} {violation['id']}: {node['html'][:150]}"
        for violation in Axe().run(desk).response["violations"]
        for node in violation["nodes"][:3]
    ]
    wide = desk.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [*found, f"{name} scrolls sideways"] if wide else found


def export(tmp_path):
    file = tmp_path / ("export-of-a-site-with-a-very-long-name-" * 3 + ".xml")
    rest = item(9, title="A menu", post_type="nav_menu_item")
    file.write_text(HEAD + item(7, 14, html="<p>Words alone.</p>") + item(8, 14, slug="x") + rest + TAIL)
    return file


def upload(desk, tmp_path):
    desk.goto(f"{URL}add/")
    desk.get_by_label("Files:").set_input_files(export(tmp_path))
    desk.get_by_role("button", name="Start").click()
    expect(desk.get_by_role("status")).to_be_visible()
