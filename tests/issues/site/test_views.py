from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import lxml.html
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from issues.models.addresses import Address
from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from issues.site import views
from issues.site.views import ARTICLES_PER_PAGE
from tests.issues.printing.test_markup_contract import make_sample
from tests.make import (
    make_article,
    make_author,
    make_editor,
    make_issue,
    make_page,
    make_placement,
    make_publication,
    note_changes,
)
from text.newsletter import Link

pytestmark = pytest.mark.django_db

SITE = "https://sreweekly.example"
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
PUBLIC = [
    *("/", "/archive/", "/sre-weekly-issue-437/", "/feed/", "/about/"),
    *("/authors/", "/authors/lorin-hochstein/", "/publications/", "/publications/acm-queue/", "/tags/", "/tags/slo/"),
    "/archive/2024/",
]
LISTS = ["/authors/ann-lee/", "/publications/acm-queue/", "/tags/slo/"]
INDEXES = ["/authors/", "/publications/", "/tags/"]
PAGES = [address for address in PUBLIC if address != "/feed/"]
# Elements that have no end tag: HTML, section 13.1.2.
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def tree(response):
    return lxml.html.fromstring(response.content.decode())


def texts(client, address, path):
    response = client.get(address)
    assert response.status_code == 200
    return [element.text_content().strip() for element in tree(response).xpath(path)]


def make_credits(**issue):
    """An issue with one article that has an author, a publication and a tag of its own."""
    made = make_issue(**issue)
    author, publication = make_author("Ann Lee"), make_publication("ACM Queue")
    return make_article(issue=made, title="Only one", authors=(author,), publication=publication, tags=("slo",))


@pytest.fixture
def site():
    """One page of every kind that readers can open."""
    make_sample()
    make_page()


# Queries


@pytest.mark.parametrize("count", [2, 4])
def test_pages_take_a_fixed_number_of_queries(client, django_assert_num_queries, count):
    make_page()
    author, publication = make_author("Ann Lee"), make_publication("ACM Queue")
    for _ in range(count):
        issue = make_issue(articles=count, outages=count)
        make_placement(issue)
        for _ in range(count):
            make_article(issue=issue, authors=(author, make_author()), publication=publication, tags=("slo", "dns"))
    for address, queries in [
        ("/", 10),
        *((address, 5) for address in ("/archive/", f"/archive/{timezone.localtime().year}/")),
        ("/archive/?number=1", 1),
        ("/archive/?number=99", 6),
        ("/sre-weekly-issue-1/", 9),
        *((f"/{folder}/", 2) for folder in ("authors", "publications", "tags")),
        *((address, 6) for address in LISTS),
        ("/about/", 3),
        ("/nothing/", 4),
    ]:
        with django_assert_num_queries(queries):
            client.get(address)


# Rules for every page


@pytest.mark.parametrize("address", PUBLIC)
def test_readers_get_no_cookie_and_pages_that_a_cdn_may_keep(client, site, address):
    response = client.get(address)
    assert response.status_code == 200
    assert not response.cookies
    # A feed that is opened like a page is another document: issues/feeds/views.py.
    assert response["Vary"] == ("Sec-Fetch-Dest, Accept-Encoding" if address == "/feed/" else "Accept-Encoding")
    assert response["Cache-Control"] == (
        "public, max-age=300, s-maxage=300, stale-while-revalidate=60, stale-if-error=604800"
    )
    assert (client.head(address).status_code, client.post(address).status_code) == (200, 405)


def test_editors_get_the_same_bytes_as_readers(client, site):
    editors = Client()
    editors.force_login(make_editor())
    for address in PUBLIC:
        assert editors.get(address).content == client.get(address).content


@pytest.mark.parametrize("address", [*PAGES, "/nothing/"])
def test_pages_are_well_formed(client, site, address):
    page = client.get(address).content.decode()
    problems = []

    class Checker(HTMLParser):
        open: list[str] = []

        def handle_starttag(self, tag, attributes):
            if len(attributes) != len(dict(attributes)):
                problems.append(f"attribute given twice in {tag}")
            if tag not in VOID:
                self.open.append(tag)

        def handle_endtag(self, tag):
            if not self.open or self.open.pop() != tag:
                problems.append(f"</{tag}> at {self.getpos()}")

    checker = Checker()
    checker.feed(page)
    ids = tree(client.get(address)).xpath("//@id")
    assert (problems, checker.open, sorted(set(ids))) == ([], [], sorted(ids))


