import json
from datetime import UTC, datetime

import lxml.html
import pytest
from django.template import Template
from django.template.loader import render_to_string

from issues.models.issues import Issue
from tests.issues.printing.test_markup_contract import make_sample
from tests.make import make_article, make_author, make_issue, make_page, make_publication
from text.markdown import json_ld

pytestmark = pytest.mark.django_db

SITE = "https://sreweekly.example"
LISTS = ["/authors/lorin-hochstein/", "/publications/acm-queue/", "/tags/slo/"]
DESCRIBED = ["/", "/sre-weekly-issue-437/", "/about/", *LISTS]


def tree(client, address):
    return lxml.html.fromstring(client.get(address).content.decode())


def properties(client, address):
    """The OpenGraph and Twitter properties, each of which must be there once."""
    found = tree(client, address).xpath("//meta[@property or @name='twitter:card']")
    names = [meta.get("property") or meta.get("name") for meta in found]
    assert len(names) == len(set(names))
    return dict(zip(names, [meta.get("content") for meta in found], strict=True))


def graph(client, address):
    """The things of the page's JSON-LD, by type."""
    (script,) = tree(client, address).xpath("//script")
    assert script.get("type") == "application/ld+json"
    data = json.loads(script.text)
    assert data["@context"] == "https://schema.org"
    return {thing["@type"]: thing for thing in data["@graph"]}


@pytest.fixture
def site():
    issue = make_sample()
    Issue.objects.filter(pk=issue.pk).update(updated_at=datetime(2024, 8, 12, 4, 9, tzinfo=UTC))
    make_page()


def test_description_takes_no_query(client, site, django_assert_num_queries):
    for address in DESCRIBED:
        response = client.get(address)
        context = next(context for context in response.context if "request" in context)
        with django_assert_num_queries(0):
            assert "og:title" in Template('{% include "issues/_metadata.html" %}').render(context)


# OpenGraph


def test_issue_can_be_shared(client, site):
    found = properties(client, "/sre-weekly-issue-437/")
    image = found.pop("og:image")
    assert found == {
        "og:site_name": "SRE Weekly",
        "og:type": "article",
        "og:title": "SRE Weekly Issue #437",
        "og:description": "This week’s issue is entirely focused on one incident.",
        "og:url": f"{SITE}/sre-weekly-issue-437/",
        "og:image:type": "image/png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "SRE Weekly Issue #437",
        "article:published_time": "2024-08-12T00:45:00Z",
        "article:modified_time": "2024-08-12T04:09:00Z",
        "twitter:card": "summary_large_image",
    }
    assert "immutable" in client.get(image.removeprefix(SITE))["Cache-Control"]


def test_page_names_its_one_address_and_an_existing_picture(client, site):
    for address in DESCRIBED:
        found = properties(client, f"{address}?utm_source=x")
        assert found["og:url"] == SITE + address
        assert found["og:title"]
        assert found["og:description"]
        assert client.get(found["og:image"].removeprefix(SITE))["Content-Type"] == found["og:image:type"]


def test_pages_that_are_not_to_be_found_have_icons_and_no_description(client):
    for address in ("/archive/?number=9", "/search/?q=x", "/nothing/"):
        assert properties(client, address) == {}
        assert tree(client, address).xpath("//script") == []
        assert tree(client, address).xpath("//link[@rel='manifest']/@href") == ["/manifest.webmanifest"]


def test_home_of_an_empty_newsletter_describes_the_newsletter(client):
    assert properties(client, "/")["og:title"] == "SRE Weekly"


def test_home_is_not_taken_for_its_issue(client, site):
    assert properties(client, "/")["og:url"] == f"{SITE}/"
    assert "PublicationIssue" not in graph(client, "/")


def test_issue_names_its_other_forms(client, site):
    links = tree(client, "/sre-weekly-issue-437/").xpath("//link[@rel='alternate']")
    found = {link.get("type"): link.get("href") for link in links}
    assert found["text/plain"] == "/sre-weekly-issue-437.txt"
    assert found["application/json"] == "/sre-weekly-issue-437.json"
    for content_type in ("text/plain", "application/json"):
        assert client.get(found[content_type])["Content-Type"].startswith(content_type)


def test_icons_of_a_page_can_be_fetched(client):
    links = tree(client, "/nothing/").xpath("//link[@rel='icon' or @rel='apple-touch-icon' or @rel='manifest']/@href")
    assert len(links) == 4
    assert all(client.get(link).status_code == 200 for link in links)


