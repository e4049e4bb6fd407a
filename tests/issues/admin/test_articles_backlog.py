"""The list of the backlog, its actions and its keys."""

from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from issues.models.articles import Article
from issues.models.issues import Issue
from tests.make import make_article, make_author, make_issue, make_publication

LIST = "/admin/issues/article/"


@pytest.fixture
def issue(db):
    return make_issue(number=12, status="draft")


def titles(desk, query=""):
    return [article.title for article in desk.get(f"{LIST}?{query}").context["cl"].result_list]


def act(desk, action, *articles, query=""):
    data = {"action": action, "_selected_action": [article.pk for article in articles]}
    response = desk.post(f"{LIST}?{query}", data, follow=True)
    return [message.level_tag for message in response.context["messages"]]


def press(client, path, *articles, **fields):
    return client.post(f"{LIST}{path}/", {"article": [article.pk for article in articles], **fields})


def row(response):
    """Return the answer for the only article."""
    (answer,) = response.json()["rows"]
    return answer


def sign_in(*permissions):
    user = User.objects.create_user("helper", "helper@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


# The list


def test_list_is_the_backlog_without_declined_articles(desk):
    make_article(title="Printed", issue=make_issue())
    for state in Article.State.values:
        make_article(title=state, state=state)
    assert sorted(titles(desk)) == ["held", "saved", "shortlisted"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("place=all", {"Printed", "Inbox", "Held"}),
        ("place=issue", {"Printed"}),
        ("state=declined", {"Declined"}),
        ("hold=wait", {"Held"}),
        ("hold=come", {"Inbox"}),
        ("hold=one", {"Held"}),
        ("author=jane&place=all", {"Held", "Printed"}),
        ("publication=acme", {"Inbox"}),
        ("tag=dns", {"Inbox"}),
        ("q=remember", {"Inbox"}),
    ],
)
def test_list_is_filtered(desk, query, found):
    jane, acme = make_author("Jane"), make_publication("Acme")
    make_article(title="Printed", issue=make_issue(), authors=(jane,))
    make_article(title="Declined", state="declined")
    make_article(title="Inbox", publication=acme, tags=("dns",), notes="Remember.", not_before=date(2020, 1, 1))
    held: dict[str, Any] = {"not_before": date(2999, 1, 1), "hold_one_per": "series", "series": "Talks"}
    make_article(title="Held", state="held", authors=(jane,), **held)
    assert set(titles(desk, query)) == found


def test_row_shows_recent_and_earlier_runs(desk):
    jane, acme = make_author("Jane"), make_publication("Acme")
    printed = make_article(issue=make_issue(number=3), authors=(jane,), publication=acme)
    make_article(url=f"{printed.url}?utm_source=x", authors=(jane,), publication=acme)
    page = desk.get(LIST).content.decode()
    assert "Jane 1×, Acme 1× in the last 10" in page
    assert "Already ran in #3" in page


def test_row_shows_what_holds_an_article_back(desk):
    make_article(state="held", not_before=date(2999, 1, 31), hold_one_per="series", series="Talks")
    assert "not before 31 Jan 2999, one per Talks" in desk.get(LIST).content.decode()


# Actions


def test_sorting_is_logged(desk):
    article = make_article()
    assert act(desk, "sort_held", article) == ["success"]
    assert Article.objects.get().state == "held"
    assert LogEntry.objects.get().object_id == str(article.pk)


def test_article_of_an_issue_is_not_sorted(desk, issue):
    assert act(desk, "sort_held", make_article(issue=issue), query="place=all") == ["error"]


def test_several_are_placed_in_the_order_of_the_list(desk, issue):
    articles = [make_article(title=title) for title in "CAB"]
    act(desk, f"place_{issue.pk}", *articles, query="o=1")
    placed = issue.articles.order_by("position")
    assert [article.title for article in placed] == ["A", "B", "C"]


def test_held_back_article_stays_while_the_others_are_placed(desk, issue):
    jane = make_author("Jane")
    articles = [make_article(title=title, authors=(jane,), hold_one_per="author") for title in "AB"]
    articles.append(make_article(title="C"))
    assert act(desk, f"place_{issue.pk}", *articles, query="o=1") == ["error", "success"]
    assert [article.title for article in Article.objects.backlog()] == ["B"]


def test_several_articles_are_sent_back_in_one_change(desk, issue):
    articles = [make_article(issue=issue), make_article(issue=issue), make_article(issue=make_issue())]
    assert act(desk, "return_to_backlog", *articles, query="place=all") == ["error", "success"]
    assert Article.objects.backlog().count() == 2
    assert issue.revisions.filter(cause="article sent back to the backlog").count() == 1


def test_held_back_article_is_placed_anyway(desk, issue):
    act(desk, f"place_anyway_{issue.pk}", make_article(not_before=date(2999, 1, 1)))
    assert issue.articles.count() == 1


def test_article_is_placed_from_its_own_page(desk, issue):
    article = make_article(not_before=date(2999, 1, 1))
    data = {"CHANGE_FORM-action": f"place_anyway_{issue.pk}", "_selected_action": [article.pk]}
    desk.post(f"{LIST}{article.pk}/change/", data)
    assert issue.articles.get() == article


