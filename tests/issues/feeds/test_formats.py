"""What each format prints of an issue and of an article, and at which address each feed is."""

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import feedparser
import lxml.etree
import lxml.html
import pytest
import time_machine
from PIL import Image
from taggit.models import Tag

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.printing.html import render_html
from tests.issues.feeds import ARTICLE_FEEDS, FEEDS, FORMATS, ISSUE_FEEDS, SUBJECTS
from tests.issues.printing.test_markup_contract import make_sample
from tests.make import make_article, make_author, make_issue, make_placement, make_publication, note_changes

pytestmark = pytest.mark.django_db

SITE = "https://sreweekly.example"
ISSUE = f"{SITE}/sre-weekly-issue-437/"
ATOM = "{http://www.w3.org/2005/Atom}"
PUBLISHED = datetime(2024, 8, 12, 0, 45, tzinfo=UTC)


def parsed(client, feed):
    result = feedparser.parse(client.get(feed).content)
    assert not result.bozo, result.get("bozo_exception")
    return result


def guids(client, feed):
    """Return the guids of a feed in any format."""
    response = client.get(feed)
    if feed.endswith("/json/"):
        return [item["id"] for item in response.json()["items"]]
    return [entry.id for entry in feedparser.parse(response.content).entries]


# Addresses


def test_content_type_and_own_address(client):
    make_sample()
    for feed in FEEDS:
        response = client.get(feed)
        kind = next((kind for kind in ("atom", "json") if feed.endswith(f"/{kind}/")), "rss")
        assert (
            response["Content-Type"] == f"application/{'feed+json' if kind == 'json' else kind + '+xml'}; charset=utf-8"
        )
        if kind == "json":
            assert response.json()["feed_url"] == SITE + feed
        else:
            assert [link.href for link in parsed(client, feed).feed.links if link.rel == "self"] == [SITE + feed]


@pytest.mark.parametrize("form", ["", "atom/"])
def test_browser_gets_the_same_bytes_as_xml_which_it_can_show(client, form):
    make_sample()
    reader, browser = client.get(f"/feed/{form}"), client.get(f"/feed/{form}", headers={"Sec-Fetch-Dest": "document"})
    assert browser["Content-Type"] == "text/xml; charset=utf-8"
    assert "Sec-Fetch-Dest" in reader["Vary"]
    assert (browser.content, browser["ETag"], browser["Vary"]) == (reader.content, reader["ETag"], reader["Vary"])
    etag = {"If-None-Match": reader["ETag"], "Sec-Fetch-Dest": "document"}
    assert client.get(f"/feed/{form}", headers=etag).status_code == 304


def test_formats_hold_the_same_entries(client):
    make_sample()
    for form in FORMATS:
        for feed in ISSUE_FEEDS:
            assert guids(client, feed + form) == ["tag:sreweekly.com,2026:issue-437"]
        for feed in ARTICLE_FEEDS:
            numbers = {"/feed/articles/": [1, 2, 3, 4]}.get(feed, [1])
            assert guids(client, feed + form) == [f"tag:sreweekly.com,2026:issue-437#article-90000{n}" for n in numbers]


def test_feeds_of_a_subject_hold_its_articles_and_issues(client):
    ann, queue = make_author("Ann"), make_publication("Queue")
    first, second = make_issue(), make_issue()
    article = make_article(issue=first, authors=(ann,), publication=queue, tags=("slo",))
    make_article(issue=first)
    make_article(issue=second)
    for subject in ("authors/ann", "publications/queue", "tags/slo"):
        assert guids(client, f"/{subject}/feed/") == [f"{first.guid}#article-{article.pk}"]
        assert guids(client, f"/{subject}/feed/issues/") == [first.guid]


def test_issue_with_two_articles_of_a_tag_is_in_its_feed_once(client):
    issue = make_issue()
    make_article(issue=issue, tags=("slo",))
    make_article(issue=issue, tags=("slo",))
    assert guids(client, "/tags/slo/feed/issues/") == [issue.guid]


def test_articles_are_the_latest_in_print_order(client, settings):
    settings.FEED_ARTICLES = 4
    for day in (1, 3, 2):
        issue = make_issue(number=day, publish_at=datetime(2026, 1, day, tzinfo=UTC))
        for title in ("a", "b"):
            make_article(issue=issue, title=f"{day}{title}")
    assert [entry.title for entry in parsed(client, "/feed/articles/").entries] == ["3a", "3b", "2a", "2b"]


