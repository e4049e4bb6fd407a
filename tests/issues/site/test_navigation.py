"""Links lead to what is there, on a new site and on one that holds everything."""

from datetime import UTC, datetime

import lxml.html
import pytest

from issues.models.addresses import Address
from tests.issues.site.test_old_addresses import HIDDEN
from tests.make import make_article, make_author, make_issue, make_page, make_publication
from text.newsletter import Link

pytestmark = pytest.mark.django_db

KINDS = ["tags", "authors", "publications"]
PAGES = [
    "/",
    "/archive/",
    "/search/",
    "/search/?q=nothing",
    "/tags/",
    "/authors/",
    "/publications/",
    "/data/",
    "/none/",
]


def tree(response):
    return lxml.html.fromstring(response.content.decode())


def linked(client, address="/"):
    return tree(client.get(address)).xpath("//nav[@aria-label='Site']//a/@href | //footer[@class='site']//a/@href")


def make_credited(issue):
    return make_article(issue=issue, authors=(make_author(),), publication=make_publication(), tags=("slo",))


def dead_links(client, address):
    links = tree(client.get(address)).xpath("//@href[starts-with(., '/') and not(starts-with(., '/static/'))]")
    return [link for link in links if client.get(link.partition("#")[0]).status_code != 200]


@pytest.mark.parametrize("address", PAGES)
def test_new_site_links_only_to_what_is_there(client, address):
    assert dead_links(client, address) == []
    assert not {"/about/", "/sponsorship-information/", "/tags/", "/authors/"} & set(linked(client, address))


@pytest.mark.parametrize("address", PAGES)
def test_site_links_to_all_that_is_there(client, address):
    make_credited(make_issue())
    make_page()
    make_page(slug="sponsorship-information", title="Sponsorship")
    assert dead_links(client, address) == []
    assert {"/about/", "/sponsorship-information/", *(f"/{kind}/" for kind in KINDS)} <= set(linked(client, address))


@pytest.mark.parametrize("hidden", HIDDEN)
def test_what_is_hidden_is_not_linked(client, hidden):
    make_credited(make_issue(**hidden))
    make_credited(None)
    make_page(is_published=False)
    make_issue(number=7, slug="sponsorship-information", **hidden)
    assert linked(client) == ["/", "/archive/", "/search/", "/feed/", "/data/"]


@pytest.mark.parametrize(
    ("address", "is_there"),
    [
        *((there, True) for there in ("https://social.example/@tea", "mailto:a@b.example", "/feed/atom/", "/tags/")),
        *((there, True) for there in ("/about/", "/about", "/About/#team", "/former/?x=y", "/2016/05/us/", "/")),
        *((missing, False) for missing in ("/nothing/", "/a/b/", "/abou/", "/nothing.pdf")),
    ],
)
def test_configured_link_is_printed_if_it_leads_somewhere(client, settings, address, is_there):
    settings.NEWSLETTER_PAGES = settings.NEWSLETTER_LINKS = [Link("Here", address)]
    Address.objects.add_former(make_page(), "former", "2016/05/us")
    page = tree(client.get("/"))
    assert len(page.xpath("//nav[@aria-label='Site']//a[.='Here']")) == is_there
    assert len(page.xpath("//footer[@class='site']//a[.='Here']")) == is_there


@pytest.mark.parametrize("kind", KINDS)
def test_list_without_a_row_says_so_and_is_not_in_the_sitemap(client, kind):
    make_article(issue=make_issue()).delete()
    make_credited(None)
    text = tree(client.get(f"/{kind}/")).xpath("string(//main)")
    assert f"There are no {kind} yet" in text
    assert "first issue" not in text
    assert f"/{kind}/".encode() not in client.get("/sitemap-pages-1.xml").content
    make_credited(make_issue())
    assert f"/{kind}/".encode() in client.get("/sitemap-pages-1.xml").content


@pytest.mark.parametrize("count", [1, 3])
def test_navigation_takes_one_query(client, django_assert_num_queries, settings, count):
    settings.NEWSLETTER_LINKS = [Link(str(number), f"/page-{number}/") for number in range(count)]
    for number in range(count):
        make_page(slug=f"page-{number}")
        make_credited(make_issue())
    with django_assert_num_queries(1):
        client.get("/data/")


# OpenGraph


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/archive/", "Archive"),
        ("/archive/2026/", "Archive of 2026"),
        ("/tags/", "Tags"),
        ("/authors/", "Authors"),
        ("/publications/", "Publications"),
        ("/search/", "Search"),
        ("/data/", "Data"),
        ("/category/general/", "Issues"),
        ("/page/2/", "Issues, page 2"),
        ("/tags/slo/", "slo (tag)"),
    ],
)
def test_list_is_described_to_programs_that_show_a_preview(client, address, title):
    for day in range(1, 7):
        make_article(issue=make_issue(number=day, publish_at=datetime(2026, 1, day, tzinfo=UTC)), tags=("slo",))
    page = tree(client.get(f"{address}?utm_source=x"))
    found = {meta.get("property"): meta.get("content") for meta in page.xpath("//meta[@property]")}
    assert (found["og:title"], found["og:type"]) == (title, "website")
    assert [found["og:url"]] == page.xpath("//link[@rel='canonical']/@href")
    assert found["og:description"]
    assert found["og:image"].endswith("/card.png")
    assert len(page.xpath("//script[@type='application/ld+json']")) == 1


@pytest.mark.parametrize("address", ["/archive/?number=99", "/search/?q=word", "/none/"])
def test_page_that_is_not_to_be_found_has_no_preview(client, address):
    make_issue()
    assert not tree(client.get(address)).xpath("//meta[@property]")
