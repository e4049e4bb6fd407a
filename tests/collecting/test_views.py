"""Requests of phones and scripts to /capture/, and the answers."""

import json
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import Client

from collecting.models.candidates import Candidate
from issues.models.articles import Article
from tests.make import make_article, make_author, make_candidate, make_device, make_editor, make_issue

pytestmark = pytest.mark.django_db

URL = "https://example.com/post"


@pytest.fixture(autouse=True)
def limits():
    cache.clear()  # Counts of wrong tokens.


@pytest.fixture
def token():
    return make_device()[1]


def post(token, body, content_type="application/json", **headers):
    if not isinstance(body, str | bytes):
        body = json.dumps(body)
    client = Client(enforce_csrf_checks=True)
    headers = {"Authorization": f"Bearer {token}", **headers}
    return client.post("/capture/", body, content_type=content_type, headers=headers)


def test_link_is_saved_as_a_candidate(token):
    response = post(token, {"url": URL, "title": "T", "author": "A", "site": "S", "text": "Q", "canonical": URL})
    candidate = Candidate.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "status": "saved",
        "sentence": "Saved.",
        "url": URL,
        "address": f"https://sreweekly.example/admin/collecting/candidate/{candidate.pk}/change/",
        "already_ran": [],
        "notes": [],
    }
    assert (candidate.title, candidate.author, candidate.site_name, candidate.excerpt) == ("T", "A", "S", "Q")
    assert (str(candidate.device), candidate.state) == ("Phone", "new")


def test_link_is_saved_from_a_form(token):
    response = post(token, "url=https%3A%2F%2Fexample.com%2Fpost&title=%C3%84", "application/x-www-form-urlencoded")
    assert response.status_code == 201
    assert Candidate.objects.get().title == "Ä"


def test_link_that_was_saved_already_is_told(token):
    post(token, {"url": URL})
    response = post(token, {"url": URL + "/"})
    assert (response.status_code, response.json()["status"]) == (201, "saved already")


def test_earlier_run_is_told_with_its_address(token):
    issue = make_issue(number=412, publish_at=datetime(2023, 11, 6, 1, 45, tzinfo=UTC))
    article = make_article(issue=issue, url=URL)
    answer = post(token, {"url": URL}).json()
    assert answer["sentence"] == "Saved. Already ran in #412 (5 Nov 2023)."
    assert answer["already_ran"][0]["address"].endswith(f"/sre-weekly-issue-412/#article-{article.pk}")


def test_answer_reveals_neither_drafts_nor_the_backlog(token):
    make_article(issue=make_issue(status="draft"), url=URL)
    make_article(url=URL)
    answer = post(token, {"url": URL}).json()
    assert (answer["sentence"], answer["already_ran"]) == ("Saved.", [])


def test_token_neither_adds_nor_changes_articles(token):
    article = make_article(url=URL, title="")
    post(token, {"url": URL, "title": "Other"})
    article.refresh_from_db()
    assert (Article.objects.count(), article.title) == (1, "")


@pytest.mark.parametrize("path", ["/admin/", "/admin/collecting/candidate/save/"])
def test_token_does_not_open_the_desk(client, token, path):
    response = client.get(path, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 302


def test_list_is_answered_in_its_order(token):
    response = post(token, [{"url": f"https://example.com/{number}"} for number in range(50)])
    assert response.status_code == 201
    assert [result["url"][-2:] for result in response.json()["results"]][:3] == ["/0", "/1", "/2"]
    assert Candidate.objects.count() == 50


@pytest.mark.parametrize("count", [0, 51])
def test_empty_or_too_long_list_is_refused(token, count):
    assert post(token, [{"url": URL}] * count).status_code == 400
    assert not Candidate.objects.exists()


def test_error_in_a_list_tells_the_place_and_saves_nothing(token):
    response = post(token, [{"url": URL}, {"url": "ftp://x"}, 7])
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["2.url", "3.url"]
    assert not Candidate.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "url"), ({"url": URL, "title": {"a": 1}}, "title"), ({"url": URL, "titel": "x"}, "titel"), (7, "url")],
)
def test_error_is_told_at_its_field(token, body, field):
    response = post(token, json.dumps(body))
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


@pytest.mark.parametrize("body", [b" ", b'{"url": "\xe4"}', b"[" * 60_000, b"1" * 60_000])
def test_unreadable_json_is_refused(token, body):
    response = post(token, body)
    assert response.status_code == 400
    assert response.json()["error"]


@pytest.mark.parametrize("body", [b"url=%FF", b"\xff", b"&".join([b"url=x"] * 100), b"url=https://a.example&url=x"])
def test_unreadable_form_is_refused(token, body):
    assert post(token, body, "application/x-www-form-urlencoded").status_code == 400


def test_html_in_a_title_is_text(token):
    assert post(token, {"url": URL, "title": "<script>alert(1)</script>"}).status_code == 201
    client = Client()
    client.force_login(make_editor())
    assert "&lt;script&gt;alert(1)" in client.get("/admin/collecting/candidate/").text


def test_large_body_is_refused(token):
    assert post(token, {"url": URL, "text": "x" * 65_536}).status_code == 413


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x"])
def test_other_content_type_is_refused(token, content_type):
    assert post(token, "{}", content_type).status_code == 415


@pytest.mark.parametrize("method", ["get", "put", "options"])
def test_only_post_is_allowed(client, token, method):
    response = getattr(client, method)("/capture/", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response["Allow"]) == (405, "POST")


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer \xff", "Basic eDp4"])
def test_wrong_token_is_refused(client, header):
    response = client.post("/capture/", "{}", content_type="application/json", headers={"Authorization": header})
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_revoked_token_is_refused_at_once():
    device, token = make_device()
    assert post(token, {"url": URL}).status_code == 201
    device.revoke()
    assert post(token, {"url": URL}).status_code == 401


def test_key_of_a_bookmarklet_is_not_a_token():
    assert post(make_device(kind="bookmarklet")[1], {"url": URL}).status_code == 401


def test_token_is_refused_when_its_user_loses_the_permission():
    user = User.objects.create_user("helper", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="add_candidate"))
    _, token = make_device(user)
    assert post(token, {"url": URL}).status_code == 201
    user.user_permissions.clear()
    assert post(token, {"url": URL}).status_code == 401


def test_session_without_a_token_is_refused(client):
    client.force_login(make_editor())
    assert client.post("/capture/", {"url": URL}).status_code == 401


def test_only_wrong_tokens_are_limited(token):
    answers = [post("wrong", {"url": URL}) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429]
    assert answers[-1]["Retry-After"] == "60"
    assert post(token, {"url": URL}).status_code == 201


def test_answer_is_not_cached_and_not_shared_with_other_sites(token):
    response = post(token, {"url": URL}, Origin="https://other.example")
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies
    assert not [name for name in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("count", [1, 3])
def test_capture_takes_a_fixed_number_of_queries(token, django_assert_num_queries, count):
    make_author()
    make_candidate()
    links = [{"url": f"https://example.com/{number}"} for number in range(count)]
    with django_assert_num_queries(7):  # Two are for the transaction, and one for the time of use.
        post(token, links)
    with django_assert_num_queries(5):
        post(token, links)


def test_manifest_shares_links_with_the_save_page(client):
    manifest = client.get("/desk.webmanifest").json()
    assert (manifest["scope"], manifest["start_url"]) == ("/admin/", "/admin/")
    assert manifest["share_target"]["action"] == "/admin/collecting/candidate/save/"
    assert manifest["share_target"]["method"] == "GET"
