import csv
import gc
import io
import json
import tracemalloc
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.site import downloads
from tests.issues.printing.test_markup_contract import make_sample
from tests.make import make_article, make_author, make_issue, make_placement, note_changes
from text.markdown import render_markdown

pytestmark = pytest.mark.django_db

FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
FILES = ["/data/issues.jsonl", "/data/articles.jsonl", "/data/articles.csv"]
ALL = pytest.mark.parametrize("address", FILES)


def text(client, address):
    response = client.get(address)
    assert (response.status_code, response.streaming) == (200, True)
    return response.getvalue().decode()


def lines(client, address):
    return [json.loads(line) for line in text(client, address).splitlines()]


def rows(client):
    return list(csv.DictReader(io.StringIO(text(client, "/data/articles.csv"), newline="")))


@pytest.mark.parametrize("count", [1, 3])
@ALL
def test_download_takes_a_fixed_number_of_queries(client, django_assert_num_queries, address, count):
    for _ in range(count):
        make_placement(make_issue(articles=count, outages=count))
    with django_assert_num_queries(7):
        text(client, address)


def test_queries_grow_with_hundreds_of_issues_alone(client, monkeypatch):
    monkeypatch.setattr(downloads, "ISSUES_AT_ONCE", 2)
    for _ in range(5):
        make_placement(make_issue(articles=2))
    with CaptureQueriesContext(
        connection,
    ) as captured:
        text(client, "/data/articles.csv")
    assert len(captured) == 2 + 3 * 5


@pytest.mark.parametrize("method", ["get", "head"])
@ALL
def test_not_modified_takes_one_query(client, django_assert_num_queries, address, method):
    make_issue(articles=1)
    etag = client.get(address)["ETag"]
    with django_assert_num_queries(1):
        response = getattr(client, method)(address, headers={"If-None-Match": etag})
    assert response.status_code == 304


@ALL
def test_head_reads_no_contents(client, django_assert_num_queries, address):
    make_issue(articles=1)
    with django_assert_num_queries(1):
        response = client.head(address)
        assert (response.status_code, response.getvalue()) == (200, b"")
    assert "Content-Length" not in response
    assert response.headers.items() >= {"ETag": client.get(address)["ETag"]}.items()


@ALL
def test_memory_is_flat(client, monkeypatch, address):
    monkeypatch.setattr(downloads, "ISSUES_AT_ONCE", 5)
    author = make_author()

    def peak():
        tracemalloc.start()
        for number, _ in enumerate(client.get(address)):
            if number % 10 == 0:
                gc.collect()  # Issues and their articles refer to each other.
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    def add(count):
        for _ in range(count):
            issue = make_issue()
            for position in (1, 2, 3):
                make_article(issue=issue, position=position, blurb="x" * 10_000, authors=(author,))

    add(10)
    peak()
    before = peak()
    add(30)
    assert peak() < before * 1.5


@ALL
def test_downloads_do_not_render_markdown(client, address):
    make_placement(make_issue(articles=3, intro="Never seen before."))
    before = render_markdown.cache_info()
    text(client, address)
    assert render_markdown.cache_info() == before


@ALL
def test_what_is_not_published_is_not_in_them(client, address):
    make_article(issue=make_issue(number=1), title="Published")
    make_article(issue=make_issue(number=2, status="draft"), title="Secret")
    make_article(issue=make_issue(number=3, publish_at=FUTURE), title="Secret")
    make_article(title="Secret")
    contents = text(client, address)
    assert "Published" in contents
    assert "Secret" not in contents
    assert "Issue #2" not in contents


@ALL
def test_every_change_moves_the_etag(client, address):
    seen = {client.get(address)["ETag"]}
    first, second = make_issue(articles=1), make_issue(articles=1)
    seen.add(client.get(address)["ETag"])
    first.withdraw()
    seen.add(client.get(address)["ETag"])
    second.withdraw()
    first.approve(datetime(2024, 1, 1, tzinfo=UTC))
    seen.add(client.get(address)["ETag"])
    Article.objects.update(blurb="Corrected.")
    note_changes(Issue.objects.all())
    seen.add(client.get(address)["ETag"])
    assert len(seen) == 5


@ALL
def test_file_is_named_for_the_day_of_the_last_change(client, address):
    make_issue(publish_at=datetime(2024, 8, 12, 0, 45, tzinfo=UTC))
    Issue.objects.update(updated_at=datetime(2024, 8, 1, tzinfo=UTC))
    response = client.get(address)
    name = f"sre-weekly-2024-08-11-{address.rpartition('/')[2]}"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cache-Control"].startswith("public, max-age=300")