def test_unpublished_article_is_in_no_feed(client):
    ann, queue = make_author("Lorin Hochstein"), make_publication("ACM Queue")
    fields: dict[str, Any] = {"authors": (ann,), "publication": queue, "tags": ("slo",), "title": "Secret"}
    make_article(**fields)
    make_article(issue=make_issue(status="draft", intro="Secret"), **fields)
    make_article(issue=make_issue(publish_at=datetime(2126, 1, 1, tzinfo=UTC), intro="Secret"), **fields)
    feeds = [feed + form for feed in (*ISSUE_FEEDS, *ARTICLE_FEEDS) for form in FORMATS]
    for feed in feeds:
        response = client.get(feed)
        assert response.status_code == (200 if feed.startswith("/feed/") else 404)
        assert b"Secret" not in response.content
    make_article(issue=make_issue(), **{**fields, "title": "Public"})
    for feed in feeds:
        content = client.get(feed).content
        assert (b"Secret" in content, b"Public" in content) == (False, True)


@pytest.mark.parametrize(("folder", "make"), [("authors", make_author), ("publications", make_publication)])
def test_former_address_leads_to_the_same_feed(client, folder, make):
    subject = make("New", previous_slugs=["old"])
    ends = ["", "atom/", "issues/json/"]
    assert {client.get(f"/{folder}/old/feed/{end}").status_code for end in ends} == {404}
    make_article(issue=make_issue(), **({"authors": (subject,)} if folder == "authors" else {"publication": subject}))
    for end in ends:
        response = client.get(f"/{folder}/old/feed/{end}")
        assert (response.status_code, response["Location"]) == (301, f"{SITE}/{folder}/new/feed/{end}")


@pytest.mark.parametrize("query", ["?page=2", "?x=%00", "?format=rss&null", "?" + "a" * 5000, "?%ff=%ff"])
def test_queries_change_nothing(client, query):
    make_sample()
    for feed in ("/feed/", "/feed/articles/atom/", "/tags/slo/feed/json/"):
        plain, asked = client.get(feed), client.get(feed + query)
        assert (asked.status_code, asked.content, asked["ETag"]) == (200, plain.content, plain["ETag"])


@pytest.mark.parametrize("slug", ["nobody", "%00", "日本", "a" * 5000, "..", "%2f", "a%0ab", "%ff"])
def test_feed_of_an_unknown_subject_is_not_found(client, slug):
    for folder in ("authors", "publications", "tags"):
        for end in ("", "json/", "issues/atom/"):
            assert client.get(f"/{folder}/{slug}/feed/{end}").status_code in (400, 404)


@pytest.mark.parametrize("address", ["/feed/xml/", "/feed/atom/json/", "/feed/articles/rss/", "/tags/slo/feed/xml/"])
def test_there_is_no_other_format(client, address):
    make_sample()
    assert client.get(address).status_code == 404


def test_address_without_a_slash_leads_to_the_feed(client):
    assert client.get("/feed/atom")["Location"] == "/feed/atom/"


@pytest.mark.parametrize("count", [1, 3])
def test_feeds_take_a_fixed_number_of_queries(client, django_assert_num_queries, count):
    ann, queue = make_author("Ann"), make_publication("Queue")
    for _ in range(count):
        issue = make_issue(outages=count)
        make_placement(issue)
        for _ in range(count):
            make_article(issue=issue, authors=(ann, make_author()), publication=queue, tags=("slo", "dns"))
    for feed, full, unchanged in [
        ("/feed/", 7, 1),
        ("/feed/json/", 7, 1),
        ("/feed/articles/", 4, 1),
        ("/feed/articles/atom/", 4, 1),
        *((f"/{subject}/feed/", 5, 2) for subject in ("authors/ann", "publications/queue", "tags/slo")),
        *((f"/{subject}/feed/issues/", 8, 2) for subject in ("authors/ann", "publications/queue", "tags/slo")),
    ]:
        with django_assert_num_queries(full):
            etag = client.get(feed)["ETag"]
        with django_assert_num_queries(unchanged):
            assert client.get(feed, headers={"If-None-Match": etag}).status_code == 304


# Atom


def test_atom_feed(client):
    make_sample()
    feed = parsed(client, "/feed/atom/").feed
    assert (feed.title, feed.subtitle) == ("SRE Weekly", "scalability, availability, incident response, automation")
    assert (feed.id, feed.link, feed.author) == (f"{SITE}/feed/atom/", f"{SITE}/", "SRE Weekly")
    root = lxml.etree.fromstring(client.get("/feed/atom/").content)
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en-us"


