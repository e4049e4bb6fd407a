"""The first real issue goes through the desk: typed, reordered, published, read on the page and in the feed."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import feedparser
import lxml.html
import pytest
from playwright.sync_api import expect

from issues.models.issues import Issue
from tests.browser.desk import add_by_popup, add_row, choose, open_new_issue, press, publish_now, row_titles

SEED = Path(__file__).resolve().parents[3] / "shared" / "data" / "seed" / "issue-437.txt"

pytestmark = pytest.mark.skipif(not SEED.exists(), reason="The seed issue is not at hand.")


@dataclass
class Entry:
    paragraphs: list[str] = field(default_factory=list)
    author: str = ""
    publication: str = ""


def read_seed():
    """Intro, sponsor's name, copy and link, and the entries. Titles and addresses are not in the file."""
    paragraphs = [block.strip("\n") for block in SEED.read_text().split("\n\n")]
    start = next(i for i, block in enumerate(paragraphs) if block.startswith("A message from our sponsor, "))
    sponsor = paragraphs[start].removeprefix("A message from our sponsor, ").rstrip(":")
    entries = [Entry()]
    for block in paragraphs[start + 3 :]:
        if block.startswith("Updated:"):
            break
        if block.startswith("\N{NO-BREAK SPACE}"):
            entries[-1].author, _, entries[-1].publication = block.strip().partition(" — ")
            entries.append(Entry())
        else:
            entries[-1].paragraphs.append(block)
    return paragraphs[1], (sponsor, paragraphs[start + 1], paragraphs[start + 2]), entries[:-1]


def words(text):
    """Without the typography that Markdown adds, and without white space."""
    for typographic, plain in (("“", '"'), ("”", '"'), ("’", "'"), ("‘", "'"), ("…", "...")):
        text = text.replace(typographic, plain)
    return "".join(text.split())


def test_seed_issue_from_desk_to_feed(desk, page, live_server, settings):
    settings.COOLING_OFF = timedelta(0)
    intro, (sponsor, copy, link), entries = read_seed()
    assert len(entries) == 8

    open_new_issue(desk, 437)
    expect(desk.get_by_label("Title:").first).to_have_value("SRE Weekly Issue #437")
    expect(desk.locator("#id_slug")).to_have_value("sre-weekly-issue-437")
    desk.locator("#id_intro").fill(intro)
    add_by_popup(desk, "#id_placements-0-sponsor", sponsor)
    desk.locator("#id_placements-0-message").fill(copy)
    desk.locator("#id_placements-0-url").fill(link)
    desk.locator("#id_placements-0-state").select_option("approved")
    known = set()
    for number, entry in enumerate(entries, 1):
        prefix = add_row(desk)
        desk.locator(f"{prefix}-title").fill(f"Plausible title {number}")
        desk.locator(f"{prefix}-url").fill(f"https://articles.example/{number}/?utm_source=feed")
        desk.locator(f"{prefix}-blurb").fill("\n\n".join(entry.paragraphs))
        (choose if entry.author in known else add_by_popup)(desk, f"{prefix}-author_list", entry.author)
        known.add(entry.author)
        if entry.publication:
            add_by_popup(desk, f"{prefix}-publication", entry.publication)
    expect(desk.locator("#articles-7 .markdown-preview p").first).to_be_visible()

    # The third goes before the second, the last before the seventh.
    desk.locator("#articles-2").get_by_role("button", name="Move up").click()
    desk.locator("#id_articles-7-title").press("Alt+ArrowUp")
    order = [0, 2, 1, 3, 4, 5, 7, 6]
    assert row_titles(desk) == [f"Plausible title {i + 1}" for i in order]

    press(desk, "Save and preview")
    expect(desk.frame_locator("iframe").first.get_by_text("Preview — not published")).to_be_visible()
    assert page.request.get("/sre-weekly-issue-437/").status == 404
    desk.goto("/admin/issues/issue/")
    desk.get_by_role("link", name="SRE Weekly Issue #437").click()
    publish_now(desk)
    expect(desk.get_by_text("SRE Weekly Issue #437 is published.")).to_be_visible()

    expected = [intro, f"A message from our sponsor, {sponsor}:", copy, link]
    for i in order:
        entry = entries[i]
        byline = " — ".join(filter(None, [entry.author, entry.publication]))
        expected += [f"Plausible title {i + 1}", "articles.example", *entry.paragraphs, byline]
    page.goto("/sre-weekly-issue-437/")
    on_page = words(page.locator(".entry-content").inner_text()).replace("#", "")  # Links to copy, on the page alone.
    assert on_page == words("".join(expected))
    feed = feedparser.parse(page.request.get("/feed/").body())
    (item,) = feed.entries
    assert item.id == Issue.objects.get().guid == "tag:sreweekly.com,2026:issue-437"
    assert words(lxml.html.fromstring(item.content[0].value).text_content()) == words("".join(expected))
    assert item.link == "https://sreweekly.example/sre-weekly-issue-437/"