def test_pages_name_themselves_and_the_feed(client, site):
    for address in (*PAGES, "/nothing/"):
        page = tree(client.get(address))
        assert page.get("lang") == "en"
        assert page.findtext("head/title").endswith(("SRE Weekly", "automation"))
        assert page.xpath("//link[@rel='alternate'][@type='application/rss+xml']/@href")[0] == f"{SITE}/feed/"
        assert page.xpath("//link[@rel='search']/@href") == ["/opensearch.xml"]
        assert len(page.xpath("//h1")) == 1
        assert page.xpath("//footer/p/text()")[-1] == "A production of Tinker Tinker Tinker, LLC"
        assert page.xpath("//a[@class='skip']/@href") == ["#content"]


def test_pages_have_one_address_and_load_nothing_from_other_sites(client, site):
    for address in PAGES:
        page = tree(client.get(f"{address}?utm_source=x"))
        assert page.xpath("//link[@rel='canonical']/@href") == [f"https://sreweekly.example{address}"]
        # JSON-LD is data: it is written as a script that no browser runs.
        assert not page.xpath("//script[not(@type='application/ld+json')] | //img | //iframe | //style | //@style")
        assert page.xpath("//link[@rel='stylesheet']/@href") == ["/static/site.css"]


def test_navigation_marks_the_page_that_is_being_read(client, site):
    for address, names in (("/", ["Home"]), ("/archive/", ["Archive"]), ("/about/", ["About"]), ("/tags/slo/", [])):
        marked = tree(client.get(address)).xpath("//nav[@aria-label='Site']//a[@aria-current='page']")
        assert [link.text for link in marked] == names


# Another newsletter is a configuration


def test_configured_name_links_and_logo_are_printed(client, settings):
    settings.NEWSLETTER_NAME, settings.NEWSLETTER_TAGLINE = "Tea Weekly", "leaves & water"
    settings.NEWSLETTER_LOGO = "/static/tea.svg"
    settings.NEWSLETTER_PAGES = [Link("Who", "/who/")]
    settings.NEWSLETTER_SUBSCRIBE = [Link("Mail", "https://mail.example/")]
    settings.NEWSLETTER_LINKS = [Link("Mastodon", "https://social.example/@tea"), Link("Sponsors", "/sponsors/")]
    settings.NEWSLETTER_FOOTER = "Made with *water*."
    settings.NEWSLETTER_PROMISE = "Eight teas a week."
    make_page(slug="who")
    make_page(slug="sponsors")
    page = tree(client.get("/"))
    assert page.xpath("normalize-space(//h1)") == page.xpath("normalize-space(//header//a)") == "Tea Weekly"
    assert page.xpath("//*[@class='promise']/text()") == ["Eight teas a week."]
    assert page.xpath("//header//img/@src") == ["/static/tea.svg"]
    assert page.xpath("//nav[@aria-label='Site']//a/@href")[-1] == "/who/"
    assert page.xpath("//ul[@aria-label='Subscribe']//a/@href") == ["https://mail.example/", "/feed/"]
    assert [(a.get("href"), a.get("rel")) for a in page.xpath("//footer//a")] == [
        ("/feed/", None),
        ("https://social.example/@tea", "me"),
        ("/sponsors/", None),
        ("/data/", None),
    ]
    assert page.xpath("//footer//em/text()") == ["water"]


def test_configured_colours_are_a_stylesheet_of_their_own(client, settings):
    settings.NEWSLETTER_ACCENT, settings.NEWSLETTER_ACCENT_DARK = "#7a1f5c", "#f0a6d4"
    address = tree(client.get("/")).xpath("//link[@rel='stylesheet']/@href")[-1]
    response = client.get(address)
    assert (address.partition("?")[0], response["Content-Type"]) == ("/theme.css", "text/css; charset=utf-8")
    assert response.content.decode().split("\n")[:3] == [
        ":root { --accent: #7a1f5c; }",
        "@media screen and (prefers-color-scheme: dark) {",
        "  :root { --accent: #f0a6d4; }",
    ]


