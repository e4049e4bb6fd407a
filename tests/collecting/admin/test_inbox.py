"""The inbox: what it shows, and what its keys and buttons decide."""

from datetime import timedelta

import lxml.html
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from collecting.models.candidates import Candidate
from collecting.models.sources import Source
from issues.models.articles import Article
from tests.make import (
    make_article,
    make_author,
    make_candidate,
    make_device,
    make_fetched_page,
    make_issue,
    make_publication,
    sign_in,
)

INBOX = "/admin/collecting/candidate/inbox/"


def rows(client):
    return client.get(INBOX).context["rows"]


def key(row):
    return f"{row._meta.model_name}-{row.pk}"


def press(client, decision, *rows, undone=""):
    """Decide as desk/inbox.js does, and return its answer."""
    keys = [row if isinstance(row, str) else key(row) for row in rows]
    return client.post(INBOX, {decision: keys, "undone": undone}, headers={"accept": "application/json"}).json()


# The list


def test_what_is_to_be_decided_is_shown_latest_first(desk):
    saved, new = make_article(state="saved"), make_candidate()
    for state in ("shortlisted", "held", "declined"):
        make_article(state=state)
    make_article(issue=make_issue())
    make_candidate(state="declined")
    assert [row.key for row in rows(desk)] == [key(new), key(saved)]


def test_row_says_where_a_link_comes_from(desk):
    device, _ = make_device(User.objects.get(), name="Phone")
    source = Source.objects.create(title="A feed", url="https://example.com/feed")
    make_candidate(device=device)
    make_candidate(source=source).take()
    desk.post("/admin/collecting/candidate/save/", {"url": "https://example.com/saved"})
    assert [row.origin for row in rows(desk)] == ["saved by editor", "feed: A feed", "sent from Phone"]


def test_row_says_where_the_link_ran_and_how_often_its_author_did(desk):
    jane = make_author("Jane")
    printed = make_article(issue=make_issue(number=3), authors=(jane,))
    make_article(url=f"{printed.url}?utm_source=x", authors=(jane,))
    make_candidate(url="https://example.com/other", page_canonical=printed.url)
    candidate, article = rows(desk)
    assert candidate.runs == article.runs
    assert "#3" in article.runs[0]
    assert article.recent_runs == "Jane 1× in the last 10"


def test_address_stands_for_a_missing_title_until_its_page_is_read(desk):
    make_candidate(title="", url="https://example.com/untitled")
    make_fetched_page("https://example.com/untitled", outcome="", fetched_at=None)
    assert rows(desk)[0].reading
    assert "https://example.com/untitled</bdi>" in desk.get(INBOX).text


def test_inbox_has_pages(desk, monkeypatch):
    monkeypatch.setattr("collecting.admin.inbox.ROWS", 2)
    first, *_ = [make_candidate() for _ in range(3)]
    assert [row.key for row in desk.get(f"{INBOX}?p=2").context["rows"]] == [key(first)]


@pytest.mark.parametrize("count", [1, 3])
def test_inbox_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, count):
    device, _ = make_device(User.objects.get())
    issue = make_issue(status="draft")
    for number in range(count):
        run = make_article(issue=issue)
        make_candidate(url=run.url, device=device)
        article, _ = make_candidate(url=f"https://example.com/{number}", device=device).take()
        article.credit([make_author()])
        article.publication = make_publication()
        article.save()
    with django_assert_num_queries(17):
        assert desk.get(INBOX).text.count("Is in #1 (draft)") == count


@pytest.fixture
def several(desk):
    """Make a row from each origin. Return the keys of feed and device, too."""
    device, _ = make_device(User.objects.get(), name="Phone")
    feed = Source.objects.create(title="A feed", url="https://example.com/feed")
    now = timezone.now()
    make_candidate(title="item", source=feed, arrived_at=now - timedelta(days=2))
    make_candidate(title="sent", device=device)
    make_candidate(title="pasted", arrived_at=now - timedelta(days=8))
    make_article(title="saved", state="saved")
    make_candidate(title="item saved", source=feed).take()
    make_candidate(title="elsewhere", source=feed, state="declined")
    return {"feed": feed.pk, "device": device.pk}


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("kind=candidate", "item pasted sent"),
        ("kind=article", "item saved saved"),
        ("origin=feed-{feed}", "item item saved"),
        ("origin=device-{device}", "sent"),
        ("origin=desk", "pasted saved"),
        ("age=day", "item saved saved sent"),
        ("age=week", "item item saved saved sent"),
        ("age=older", "pasted"),
        ("age=week&kind=candidate&origin=feed-{feed}&p=1", "item"),
        ("origin=feed-0", ""),
        ("origin=feed-x&kind=x&age=%00", "item item saved pasted saved sent"),
    ],
)
def test_list_is_narrowed_by_source_kind_and_age(desk, several, query, titles):
    response = desk.get(f"{INBOX}?{query.format(**several)}")
    assert " ".join(sorted(row.title for row in response.context["rows"])) == titles
    assert response.context["waiting"]["Inbox"] == 5
    assert response.context["is_filtered"] == ("kind=x" not in query)


