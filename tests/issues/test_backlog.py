"""What waits for an issue: what keeps an article out of one, and who is offered as its author."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fetching.models import FetchedPage
from issues.changes import note_changes
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.placing import find_obstacles, place_unless_hindered
from issues.recognition import authors_spelled_like, find_authors_at, find_publication, offers_for
from issues.runs import count_recent_runs
from tests.make import make_article, make_author, make_issue, make_publication
from text.names import spelled_like

SUNDAY = datetime(2026, 11, 29, 20, 45, tzinfo=ZoneInfo("America/New_York"))


@pytest.fixture
def issue(db):
    return make_issue(number=12, status="draft", publish_at=SUNDAY)


def loaded(issue):
    return Issue.objects.with_contents().get(pk=issue.pk)


# The address


def test_address_is_kept_as_pasted(db):
    article = make_article(url="https://example.com/?utm_source=x")
    article.url = "https://example.com/"
    article.save()
    article.refresh_from_db()
    assert article.pasted_url == "https://example.com/?utm_source=x"


def test_address_of_before_there_was_a_note_of_it_is_not_taken_for_pasted(db):
    article = make_article()
    Article.objects.update(pasted_url="")
    article.refresh_from_db()
    article.url = "https://example.com/new"
    article.save()
    assert article.pasted_url == ""


# What keeps it out of an issue


def test_article_waits_for_its_day(issue):
    article = make_article(title="A", not_before=date(2026, 12, 1))
    assert find_obstacles(article, issue) == [
        "“A” waits until 1 Dec 2026, and SRE Weekly Issue #12 comes out on 29 Nov 2026."
    ]


def test_its_day_is_one_on_the_clocks_of_the_newsletter(issue):
    # 20:45 in New York is the next day in UTC.
    assert find_obstacles(make_article(not_before=date(2026, 11, 29)), issue) == []
    assert find_obstacles(make_article(not_before=date(2026, 11, 30)), issue) != []


def test_issue_without_a_time_is_taken_to_come_out_today(db):
    article = make_article(title="A", not_before=date(2999, 1, 1))
    sentence = "“A” waits until 1 Jan 2999, and SRE Weekly Issue #12 has no publication time yet."
    assert find_obstacles(article, make_issue(number=12, status="draft")) == [sentence]


@pytest.mark.parametrize("holder", ["the one that waits", "the one in the way"])
@pytest.mark.parametrize("kind", ["author", "publication", "series"])
def test_at_most_one_an_issue_whichever_of_the_two_says_so(issue, kind, holder):
    shared: dict[str, Any] = {
        "authors": (make_author("Jane"),),
        "publication": make_publication("Acme"),
        "series": "Talks",
    }
    first = make_article(issue=issue, title="A", hold_one_per=kind if holder == "the one in the way" else "", **shared)
    other = make_article(title="B", hold_one_per=kind if holder == "the one that waits" else "", **shared)
    (sentence,) = find_obstacles(other, loaded(issue))
    name = {"author": "Jane", "publication": "Acme", "series": "the series “Talks”"}[kind]
    assert sentence == (
        "“B” waits for another issue: “A” is in SRE Weekly Issue #12, "
        f"and at most one article of {name} is to be in an issue."
    )
    assert len(find_obstacles(first, loaded(issue))) == 0


def test_nothing_is_in_the_way_of_an_article_of_somebody_else(issue):
    make_article(issue=issue, hold_one_per="author", publication=make_publication())
    assert find_obstacles(make_article(hold_one_per="publication", publication=make_publication()), loaded(issue)) == []


def test_two_in_one_issue_are_both_told(issue):
    author = make_author()
    for _ in range(2):
        make_article(issue=issue, authors=(author,), hold_one_per="author")
    assert [len(find_obstacles(article, loaded(issue))) for article in Article.objects.all()] == [1, 1]


def test_obstacles_of_a_loaded_issue_ask_nothing(issue, django_assert_num_queries):
    make_article(issue=issue, hold_one_per="author", publication=make_publication())
    make_article(hold_one_per="publication", publication=make_publication())
    whole, article = loaded(issue), Article.objects.backlog().with_credits().get()
    with django_assert_num_queries(0):
        find_obstacles(article, whole)


def test_held_back_article_is_placed_anyway_where_the_editor_says_so(issue):
    article = make_article(not_before=date(2999, 1, 1))
    assert len(place_unless_hindered(article, issue)) == 1
    assert place_unless_hindered(article, issue, anyway=True) == []
    assert issue.articles.get() == article


def test_published_issue_takes_no_article_anyway(db):
    article = make_article(title="A")
    assert place_unless_hindered(article, make_issue(number=3), anyway=True) == [
        "“A” was not placed: SRE Weekly Issue #3 is published."
    ]
    assert Article.objects.backlog().exists()


def test_article_that_another_tab_placed_stays_where_it_is(issue):
    article = make_article(title="A")
    Article.objects.get().place(issue)
    assert place_unless_hindered(article, make_issue(status="draft")) == ["“A” is in SRE Weekly Issue #12 already."]


# How often who ran


def test_runs_in_the_last_ten_published_issues_are_counted(db):
    jane, acme = make_author("Jane"), make_publication("Acme")
    for number in range(1, 13):
        make_article(issue=make_issue(number=number), authors=(jane,), publication=acme if number > 11 else None)
    make_article(issue=make_issue(number=13, status="draft"), authors=(jane,), publication=acme)
    article = make_article(authors=(make_author("New"), jane), publication=acme)
    assert count_recent_runs([article]).describe(article) == "Jane 10×, Acme 1×"


# Who is offered


@pytest.mark.parametrize(
    ("host", "name"),
    [("blog.acme.example", "Blog"), ("www.acme.example", "Acme"), ("x.acme.example", "Acme"), ("acme.test", None)],
)
def test_publication_is_the_one_with_the_longest_host(db, host, name):
    make_publication("Acme", hosts=["www.acme.example", "example"])
    make_publication("Blog", hosts=["blog.acme.example"])
    found = find_publication(host)
    assert (found.name if found else None) == name


def test_author_is_found_by_the_first_part_of_the_path(db):
    jane, ben = make_author("Jane"), make_author("Ben")
    make_article(url="https://medium.com/@jane/one-1", authors=(jane,))
    make_article(url="https://medium.com/@janet/two-2", authors=(ben,))
    assert find_authors_at("https://www.medium.com/@jane/three?source=rss-1") == [(jane, 1)]


def test_who_alone_wrote_at_a_host_is_found(db):
    jane = make_author("Jane")
    for number in range(2):
        make_article(url=f"https://jane.example/{number}", authors=(jane,))
    assert find_authors_at("https://jane.example/2026/x") == [(jane, 2)]


def test_nobody_is_found_at_a_host_of_several_or_of_everybody(db):
    make_article(url="https://acme.example/a")
    make_article(url="https://acme.example/b")
    make_article(url="https://medium.com/@jane/x")
    assert find_authors_at("https://acme.example/c") == find_authors_at("https://medium.com/@new/x") == []


def test_nobody_is_found_on_the_blog_of_a_company(db):
    for number in range(4):
        make_article(url=f"https://acme.example/blog/{number}")
    assert find_authors_at("https://acme.example/blog/x") == []


def test_address_is_offered_without_tracking(db):
    (offer,) = offers_for("https://acme.example/x?utm_source=y")
    assert (offer.field, offer.value) == ("url", "https://acme.example/x")


def test_names_that_a_page_prints_are_known_alike_or_new(db):
    url = "https://acme.example/x"
    john = make_author("John Smith")
    kroll = make_author("Rachel Kroll", aliases=["rachelbythebay"])
    make_article(authors=(john,))
    page = FetchedPage(url=url, title="Title", authors=["rachelbythebay", "Jon Smith"])
    assert [(offer.value, offer.text) for offer in offers_for(url, page)] == [
        ("Title", "Title: Title"),
        (str(kroll.pk), "Author: Rachel Kroll"),
        (str(john.pk), "“Jon Smith”: did you mean John Smith (1 article)?"),
        ("", "New author “Jon Smith”"),
    ]


def test_offers_ask_the_same_for_one_and_for_three(db, django_assert_num_queries):
    url = "https://acme.example/blog/x"
    make_author("Jane Doe")
    for _ in range(2):
        make_publication(hosts=["acme.example"])
        make_article(url="https://acme.example/blog/y", authors=(make_author(),))
        page = FetchedPage(url=url, title="T", authors=["Jon Smith", "Jane Doe"])
        with django_assert_num_queries(4):
            offers_for(url, page)


@pytest.mark.parametrize(
    ("name", "other"), [("Jon Smith", "John Smith"), ("Jamie Woo", "Jaime Woo"), ("Zoë Fox", "Zoe Fox")]
)
def test_variants_of_a_name_are_found(name, other):
    assert spelled_like(name, [other, "Anna Reed"]) == [other]


@pytest.mark.parametrize("other", ["ANNA  REED", "Anne Rice", "", "…"])
def test_same_and_other_names_are_no_variants(other):
    assert spelled_like("Anna Reed", [other]) == []


def test_author_is_no_variant_of_an_alias_of_his_own(db):
    john = make_author("John Smith", aliases=["Jon Smith"])
    assert authors_spelled_like("John Smith", but=john) == []


# What readers see

PUBLIC = [
    *("/", "/archive/", "/sre-weekly-issue-7/", "/sre-weekly-issue-7.txt", "/sre-weekly-issue-7.json", "/feed/"),
    *("/feed/json/", "/feed/atom/", "/authors/jane/", "/tags/dns/", "/tags/dns/feed/"),
    *("/data/issues.jsonl", "/data/articles.jsonl", "/data/articles.csv", "/search/?q=zebra"),
]


@pytest.fixture
def noted(db):
    """A published article with what only the editor knows."""
    secret = {"notes": "xyzzy", "series": "xyzzy", "pasted_url": "https://xyzzy.example/", "hold_one_per": "series"}
    issue = make_issue(number=7)
    article = make_article(
        issue=issue, title="Quorum loss", blurb="A zebra.", authors=(make_author("Jane"),), tags=("dns",), **secret
    )
    note_changes(Issue.objects.all())
    return article


@pytest.mark.parametrize("path", PUBLIC)
def test_notes_and_series_are_in_nothing_that_readers_get(client, noted, path):
    response = client.get(path)
    body = b"".join(response) if response.streaming else response.content
    assert response.status_code == 200
    assert b"xyzzy" not in body


def test_notes_are_not_found(client, noted):
    assert "Quorum loss" in client.get("/search/?q=zebra").content.decode()
    assert "Quorum loss" not in client.get("/search/?q=xyzzy").content.decode()
