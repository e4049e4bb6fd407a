"""At least ten public programs read these class names and this nesting: readers' scrapers, translators, Slack bots.

Nothing here may be loosened. A comment in each test quotes the expressions of the programs that need it.
"""

from datetime import UTC, datetime

import lxml.etree
import lxml.html
import pytest
from django.test import Client

from issues.models.issues import Issue
from tests.make import (
    make_article,
    make_author,
    make_correction,
    make_issue,
    make_placement,
    make_publication,
    make_sponsor,
)

pytestmark = pytest.mark.django_db

CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


def make_sample() -> Issue:
    """One of everything that an issue can print, with fixed keys."""
    lorin, betsy = make_author("Lorin Hochstein"), make_author("Betsy Beyer")
    queue = make_publication("ACM Queue")
    issue = make_issue(
        number=437,
        intro="This week’s issue is *entirely* focused on one incident.",
        publish_at=datetime(2024, 8, 12, 0, 45, tzinfo=UTC),
    )
    make_placement(issue, sponsor=make_sponsor("FireHydrant"), url="https://firehydrant.example/?a=1&utm_source=x")
    blurb = "First paragraph.\n\n> A quote.\n\n- one\n- two\n\n1. a\n\nLast paragraph, with a [link](/archive/)."
    make_article(
        pk=900_001,
        issue=issue,
        title="An argument count mismatch",
        url="https://example.com/?a=1&b=2",
        blurb=blurb,
        authors=(lorin, betsy),
        publication=queue,
        tags=("slo", "on-call"),
        disclosure="Full disclosure: ACM is my employer.",
    )
    make_article(
        pk=900_002,
        issue=issue,
        title="Stop, please",
        blurb="",
        url="http://example.com/2",
        byline="Tina Huang (CTO, Transposit) — Forbes",
    )
    make_article(pk=900_003, issue=issue, section="outages", title="Slack", url="https://example.com/3", blurb="")
    make_article(
        pk=900_004,
        issue=issue,
        section="outages",
        title="GitHub",
        url="https://example.com/4",
        blurb="Also [this one](https://example.com/5).",
    )
    make_correction(issue, "The *first* name was wrong.", made_at=datetime(2024, 8, 13, 12, 0, tzinfo=UTC))
    issue.articles.get(pk=900_003).credit([])
    issue.articles.get(pk=900_004).credit([])
    return issue


def on_page(address="/sre-weekly-issue-437/"):
    page = lxml.html.fromstring(Client().get(address).content.decode())
    return page.xpath("//main[@id='content']//div[@class='entry-content cf']")[0]


def in_feed():
    item = lxml.etree.fromstring(Client().get("/feed/").content).find("channel/item")
    # Without html or body: a reader puts it into its own page.
    return lxml.html.fragment_fromstring(item.findtext(CONTENT), create_parent="section")


@pytest.fixture(params=[on_page, in_feed])
def contents(request):
    """The element with the parts of the issue as children, in both places where programs get it."""
    make_sample()
    return request.param()


def test_home_holds_the_same_markup_as_the_page():
    make_sample()
    home, page = (lxml.html.tostring(contents, with_tail=False).split() for contents in (on_page("/"), on_page()))
    assert home == page


def test_parts_are_in_print_order(contents):
    assert [(part.tag, part.get("class")) for part in contents] == [
        ("p", None),
        ("div", "sreweekly-sponsor-message"),
        ("div", "sreweekly-entry"),
        ("div", "sreweekly-entry"),
        ("h2", None),
        ("ul", "sreweekly-outages"),
        ("div", "sreweekly-correction"),
    ]


def test_title_link_is_a_direct_child(contents):
    # able8/weekly: ".sreweekly-title>a"; ITLinksBot: "div[contains(@class,'sreweekly-title')]/a"
    links = contents.xpath("div[@class='sreweekly-entry']/div[@class='sreweekly-title']/a")
    assert [(link.get("href"), link.text) for link in links] == [
        ("https://example.com/?a=1&b=2", "An argument count mismatch"),
        ("http://example.com/2", "Stop, please"),
    ]


def test_host_stands_between_title_and_description(contents):
    # Programs take the title's and the description's text; this is in neither.
    entry = contents.xpath("div[@class='sreweekly-entry']")[0]
    assert [child.get("class") for child in entry][:3] == ["sreweekly-title", "sreweekly-host", "sreweekly-description"]
    assert entry[1].text_content() == "example.com"


def test_no_title_stands_outside_an_entry(contents):
    # A program once took .sreweekly-title in a mail's header for an article.
    assert len(contents.xpath(".//*[contains(@class, 'sreweekly-title')]")) == 2
    assert len(contents.xpath(".//*[contains(@class, 'sreweekly-entry')]")) == 2


def test_title_is_the_first_link_of_its_entry(contents):
    # A Slack bot: entry.find("a").get("href")
    assert [entry.xpath(".//a")[0].get("href") for entry in contents.xpath("div[@class='sreweekly-entry']")] == [
        "https://example.com/?a=1&b=2",
        "http://example.com/2",
    ]


def test_blurb_is_direct_children_of_the_description(contents):
    # able8/weekly: ".sreweekly-description>p"
    first, second = contents.xpath("div[@class='sreweekly-entry']/div[@class='sreweekly-description']")
    assert [child.tag for child in first] == ["p", "blockquote", "ul", "ol", "p", "p"]
    assert first[0].text_content() == "First paragraph."
    assert [child.tag for child in second] == ["p"]


