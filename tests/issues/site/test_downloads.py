import csv
import gc
import gzip
import io
import json
import tracemalloc
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from issues.models.articles import Article
from issues.models.downloads import StoredDownload
from issues.models.issues import Issue
from issues.site import downloads
from issues.tasks import store_downloads
from tests.issues.printing.test_markup_contract import make_sample
from tests.make import make_article, make_author, make_issue, make_placement, note_changes
from text.markdown import render_cached

pytestmark = pytest.mark.django_db

FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
# Queries around those for the contents: the version, the stored file, a savepoint's two, the lock, storing.
AROUND = 6
FILES = ["/data/issues.jsonl", "/data/articles.jsonl", "/data/articles.csv"]


def text(client, address):
    response = client.get(address)
    assert (response.status_code, response.streaming) == (200, True)
    return response.getvalue().decode()


def lines(client, address):
    return [json.loads(line) for line in text(client, address).splitlines()]


def rows(client):
    return list(csv.DictReader(io.StringIO(text(client, "/data/articles.csv"), newline="")))


@pytest.mark.parametrize("count", [1, 3])
def test_downloads_take_a_fixed_number_of_queries(client, django_assert_num_queries, count):
    for _ in range(count):
        make_placement(make_issue(articles=count, outages=count))
    for address in FILES:
        with django_assert_num_queries(AROUND + 6):
            text(client, address)
        with django_assert_num_queries(2):
            text(client, address)


def test_queries_grow_with_hundreds_of_issues_alone(client, monkeypatch):
    monkeypatch.setattr(downloads, "ISSUES_AT_ONCE", 2)
    for _ in range(5):
        make_placement(make_issue(articles=2))
    with CaptureQueriesContext(connection) as captured:
        text(client, "/data/articles.csv")
    assert len(captured) == AROUND + 1 + 3 * 5


def test_not_modified_and_head_take_one_query(client, django_assert_num_queries):
    make_issue(articles=1)
    for address in FILES:
        etag = client.get(address)["ETag"]
        for method in (client.get, client.head):
            with django_assert_num_queries(1):
                assert method(address, headers={"If-None-Match": etag}).status_code == 304
        with django_assert_num_queries(1):
            head = client.head(address)
            assert (head.status_code, head.getvalue(), head["ETag"]) == (200, b"", etag)
        assert "Content-Length" not in head


def test_memory_is_flat(client, monkeypatch):
    monkeypatch.setattr(downloads, "ISSUES_AT_ONCE", 5)
    author = make_author()

    def peak():
        tracemalloc.start()
        for number, _ in enumerate(downloads.ARTICLES_CSV.write(Issue.objects.published())):
            if number % 10 == 0:
                gc.collect()  # Issues and their articles refer to each other.
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    def add(count):
        for _ in range(count):
            make_article(issue=make_issue(), blurb="x" * 30_000, authors=(author,))

    add(10)
    peak()
    before = peak()
    add(20)
    assert peak() < before * 1.5


def test_downloads_do_not_render_markdown(client):
    make_placement(make_issue(articles=3, intro="Never seen before."))
    before = render_cached.cache_info()
    for address in FILES:
        text(client, address)
    assert render_cached.cache_info() == before


def test_unpublished_articles_are_not_in_downloads(client):
    make_article(issue=make_issue(number=1), title="Published")
    make_article(issue=make_issue(number=2, status="draft"), title="Secret")
    make_article(issue=make_issue(number=3, publish_at=FUTURE), title="Secret")
    make_article(title="Secret")
    for address in FILES:
        contents = text(client, address)
        assert ("Published" in contents, "Secret" in contents, "Issue #2" in contents) == (True, False, False)


def test_every_change_moves_the_etag(client):
    def etag():
        return client.get("/data/issues.jsonl")["ETag"]

    seen = {etag()}
    first, second = make_issue(articles=1), make_issue(articles=1)
    seen.add(etag())
    first.withdraw()
    seen.add(etag())
    second.withdraw()
    first.approve(datetime(2024, 1, 1, tzinfo=UTC))
    seen.add(etag())
    Article.objects.update(blurb="Corrected.")
    note_changes(Issue.objects.all())
    seen.add(etag())
    assert len(seen) == 5