def test_atom_entry_of_an_issue(client):
    issue = make_sample()
    (entry,) = parsed(client, "/feed/atom/").entries
    assert (entry.id, entry.title, entry.link) == (issue.guid, "SRE Weekly Issue #437", ISSUE)
    assert entry.published == "2024-08-12T00:45:00+00:00"
    assert entry.summary == "This week’s issue is entirely focused on one incident."
    assert [tag.term for tag in entry.tags] == ["on-call", "slo"]
    root = lxml.etree.fromstring(client.get("/feed/atom/").content)
    content = root.find(f"{ATOM}entry/{ATOM}content")
    assert (content.get("type"), content.text) == ("html", render_html(Issue.objects.with_contents().get()))


def test_atom_entry_of_an_article(client):
    make_sample()
    entry = parsed(client, "/feed/articles/atom/").entries[0]
    assert entry.id == "tag:sreweekly.com,2026:issue-437#article-900001"
    assert (entry.title, entry.link) == ("An argument count mismatch", "https://example.com/?a=1&b=2")
    assert [link.href for link in entry.links if link.rel == "related"] == [f"{ISSUE}#article-900001"]
    assert [(author.name, author.href) for author in entry.authors] == [
        ("Lorin Hochstein", f"{SITE}/authors/lorin-hochstein/"),
        ("Betsy Beyer", f"{SITE}/authors/betsy-beyer/"),
    ]


def test_text_that_looks_like_markup_stays_text_in_atom(client):
    issue = make_issue(number=1, title="#1 <b>&amp;</b>", intro="&lt;script>alert(1)&lt;/script>")
    make_article(issue=issue, title="<i>x</i> & y")
    root = lxml.etree.fromstring(client.get("/feed/atom/").content)
    entry = root.find(f"{ATOM}entry")
    assert entry.find(f"{ATOM}title").text == "#1 <b>&amp;</b>"
    assert entry.find(f"{ATOM}summary").text == "<script>alert(1)</script>"
    assert {entry.find(ATOM + name).get("type", "text") for name in ("title", "summary")} == {"text"}


@pytest.mark.parametrize("feed", ["/feed/", "/feed/articles/"])
def test_correction_moves_updated_and_no_guid_or_date_of_publication(client, feed):
    make_sample()
    with time_machine.travel("2031-01-01 00:00Z", tick=False):
        note_changes(Issue.objects.all())
    before = parsed(client, f"{feed}atom/").entries
    Article.objects.update(blurb="Corrected.")
    with time_machine.travel("2032-01-01 00:00Z", tick=False):
        note_changes(Issue.objects.all())
    after = parsed(client, f"{feed}atom/").entries
    assert [entry.updated for entry in after] == ["2032-01-01T00:00:00+00:00"] * len(before)
    assert [(entry.id, entry.published) for entry in after] == [(entry.id, entry.published) for entry in before]


# RSS of articles, and JSON Feed


def test_rss_item_of_an_article(client):
    make_sample()
    root = lxml.etree.fromstring(client.get("/feed/articles/").content)
    item = root.find("channel/item")
    assert item.find("guid").attrib == {"isPermaLink": "false"}
    assert [link.text for link in item.findall("{*}link")] == ["https://example.com/?a=1&b=2"]
    assert [creator.text for creator in item.findall("{http://purl.org/dc/elements/1.1/}creator")] == [
        "Lorin Hochstein",
        "Betsy Beyer",
    ]
    content = lxml.html.fragment_fromstring(item.findtext("{*}encoded"))
    assert content.text_content().split()[:2] == ["First", "paragraph."]
    assert content.xpath("p[last()]/small")[0].text_content() == (
        "Lorin Hochstein and Betsy Beyer — ACM QueueFull disclosure: ACM is my employer."
    )


def test_sponsors_are_in_no_feed_of_articles(client):
    make_sample()
    for form in ("", "atom/", "json/"):
        assert b"FireHydrant" in client.get(f"/feed/{form}").content
        assert b"FireHydrant" not in client.get(f"/feed/articles/{form}").content