def test_new_colours_have_a_new_address(client, settings):
    addresses = set()
    for settings.NEWSLETTER_ACCENT in ("#7a1f5c", "#1f5c7a"):
        addresses |= set(tree(client.get("/")).xpath("//link[@rel='stylesheet']/@href"))
    assert len(addresses) == 3


# Home


def test_home_of_an_empty_newsletter_is_friendly(client):
    assert texts(client, "/", "//main/p") == ["The first issue is being written. Come back soon."]


def test_home_prints_the_latest_issue_whole(client):
    make_issue(articles=1)
    make_issue(articles=2)
    assert len(texts(client, "/", "//div[@class='sreweekly-entry']")) == 2


def test_home_lists_the_five_before_it(client):
    for day in range(1, 9):
        make_issue(number=day, publish_at=datetime(2026, 1, day, 12, tzinfo=UTC))
    rows = rows_of(client, "/")
    assert rows[0] == ("#7", "SRE Weekly Issue #7", "Jan 7")
    assert [number for number, *_ in rows] == ["#7", "#6", "#5", "#4", "#3"]


def test_home_says_how_to_follow_it_and_since_when_it_is_there(client, settings):
    settings.NEWSLETTER_SUBSCRIBE = [Link("Mail", "https://mail.example/")]
    for year in (2024, 2026):
        make_issue(publish_at=datetime(year, 7, 1, tzinfo=UTC))
    above, below = tree(client.get("/")).xpath("//div[starts-with(@class, 'follow')]")
    for section in (above, below):
        assert section.xpath("ul[@aria-label='Subscribe']//a/@href") == ["https://mail.example/", "/feed/"]
    assert above.xpath("p//a[@href='/archive/']/text()") == ["2 issues since 2024"]


def test_home_has_one_way_to_follow_before_the_first_issue(client):
    assert len(tree(client.get("/")).xpath("//ul[@aria-label='Subscribe']")) == 1


# Archive


def rows_of(client, address):
    """Return number, headline and day of each issue in a list."""
    rows = tree(client.get(address)).xpath("//ol[@class='issues']/li")
    paths = ("a/b", "a/bdi", "span[@class='date']")
    return [tuple(row.xpath(f"string({path})") for path in paths) for row in rows]


def test_archive_of_an_empty_newsletter_is_friendly(client):
    assert texts(client, "/archive/", "//main/p") == ["The first issue is being written. Come back soon."]


def test_archive_lists_every_issue_by_year_of_new_york(client):
    make_issue(number=1, publish_at=datetime(2024, 12, 31, 12, tzinfo=UTC))
    make_issue(number=2, publish_at=datetime(2025, 1, 1, 1, 45, tzinfo=UTC))  # Still 2024 there.
    make_issue(number=3, publish_at=datetime(2025, 1, 6, 1, 45, tzinfo=UTC))
    assert texts(client, "/archive/", "//main//h2 | //ol[@class='issues']//b") == ["2025", "#3", "2024", "#2", "#1"]
    assert [number for number, *_ in rows_of(client, "/archive/2024/")] == ["#2", "#1"]
    assert rows_of(client, "/archive/2025/") == [("#3", "SRE Weekly Issue #3", "Jan 5")]


def test_archive_shows_what_an_issue_leads_with(client):
    issue = make_issue(number=1, outages=1)
    for title, tags in (
        ("", ()),
        ("One", ("slo",)),
        ("Two", ("dns", "slo")),
        ("Three", ()),
        ("Four", ()),
        ("Five", ()),
    ):
        make_article(issue=issue, title=title, tags=tags)
    assert rows_of(client, "/archive/")[0][:2] == ("#1", "One")
    (row,) = tree(client.get("/archive/")).xpath("//ol[@class='issues']/li/p")
    assert " ".join(row.text_content().split()) == "Two · Three · and 2 more slo, dns"


def test_archive_keeps_unusual_titles(client):
    issue = make_issue(number=500, title="SRE Weekly Issue #500: the <big> one", slug="five-hundred")
    make_article(issue=issue, title="First")
    (row,) = tree(client.get("/archive/")).xpath("//ol[@class='issues']/li")
    assert (row.xpath("a/@href"), row.xpath("a/bdi/text()")) == (["/five-hundred/"], [issue.title])
    assert row.xpath("p/bdi/text()") == ["First"]