@ALL
def test_empty_archive_and_a_name_without_latin_letters(client, settings, address):
    settings.NEWSLETTER_NAME = "信頼性週報"
    response = client.get(address)
    assert response["Content-Disposition"] == f'attachment; filename="{address.rpartition("/")[2]}"'
    assert len(response.getvalue().splitlines()) == (1 if address.endswith("csv") else 0)


@ALL
def test_nothing_can_be_sent_to_a_download(client, address):
    assert client.post(address).status_code == 405


def test_data_page_names_all_files(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = client.get("/data/").content.decode()
    assert all(f'href="{address}"' in page for address in FILES)
    assert 'rel="canonical" href="https://sreweekly.example/data/"' in page


# JSON Lines


def test_line_of_an_issue_is_its_json_without_html(client):
    make_sample()
    make_issue(number=438, publish_at=datetime(2024, 8, 19, tzinfo=UTC))
    later, sample = lines(client, "/data/issues.jsonl")
    edition = client.get("/sre-weekly-issue-437.json").json()

    def without_html(part):
        if isinstance(part, dict):
            return {name: without_html(value) for name, value in part.items() if name != "html"}
        return [without_html(value) for value in part] if isinstance(part, list) else part

    assert sample == without_html(edition)
    assert (later["number"], later["articles"]) == (438, [])


def test_line_of_an_article_says_where_it_is(client):
    make_sample()
    first, *_, last = lines(client, "/data/articles.jsonl")
    assert first["issue"] == {"number": 437, "title": "SRE Weekly Issue #437", "published": "2024-08-12T00:45:00Z"}
    assert (first["id"], last["id"], last["section"]) == (900_001, 900_004, "outages")
    assert first["blurb"]["markdown"].startswith("First paragraph.\n\n> A quote.")


@pytest.mark.parametrize("odd", ["\u2028\u2029", "a\nb", '"\\', "日本 🎭", "\x85"])
def test_line_stays_one_line(client, odd):
    make_article(issue=make_issue(), blurb=odd)
    (line,) = text(client, "/data/articles.jsonl").strip("\n").split("\n")
    assert json.loads(line)["blurb"]["markdown"] == odd


# CSV


def test_csv_row(client):
    make_sample()
    first = rows(client)[0]
    assert list(first) == downloads.COLUMNS
    assert first == {
        "issue": "437",
        "issue_title": "SRE Weekly Issue #437",
        "published": "2024-08-12T00:45:00Z",
        "section": "articles",
        "title": "An argument count mismatch",
        "url": "https://example.com/?a=1&b=2",
        "blurb": (
            "First paragraph.\n\n> A quote.\n\n- one\n- two\n\n1. a\n\nLast paragraph, with a [link](/archive/)."
        ),
        "authors": "Lorin Hochstein; Betsy Beyer",
        "publication": "ACM Queue",
        "byline": "Lorin Hochstein and Betsy Beyer — ACM Queue",
        "disclosure": "Full disclosure: ACM is my employer.",
        "tags": "on-call; slo",
        "id": "900001",
        "anchor": "https://sreweekly.example/sre-weekly-issue-437/#article-900001",
    }


def test_csv_is_that_of_rfc_4180(client):
    make_article(issue=make_issue(), title='a "b", c', blurb="x\ny")
    response = client.get("/data/articles.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"
    contents = response.getvalue()
    assert contents.startswith(b"issue,issue_title,published,")
    assert contents.endswith(b"\r\n")
    assert b'"a ""b"", c"' in contents
    assert b'"x\ny"' in contents


@pytest.mark.parametrize(
    "odd", ["=1+1", "+1", "-1", "@user on Twitter: …", "- one\n- two", "\t=1", "\r=1", "'=1", "''@x"]
)
def test_spreadsheet_runs_nothing_and_nothing_is_lost(client, odd):
    make_article(issue=make_issue(), title=odd, blurb=odd, byline=odd, disclosure=odd)
    (row,) = rows(client)
    assert [row[name] for name in ("title", "blurb", "disclosure")] == [f"'{odd}"] * 3


@pytest.mark.parametrize("plain", ["'tis the season", "a=b", "1-1", " =1", "’=1"])
def test_other_cells_are_as_they_are(client, plain):
    make_article(issue=make_issue(), title=plain)
    assert rows(client)[0]["title"] == plain
