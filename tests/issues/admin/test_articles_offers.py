"""What is offered while an article is written, and what is pointed out when it is saved."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from fetching.models import FetchedPage
from issues.models.articles import Article
from issues.models.credits import Author
from tests.desk_forms import save
from tests.make import make_article, make_author, make_issue, make_publication

OFFER = "/admin/issues/article/offer/"
URL = "https://acme.example/x"
NOVEMBER = datetime(2023, 11, 5, 20, 45, tzinfo=ZoneInfo("America/New_York"))


def offer(client, url=URL, **fields):
    return client.get(OFFER, {"url": url, **fields}).json()


def read(url=URL, **fields):
    """A page that was fetched a moment ago."""
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


# For an address


def test_publication_and_author_are_offered_by_the_address(desk):
    jane, acme = make_author("Jane"), make_publication("Acme", hosts=["acme.example"])
    make_article(url="https://acme.example/before", authors=(jane,))
    assert offer(desk)["offers"] == [
        {"field": "publication", "value": str(acme.pk), "label": "Acme", "text": "Publication: Acme"},
        {"field": "author_list", "value": str(jane.pk), "label": "Jane", "text": "Author: Jane (1 article from there)"},
    ]


def test_earlier_run_is_told_but_not_that_of_the_article_itself(desk):
    article = make_article(url=f"{URL}?utm_source=y", title="T", issue=make_issue(number=412, publish_at=NOVEMBER))
    assert offer(desk)["sentences"] == ["Already ran in #412 (5 Nov 2023): “T”."]
    assert offer(desk, article=article.pk)["sentences"] == []


def test_what_the_page_says_is_offered(desk):
    read(title="The title", authors=["Jane Doe"], published_on="2023-11-03")
    answer = offer(desk)
    assert [one["text"] for one in answer["offers"]] == ["Title: The title", "New author “Jane Doe”"]
    assert answer["sentences"] == ["The page says that it was published on 3 Nov 2023."]
    assert answer["is_waiting"] is False


def test_why_a_page_could_not_be_read_is_told(desk):
    read(outcome="gone", sentence="The page is gone: the site answered 404.")
    assert offer(desk)["sentences"] == ["The page is gone: the site answered 404."]


@pytest.mark.parametrize(
    "url", ["", "x", "\0", "http://[", "https://a.example:99999/", "javascript:alert(1)", "x" * 9000]
)
def test_any_address_is_answered(desk, url):
    assert offer(desk, url)["is_waiting"] is False


def test_page_is_read_in_the_background(desk):
    answer = desk.post(f"{OFFER}read/", {"url": URL}).json()
    assert answer["is_waiting"]
    assert FetchedPage.objects.get(url=URL).requested_at is not None


def test_page_at_no_address_is_not_read(desk):
    answer = desk.post(f"{OFFER}read/", {"url": "ftp://acme.example/"}).json()
    assert answer["sentences"] == ["Give a web address that begins with http:// or https://."]
    assert not FetchedPage.objects.exists()


# New authors


def test_author_is_made_with_one_press(desk):
    answer = desk.post(f"{OFFER}author/", {"name": "  Jane   Doe "}).json()
    assert answer == {"value": str(Author.objects.get().pk), "label": "Jane Doe", "sentence": "Jane Doe is credited."}


def test_author_is_not_made_twice(desk):
    jane = make_author("Jane Doe")
    assert desk.post(f"{OFFER}author/", {"name": "jane doe"}).json()["value"] == str(jane.pk)


@pytest.mark.parametrize("name", ["", "x" * 201, "a\0b", "a\x07b"])
def test_author_with_no_name_is_refused_in_a_sentence(desk, name):
    response = desk.post(f"{OFFER}author/", {"name": name})
    assert response.status_code == 400
    assert response.json()["sentence"].endswith(".")


# Permissions


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [("get", "", "add_article"), ("post", "read/", "change_article"), ("post", "author/", "add_author")],
)
def test_offers_ask_for_permission(db, client, method, path, permission):
    fields = {"url": URL, "name": "Jane"}
    assert getattr(client, method)(OFFER + path, fields).status_code == 302
    helper = sign_in("view_article")
    assert getattr(helper, method)(OFFER + path, fields).status_code == 403
    User.objects.get().user_permissions.add(Permission.objects.get(codename=permission))
    assert getattr(helper, method)(OFFER + path, fields).status_code == 200


# When something is saved


def test_earlier_run_is_pointed_out_when_an_article_is_saved(desk):
    make_article(url=URL, issue=make_issue(number=412, publish_at=NOVEMBER))
    response = save(desk, "/admin/issues/article/add/", "article_form", title="T", url=f"{URL}/#part")
    response = desk.get(response.url)
    assert "Already ran in #412 (5 Nov 2023). An erratum may run again." in told(response)
    assert Article.objects.backlog().exists()


def test_earlier_run_stands_in_the_row_of_an_issue(desk):
    make_article(url=URL, issue=make_issue(number=412, publish_at=NOVEMBER))
    issue = make_issue(articles=1, status="draft")
    make_article(url=URL, issue=issue)
    page = desk.get(f"/admin/issues/issue/{issue.pk}/change/").content.decode()
    assert page.count("Already ran in #412 (5 Nov 2023).") == 1


def test_page_of_an_article_shows_the_address_as_pasted(desk):
    article = make_article(url=f"{URL}?utm_source=x")
    Article.objects.update(url=URL)
    assert f"{URL}?utm_source=x" in desk.get(f"/admin/issues/article/{article.pk}/change/").content.decode()


def test_series_that_is_held_has_a_name(desk):
    fields = {"title": "T", "url": URL, "hold_one_per": "series"}
    response = save(desk, "/admin/issues/article/add/", "article_form", **fields)
    assert "Name the series of which an issue is to hold at most one." in response.content.decode()


def test_author_spelled_like_another_is_saved_and_pointed_out(desk):
    make_article(authors=(make_author("John Smith"),))
    response = desk.get(save(desk, "/admin/issues/author/add/", "author_form", name="Jon Smith").url)
    assert any("“John Smith” (1 article)" in sentence for sentence in told(response))
    assert Author.objects.filter(name="Jon Smith").exists()


def test_author_like_nobody_is_saved_without_a_warning(desk):
    make_author("John Smith")
    response = desk.get(save(desk, "/admin/issues/author/add/", "author_form", name="Anna Reed").url)
    assert len(told(response)) == 1