def test_archive_shows_the_latest_and_leads_to_every_year(client):
    for year in (2024, 2026):
        make_issue(publish_at=datetime(year, 7, 1, tzinfo=UTC))
    page = tree(client.get("/archive/2024/"))
    assert page.xpath("//nav[@aria-label='Years']//a/@href") == ["/archive/2026/", "/archive/2024/"]
    assert page.xpath("//nav[@aria-label='Years']//a[@aria-current]/text()") == ["2024"]
    assert page.xpath("//link[@rel='canonical']/@href") == [f"{SITE}/archive/2024/"]


def test_archive_is_bounded(client, monkeypatch):
    monkeypatch.setattr(views, "LATEST_ISSUES", 2)
    for _ in range(3):
        make_issue()
    assert [number for number, *_ in rows_of(client, "/archive/")] == ["#3", "#2"]


@pytest.mark.parametrize("year", ["2023", "2100", "0000", "02024", "٢٠٢٤"])
def test_year_without_a_published_issue_is_not_found(client, year):
    make_issue(publish_at=datetime(2024, 7, 1, tzinfo=UTC))
    make_issue(status="draft", publish_at=datetime(2023, 7, 1, tzinfo=UTC))
    make_issue(publish_at=FUTURE)
    assert client.get(f"/archive/{year}/").status_code == 404


@pytest.mark.parametrize("number", ["437", "%23437", " 437 ", "0437"])
def test_number_leads_to_the_issue(client, number):
    make_issue(number=437, slug="special")
    response = client.get(f"/archive/?number={number}")
    assert (response.status_code, response["Location"], bool(response.cookies)) == (302, "/special/", False)


@pytest.mark.parametrize("number", ["438", "439", "440", "", "x", "-1", "1.5", "9" * 5000, "٤٣٧", "%00", "<b>"])
def test_unknown_number_is_answered_with_the_archive(client, number):
    make_issue(number=437)
    make_issue(number=438, status="draft")
    make_issue(number=439, publish_at=FUTURE)
    response = client.get(f"/archive/?number={number}")
    page = tree(response)
    assert (response.status_code, len(page.xpath("//main//*[@role='alert']"))) == (404, 1)
    assert page.xpath("//input[@name='number']/@aria-describedby") == page.xpath("//*[@role='alert']/@id")
    assert page.xpath("//ol[@class='issues']/li/a/@href") == ["/sre-weekly-issue-437/"]
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]


def test_archive_offers_the_most_frequent_tags_of_its_issues(client):
    make_article(issue=make_issue(publish_at=datetime(2020, 1, 1, tzinfo=UTC)), tags=("old",))
    issue = make_issue(publish_at=datetime(2024, 7, 1, tzinfo=UTC))
    for tags in (("dns",), ("slo", "dns"), ("++",)):
        make_article(issue=issue, tags=tags)
    assert texts(client, "/archive/2024/", "//nav[@aria-label='Tags']//a") == ["dns", "slo", "all tags"]


def test_home_archive_and_missing_pages_have_fields_for_words_and_numbers(client):
    make_issue()
    make_issue()
    for address in ("/", "/archive/", "/nothing/"):
        page = tree(client.get(address))
        (form,) = page.xpath("//form[@role='search']")
        assert (form.get("action"), form.get("method"), form.xpath("input/@name")) == ("/search/", None, ["q"])
        (form,) = page.xpath("//form[not(@role)]")
        assert (form.get("action"), form.get("method"), form.xpath("input/@name")) == ("/archive/", None, ["number"])


# Issues and their addresses


def test_issue_is_found_by_its_stored_address(client):
    make_issue(number=4, slug="sre-weekly-issue-4-2")
    assert client.get("/sre-weekly-issue-4-2/").status_code == 200
    assert client.get("/sre-weekly-issue-4/")["Location"] == "/sre-weekly-issue-4-2/"


def test_previous_address_redirects_for_ever(client):
    issue = make_issue(slug="new")
    Address.objects.add_former(issue, "old")
    assert_redirects(client, "/old/", "/new/")


def test_previous_address_of_a_draft_does_not_redirect(client):
    for issue in (make_issue(slug="draft", status="draft"), make_issue(slug="future", publish_at=FUTURE)):
        Address.objects.add_former(issue, f"old-{issue.slug}")
    assert client.get("/old-draft/").status_code == client.get("/old-future/").status_code == 404


