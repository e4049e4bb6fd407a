"""Preflight and preview of a form that is not saved."""

import json

import lxml.html
import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issues.models.issues import Issue
from tests.desk_forms import read_form
from tests.make import (
    make_article,
    make_author,
    make_correction,
    make_editor,
    make_issue,
    make_placement,
    make_publication,
    sign_in,
)


@pytest.fixture
def issue(db):
    issue = make_issue(status="draft", intro="Saved.")
    make_article(issue=issue, title="One")
    make_article(issue=issue, title="Two")
    make_placement(issue)
    return issue


def address(issue, **query):
    return reverse("admin:issues_issue_typed", args=[issue.pk], query=query)


def form_of(desk, issue, **changes):
    return read_form(desk.get(reverse("admin:issues_issue_change", args=[issue.pk])), "issue_form") | changes


def ask(desk, issue, shown="page", /, **changes):
    """Post the form with these changes. Return the panel, and the text of the preview."""
    response = desk.post(address(issue, **{"as": shown}), form_of(desk, issue, **changes))
    assert response.status_code == 200
    answer = response.json()
    return lxml.html.fromstring(answer["preflight"]), answer["preview"]


def anchors(panel):
    return [link.get("href") for link in panel.xpath(".//a[@data-level!='note']")]


def all_rows():
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in apps.get_models()}


@pytest.mark.parametrize("shown", ["page", "phone", "feed", "mail", "text"])
def test_preview_shows_what_is_typed(desk, issue, shown):
    changes = {"intro": "Typed.", "articles-1-title": "Zwei", "placements-0-message": "Copy."}
    _, preview = ask(desk, issue, shown, **changes)
    assert all(words in preview for words in ("Typed.", "One", "Zwei", "Copy."))
    assert "Saved." not in preview


def test_no_preview_is_made_unless_it_is_asked_for(desk, issue):
    for shown in ("", "card"):
        assert ask(desk, issue, shown)[1] == ""


def test_nothing_is_written(desk, issue):
    form = form_of(
        desk, issue, **new_row(authors=["+Zoë"], tags=["+brand new"], publication="+Blog"), title="x", intro="TK"
    )
    form |= {"articles-0-to_backlog": "on", "placements-0-DELETE": "on", "_publish": "1", "_saved_now": "1"}
    before = all_rows()
    assert desk.post(address(issue, **{"as": "mail"}), form).status_code == 200
    assert all_rows() == before


def new_row(authors=(), tags=(), **fields):
    values = {"title": "New", "url": "https://new.example/", "blurb": "", "section": "articles", "order": "1"} | fields
    values |= {"author_list": list(authors), "tag_list": list(tags), "id": ""}
    return {"articles-TOTAL_FORMS": "3", **{f"articles-2-{name}": value for name, value in values.items()}}


def test_finding_leads_to_the_row_that_holds_the_field(desk, issue):
    panel, _ = ask(desk, issue, **new_row(order="1"), **{"articles-0-order": "3", "articles-1-order": "2"})
    assert anchors(panel) == ["#id_articles-2-blurb", "#id_articles-2-author_list"]


def test_new_article_is_printed_with_its_credits(desk, issue):
    authors, publication = [make_author("Zoë"), make_author("Anna")], make_publication("Blog")
    row = new_row([author.name for author in authors], ["+slo"], publication=publication.name, order="9")
    _, preview = ask(desk, issue, "text", **row)
    assert "— Zoë and Anna — Blog" in preview
    assert "Tags: slo" in preview


def test_articles_are_printed_in_their_typed_order_and_section(desk, issue):
    _, preview = ask(desk, issue, "text", **{"articles-0-section": "outages", **new_row(order="9")})
    assert preview.index("Two") < preview.index("New") < preview.index("Outages") < preview.index("One")


