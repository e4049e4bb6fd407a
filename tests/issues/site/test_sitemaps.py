from datetime import UTC, datetime
from io import BytesIO

import lxml.etree
import pytest
from PIL import Image

from issues.models.issues import Issue
from issues.models.pages import Page
from issues.site import sitemaps
from tests.make import make_article, make_author, make_issue, make_page, make_publication

pytestmark = pytest.mark.django_db

FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
NAMESPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
SECTIONS = ["issues", "pages", "authors", "publications", "tags"]
SITE = "https://sreweekly.example"


def entries(client, address, **headers):
    """Return (address, lastmod) for each entry of a sitemap or an index."""
    response = client.get(address, headers=headers)
    assert (response.status_code, response["Content-Type"]) == (200, "application/xml")
    tree = lxml.etree.fromstring(response.content)
    return [
        (entry.findtext("s:loc", None, NAMESPACE), entry.findtext("s:lastmod", None, NAMESPACE))
        for entry in tree.iterfind("*", NAMESPACE)
    ]


def make_credited(issue, name="Ann Lee", publication="ACM Queue", tag="slo"):
    return make_article(
        issue=issue, authors=(make_author(name),), publication=make_publication(publication), tags=(tag,)
    )


@pytest.mark.parametrize("count", [1, 3])
def test_index_takes_a_query_for_each_section(client, django_assert_num_queries, count):
    for n in range(count):
        make_credited(make_issue(), f"Author {n} A", f"Publication {n} A", f"tag{n}")
    with django_assert_num_queries(5):
        client.get("/sitemap.xml")


@pytest.mark.parametrize("count", [1, 3])
def test_section_takes_a_fixed_number_of_queries(client, django_assert_num_queries, count):
    for n in range(count):
        make_credited(make_issue(), f"Author {n} A", f"Publication {n} A", f"tag{n}")
        make_page(slug=f"page-{n}")
    for section in SECTIONS:
        with django_assert_num_queries(4 if section == "pages" else 2):
            assert client.get(f"/sitemap-{section}-1.xml").status_code == 200


def test_index_lists_the_files_and_their_last_change(client):
    assert entries(client, "/sitemap.xml") == [(f"{SITE}/sitemap-pages-1.xml", None)]
    make_credited(make_issue(publish_at=datetime(2024, 8, 12, 0, 45, tzinfo=UTC)))
    Issue.objects.update(updated_at=datetime(2024, 8, 13, tzinfo=UTC))
    make_page()
    Page.objects.update(updated_at=datetime(2024, 1, 1, tzinfo=UTC))
    found = dict(entries(client, "/sitemap.xml"))
    assert found.pop(f"{SITE}/sitemap-pages-1.xml") == "2024-01-01T00:00:00Z"
    assert found == {
        f"{SITE}/sitemap-{section}-1.xml": "2024-08-13T00:00:00Z" for section in SECTIONS if section != "pages"
    }


def test_everything_in_the_index_is_there(client):
    make_credited(make_issue())
    for address, _ in entries(client, "/sitemap.xml"):
        for page, _ in entries(client, address.removeprefix(SITE)):
            assert client.get(page.removeprefix(SITE)).status_code == 200, page


def test_issues_are_listed_with_the_time_of_their_last_change(client):
    make_issue(number=1, publish_at=datetime(2024, 8, 12, 0, 45, tzinfo=UTC))
    make_issue(number=2, slug="日本", publish_at=datetime(2024, 8, 19, 0, 45, tzinfo=UTC))
    Issue.objects.update(updated_at=datetime(2024, 8, 13, tzinfo=UTC))
    assert entries(client, "/sitemap-issues-1.xml") == [
        (f"{SITE}/%E6%97%A5%E6%9C%AC/", "2024-08-19T00:45:00Z"),
        (f"{SITE}/sre-weekly-issue-1/", "2024-08-13T00:00:00Z"),
    ]


def test_list_changes_with_the_last_of_its_issues(client):
    article = make_credited(make_issue(publish_at=datetime(2024, 1, 1, tzinfo=UTC)))
    for issue in (make_issue(publish_at=datetime(2024, 2, 1, tzinfo=UTC)), make_issue(publish_at=FUTURE), None):
        authors = tuple(article.authors.all())
        make_article(issue=issue, authors=authors, publication=article.publication, tags=("slo",))
    Issue.objects.update(updated_at=datetime(2023, 1, 1, tzinfo=UTC))
    for section, slug in (("authors", "ann-lee"), ("publications", "acm-queue"), ("tags", "slo")):
        listed = [(f"{SITE}/{section}/{slug}/", "2024-02-01T00:00:00Z")]
        assert entries(client, f"/sitemap-{section}-1.xml") == listed


def test_years_of_the_archive_are_pages(client):
    for year in (2024, 2026):
        make_issue(publish_at=datetime(year, 7, 1, tzinfo=UTC))
    listed = [address for address, _ in entries(client, "/sitemap-pages-1.xml")]
    assert {f"{SITE}/archive/2024/", f"{SITE}/archive/2026/"} <= set(listed)


