"""What waits in the backlog, as the drawer of an issue's page lists it, and the form after a placement."""

import json
from datetime import date, timedelta

import lxml.html
import pytest
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from issues.models.articles import Article
from tests.desk_forms import read_form
from tests.make import make_article, make_author, make_issue, make_publication, sign_in


@pytest.fixture
def issue(db):
    return make_issue(number=12, status="draft")


def address(issue, **query):
    return reverse("admin:issues_article_waiting", args=[issue.pk], query=query)


def items(client, issue, **query):
    page = lxml.html.fromstring(client.get(address(issue, **query)).content.decode() + " ")
    return {item.findtext(".//bdi"): item for item in page.iter("li")}


def test_shortlisted_articles_are_first_and_declined_and_placed_ones_are_left_out(desk, issue):
    make_article(title="Likely", state="shortlisted")
    for title, state in (("Held", "held"), ("New", "saved"), ("No", "declined")):
        make_article(title=title, state=state)
    make_article(title="Printed", issue=issue)
    assert list(items(desk, issue)) == ["Likely", "New", "Held"]


def test_words_search_as_in_the_list_of_the_backlog(desk, issue):
    make_article(title="One", authors=(make_author("Zoë"), make_author("Zoë Lee")))
    make_article(title="Two")
    assert list(items(desk, issue, q="zoë")) == ["One"]
    assert list(items(desk, issue, q="\0nowhere")) == []


def test_article_says_where_it_ran_and_what_keeps_it_out_of_this_issue(desk, issue):
    ran = make_article(issue=make_issue(number=3))
    make_article(title="Again", url=f"{ran.url}?utm_source=x", hold_one_per="author")
    make_article(title="Later", state="held", not_before=date(2999, 1, 31))
    later, again = items(desk, issue).values()
    assert ("#3" in again.text_content(), "one per author" in again.text_content()) == (True, True)
    assert [item.xpath("boolean(.//button[@data-anyway])") for item in (again, later)] == [False, True]


def test_long_list_is_cut(desk, issue):
    for _ in range(41):
        make_article()
    assert len(items(desk, issue)) == 40


@pytest.mark.parametrize("missing", ["change_article", "change_issue"])
def test_placing_needs_both_permissions(issue, missing):
    client = sign_in(*({"view_issue", "change_issue", "change_article"} - {missing}))
    assert client.get(address(issue)).status_code == 403
    page = client.get(reverse("admin:issues_issue_change", args=[issue.pk])).content.decode()
    assert "open-drawer" not in page


def test_published_and_closed_issues_have_no_drawer(desk):
    published = make_issue()
    assert desk.get(address(published)).status_code == 403
    scheduled = make_issue(publish_at=timezone.now() + timedelta(days=7))
    helper = sign_in("view_issue", "change_issue", "change_article")
    assert [client.get(address(scheduled)).status_code for client in (desk, helper)] == [200, 403]


@pytest.mark.parametrize("count", [1, 20])
def test_list_takes_a_fixed_number_of_queries(desk, issue, count, django_assert_num_queries):
    for _ in range(count):
        article = make_article(publication=make_publication(), tags=("dns",), hold_one_per="publication")
        make_article(issue=issue, url=article.url)
    with django_assert_num_queries(10):
        desk.get(address(issue, q="example"))


def test_placing_tells_the_versions_before_and_after(desk, issue):
    place = reverse("admin:issues_article_place", args=[issue.pk])
    seen = read_form(desk.get(reverse("admin:issues_issue_change", args=[issue.pk])), "issue_form")["seen"]
    answer = desk.post(place, {"article": make_article().pk, "form": ""}).json()
    issue.refresh_from_db()
    assert answer["issue"] == {"state": "draft", "versions": [int(seen[0]), issue.version]}
    refused = desk.post(place, {"article": Article.objects.get().pk, "form": ""}).json()
    assert refused["issue"]["versions"] == [issue.version] * 2
    assert "row" not in refused


def test_placing_answers_with_the_row_as_the_form_shows_it(desk, issue):
    make_article(issue=issue)
    article = make_article(authors=(make_author("Zoë"),), tags=("dns",), section="articles")
    place = reverse("admin:issues_article_place", args=[issue.pk])
    row = desk.post(place, {"article": article.pk, "form": ""}).json()["row"]
    values = read_form(desk.get(reverse("admin:issues_issue_change", args=[issue.pk])), "issue_form")
    held = read_form(HttpResponse(f'<form id="row">{row["html"]}</form>'), "row")
    rows = [
        {name[len("articles-0-") :]: given[name] for name in given if name.startswith(start)}
        for given, start in ((held, "articles-0-"), (values, "articles-1-"))
    ]
    assert rows[0] == rows[1] != {}
    key = f"articles-{article.pk}"
    assert json.loads(row["opened"])[key] == json.loads(values["opened"][0])[key]


def test_undo_of_a_placement_tells_the_versions_and_gives_the_state_back(desk, issue):
    article = make_article(state="held")
    desk.post(reverse("admin:issues_article_place", args=[issue.pk]), {"article": article.pk})
    issue.refresh_from_db()
    undo = reverse("admin:issues_article_sort", args=["held"])
    answer = desk.post(undo, {"article": article.pk, "undo": "1", "form": ""}).json()
    assert answer["issue"]["versions"] == [issue.version, issue.version + 1]
    article.refresh_from_db()
    assert (article.issue, article.state) == (None, "held")


@pytest.mark.parametrize("count", [1, 20])
def test_placing_takes_a_fixed_number_of_queries(desk, issue, count, django_assert_num_queries):
    for _ in range(count):
        make_article(issue=issue, authors=(make_author(),), tags=("dns",))
    place = reverse("admin:issues_article_place", args=[issue.pk])
    article = make_article(tags=("dns",))
    with django_assert_num_queries(35):
        desk.post(place, {"article": article.pk, "form": ""})