def test_each_filter_keeps_the_others_and_leaves_the_page(desk, several):
    page = lxml.html.fromstring(desk.get(f"{INBOX}?kind=candidate&p=1").content.decode())
    bar = page.find_class("filters")[0]
    links = {link.text: link.get("href") for link in bar.xpath(".//a")}
    assert links["feed: A feed"] == f"?kind=candidate&origin=feed-{several['feed']}"
    assert links["more than 7 days"] == "?kind=candidate&age=older"
    assert links["Clear the filters"] == INBOX
    assert bar.xpath(".//a[@aria-current='true']/text()") == ["all", "candidates", "all"]


def test_pages_and_decisions_without_a_script_keep_the_filters(desk, several, monkeypatch):
    monkeypatch.setattr("collecting.admin.inbox.ROWS", 1)
    page = lxml.html.fromstring(desk.get(f"{INBOX}?kind=candidate").content.decode())
    assert page.xpath("//nav[@aria-label='Pages']/a/@href") == ["?kind=candidate&p=2"]
    response = desk.post(f"{INBOX}?kind=article", {"decline": key(Article.objects.get(title="saved"))})
    assert response.url == f"{INBOX}?kind=article"


def test_filters_without_a_match_can_be_cleared(desk):
    make_article(state="saved")
    page = lxml.html.fromstring(desk.get(f"{INBOX}?kind=candidate").content.decode())
    assert page.xpath("//p[contains(@class, 'inbox-empty')][not(@hidden)]/a/@href") == [INBOX]


def test_menu_leads_to_the_inbox_and_counts_its_rows(desk):
    make_article(state="saved")
    make_candidate()
    context = desk.get(INBOX).context
    entry = next(entry for group in context["menu"] for entry in group if entry.name == "Inbox")
    assert (entry.address, entry.is_here) == (INBOX, True)
    assert context["waiting"]["Inbox"] == len(context["rows"]) == 2


# Decisions


@pytest.mark.parametrize(
    ("decision", "state"), [("shortlist", "shortlisted"), ("backlog", "held"), ("decline", "declined")]
)
def test_article_is_decided_on_and_undone(desk, decision, state):
    article = make_article(state="saved")
    [answer] = press(desk, decision, article)["rows"]
    assert answer == {"row": key(article), "now": key(article), "done": True, "waits": False}
    assert Article.objects.get().state == state
    assert LogEntry.objects.get().object_id == str(article.pk)
    assert press(desk, "return", article)["rows"][0]["done"]
    assert Article.objects.get().state == "saved"


@pytest.mark.parametrize(("decision", "state"), [("shortlist", "shortlisted"), ("backlog", "held")])
def test_candidate_becomes_an_article_which_undo_returns_to_the_inbox(desk, decision, state):
    [answer] = press(desk, decision, make_candidate())["rows"]
    article = Article.objects.get()
    assert (article.state, answer["now"]) == (state, key(article))
    press(desk, "return", answer["now"])
    assert [row.key for row in rows(desk)] == [key(article)]


def test_declined_candidate_is_returned_by_undo(desk):
    candidate = make_candidate()
    press(desk, "decline", candidate)
    assert Candidate.objects.get().state == "declined"
    assert press(desk, "return", candidate)["rows"][0]["done"]
    assert Candidate.objects.waiting().get() == candidate


def test_declined_candidate_is_not_returned_if_its_link_waits_again(desk):
    candidate = make_candidate(state="declined")
    make_candidate(url=candidate.url)
    assert not press(desk, "return", candidate)["rows"][0]["done"]
    assert Candidate.objects.waiting().count() == 1


