from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from issues.models.addresses import Address
from issues.models.articles import Article
from issues.models.credits import Author
from issues.models.issues import Issue
from issues.printing.text import render_text
from issues.site import editions, versions
from tests.issues.printing.test_markup_contract import make_sample
from tests.make import make_article, make_issue, make_page, make_placement, note_changes

pytestmark = pytest.mark.django_db

FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
EXTENSIONS = ["txt", "json"]
BOTH = pytest.mark.parametrize("extension", EXTENSIONS)


def load(issue):
    return Issue.objects.with_contents().get(pk=issue.pk)


def validators(response):
    return response["ETag"], response["Last-Modified"]


# Text and JSON


@pytest.mark.parametrize("count", [1, 3])
@BOTH
def test_edition_takes_a_fixed_number_of_queries(client, django_assert_num_queries, extension, count):
    make_placement(make_issue(number=1, articles=count, outages=count))
    with django_assert_num_queries(7):
        assert client.get(f"/sre-weekly-issue-1.{extension}").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
@BOTH
def test_not_modified_takes_one_query_and_renders_nothing(
    client, django_assert_num_queries, monkeypatch, extension, count
):
    make_issue(number=1, articles=count)
    etag, last_modified = validators(client.get(f"/sre-weekly-issue-1.{extension}"))
    for name in ("render_text", "issue_data"):
        monkeypatch.setattr(editions, name, None)  # Called, it would raise.
    for header in ({"If-None-Match": etag}, {"If-Modified-Since": last_modified}):
        with django_assert_num_queries(1):
            assert client.get(f"/sre-weekly-issue-1.{extension}", headers=header).status_code == 304


@pytest.mark.parametrize("hidden", [{"status": "draft"}, {"publish_at": FUTURE}])
def test_unpublished_issue_has_no_editions(client, hidden):
    issue = make_issue(number=1, articles=1, **hidden)
    Address.objects.add_former(issue, "old")
    for slug in ("sre-weekly-issue-1", "SRE-Weekly-Issue-1", "old"):
        assert {client.get(f"/{slug}.{extension}").status_code for extension in EXTENSIONS} == {404}


@BOTH
def test_edition_appears_at_the_minute_of_publication(client, extension):
    make_issue(number=1, publish_at=FUTURE)
    with time_machine.travel(FUTURE - timedelta(seconds=1), tick=False):
        assert client.get(f"/sre-weekly-issue-1.{extension}").status_code == 404
    with time_machine.travel(FUTURE, tick=False):
        assert client.get(f"/sre-weekly-issue-1.{extension}").status_code == 200


def test_previous_address_keeps_its_extension(client):
    issue = make_issue(slug="日本")
    Address.objects.add_former(issue, "old")
    for extension in (*EXTENSIONS, "png"):
        response = client.get(f"/old.{extension}")
        assert (response.status_code, response["Location"]) == (301, f"/%E6%97%A5%E6%9C%AC.{extension}")
        assert client.get(response["Location"]).status_code == 200


def test_address_in_capitals_redirects(client):
    make_issue(number=5)
    for extension in (*EXTENSIONS, "png"):
        assert client.get(f"/SRE-Weekly-Issue-5.{extension}")["Location"] == f"/sre-weekly-issue-5.{extension}"


@pytest.mark.parametrize("slug", ["about", "nothing", "%00", "a%0ab", "%ff", "x" * 5000, "..%2fa", "日本", "a.b"])
def test_edition_of_no_issue_is_not_found(client, slug):
    make_page()
    for extension in (*EXTENSIONS, "png"):
        assert client.get(f"/{slug}.{extension}").status_code in (400, 404)


@BOTH
def test_edition_may_be_kept_as_pages_are_and_names_its_page(client, extension):
    make_issue(number=1)
    response = client.get(f"/sre-weekly-issue-1.{extension}")
    assert response["Cache-Control"].startswith("public, max-age=300, s-maxage=300")
    assert response["Link"] == '<https://sreweekly.example/sre-weekly-issue-1/>; rel="canonical"'
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


@BOTH
def test_nothing_can_be_sent_to_an_edition_and_head_is_answered(client, extension):
    make_issue(number=1)
    assert client.post(f"/sre-weekly-issue-1.{extension}").status_code == 405
    assert client.head(f"/sre-weekly-issue-1.{extension}").status_code == 200


@BOTH
def test_correction_moves_etag_and_last_modified(client, extension):
    with time_machine.travel("2031-01-01 00:00Z"):
        make_issue(number=1, articles=1)
        note_changes(Issue.objects.all())
        before = validators(client.get(f"/sre-weekly-issue-1.{extension}"))
    with time_machine.travel("2031-01-02 00:00Z"):
        Author.objects.update(name="Somebody else")
        note_changes(Issue.objects.all())
        after = validators(client.get(f"/sre-weekly-issue-1.{extension}"))
    assert before[0] != after[0]
    assert (before[1], after[1]) == ("Wed, 01 Jan 2031 00:00:00 GMT", "Thu, 02 Jan 2031 00:00:00 GMT")