def test_actions_need_permission_to_change_issues(issue):
    helper = sign_in("view_article", "change_article")
    make_article()
    page = helper.get(LIST).content.decode()
    assert "sort_held" in page
    assert "Place in" not in page
    assert "return_to_backlog" not in page


# Keys


def test_key_sorts(desk):
    article = make_article(title="A", state="held")
    answer = row(press(desk, "sort/shortlisted", article))
    assert (answer["done"], answer["state"]) == (True, "shortlisted")
    assert Article.objects.get().state == "shortlisted"


def test_key_places_a_held_back_article_anyway(desk, issue):
    article = make_article(not_before=date(2999, 1, 1))
    answer = row(press(desk, f"place/{issue.pk}", article))
    assert (answer["done"], answer["may_insist"]) == (False, True)
    assert row(press(desk, f"place/{issue.pk}", article, anyway="1"))["done"]


def test_key_places_nothing_in_a_published_issue(desk):
    issue = make_issue()
    article = make_article()
    assert row(press(desk, f"place/{issue.pk}", article))["may_insist"] is False
    assert row(press(desk, f"place/{issue.pk}", article, anyway="1"))["done"] is False


def test_key_places_several_in_their_order_and_in_one_change(desk, issue):
    a, b, c = [make_article(title=title) for title in "ABC"]
    held = make_article(not_before=date(2999, 1, 1))
    answer = press(desk, f"place/{issue.pk}", c, held, a, b).json()
    assert [one["done"] for one in answer["rows"]] == [True, False, True, True]
    assert "3 articles are in #12" in answer["sentence"]
    assert [article.title for article in issue.articles.order_by("position")] == ["C", "A", "B"]
    assert issue.revisions.filter(cause="article placed").count() == 1


def test_answer_to_a_key_gives_the_first_reasons_only(desk, issue):
    held = [make_article(title=f"Held {number}", not_before=date(2999, 1, 1)) for number in range(8)]
    sentence = press(desk, f"place/{issue.pk}", *held).json()["sentence"]
    assert [f"Held {number}" in sentence for number in range(4)] == [True, True, False, False]
    assert "6 more" in sentence


@pytest.mark.parametrize(("count", "queries"), [(1, 29), (3, 35)])
def test_each_placed_article_takes_few_queries(desk, issue, django_assert_num_queries, count, queries):
    articles = [make_article() for _ in range(count)]
    with django_assert_num_queries(queries):
        press(desk, f"place/{issue.pk}", *articles)


def test_undo_of_placing_restores_the_state_in_one_change(desk, issue):
    articles = [make_article(), make_article()]
    press(desk, f"place/{issue.pk}", *articles)
    answer = press(desk, "sort/saved", *articles, undo="1").json()
    assert [one["state"] for one in answer["rows"]] == ["saved", "saved"]
    assert [article.state for article in Article.objects.backlog()] == ["saved", "saved"]
    assert issue.revisions.filter(cause="article sent back to the backlog").count() == 1


def test_only_undo_takes_an_article_out_of_an_issue(desk, issue):
    article = make_article(issue=issue)
    assert row(press(desk, "sort/held", article))["done"] is False
    assert issue.articles.exists()


def test_undo_does_not_change_a_published_issue(desk):
    article = make_issue(articles=1).articles.get()
    assert row(press(desk, "sort/saved", article, undo="1"))["done"] is False
    assert Issue.objects.get().articles.exists()


def test_key_for_a_missing_state_issue_or_article_is_not_found(desk, issue):
    article = make_article()
    for path in ("sort/unknown", "place/999999", "place/99999999999999999999"):
        assert press(desk, path, article).status_code == 404
    for key in ("x", "9" * 30, "²", ""):
        assert desk.post(f"{LIST}place/{issue.pk}/", {"article": key}).status_code == 404
    Article.objects.all().delete()
    assert press(desk, "sort/held", article).status_code == 404


def test_key_needs_a_post(desk):
    for path in ("sort/held", "place/1"):
        assert desk.get(f"{LIST}{path}/").status_code == 405


@pytest.mark.parametrize(
    ("permissions", "path", "status"),
    [
        (["view_article"], "sort/held", 403),
        (["change_article"], "sort/held", 200),
        (["change_article"], "place", 403),
        (["change_article", "change_issue"], "place", 200),
    ],
)
def test_key_needs_permission(issue, permissions, path, status):
    path = f"place/{issue.pk}" if path == "place" else path
    assert press(sign_in(*permissions), path, make_article()).status_code == status


def test_undo_of_placing_needs_permission_to_change_issues(issue):
    article = make_article(issue=issue)
    assert press(sign_in("change_article"), "sort/saved", article, undo="1").status_code == 403
    assert issue.articles.exists()


def test_keys_need_a_session_and_a_token(client, db):
    article = make_article()
    assert press(client, "sort/held", article).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("editor"))
    assert press(strict, "sort/held", article).status_code == 403