def test_byline_is_small_print_in_the_last_paragraph(contents):
    # Daily-Read: desc.find("small"); a Slack bot takes the last p for the author's.
    bylines = contents.xpath(".//div[@class='sreweekly-description']/p[last()]/small")
    assert [byline.text_content() for byline in bylines] == [
        "Lorin Hochstein and Betsy Beyer — ACM QueueFull disclosure: ACM is my employer.",
        "Tina Huang (CTO, Transposit) — Forbes",
    ]


def test_disclosure_follows_a_line_break_in_the_same_small_print(contents):
    (line_break,) = contents.xpath(".//div[@class='sreweekly-description']//small/br")
    assert line_break.tail == "Full disclosure: ACM is my employer."


def test_there_is_no_other_small_print(contents):
    assert [len(entry.xpath(".//small")) for entry in contents.xpath("div[@class='sreweekly-entry']")] == [1, 1]


def test_tags_are_outside_the_description(contents):
    # Programs take the description's text for the blurb.
    tags = contents.xpath("div[@class='sreweekly-entry']/div[@class='sreweekly-tags']/a")
    assert [(tag.text_content(), tag.get("rel")) for tag in tags] == [("on-call", "tag"), ("slo", "tag")]


def test_sponsor_message_is_outside_the_entries(contents):
    (message,) = contents.xpath(".//div[@class='sreweekly-sponsor-message']")
    assert message.getparent() is contents
    assert [paragraph.text_content() for paragraph in message] == [
        "A message from our sponsor, FireHydrant:",
        "Our product keeps systems up.",
        "https://firehydrant.example/?a=1&utm_source=x",
    ]


def test_sponsor_message_is_labelled_for_screen_readers(contents):
    (message,) = contents.xpath("div[@class='sreweekly-sponsor-message']")
    assert (message.get("role"), message.get("aria-label")) == ("region", "Sponsor")


def test_sponsor_link_shows_its_bare_address(contents):
    (link,) = contents.xpath("div[@class='sreweekly-sponsor-message']/p/a")
    assert link.get("href") == link.text == "https://firehydrant.example/?a=1&utm_source=x"
    assert link.get("rel") == "sponsored"


def test_outages_are_a_list_with_nested_notes(contents):
    # able8/weekly: ".entry-content.cf>.sreweekly-outages>li", then "li" inside it
    bare, noted = contents.xpath("ul[@class='sreweekly-outages']/li")
    assert (bare.find("a").text, bare.findall(".//li")) == ("Slack", [])
    assert noted.find("a").get("href") == "https://example.com/4"
    assert noted.find("ul/li").text_content().strip() == "Also this one."


def test_every_address_is_absolute(contents):
    addresses = contents.xpath(".//@href")
    assert all(address.startswith(("https://", "http://")) for address in addresses)
    assert "https://sreweekly.example/archive/" in addresses


def test_no_heading_announces_the_articles(contents):
    assert contents.xpath(".//h1 | .//h2/text() | .//h3") == ["Outages"]


@pytest.mark.parametrize("address", ["/sre-weekly-issue-437/", "/"])
def test_every_article_has_an_address_to_copy_on_the_page(client, address):
    make_sample()
    page = lxml.html.fromstring(client.get(address).content.decode())
    assert [
        (link.get("href"), link.get("aria-label")) for link in page.xpath("//*[@class='sreweekly-permalink']/a")
    ] == [
        (f"https://sreweekly.example/sre-weekly-issue-437/#article-{key}", f"Link to “{title}”")
        for key, title in (
            (900_001, "An argument count mismatch"),
            (900_002, "Stop, please"),
            (900_003, "Slack"),
            (900_004, "GitHub"),
        )
    ]
    assert {f"article-{key}" for key in range(900_001, 900_005)} <= set(page.xpath("//@id"))


def test_feed_has_no_links_to_copy(client):
    make_sample()
    assert not in_feed().xpath(".//*[@class='sreweekly-permalink']")


@pytest.mark.parametrize("address", ["/sre-weekly-issue-437/", "/"])
def test_theme_names_the_issue_and_its_dates(client, address):
    # able8/weekly: "#content article header a", ".updated"; ITLinksBot: "//article", ".//header//a",
    # ".//div[contains(@class,'entry-date')]", read by DateTime.Parse; a shell script: "h2 a"
    make_sample()
    (article,) = lxml.html.fromstring(client.get(address).content.decode()).xpath("//*[@id='content']//article")
    link = article.xpath("header/h1/a | header/h2/a")[0]
    assert (link.get("href"), link.text) == ("https://sreweekly.example/sre-weekly-issue-437/", "SRE Weekly Issue #437")
    assert article.xpath("string(header/div[@class='entry-date'])").strip() == "August 11, 2024"


def test_updated_is_printed_as_wordpress_did(client):
    issue = make_sample()
    Issue.objects.filter(pk=issue.pk).update(updated_at=datetime(2024, 8, 12, 4, 9, tzinfo=UTC))
    page = lxml.html.fromstring(client.get("/sre-weekly-issue-437/").content.decode())
    assert page.xpath("string(//*[@id='content']//*[@class='updated'])") == "Updated: August 12, 2024 - 12:09 am"