def assert_redirects(client, address, target):
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (301, target)


def test_issue_links_to_its_neighbours(client):
    for day in (1, 2, 3):
        make_issue(number=day, publish_at=datetime(2026, 1, day, tzinfo=UTC))
    neighbours = tree(client.get("/sre-weekly-issue-2/")).xpath("//nav[@aria-label='Issues']/a")
    assert [(a.get("rel"), a.get("href")) for a in neighbours] == [
        ("prev", "/sre-weekly-issue-1/"),
        ("next", "/sre-weekly-issue-3/"),
    ]


def test_neighbours_of_one_moment_are_told_apart_by_number(client):
    now = timezone.now()
    for number in (2, 1, 3):
        make_issue(number=number, publish_at=now)
    assert texts(client, "/sre-weekly-issue-1/", "//nav/a[@rel='next']") == ["Next SRE Weekly Issue #2"]
    assert texts(client, "/sre-weekly-issue-3/", "//nav/a[@rel='prev']") == ["Previous SRE Weekly Issue #2"]


def test_neighbours_show_what_is_inside(client):
    for day, title in ((1, "Before"), (2, "Present"), (3, "After")):
        make_article(issue=make_issue(number=day, publish_at=datetime(2026, 1, day, tzinfo=UTC)), title=title)
    assert texts(client, "/sre-weekly-issue-2/", "//nav[@aria-label='Issues']/a/b") == ["Before", "After"]


def test_changed_headline_of_a_neighbour_is_shown_at_once(client):
    for day in (1, 2):
        make_issue(number=day, publish_at=datetime(2026, 1, day, tzinfo=UTC), articles=1)
    note_changes()
    client.get("/sre-weekly-issue-2/")
    Issue.objects.get(number=1).articles.update(title="Another")
    assert texts(client, "/sre-weekly-issue-2/", "//nav[@aria-label='Issues']/a/b") == ["Another"]


def test_drafts_and_scheduled_issues_are_no_neighbours(client):
    make_issue(number=1, status="draft", publish_at=datetime(2026, 1, 1, tzinfo=UTC))
    make_issue(number=2, publish_at=datetime(2026, 1, 2, tzinfo=UTC))
    make_issue(number=3, publish_at=FUTURE)
    assert texts(client, "/sre-weekly-issue-2/", "//nav[@aria-label='Issues']") == []


def test_issue_describes_itself_to_search_engines(client):
    make_issue(number=1, intro='The "best" issue.')
    page = tree(client.get("/sre-weekly-issue-1/"))
    assert page.xpath("//meta[@name='description']/@content") == ["The “best” issue."]


@pytest.mark.parametrize(
    ("updated_at", "printed"),
    [
        (datetime(2024, 8, 12, 4, 9, tzinfo=UTC), "August 12, 2024 - 12:09 am"),
        (datetime(2025, 1, 13, 1, 45, tzinfo=UTC), "January 12, 2025 - 8:45 pm"),
        # The hour that winter begins is there twice.
        (datetime(2024, 11, 3, 6, 30, tzinfo=UTC), "November 3, 2024 - 1:30 am"),
    ],
)
def test_updated_is_in_new_york_time(client, updated_at, printed):
    make_issue(number=1, publish_at=datetime(2023, 1, 1, tzinfo=UTC))
    Issue.objects.update(updated_at=updated_at)
    page = tree(client.get("/sre-weekly-issue-1/"))
    assert page.xpath("string(//*[@class='updated'])") == f"Updated: {printed}"
    assert page.xpath("string(//*[@class='updated']/..)").strip().endswith((" EDT", " EST"))
    assert datetime.fromisoformat(page.xpath("//*[@class='updated']/time/@datetime")[0]) == updated_at


def test_date_is_of_new_york_and_its_machine_readable_form_of_utc(client):
    make_issue(number=1, publish_at=datetime(2024, 11, 3, 5, 30, tzinfo=UTC))
    page = tree(client.get("/sre-weekly-issue-1/"))
    assert page.xpath("string(//div[@class='entry-date'])") == "November 3, 2024"
    assert page.xpath("//div[@class='entry-date']/time/@datetime") == ["2024-11-03T05:30Z"]