def test_preview_of_a_draft_describes_nothing(rf):
    issue = Issue.objects.with_contents().get(pk=make_issue(status="draft").pk)
    request = rf.get("/sre-weekly-issue-1/")
    request.resolver_match = None
    printed = render_to_string("issues/_metadata.html", {"issue": issue, "preview": True}, request)
    assert "og:" not in printed
    assert "script" not in printed


# JSON-LD


def test_issue_is_one_of_a_periodical(client, site):
    found = graph(client, "/sre-weekly-issue-437/")["PublicationIssue"]
    assert found.pop("image").startswith(f"{SITE}/sre-weekly-issue-437.png?v=")
    periodical = found.pop("isPartOf")
    assert (periodical["@type"], periodical["name"]) == ("Periodical", "SRE Weekly")
    assert periodical["publisher"]["@type"] == "Organization"
    assert found == {
        "@type": "PublicationIssue",
        "@id": f"{SITE}/sre-weekly-issue-437/#issue",
        "issueNumber": 437,
        "name": "SRE Weekly Issue #437",
        "description": "This week’s issue is entirely focused on one incident.",
        "url": f"{SITE}/sre-weekly-issue-437/",
        "datePublished": "2024-08-12T00:45:00Z",
        "dateModified": "2024-08-12T04:09:00Z",
        "inLanguage": "en-us",
        "publisher": {"@id": f"{SITE}/#publisher"},
        "mainEntity": {"@id": f"{SITE}/sre-weekly-issue-437/#articles"},
    }


def test_articles_of_an_issue_are_an_ordered_list(client, site):
    found = graph(client, "/sre-weekly-issue-437/")["ItemList"]
    assert found["numberOfItems"] == 2
    assert found["itemListElement"] == [
        {
            "@type": "ListItem",
            "position": 1,
            "name": "An argument count mismatch",
            "url": "https://example.com/?a=1&b=2",
        },
        {"@type": "ListItem", "position": 2, "name": "Stop, please", "url": "http://example.com/2"},
    ]


def test_home_can_be_searched(client, site):
    found = graph(client, "/")
    assert found["Periodical"]["description"] == "scalability, availability, incident response, automation"
    action = found["WebSite"]["potentialAction"]
    assert action["target"]["urlTemplate"] == f"{SITE}/search/?q={{search_term_string}}"
    assert action["query-input"] == "required name=search_term_string"


def test_author_is_a_person(client):
    author = make_author("Ann Lee", url="https://ann.example/")
    make_article(issue=make_issue(), authors=(author,))
    assert graph(client, "/authors/ann-lee/")["ProfilePage"]["mainEntity"] == {
        "@type": "Person",
        "name": "Ann Lee",
        "sameAs": "https://ann.example/",
    }


def test_publication_is_an_organization(client):
    make_article(issue=make_issue(), publication=make_publication("ACM Queue"))
    about = graph(client, "/publications/acm-queue/")["CollectionPage"]["about"]
    assert about == {"@type": "Organization", "name": "ACM Queue"}


def test_tag_and_page_are_pages_of_the_site(client, site):
    assert graph(client, "/tags/slo/")["CollectionPage"]["about"] == {"@type": "Thing", "name": "slo"}
    assert graph(client, "/about/")["WebPage"]["isPartOf"] == {"@id": f"{SITE}/#website"}


@pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", "<!--<script>]]>&lt;/script>\u2028"])
def test_data_cannot_end_its_script(client, settings, text):
    settings.NEWSLETTER_TAGLINE = text
    issue = make_issue(number=1, title=f"#1 {text}", intro=text)
    author = make_author(text, slug="a")
    make_article(issue=issue, title=text, authors=(author,), tags=(text,))
    found = graph(client, "/sre-weekly-issue-1/")
    assert found["PublicationIssue"]["name"] == f"#1 {text}"
    assert found["ItemList"]["itemListElement"][0]["name"] == text
    assert graph(client, "/authors/a/")["ProfilePage"]["name"] == text
    assert properties(client, "/sre-weekly-issue-1/")["og:title"] == f"#1 {text}"
    graph(client, "/")


def test_json_ld_escapes_the_signs_of_html_and_changes_nothing_else():
    data = {"</script>": "<!-- & 日本 \\ \" '"}
    assert json_ld(data) == '{"\\u003C/script\\u003E": "\\u003C!-- \\u0026 日本 \\\\ \\" \'"}'
    assert json.loads(json_ld(data)) == data
