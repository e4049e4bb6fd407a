"""A real issue goes through the desk: it is typed, reordered, published, and read on the page and in the feed."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import feedparser
import lxml.html
import pytest
from playwright.sync_api import expect

from issues.models.issues import Issue
from tests.browser.desk import add_row, choose, create, open_new_issue, press, publish_now, row_titles

SEED = Path(__file__).resolve().parents[3] / "shared" / "data" / "seed" / "issue-437.txt"

pytestmark = pytest.mark.skipif(not SEED.exists(), reason="The seed issue is not available.")


@dataclass
class SeedArticle:
    paragraphs: list[str] = field(default_factory=list)
    author: str = ""
    publication: str = ""


def read_seed():
    """Return the intro; the sponsor's name, message and link; and the articles, which have no titles or addresses."""
    paragraphs = [block.strip("\n") for block in SEED.read_text().split("\n\n")]
    start = next(i for i, block in enumerate(paragraphs) if block.startswith("A message from our sponsor, "))
    sponsor = paragraphs[start].removeprefix("A message from our sponsor, ").rstrip(":")
    articles = [SeedArticle()]
    for block in paragraphs[start + 3 :]:
        if block.startswith("Updated:"):
            break
        if block.startswith("\N{NO-BREAK SPACE}"):
            articles[-1].author, _, articles[-1].publication = block.strip().partition(" — ")
            articles.append(SeedArticle())
        else:
            articles[-1].paragraphs.append(block)
    return paragraphs[1], (sponsor, paragraphs[start + 1], paragraphs[start + 2]), articles[:-1]


def squeeze(text):
    """Return the text without white space and without the typography that Markdown adds."""
    for typographic, plain in (("“", '"'), ("”", '"'), ("’", "'"), ("‘", "'"), ("…", "...")):
        text = text.replace(typographic, plain)
    return "".join(text.split())


def test_seed_issue_from_desk_to_feed(desk, page, live_server, settings):
    settings.COOLING_OFF = timedelta(0)
    intro, (sponsor, copy, link), articles = read_seed()
    assert len(articles) == 8

    open_new_issue(desk, 437)
    expect(desk.get_by_label("Title:").first).to_have_value("SRE Weekly Issue #437")
    expect(desk.locator("#id_slug")).to_have_value("sre-weekly-issue-437")
    desk.locator("#id_intro").fill(intro)
    create(desk, "#id_placements-0-sponsor", sponsor)
    desk.locator("#id_placements-0-message").fill(copy)
    desk.locator("#id_placements-0-url").fill(link)
    desk.locator("#id_placements-0-state").select_option("approved")
    added = set()
    for number, article in enumerate(articles, 1):
        prefix = add_row(desk)
        desk.locator(f"{prefix}-title").fill(f"Plausible title {number}")
        desk.locator(f"{prefix}-url").fill(f"https://articles.example/{number}/?utm_source=feed")
        desk.locator(f"{prefix}-blurb").fill("\n\n".join(article.paragraphs))
        option = f"{article.author} (new)" if article.author in added else f"Create “{article.author}”"
        choose(desk, f"{prefix}-author_list", article.author, option)
        added.add(article.author)
        if article.publication:
            create(desk, f"{prefix}-publication", article.publication)

    # Move the third article before the second, and the last before the seventh.
    desk.locator("#articles-2").get_by_role("button", name="Move up").click()
    desk.locator("#id_articles-7-title").press("Alt+ArrowUp")
    order = [0, 2, 1, 3, 4, 5, 7, 6]
    assert row_titles(desk) == [f"Plausible title {i + 1}" for i in order]

    press(desk, "Previews")
    expect(desk.frame_locator("iframe").first.get_by_text("Preview — not published")).to_be_visible()
    assert page.request.get("/sre-weekly-issue-437/").status == 404
    desk.goto("/admin/issues/issue/")
    desk.get_by_role("link", name="SRE Weekly Issue #437").click()
    publish_now(desk)
    expect(desk.locator(".messagelist .success")).to_be_visible()

    expected = [intro, f"A message from our sponsor, {sponsor}:", copy, link]
    for i in order:
        article = articles[i]
        byline = " — ".join(filter(None, [article.author, article.publication]))
        expected += [f"Plausible title {i + 1}", "articles.example", *article.paragraphs, byline]
    page.goto("/sre-weekly-issue-437/")
    on_page = squeeze(page.locator(".entry-content").inner_text()).replace("#", "")  # The page alone has permalinks.
    assert on_page == squeeze("".join(expected))
    feed = feedparser.parse(page.request.get("/feed/").body())
    (item,) = feed.entries
    assert item.id == Issue.objects.get().guid == "tag:sreweekly.com,2026:issue-437"
    assert squeeze(lxml.html.fromstring(item.content[0].value).text_content()) == squeeze("".join(expected))
    assert item.link == "https://sreweekly.example/sre-weekly-issue-437/"