def test_issue_written_ahead_was_updated_when_it_came_out(client):
    make_issue(number=1, publish_at=datetime(2024, 8, 12, 0, 45, tzinfo=UTC))
    Issue.objects.update(updated_at=datetime(2024, 8, 1, tzinfo=UTC))
    assert texts(client, "/sre-weekly-issue-1/", "//*[@class='updated']") == ["Updated: August 11, 2024 - 8:45 pm"]


@pytest.mark.parametrize(("hours", "noted"), [(-100, 0), (1, 0), (1.1, 1)])
def test_change_after_publication_is_noted(client, hours, noted):
    published = datetime(2024, 8, 12, tzinfo=UTC)
    make_issue(number=1, publish_at=published)
    Issue.objects.update(updated_at=published + timedelta(hours=hours))
    for address in ("/", "/sre-weekly-issue-1/"):
        assert len(texts(client, address, "//article/header/*[@class='changed']")) == noted
    # Programs read it on every issue; readers see it where it tells something.
    (update,) = tree(client.get("/sre-weekly-issue-1/")).xpath("//*[@class='updated']/..")
    assert ("hidden" in update.attrib) == (not noted)


def test_reading_time_is_told(client):
    make_issue(number=1, intro="word " * 700)
    assert texts(client, "/sre-weekly-issue-1/", "//*[@class='reading-time']") == ["3 min read"]


def test_published_issue_is_no_preview(client):
    make_issue(number=1)
    assert b"Preview" not in client.get("/sre-weekly-issue-1/").content
    assert b"noindex" not in client.get("/sre-weekly-issue-1/").content


# Pages


def test_page_is_printed(client):
    make_page(title="About <us>", body="We are *many*.")
    assert texts(client, "/about/", "//h1") == ["About <us>"]
    assert texts(client, "/about/", "//div[@class='page']//em") == ["many"]


# Authors, publications, tags


@pytest.mark.parametrize("address", LISTS)
def test_list_links_to_the_article_and_to_its_entry(client, address):
    article = make_credits(number=1, publish_at=datetime(2024, 8, 12, 0, 45, tzinfo=UTC))
    Article.objects.update(url="https://www.example.com/only?a=1&b=2")
    (entry,) = tree(client.get(address)).xpath("//ol[@class='articles']/li")
    assert entry.xpath(".//a/@href") == [
        "https://www.example.com/only?a=1&b=2",
        f"{SITE}/authors/ann-lee/",
        f"{SITE}/publications/acm-queue/",
        f"/sre-weekly-issue-1/#article-{article.pk}",
    ]
    assert entry.xpath("*[@class='host']")[0].text_content() == "example.com"
    small = " ".join(entry.xpath("small")[0].text_content().split())
    assert small == "Ann Lee — ACM Queue SRE Weekly Issue #1, August 11, 2024"


def test_list_shows_how_a_blurb_begins(client):
    make_credits()
    Article.objects.update(blurb="It’s *short* & [sweet](/x).")
    assert texts(client, "/tags/slo/", "//ol/li/p") == ["It’s short & sweet."]


def test_list_has_a_feed_and_leads_to_its_index(client):
    make_credits()
    for address in LISTS:
        page = tree(client.get(address))
        assert page.xpath("//*[@class='quiet']/a/@href") == [f"{address}feed/"]
        assert page.xpath("//*[@class='kind']/a/@href") == [f"/{address.split('/')[1]}/"]


def test_list_has_the_latest_first_and_counts(client):
    first = make_credits(publish_at=datetime(2024, 1, 1, tzinfo=UTC))
    for day, title in ((3, "Third"), (2, "Second")):
        issue = make_issue(publish_at=datetime(2024, 1, day, tzinfo=UTC))
        authors = tuple(first.authors.all())
        make_article(issue=issue, title=title, authors=authors, publication=first.publication, tags=("slo",))
    for address in LISTS:
        assert texts(client, address, "//ol/li/div[@class='title']") == ["Third", "Second", "Only one"]
        assert texts(client, address, "//main/p")[1].startswith("3 articles")


@pytest.mark.parametrize("hidden", [{"status": "draft"}, {"publish_at": FUTURE}])
def test_names_of_a_hidden_issue_have_no_page_and_are_in_no_index(client, hidden):
    make_credits(**hidden)
    assert {client.get(address).status_code for address in LISTS} == {404}
    for address in INDEXES:
        assert texts(client, address, "//section[@class='letter']") == []


