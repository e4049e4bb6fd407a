"""How results are shown."""

from datetime import UTC, datetime

import lxml.etree
import lxml.html
import pytest
from django.test import Client

from issues.changes import changing
from issues.models.credits import Author
from issues.models.issues import Issue
from issues.search.marking import _stems
from tests.issues.search.asking import ask, index_all, make_found, results, text_of
from tests.make import make_article, make_author, make_editor, make_issue, make_publication, note_changes


def test_results_have_twenty_a_page(db, client):
    issue = make_issue()
    for number in range(1, 22):
        make_article(issue=issue, title=f"C++ & cache {number}")
    index_all()
    first, second = (ask(client, "C++ & cache", page=number) for number in (1, 2))
    assert [len(page.xpath("//ol/li")) for page in (first, second)] == [20, 1]
    assert first.xpath("//nav[@aria-label='Pages']/a/@href") == ["?q=C%2B%2B+%26+cache&page=2"]
    assert second.xpath("//nav[@aria-label='Pages']/a/@href") == ["?q=C%2B%2B+%26+cache&page=1"]
    assert second.xpath("//ol[@class='articles results']/@start") == ["21"]
    assert second.findtext("head/title") == "C++ & cache · Search, page 2 · SRE Weekly"


def test_page_that_does_not_exist_is_404(db, client):
    make_found()
    for page in ("0", "2", "-1", "x", "1.5", "", "9" * 5000, "\0", "🎉"):
        assert client.get("/search/", {"q": "found", "page": page}).status_code == 404, page


@pytest.mark.parametrize(
    ("parameters", "queries"),
    [
        ({}, 2),
        ({"q": "cache"}, 6),
        ({"author": "ann-lee", "publication": "acm-queue", "tag": "slo", "section": "articles"}, 7),
        ({"q": "nothinglikeit"}, 6),
        ({"q": "chace nothinglikeit"}, 8),
    ],
)
def test_search_takes_a_fixed_number_of_queries(client, db, django_assert_num_queries, parameters, queries):
    author, publication = make_author("Ann Lee"), make_publication("ACM Queue")
    for count in (1, 3):
        issue = make_issue(intro="cache")
        for _ in range(count):
            authors = (author, make_author())
            make_article(issue=issue, title="Cache", authors=authors, publication=publication, tags=("slo", "dns"))
        index_all()
        _stems.clear()
        with django_assert_num_queries(queries):
            client.get("/search/", parameters)


def test_change_of_a_result_is_printed_at_once(client, db):
    author = make_author("Ann Lee")
    issue = make_issue()
    make_article(issue=issue, title="Cache", authors=(author,), tags=("slo",))
    note_changes()
    assert "Ann Lee" in text_of(ask(client, "cache"))
    with changing([issue]):
        Author.objects.filter(pk=author.pk).update(name="Zoë Lee")
    assert "Zoë Lee" in text_of(ask(client, "cache"))
    Issue.objects.update(publish_at=datetime(2020, 5, 1, tzinfo=UTC))
    assert "April 30, 2020" in text_of(ask(client, "cache"))


def test_result_is_the_article_in_its_issue(db, client):
    article = make_found(
        "Cache <b>",
        issue=make_issue(number=7, publish_at=datetime(2024, 8, 12, 0, 45, tzinfo=UTC)),
        url="https://www.example.com/1",
        blurb="Of *caches*.",
        authors=(make_author("Ann Lee"),),
        publication=make_publication("ACM Queue"),
        tags=("slo",),
    )
    (entry,) = ask(client, "cache").xpath("//ol[@class='articles results']/li")
    assert text_of(entry) == (
        "Cache <b> example.com Of caches. Ann Lee — ACM Queue in SRE Weekly Issue #7, August 11, 2024 slo"
    )
    assert [mark.text for mark in entry.iter("mark")] == ["Cache", "caches"]
    assert entry.xpath(".//a/@href") == [
        "https://www.example.com/1",
        "https://sreweekly.example/authors/ann-lee/",
        "https://sreweekly.example/publications/acm-queue/",
        f"/sre-weekly-issue-7/#article-{article.pk}",
        "https://sreweekly.example/tags/slo/",
    ]