def test_json_feed(client):
    make_sample()
    feed = client.get("/feed/json/").json()
    (item,) = feed.pop("items")
    assert feed == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "SRE Weekly",
        "home_page_url": f"{SITE}/",
        "feed_url": f"{SITE}/feed/json/",
        "description": "scalability, availability, incident response, automation",
        "icon": f"{SITE}/icon-512.png",
        "favicon": f"{SITE}/icon-192.png",
        "language": "en-us",
        "authors": [{"name": "SRE Weekly", "url": f"{SITE}/"}],
        "next_url": f"{SITE}/feed/archive/1-1/json/",
    }
    assert item["content_html"] == render_html(Issue.objects.with_contents().get())
    assert (item["url"], item.get("external_url"), item["tags"]) == (ISSUE, None, ["on-call", "slo"])


def test_json_item_of_an_article(client):
    make_sample()
    item = client.get("/feed/articles/json/").json()["items"][0]
    assert (item["url"], item["external_url"]) == (f"{ISSUE}#article-900001", "https://example.com/?a=1&b=2")
    assert item["authors"][1] == {"name": "Betsy Beyer", "url": f"{SITE}/authors/betsy-beyer/"}
    assert datetime.fromisoformat(item["date_published"]) == PUBLISHED
    assert datetime.fromisoformat(item["date_modified"]) == Issue.objects.get().changed_at


@pytest.mark.parametrize("form", FORMATS)
def test_article_without_an_address_links_to_its_entry(client, form):
    article = make_article(issue=make_issue(number=1), url="", title="")
    entry = f"{SITE}/sre-weekly-issue-1/#article-{article.pk}"
    response = client.get(f"/feed/articles/{form}")
    if form == "json/":
        item = response.json()["items"][0]
        found = (item["url"], item["title"])
    else:
        item = feedparser.parse(response.content).entries[0]
        found = (item.link, item.title)
    assert found == (entry, "SRE Weekly Issue #1")


def test_every_address_is_absolute(client):
    make_sample()
    for feed in FEEDS:
        response = client.get(feed)
        if feed.endswith("json/"):
            items = response.json()["items"]
            contents = [item["content_html"] for item in items]
            own = [value for item in items for key, value in item.items() if key.endswith("url")]
        else:
            entries = feedparser.parse(response.content, sanitize_html=False, resolve_relative_uris=False).entries
            contents = [entry.content[0].value for entry in entries]
            own = [link.href for entry in entries for link in entry.links]
        links = [link for html in contents for link in lxml.html.fragment_fromstring(html, "div").xpath(".//@href")]
        assert own
        assert not [link for link in (*own, *links) if not link.startswith(("https://", "http://", "mailto:"))]


def test_control_characters_break_nothing(client):
    bad = "\x01\x08\x0b\x0c\x1f\x7f\ufffe\uffff"
    fields = {"title": f"x{bad}", "blurb": bad, "byline": bad, "disclosure": bad}
    make_article(issue=make_issue(), tags=("t",), authors=(make_author(f"n{bad}"),), **fields)
    for feed in ("/feed/articles/", "/tags/t/feed/atom/", "/feed/articles/json/"):
        content = client.get(feed).content.decode()
        assert not set(bad) & set(content)
        if feed.endswith("json/"):
            assert json.loads(content)["items"][0]["title"] == "x"
        else:
            assert parsed(client, feed).entries[0].title == "x"


def test_feeds_of_an_empty_newsletter_are_valid_and_still(client):
    for feed in (f"/feed/{contents}{form}" for contents in ("", "articles/") for form in FORMATS):
        with time_machine.travel("2031-01-01 00:00Z"):
            first = client.get(feed)
        with time_machine.travel("2032-01-01 00:00Z"):
            second = client.get(feed)
        assert (first.status_code, first.content, first["ETag"]) == (200, second.content, second["ETag"])
        assert first["Last-Modified"] == second["Last-Modified"]
        assert guids(client, feed) == []


# What there is none of


def empty_elements(content):
    """Return the names of elements that hold nothing, without those of which attributes say all."""
    elements = lxml.etree.fromstring(content).iter()
    return {element.tag for element in elements if not len(element) and not element.attrib and not element.text}


@pytest.mark.parametrize("feed", ["/feed/", "/feed/articles/", "/tags/slo/feed/", "/tags/slo/feed/issues/"])
@pytest.mark.parametrize("tagline", ["", "automation"])
def test_feeds_have_no_empty_elements(client, settings, feed, tagline):
    settings.NEWSLETTER_TAGLINE = tagline
    make_issue(articles=1)
    make_issue()  # With neither intro nor articles.
    make_article(issue=make_issue(), title="", blurb="", url="", tags=("slo",))
    for article in Article.objects.all()[:1]:
        article.authorships.all().delete()
    assert empty_elements(client.get(feed).content) == set()
    assert empty_elements(client.get(f"{feed}atom/").content) == set()
    document = client.get(f"{feed}json/").json()
    assert [name for part in (document, *document["items"]) for name, value in part.items() if not value] == []