def test_file_is_named_for_the_day_of_the_last_change(client):
    make_issue(publish_at=datetime(2024, 8, 12, 0, 45, tzinfo=UTC))
    Issue.objects.update(updated_at=datetime(2024, 8, 1, tzinfo=UTC))
    for address in FILES:
        response = client.get(address)
        name = f"sre-weekly-2024-08-11-{address.rpartition('/')[2]}"
        assert response["Content-Disposition"] == f'attachment; filename="{name}"'
        assert response["Access-Control-Allow-Origin"] == "*"
        assert response["Cache-Control"].startswith("public, max-age=300")
        assert client.post(address).status_code == 405


def test_empty_archive_of_a_newsletter_without_latin_letters_in_its_name(client, settings):
    settings.NEWSLETTER_NAME = "信頼性週報"
    for address in FILES:
        response = client.get(address)
        assert response["Content-Disposition"] == f'attachment; filename="{address.rpartition("/")[2]}"'
        assert len(response.getvalue().splitlines()) == (1 if address.endswith("csv") else 0)


def test_data_page_names_all_files(client, django_assert_num_queries):
    with django_assert_num_queries(1):
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


def test_line_stays_one_line(client):
    odd = 'a\nb"\\\u2028\u2029 日本 🎭\x85'
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


def test_spreadsheet_runs_nothing_and_nothing_is_lost(client):
    formulas = ["=1+1", "+1", "-1", "@user on Twitter: …", "- one\n- two", "\t=1", "\r=1", "'=1", "''@x"]
    issue = make_issue()
    for odd in formulas:
        make_article(issue=issue, title=odd, blurb=odd, byline=odd, disclosure=odd)
    for name in ("title", "blurb", "disclosure"):
        assert [row[name] for row in rows(client)] == [f"'{odd}" for odd in formulas]


def test_other_cells_are_as_they_are(client):
    titles = ["'tis the season", "a=b", "1-1", " =1", "’=1"]
    issue = make_issue()
    for title in titles:
        make_article(issue=issue, title=title)
    assert [row["title"] for row in rows(client)] == titles


# Stored files


@pytest.mark.parametrize("address", FILES)
def test_client_that_accepts_gzip_gets_the_stored_bytes(client, address):
    make_issue(articles=2)
    plain = client.get(address)
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert (packed["Content-Encoding"], packed["ETag"], packed["Vary"]) == ("gzip", plain["ETag"], "Accept-Encoding")
    assert gzip.decompress(packed.content) == plain.getvalue()
    assert packed["Content-Length"] == str(len(packed.content))


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip; q=0.0, br", "identity"])
def test_client_that_accepts_no_gzip_gets_plain_bytes(client, accepted):
    make_issue(articles=2)
    response = client.get("/data/articles.csv", headers={"Accept-Encoding": accepted})
    assert (response.streaming, response.has_header("Content-Encoding")) == (True, False)


def test_file_is_made_once_for_each_state(client, monkeypatch):
    made = []
    pack = downloads._pack

    def pack_and_count(lines):
        made.append(1)
        return pack(lines)

    monkeypatch.setattr(downloads, "_pack", pack_and_count)
    make_issue(articles=1)
    for _ in range(3):
        text(client, "/data/articles.csv")
    assert len(made) == 1
    make_issue(articles=1)
    assert "Issue #2" in text(client, "/data/articles.csv")
    assert len(made) == 2


def test_former_file_is_served_while_another_process_makes_the_next(client, monkeypatch):
    make_issue(articles=1)
    former = client.get("/data/articles.csv")
    make_issue(articles=1)
    monkeypatch.setattr(StoredDownload.objects, "try_lock", lambda name: False)
    meanwhile = client.get("/data/articles.csv")
    assert (meanwhile["ETag"], meanwhile.getvalue()) == (former["ETag"], former.getvalue())


def test_first_file_is_streamed_while_another_process_makes_it(client, monkeypatch):
    make_issue(articles=1)
    monkeypatch.setattr(StoredDownload.objects, "try_lock", lambda name: False)
    assert "Issue #1" in text(client, "/data/articles.csv")
    assert not StoredDownload.objects.exists()


def test_job_makes_all_files(client, django_assert_num_queries):
    make_issue(articles=1)
    store_downloads()
    assert StoredDownload.objects.count() == len(FILES)
    for address in FILES:
        with django_assert_num_queries(2):
            text(client, address)