@pytest.mark.parametrize("name", ["SITE_URL", "NEWSLETTER_PUBLISHER"])
def test_change_of_settings_moves_the_etag(client, settings, name):
    make_issue(number=1)
    before = client.get("/sre-weekly-issue-1.json")["ETag"]
    setattr(settings, name, "https://else.example")
    assert client.get("/sre-weekly-issue-1.json")["ETag"] != before


@BOTH
def test_issue_withdrawn_in_between_is_not_found(client, monkeypatch, extension):
    make_issue(number=1)
    withdraw = lambda issues: Issue.objects.update(status="draft") and "etag"  # noqa: E731
    monkeypatch.setattr(editions, "etag_of", withdraw)
    assert client.get(f"/sre-weekly-issue-1.{extension}").status_code == 404


# Text


def test_text_edition_is_the_text_of_the_issue(client):
    issue = make_sample()
    response = client.get("/sre-weekly-issue-437.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == render_text(load(issue))


# JSON


def test_json_may_be_read_by_scripts_of_other_sites(client):
    make_issue(number=1)
    response = client.get("/sre-weekly-issue-1.json")
    assert response["Content-Type"] == "application/json"
    assert response["Access-Control-Allow-Origin"] == "*"


def test_json_of_an_issue(client):
    issue = make_sample()
    Issue.objects.filter(pk=issue.pk).update(updated_at=datetime(2024, 8, 12, 4, 9, tzinfo=UTC))
    found = client.get("/sre-weekly-issue-437.json").json()
    assert [article["section"] for article in found.pop("articles")] == [*["articles"] * 2, *["outages"] * 2]
    assert found == {
        "number": 437,
        "title": "SRE Weekly Issue #437",
        "url": "https://sreweekly.example/sre-weekly-issue-437/",
        "guid": "tag:sreweekly.com,2026:issue-437",
        "published": "2024-08-12T00:45:00Z",
        "updated": "2024-08-12T04:09:00Z",
        "intro": {
            "markdown": "This week’s issue is *entirely* focused on one incident.",
            "html": "<p>This week’s issue is <em>entirely</em> focused on one incident.</p>\n",
        },
        "sponsors": [
            {
                "name": "FireHydrant",
                "message": {
                    "markdown": "Our product keeps *systems* up.",
                    "html": "<p>Our product keeps <em>systems</em> up.</p>\n",
                },
                "url": "https://firehydrant.example/?a=1&utm_source=x",
            }
        ],
        "corrections": [
            {
                "made": "2024-08-13T12:00:00Z",
                "text": {
                    "markdown": "The *first* name was wrong.",
                    "html": "<p>The <em>first</em> name was wrong.</p>\n",
                },
            }
        ],
    }


def test_json_of_an_article(client):
    make_sample()
    article = client.get("/sre-weekly-issue-437.json").json()["articles"][0]
    assert article.pop("blurb")["html"].startswith("<p>First paragraph.</p>")
    assert article == {
        "id": 900_001,
        "anchor": "https://sreweekly.example/sre-weekly-issue-437/#article-900001",
        "section": "articles",
        "title": "An argument count mismatch",
        "url": "https://example.com/?a=1&b=2",
        "authors": [
            {"name": "Lorin Hochstein", "url": "https://sreweekly.example/authors/lorin-hochstein/"},
            {"name": "Betsy Beyer", "url": "https://sreweekly.example/authors/betsy-beyer/"},
        ],
        "publication": {"name": "ACM Queue", "url": "https://sreweekly.example/publications/acm-queue/"},
        "byline": "Lorin Hochstein and Betsy Beyer — ACM Queue",
        "disclosure": "Full disclosure: ACM is my employer.",
        "tags": ["on-call", "slo"],
    }


def test_json_of_an_article_that_has_nothing(client):
    make_article(issue=make_issue(number=1), title="", url="", blurb="").credit([])
    article = client.get("/sre-weekly-issue-1.json").json()["articles"][0]
    assert (article["publication"], article["authors"], article["byline"]) == (None, [], "")


def test_prose_byline_is_given_as_printed(client):
    make_article(issue=make_issue(number=1), byline="A & B, <b>with</b> C")
    assert client.get("/sre-weekly-issue-1.json").json()["articles"][0]["byline"] == "A & B, <b>with</b> C"


def test_json_has_no_placement_without_copy_and_no_backlog(client):
    make_placement(make_issue(number=1), message="", url="")
    make_article(title="Saved")
    found = client.get("/sre-weekly-issue-1.json").json()
    assert (found["sponsors"], found["articles"], Article.objects.count()) == ([], [], 1)


def test_editions_of_different_issues_have_different_etags():
    assert versions.etag_of([make_issue()]) != versions.etag_of([make_issue()])