@pytest.mark.parametrize("hidden", [{"status": "draft"}, {"publish_at": FUTURE}])
def test_unpublished_issue_is_in_no_sitemap(client, hidden):
    make_credited(make_issue(**hidden))
    make_credited(None, "Bo Li", "Else", "dns")
    for section in ("issues", "authors", "publications", "tags"):
        assert entries(client, f"/sitemap-{section}-1.xml") == []
    assert entries(client, "/sitemap.xml") == [(f"{SITE}/sitemap-pages-1.xml", None)]


def test_tag_without_an_address_is_left_out(client):
    make_article(issue=make_issue(), tags=("++", "slo"))
    assert [address for address, _ in entries(client, "/sitemap-tags-1.xml")] == [f"{SITE}/tags/slo/"]


def test_addresses_are_the_sites_whatever_host_was_asked(client):
    make_credited(make_issue())
    for address in ("/sitemap.xml", "/sitemap-issues-1.xml"):
        assert all(url.startswith(f"{SITE}/") for url, _ in entries(client, address, host="localhost"))
    assert b"Sitemap: https://sreweekly.example/sitemap.xml" in client.get("/robots.txt").content


def test_long_section_has_several_files(client, monkeypatch):
    monkeypatch.setattr(sitemaps, "LIMIT", 2)
    for _ in range(5):
        make_issue()
    found = [address.removeprefix(SITE) for address, _ in entries(client, "/sitemap.xml")]
    assert found[:3] == [f"/sitemap-issues-{number}.xml" for number in (1, 2, 3)]
    assert [len(entries(client, address)) for address in found[:3]] == [2, 2, 1]


@pytest.mark.parametrize("name", ["issues-0", "issues-2", "x-1", "issues-1" + "0" * 5000, "issues--1", "-1"])
def test_unknown_part_is_not_found(client, name):
    assert client.get(f"/sitemap-{name}.xml").status_code == 404


# Files for robots and browsers

OTHERS = {
    "/robots.txt": "text/plain; charset=utf-8",
    "/manifest.webmanifest": "application/manifest+json",
    "/favicon.ico": "image/x-icon",
    "/favicon.svg": "image/svg+xml",
    "/apple-touch-icon.png": "image/png",
    "/icon-192.png": "image/png",
    "/icon-512.png": "image/png",
}


def test_well_known_files_are_answered_without_a_query(client, django_assert_num_queries):
    for address, content_type in OTHERS.items():
        with django_assert_num_queries(0):
            response = client.get(address)
        assert (response.status_code, response["Content-Type"]) == (200, content_type)
        assert response["Cache-Control"] == "public, max-age=86400, stale-if-error=604800"
        assert client.head(address).status_code == 200
        assert client.post(address).status_code == 405


def test_robots_may_read_everything_but_the_desk_and_the_search(client):
    assert client.get("/robots.txt").content.decode().splitlines()[:5] == [
        "User-agent: *",
        "Allow: /",
        "Disallow: /admin/",
        "Disallow: /accounts/",
        "Disallow: /search/",
    ]


def test_manifest_names_the_configured_newsletter(client, settings):
    settings.NEWSLETTER_NAME, settings.NEWSLETTER_ACCENT = "Another “Weekly”", "#802020"
    manifest = client.get("/manifest.webmanifest").json()
    assert (manifest["name"], manifest["theme_color"]) == ("Another “Weekly”", "#802020")
    assert (manifest["start_url"], manifest["display"]) == ("/", "minimal-ui")
    for icon in manifest["icons"]:
        assert client.get(icon["src"])["Content-Type"] == icon["type"]


def test_icon_has_its_size(client):
    for address, size in (("/icon-192.png", 192), ("/icon-512.png", 512), ("/apple-touch-icon.png", 180)):
        assert Image.open(BytesIO(client.get(address).content)).size == (size, size)


def test_favicon_has_the_sizes_that_it_is_said_to_have(client):
    icon = Image.open(BytesIO(client.get("/favicon.ico").content))
    assert icon.info["sizes"] == {(16, 16), (32, 32), (48, 48)}


@pytest.mark.parametrize("name", ["信頼性週報", "<script>", ""])
def test_icons_of_any_newsletter(client, settings, name):
    settings.NEWSLETTER_NAME = name
    for address in OTHERS:
        assert client.get(address).status_code == 200


def test_icons_have_the_configured_colour(client, settings):
    before = client.get("/icon-192.png").content
    settings.NEWSLETTER_ACCENT = "#7a1f5c"
    assert client.get("/icon-192.png").content != before
    *_, sunday = lxml.etree.fromstring(client.get("/favicon.svg").content)
    assert sunday.get("fill") == "#7a1f5c"


@pytest.mark.parametrize("size", ["0", "191", "9" * 5000])
def test_icon_of_another_size_is_not_found(client, size):
    assert client.get(f"/icon-{size}.png").status_code == 404