def test_article_without_a_title_or_an_address_is_shown(db, client):
    issue = make_issue()
    make_article(issue=issue, title="", url="https://example.com/untitled", blurb="cache")
    make_article(issue=issue, title="Nowhere", url="", blurb="cache")
    index_all()
    assert results(client, "cache") == ["https://example.com/untitled", "Nowhere"]


HOSTILE = '<script>alert(1)</script> "><img src=x onerror=alert(1)> &lt;mark&gt;'


def test_words_of_readers_and_editors_are_escaped(db, client):
    make_found(HOSTILE, blurb=HOSTILE, byline=HOSTILE, tags=(HOSTILE[:40],))
    assert "<mark>script</mark>" in client.get("/search/", {"q": "script"}).content.decode()
    hostile = {"q": "cache", "author": HOSTILE, "tag": HOSTILE}
    for parameters in ({"q": f"{HOSTILE} or script"}, {"q": HOSTILE * 2}, {"q": f"{HOSTILE} zebra"}, hostile):
        content = client.get("/search/", parameters).content.decode()
        assert "<img src=x" not in content
        assert "<script>alert" not in content
        assert "alert(1)</script>" not in content


# The page itself


def test_first_page_explains_how_to_search(db, client):
    page = ask(client)
    assert page.xpath("//dl[@class='hints']/dt/code/text()") == [
        '"load balancer"',
        "failover -database",
        "outage or latency",
    ]
    assert page.xpath("//link[@rel='canonical']/@href") == ["https://sreweekly.example/search/"]
    assert not page.xpath("//meta[@name='robots']")


def test_search_engines_keep_no_results(db, client):
    make_found(tags=("slo",))
    for parameters in ({"q": "found"}, {"q": "nothing"}, {"tag": "slo"}, {"q": "🎉"}):
        page = lxml.html.fromstring(client.get("/search/", parameters).content.decode())
        assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
        assert not page.xpath("//link[@rel='canonical']")


def test_form_works_by_get_without_scripts(db, client):
    (form,) = ask(client).xpath("//main//form")
    assert (form.method, form.action, form.get("role")) == ("GET", "/search/", "search")
    assert not form.xpath(".//script | .//@onsubmit | .//@onchange")
    for field in form.xpath(".//input | .//select"):
        assert form.xpath(f".//label[@for='{field.get('id')}']")


def test_readers_get_no_cookie_and_what_a_cdn_may_keep(db, client):
    make_found()
    for address in ("/search/", "/search/?q=found", "/opensearch.xml"):
        response = client.get(address)
        assert response.status_code == 200
        assert not response.cookies
        assert response["Cache-Control"].startswith("public, max-age=300, s-maxage=300")


def test_editors_find_what_readers_find(db, client):
    make_found(issue=make_issue(status="draft"))
    make_found()
    editors = Client()
    editors.force_login(make_editor())
    assert editors.get("/search/?q=found").content == client.get("/search/?q=found").content


def test_search_is_read_only_and_keeps_the_query_when_it_redirects(db, client):
    assert client.post("/search/", {"q": "x"}).status_code == client.post("/opensearch.xml").status_code == 405
    response = client.get("/search?q=a%20b")
    assert (response.status_code, response["Location"]) == (301, "/search/?q=a%20b")


def test_opensearch_description(db, client, settings):
    settings.NEWSLETTER_NAME = "Ops & <Dev> with a long name"
    response = client.get("/opensearch.xml")
    assert response["Content-Type"].startswith("application/opensearchdescription+xml")
    description = lxml.etree.fromstring(response.content)
    name = "{http://a9.com/-/spec/opensearch/1.1/}"
    assert description.tag == f"{name}OpenSearchDescription"
    assert description.findtext(f"{name}ShortName") == "Ops & <Dev> with"  # 16 characters at most.
    (query,) = description.iter(f"{name}Query")
    assert (query.get("role"), query.get("searchTerms")) == ("example", "scalability")
    assert [url.get("method") for url in description.iter(f"{name}Url") if url.get("type") == "text/html"] == ["get"]
    templates = {url.get("type"): url.get("template") for url in description.iter(f"{name}Url")}
    assert templates["text/html"] == "https://sreweekly.example/search/?q={searchTerms}"