def test_article_that_leaves_and_message_that_is_removed_are_not_printed(desk, issue):
    sponsor = issue.placements.get().sponsor.name
    _, preview = ask(desk, issue, "text", **{"articles-0-to_backlog": "on", "placements-0-DELETE": "on"})
    assert "Two" in preview
    assert "One" not in preview
    assert sponsor not in preview


def test_first_sponsor_s_message_is_printed_before_it_is_saved(desk):
    issue = make_issue(status="draft", articles=1)
    fields = {"sponsor": "+Acme", "message": "Buy.", "url": "", "state": "booked", "id": "", "issue": issue.pk}
    changes = {"placements-TOTAL_FORMS": "1", **{f"placements-0-{name}": value for name, value in fields.items()}}
    panel, preview = ask(desk, issue, **changes)
    assert "our sponsor, <bdi>Acme" in preview
    assert anchors(panel) == ["#id_placements-0-state"]


def test_saved_corrections_are_printed(desk, issue):
    make_correction(issue, "It was Tuesday.")
    assert "It was Tuesday." in ask(desk, issue)[1]


def test_findings_are_grouped_by_article_after_those_of_the_issue(desk, issue):
    issue.placements.update(state="booked")
    panel, _ = ask(desk, issue, intro="TK", **{"articles-1-blurb": "TK", "articles-1-url": issue.articles.first().url})
    assert [heading.text for heading in panel.xpath("h3")] == ["The issue", "Two"]
    assert [len(found) for found in panel.xpath("ul")] == [2, 2]
    levels = [link.get("data-level") for link in panel.xpath("ul//a")]
    assert levels == ["stop", "warning", "stop", "warning"]


def test_errors_of_the_form_are_findings(desk, issue):
    changes = {"slug": "not a slug", "articles-0-url": "ftp://x", "articles-1-title": "", "publish_at_0": "soon"}
    panel, preview = ask(desk, issue, **changes)
    assert anchors(panel) == ["#id_slug", "#id_publish_at_0", "#id_articles-0-url", "#id_articles-1-title"]
    assert "ftp://x" not in preview
    assert "Two" not in preview


def test_errors_of_a_row_that_leaves_are_findings(desk, issue):
    panel, _ = ask(desk, issue, **{"articles-0-to_backlog": "on", "articles-0-url": ""})
    assert "#id_articles-0-url" in anchors(panel)


def test_issue_that_was_saved_elsewhere_is_a_finding(desk, issue):
    form = form_of(desk, issue)
    Issue.objects.update(version=7)
    assert "saved elsewhere" in desk.post(address(issue), form).json()["preflight"]


def test_confirmation_is_that_of_the_saved_form(desk, issue):
    form = form_of(desk, issue, intro="TK")
    typed = desk.post(address(issue, confirm="_approve"), form).json()["preflight"]
    Issue.objects.update(intro="TK")
    saved = desk.get(reverse("admin:issues_issue_change", args=[issue.pk], query={"confirm": "_approve"})).text
    path = "//*[@id='preflight']/button[@name='_approve']"
    (button,), (other,) = (lxml.html.fromstring(html).xpath(path) for html in (typed, saved))
    assert button.get("value") == other.get("value")


def test_published_issue_is_checked_as_typed(desk):
    issue = make_issue(articles=1)
    panel, preview = ask(desk, issue, intro="TK")
    assert anchors(panel) == ["#id_intro"]
    assert "TK" in preview


# Permissions


def test_only_those_who_may_change_the_issue_have_their_words_printed(issue):
    form = form_of_editor(issue)
    for permissions, code in (((), 403), (("view_issue", "view_article"), 403), (("view_issue", "change_issue"), 200)):
        assert sign_in_as(*permissions).post(address(issue, **{"as": "page"}), form).status_code == code
    assert Client().post(address(issue), form).status_code == 302


def form_of_editor(issue):
    client = Client()
    client.force_login(make_editor())
    return form_of(client, issue, intro="Secret words.", **{"articles-0-title": "Secret title"})