def test_drafts_are_not_listed_and_not_counted(client):
    article = make_credits()
    for issue in (make_issue(status="draft"), make_issue(publish_at=FUTURE), None):
        authors = tuple(article.authors.all())
        make_article(issue=issue, authors=authors, publication=article.publication, tags=("slo",))
    for address in LISTS:
        assert texts(client, address, "//ol/li/div[@class='title']") == ["Only one"]
        assert texts(client, address, "//main/p")[1].startswith("1 article")


@pytest.mark.parametrize(("model", "folder"), [(Author, "authors"), (Publication, "publications")])
def test_previous_name_redirects(client, model, folder):
    issue = make_credits().issue
    model.objects.update(slug="new", previous_slugs=["older", "old"])
    assert_redirects(client, f"/{folder}/old/", f"/{folder}/new/")
    issue.withdraw()
    assert client.get(f"/{folder}/old/").status_code == 404


def test_tag_given_twice_lists_the_article_once(client):
    article = make_credits()
    article.taggings.create(tag=article.tags.get())
    assert texts(client, "/tags/slo/", "//ol/li/div[@class='title']") == ["Only one"]


@pytest.mark.parametrize(("tag", "slug"), [("日本", "日本"), ("Zürich", "zürich"), ("C++", "c-plus-plus")])
def test_tags_may_be_in_any_script(client, tag, slug):
    make_article(issue=make_issue(), tags=(tag,))
    assert texts(client, f"/tags/{slug}/", "//h1") == [tag]


def test_websites_of_authors_are_linked(client):
    make_credits()
    Author.objects.update(url="https://www.example.com/ann")
    assert texts(client, "/authors/ann-lee/", "//main/p[@class='quiet']/a") == ["example.com", "Feed"]


def test_lists_have_fifty_articles_a_page(client):
    article = make_credits()
    author = article.authors.get()
    for _ in range(ARTICLES_PER_PAGE):
        make_article(issue=article.issue, authors=(author,))
    first, second = (tree(client.get(f"/authors/ann-lee/?page={number}")) for number in (1, 2))
    assert [len(first.xpath("//ol/li")), len(second.xpath("//ol/li"))] == [50, 1]
    assert [first.xpath("//nav/a[@rel]/@href"), second.xpath("//nav/a[@rel]/@href")] == [["?page=2"], ["?page=1"]]
    assert second.xpath("//ol/@start") == ["51"]
    assert second.xpath("//link[@rel='canonical']/@href") == ["https://sreweekly.example/authors/ann-lee/?page=2"]


@pytest.mark.parametrize("page", ["0", "2", "x", "", "9" * 5000, "%00"])
def test_unknown_page_of_a_list_is_not_found(client, page):
    make_credits()
    assert client.get(f"/authors/ann-lee/?page={page}").status_code == 404


# Indexes


def test_index_of_an_empty_newsletter_is_friendly(client):
    for address in INDEXES:
        assert "The first issue is being written. Come back soon." in texts(client, address, "//main/p")


def test_index_counts_published_articles_once(client):
    article = make_credits()
    article.taggings.create(tag=article.tags.get())
    authors = (*article.authors.all(), make_author("Ben"))
    for issue in (make_issue(), make_issue(), make_issue(status="draft"), make_issue(publish_at=FUTURE), None):
        make_article(issue=issue, authors=authors, publication=article.publication, tags=("slo", "dns"))
    for address, row in zip(INDEXES, ["Ann Lee 3", "ACM Queue 3", "slo 3"], strict=True):
        assert row in texts(client, address, "//section[@class='letter']//li")


def test_index_is_sorted_by_letters_without_accents_and_case(client):
    issue = make_issue()
    names = ["Zoe", "Øystein", "adam", "Éva", "Ed", "@lorin", "3scale", "李静怡", "Adam B"]
    make_article(issue=issue, authors=tuple(make_author(name) for name in names))
    assert texts(client, "/authors/", "//section[@class='letter']/h2") == ["#", "A", "E", "Z", "Ø", "李"]
    assert [name.removesuffix(" 1") for name in texts(client, "/authors/", "//section[@class='letter']//li")] == [
        *("3scale", "@lorin", "adam", "Adam B", "Ed", "Éva", "Zoe", "Øystein", "李静怡")
    ]