def test_many_are_decided_on_at_once(desk):
    several = [make_candidate(), make_candidate(), make_article(state="saved")]
    answer = press(desk, "shortlist", *several)
    assert [row["done"] for row in answer["rows"]] == [True] * 3
    assert Article.objects.filter(state="shortlisted").count() == 3
    assert rows(desk) == []


def test_what_was_decided_on_in_another_tab_stays(desk):
    taken, held = make_candidate(), make_article(state="held")
    taken.take()
    placed = make_article(issue=make_issue())
    answer = press(desk, "decline", taken, held, placed, "article-999999", "candidate-x", "x")
    assert [row["done"] for row in answer["rows"]] == [False] * 3
    assert not Article.objects.filter(state="declined").exists()


def test_undo_leaves_what_somebody_else_decided_since(desk):
    article = make_article(state="saved")
    press(desk, "shortlist", article)
    Article.objects.update(state="declined")
    [answer] = press(desk, "return", article, undone="shortlist")["rows"]
    assert (answer["done"], answer["waits"]) == (False, False)
    assert Article.objects.get().state == "declined"
    assert press(desk, "return", article, undone="decline")["rows"][0]["waits"]


def test_declined_candidate_that_somebody_else_returned_waits(desk):
    candidate = make_candidate()
    [answer] = press(desk, "return", candidate, undone="decline")["rows"]
    assert (answer["done"], answer["waits"]) == (False, True)


def test_row_that_somebody_deleted_is_gone(desk):
    article = make_article(state="saved")
    name = key(article)
    article.delete()
    answer = press(desk, "decline", name)
    assert (answer["rows"], "gone" in answer["sentence"]) == ([], True)


def test_candidate_decides_an_article_that_waits_for_the_same_page(desk):
    waiting = make_article(state="saved")
    press(desk, "backlog", make_candidate(url=waiting.url))
    assert Article.objects.get().state == "held"


def test_candidate_and_article_of_one_page_are_decided_on_together(desk):
    waiting = make_article(state="saved")
    answer = press(desk, "shortlist", make_candidate(url=waiting.url), waiting)
    assert [row["done"] for row in answer["rows"]] == [True, True]
    assert Article.objects.get().state == "shortlisted"


def test_buttons_decide_without_a_script(desk):
    candidate, article, other = make_candidate(), make_article(state="saved"), make_article(state="saved")
    desk.post(INBOX, {"decline": key(candidate), "row": [key(article)]}, follow=True)
    assert Candidate.objects.get().state == "declined"
    response = desk.post(INBOX, {"shortlist": "", "row": [key(article)]}, follow=True)
    assert [message.level_tag for message in response.context["messages"]] == ["success"]
    assert [row.key for row in response.context["rows"]] == [key(other)]


@pytest.mark.parametrize("fields", [{}, {"shortlist": ""}, {"unknown": "candidate-1"}])
def test_nothing_is_decided_without_rows_or_a_decision(desk, fields):
    make_candidate()
    assert desk.post(INBOX, fields).status_code == 302
    assert Candidate.objects.waiting().exists()


# Permissions


@pytest.mark.parametrize(
    ("permissions", "candidate_status", "article_status"),
    [
        (["view_article"], 403, 403),
        (["view_candidate", "view_article"], 403, 403),
        (["change_candidate", "add_article"], 200, 403),
        (["view_candidate", "change_article"], 403, 200),
    ],
)
def test_deciding_needs_permission(db, permissions, candidate_status, article_status):
    client = sign_in(*permissions)
    candidate, article = make_candidate(), make_article(state="saved")
    for row, status in ((candidate, candidate_status), (article, article_status)):
        answer = client.post(INBOX, {"decline": key(row)}, headers={"accept": "application/json"})
        assert answer.status_code == status


def test_user_sees_only_the_kinds_that_are_allowed(db):
    make_article(state="saved")
    candidate = make_candidate()
    client = sign_in("view_candidate")
    response = client.get(f"{INBOX}?kind=article")
    assert [row.key for row in response.context["rows"]] == [key(candidate)]
    assert response.context["waiting"]["Inbox"] == 1
    assert 'name="shortlist"' not in response.text


def test_inbox_needs_a_session_and_a_token(db, client):
    assert client.get(INBOX).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("editor"))
    assert strict.post(INBOX, {"decline": key(make_candidate())}).status_code == 403