def sign_in_as(*permissions):
    from django.contrib.auth.models import User

    User.objects.filter(username="helper").delete()
    return sign_in(*permissions)


def test_typed_words_are_shown_to_nobody_else(desk, issue):
    ask(desk, issue, intro="Secret words.", **{"articles-0-title": "Secret title"})
    viewer = sign_in("view_issue", "view_article")
    names = ("preview", "preview_feed", "preview_mail", "preview_text", "preflight", "change")
    pages = [viewer.get(reverse(f"admin:issues_issue_{name}", args=[issue.pk])) for name in names]
    assert [page.status_code for page in pages] == [200] * len(names)
    assert not any("Secret" in page.text for page in pages)


def test_rows_that_the_user_may_not_change_are_as_saved(issue):
    form = form_of_editor(issue)
    preview = sign_in("change_issue", "view_article").post(address(issue, **{"as": "page"}), form).json()["preview"]
    assert "Secret words." in preview
    assert "Secret title" not in preview
    assert "One" in preview


def test_answer_is_not_kept_by_caches_and_takes_only_posts(desk, issue):
    assert "no-store" in desk.post(address(issue), form_of(desk, issue))["Cache-Control"]
    assert desk.get(address(issue)).status_code == 405
    assert desk.put(address(issue)).status_code == 405


def test_post_needs_the_token(issue):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_editor())
    assert client.post(address(issue), {}).status_code == 403


def test_missing_issue_is_not_found(desk):
    for pk in (0, 99_999_999_999_999_999_999):
        assert desk.post(reverse("admin:issues_issue_typed", args=[pk])).status_code == 404


FORGERIES = [
    {"articles-TOTAL_FORMS": "x"},
    {"articles-TOTAL_FORMS": "-3", "articles-INITIAL_FORMS": "9"},
    {"articles-INITIAL_FORMS": "0"},
    {"articles-0-id": "999999"},
    {"articles-0-id": "\0"},
    {"articles-0-id": "9" * 30},
    {"articles-1-id": ""},
    {"articles-0-section": "nowhere"},
    {"articles-0-order": "9" * 40},
    {"articles-0-publication": "\0"},
    {"articles-0-publication": "9" * 30},
    {"articles-0-author_list": ["\0", "+\0", "+", "x", "+" + "9" * 300]},
    {"articles-0-tag_list": ["\0", "+…", "+" + "x" * 500]},
    {"articles-0-url": "https://[::1"},
    {"placements-0-sponsor": "9" * 30},
    {"placements-0-sponsor": ""},
    {"placements-0-state": "x"},
    {"placements-TOTAL_FORMS": "5"},
    {"number": "-1", "title": "", "slug": ""},
    {"number": "", "title": "\0", "slug": "\0"},
    {"number": "9" * 40},
    {"seen": "\0"},
    {"publish_at_0": "9999-12-31", "publish_at_1": "23:59"},
    {"intro": "x" * 30_000},
]


@pytest.mark.parametrize("forged", FORGERIES, ids=lambda forged: str(forged)[:60])
def test_forged_form_is_answered(desk, issue, forged):
    response = desk.post(address(issue, **{"as": "page"}), form_of(desk, issue, **forged))
    assert response.status_code == 200
    assert json.loads(response.content)["preview"]


def test_empty_post_is_answered(desk, issue):
    assert desk.post(address(issue, **{"as": "page", "confirm": "x"}), {"x": "y"}).status_code == 200


# Queries


@pytest.mark.parametrize(("shown", "queries"), [("", 16), ("page", 17)])
def test_it_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, shown, queries):
    ContentType.objects.get_for_model(Issue)  # Cached by the process.
    for count in (8, 40):
        issue = make_issue(articles=count, status="draft", publish_at=timezone.now())
        make_placement(issue)
        form = form_of(desk, issue, intro="Typed.", **{"articles-0-title": "Typed"})
        with django_assert_num_queries(queries):
            assert desk.post(address(issue, **{"as": shown}), form).status_code == 200