def test_json_item_of_an_empty_issue_has_its_title_as_text(client):
    issue = make_issue()
    item = client.get("/feed/json/").json()["items"][0]
    assert ("content_html" in item, item["content_text"]) == (False, issue.title)


# Pictures


def test_rss_has_an_image_with_the_words_of_the_channel(client):
    make_sample()
    for feed in ("/feed/", "/authors/lorin-hochstein/feed/"):
        channel = lxml.etree.fromstring(client.get(feed).content).find("channel")
        image = {element.tag: element.text for element in channel.find("image")}
        assert image == {
            "url": f"{SITE}/icon-192.png",
            "title": channel.findtext("title"),
            "link": channel.findtext("link"),
        }


def test_atom_has_a_square_icon_and_a_wide_logo(client):
    make_sample()
    feed = lxml.etree.fromstring(client.get("/feed/atom/").content)
    for name, shape in (("icon", 1), ("logo", 2)):
        (address,) = [element.text for element in feed.iter(f"{ATOM}{name}")]
        width, height = Image.open(BytesIO(client.get(address.removeprefix(SITE)).content)).size
        assert round(width / height) == shape


def test_json_feed_has_two_square_icons(client):
    feed = client.get("/feed/json/").json()
    for name, least in (("icon", 512), ("favicon", 64)):
        width, height = Image.open(BytesIO(client.get(feed[name].removeprefix(SITE)).content)).size
        assert width == height >= least


# Identity


def test_no_setting_changes_a_guid(client, settings):
    make_sample()
    feeds = [f"/feed/{contents}{form}" for contents in ("", "articles/") for form in FORMATS]
    before = [guids(client, feed) for feed in feeds]
    settings.GUID_AUTHORITY, settings.SITE_URL = "other.example,2030", "https://other.example"
    assert [guids(client, feed) for feed in feeds] == before


def test_articles_of_imported_issues_have_guids_of_their_own(client):
    article = make_article(issue=make_issue(guid="https://sreweekly.com/?p=300"))
    assert guids(client, "/feed/articles/") == [f"https://sreweekly.com/?p=300#article-{article.pk}"]


def test_renaming_a_tag_moves_both_validators(client):
    make_sample()
    feeds = ("/feed/", "/feed/articles/", "/tags/slo/feed/", "/tags/slo/feed/issues/")
    before = {feed: client.get(feed) for feed in feeds}
    Tag.objects.filter(slug="slo").update(name="Objectives")
    with time_machine.travel("2031-01-01 00:00Z", tick=False):
        note_changes(Issue.objects.all())
    for feed in feeds:
        after = client.get(feed)
        assert {before[feed]["ETag"], before[feed]["Last-Modified"]}.isdisjoint({after["ETag"], after["Last-Modified"]})
        assert b"Objectives" in after.content


# Pages that name feeds


def alternates(client, address):
    links = lxml.html.fromstring(client.get(address).content.decode()).xpath(
        "//head/link[@rel='alternate'][contains(@href, '/feed/')]"
    )
    return {link.get("href").removeprefix(SITE): (link.get("type"), link.get("title")) for link in links}


def test_pages_name_the_feeds_of_the_site(client):
    make_sample()
    for address in ("/archive/", "/sre-weekly-issue-437/"):
        found = alternates(client, address)
        assert list(found) == [f"/feed/{contents}{form}" for contents in ("", "articles/") for form in FORMATS]
        assert found["/feed/"] == ("application/rss+xml", "SRE Weekly")
        assert found["/feed/articles/json/"] == ("application/feed+json", "SRE Weekly: articles (JSON Feed)")


def test_pages_of_a_subject_name_its_feeds_too(client):
    make_sample()
    for subject in SUBJECTS:
        found = alternates(client, f"/{subject}/")
        own = [f"/{subject}/feed/{contents}{form}" for contents in ("", "issues/") for form in FORMATS]
        assert [feed for feed in found if feed.startswith(f"/{subject}/")] == own
        assert {client.get(feed).status_code for feed in found} == {200}