def test_index_jumps_to_its_letters(client):
    make_article(issue=make_issue(), authors=(make_author("Ann"), make_author("Zoe")))
    page = tree(client.get("/authors/"))
    assert page.xpath("//nav[@aria-label='Letters']//a/@href") == ["#author-1", "#author-2"]
    assert page.xpath("//main//h2/@id") == ["author-1", "author-2"]


def test_odd_queries_do_not_disturb_lists(client):
    for address in (*INDEXES, "/archive/"):
        for query in ("?page=x", "?q=%00", "?" + "a" * 5000):
            assert client.get(address + query).status_code == 200


def test_tag_without_an_address_is_not_in_the_index(client):
    make_article(issue=make_issue(), tags=("++", "dns"))
    assert texts(client, "/tags/", "//section[@class='letter']//li") == ["dns 1"]


# Drafts and scheduled issues


@pytest.mark.parametrize(
    "hidden",
    [{"status": "draft"}, {"status": "draft", "publish_at": datetime(2020, 1, 1, tzinfo=UTC)}, {"publish_at": FUTURE}],
)
def test_hidden_issue_is_nowhere_not_even_for_editors(client, hidden):
    make_issue(number=99, intro="Secret.", articles=1, **hidden)
    make_issue(number=1)
    client.force_login(make_editor())
    for address in ("/", "/archive/", "/feed/"):
        content = client.get(address).content
        assert (b"#99" in content, b"Secret." in content) == (False, False)
    assert client.get("/sre-weekly-issue-99/").status_code == 404


def test_scheduled_issue_has_its_page_when_its_time_comes(client):
    make_issue(number=1, publish_at=FUTURE)
    with time_machine.travel(FUTURE - timedelta(seconds=1), tick=False):
        assert client.get("/sre-weekly-issue-1/").status_code == 404
    with time_machine.travel(FUTURE, tick=False):
        assert client.get("/sre-weekly-issue-1/").status_code == 200
        assert texts(client, "/", "//article/header/h2") == ["SRE Weekly Issue #1"]


def test_withdrawn_issue_is_gone(client):
    issue = make_issue(number=1)
    issue.withdraw()
    assert client.get("/sre-weekly-issue-1/").status_code == 404


# Text of editors


@pytest.mark.parametrize("text", ['"><img src=x onerror=alert(1)>', "</title></main><script>alert(1)</script><style>"])
def test_text_is_never_markup_on_any_page(client, text):
    issue = make_issue(number=1, title=f"#1 {text}", intro=text)
    author = make_author(text, slug="a")
    make_article(issue=issue, title=text, blurb=text, authors=(author,), publication=make_publication(text, slug="p"))
    issue.articles.get().tags.add(text)
    Page.objects.create(slug="about", title=text, body=text)
    tag = issue.articles.get().tags.get()
    for address in (
        *("/", "/archive/", "/sre-weekly-issue-1/", "/about/"),
        *("/authors/", "/authors/a/", "/publications/", "/publications/p/", "/tags/", f"/tags/{tag.slug}/"),
    ):
        page = tree(client.get(address))
        running = "//script[not(@type='application/ld+json')]"
        assert not page.xpath(f"//img | {running} | //style | //@onerror"), address
        assert text in page.text_content(), address


# Errors


def test_missing_page_links_to_the_archive_and_home(client):
    response = client.get("/nothing/")
    assert response.status_code == 404
    assert tree(response).xpath("//main//a/@href") == ["/archive/", "/"]


def test_error_page_needs_no_database(settings, monkeypatch):
    monkeypatch.setattr(connection, "ensure_connection", None)  # Called, it would raise.
    response = Client(raise_request_exception=False).get("/")
    assert response.status_code == 500
    assert tree(response).xpath("//main//a/@href") == ["/"]


def test_odd_host_is_refused_with_a_page_of_ours(client, settings):
    settings.ALLOWED_HOSTS = ["sreweekly.example"]
    response = client.get("/nothing", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert tree(response).xpath("//main//a/@href") == ["/"]


def test_refused_form_is_answered_with_a_page_of_ours():
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x"})
    assert response.status_code == 403
    assert len(tree(response).xpath("//main/p")) == 2
