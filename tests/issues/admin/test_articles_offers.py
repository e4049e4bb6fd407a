"""The suggestions for an article that is being edited, and the warnings when it is saved."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from fetching.models import FetchedPage
from issues.models.articles import Article
from issues.models.credits import Author
from tests.desk_forms import error_codes, save
from tests.make import make_article, make_author, make_issue, make_publication

OFFER = "/admin/issues/article/offer/"
URL = "https://acme.example/x"
NOVEMBER = datetime(2023, 11, 5, 20, 45, tzinfo=ZoneInfo("America/New_York"))


def offer(client, url=URL, **fields):
    return client.get(OFFER, {"url": url, **fields}).json()


def read(url=URL, **fields):
    """Make a page that was just fetched."""
    now = timezone.now()
    return FetchedPage.objects.create(url=url, requested_at=now, fetched_at=now, **{"outcome": "ok", **fields})


def sign_in(*permissions):
    user = User.objects.create_user("helper", "helper@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def told(response):
    return [str(message) for message in response.context["messages"]]


# Suggestions for an address


def test_publication_and_author_are_offered_by_the_address(desk):
    make_publication("Acme", hosts=["acme.example"])
    make_article(url="https://acme.example/before", authors=(make_author("Jane"),))
    assert offer(desk)["offers"] == [
        {"field": "publication", "value": "Acme", "label": "Acme", "text": "Publication: Acme"},
        {"field": "author_list", "value": "Jane", "label": "Jane", "text": "Author: Jane (1 article from there)"},
    ]


def test_earlier_runs_are_named_except_the_article_itself(desk):
    article = make_article(url=f"{URL}?utm_source=y", title="T", issue=make_issue(number=412, publish_at=NOVEMBER))
    assert offer(desk)["sentences"] == ["Already ran in #412 (5 Nov 2023): “T”."]
    assert offer(desk, article=article.pk)["sentences"] == []


def test_title_and_authors_of_the_page_are_suggested(desk):
    read(title="The title", authors=["Jane Doe"], published_on="2023-11-03")
    answer = offer(desk)
    assert [one["text"] for one in answer["offers"]] == ["Title: The title", "New author “Jane Doe”"]
    assert answer["sentences"] == ["The page says that it was published on 3 Nov 2023."]
    assert answer["is_waiting"] is False


def test_reason_why_a_page_could_not_be_read_is_shown(desk):
    read(outcome="gone", sentence="The page is gone: the site answered 404.")
    assert offer(desk)["sentences"] == ["The page is gone: the site answered 404."]


def test_any_address_is_answered(desk):
    for url in ("", "x", "\0", "http://[", "https://a.example:99999/", "javascript:alert(1)", "x" * 9000):
        assert offer(desk, url)["is_waiting"] is False


def test_page_is_read_in_the_background(desk):
    answer = desk.post(f"{OFFER}read/", {"url": URL}).json()
    assert answer["is_waiting"]
    assert FetchedPage.objects.get(url=URL).requested_at is not None


def test_page_with_an_invalid_address_is_not_read(desk):
    answer = desk.post(f"{OFFER}read/", {"url": "ftp://acme.example/"}).json()
    assert (len(answer["sentences"]), answer["is_waiting"]) == (1, False)
    assert not FetchedPage.objects.exists()


# Permissions


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [("get", "", "add_article"), ("post", "read/", "change_article")],
)
def test_suggestions_need_permission(db, client, method, path, permission):
    fields = {"url": URL, "name": "Jane"}
    assert getattr(client, method)(OFFER + path, fields).status_code == 302
    helper = sign_in("view_article")
    assert getattr(helper, method)(OFFER + path, fields).status_code == 403
    User.objects.get().user_permissions.add(Permission.objects.get(codename=permission))
    assert getattr(helper, method)(OFFER + path, fields).status_code == 200


# When something is saved


def test_saving_an_article_warns_of_an_earlier_run(desk):
    make_article(url=URL, issue=make_issue(number=412, publish_at=NOVEMBER))
    response = save(desk, "/admin/issues/article/add/", "article_form", title="T", url=f"{URL}/#part")
    response = desk.get(response.url)
    assert any("#412 (5 Nov 2023)" in sentence for sentence in told(response))
    assert Article.objects.backlog().exists()


def test_row_of_an_issue_shows_an_earlier_run(desk):
    make_article(url=URL, issue=make_issue(number=412, publish_at=NOVEMBER))
    issue = make_issue(articles=1, status="draft")
    make_article(url=URL, issue=issue)
    page = desk.get(f"/admin/issues/issue/{issue.pk}/change/").content.decode()
    assert page.count("Already ran in #412 (5 Nov 2023).") == 1


def test_form_shows_the_address_as_pasted(desk):
    article = make_article(url=f"{URL}?utm_source=x")
    Article.objects.update(url=URL)
    assert f"{URL}?utm_source=x" in desk.get(f"/admin/issues/article/{article.pk}/change/").content.decode()


def test_hold_of_a_series_needs_a_series(desk):
    fields = {"title": "T", "url": URL, "hold_one_per": "series"}
    response = save(desk, "/admin/issues/article/add/", "article_form", **fields)
    assert len(error_codes(response)["__all__"]) == 1


def test_saving_an_author_warns_of_a_similar_name(desk):
    make_article(authors=(make_author("John Smith"),))
    response = desk.get(save(desk, "/admin/issues/author/add/", "author_form", name="Jon Smith").url)
    assert any("“John Smith” (1 article)" in sentence for sentence in told(response))
    assert Author.objects.filter(name="Jon Smith").exists()


def test_saving_an_author_with_a_new_name_warns_of_nothing(desk):
    make_author("John Smith")
    response = desk.get(save(desk, "/admin/issues/author/add/", "author_form", name="Anna Reed").url)
    assert len(told(response)) == 1
