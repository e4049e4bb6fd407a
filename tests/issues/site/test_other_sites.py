"""Scripts in readers' browsers may read from any site what is meant for programs (CORS)."""

import pytest

from issues.models.addresses import Address
from tests.issues.feeds import ARTICLE_FEEDS, FORMATS, ISSUE_FEEDS
from tests.issues.printing.test_markup_contract import make_sample
from tests.make import make_article, make_author, make_issue

pytestmark = pytest.mark.django_db

FEEDS = [f"{feed}{form}" for feed in (*ISSUE_FEEDS, *ARTICLE_FEEDS, "/feed/archive/1-1/") for form in FORMATS]
OTHERS = [
    *("/sre-weekly-issue-437.json", "/sre-weekly-issue-437.txt", "/sitemap.xml", "/sitemap-issues-1.xml"),
    *("/data/issues.jsonl", "/data/articles.jsonl", "/data/articles.csv"),
]


@pytest.mark.parametrize("address", [*FEEDS, *OTHERS])
def test_answer_and_304_may_be_read(client, address):
    make_sample()
    response = client.get(address, headers={"Origin": "https://reader.example"})
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, "*")
    if etag := response.get("ETag"):
        again = client.get(address, headers={"If-None-Match": etag})
        assert (again.status_code, again["Access-Control-Allow-Origin"]) == (304, "*")


@pytest.mark.parametrize("address", ["/feed/rss2/", "/?feed=atom", "/authors/lex/feed/issues/json/", "/former.json"])
def test_redirect_to_it_may_be_read(client, address):
    issue = make_issue()
    Address.objects.add_former(issue, "former")
    make_article(issue=issue, authors=(make_author("Ann", previous_slugs=["lex"]),))
    response = client.get(address)
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (301, "*")


def test_page_may_not(client):
    make_sample()
    for address in ("/", "/sre-weekly-issue-437/", "/data/", "/search/"):
        assert "Access-Control-Allow-Origin" not in client.get(address)
