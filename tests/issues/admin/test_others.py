"""Sponsors, placements, tags and pages at the desk."""

from datetime import UTC, datetime

import lxml.html
import pytest
from django.urls import reverse
from taggit.models import Tag

from issues.models.credits import Author
from issues.models.pages import Page
from sponsors.models import Placement
from tests.desk_forms import error_codes, save
from tests.make import (
    make_article,
    make_author,
    make_issue,
    make_page,
    make_placement,
    make_publication,
    make_sponsor,
    sign_in,
)


def test_two_sponsors_cannot_have_the_same_name(desk):
    make_sponsor("Acme")
    response = save(desk, "/admin/sponsors/sponsor/add/", "sponsor_form", name="ACME")
    assert error_codes(response) == {"name": ["unique"]}


def test_issue_has_one_message(desk):
    issue = make_issue()
    make_placement(issue)
    fields = {"sponsor": make_sponsor().name, "issue": issue.pk, "message": "Second."}
    response = save(desk, "/admin/sponsors/placement/add/", "placement_form", **fields)
    assert error_codes(response) == {"__all__": ["unique_together"]}


def test_sponsor_s_link_is_kept_as_typed(desk):
    issue = make_issue(status="draft")
    address = "https://Sponsor.example:443/a%7Eb/?utm_source=X#"
    fields = {"sponsor": make_sponsor().name, "issue": issue.pk, "url": address}
    save(desk, "/admin/sponsors/placement/add/", "placement_form", **fields)
    assert Placement.objects.get().url == address


def test_page_is_written_in_markdown(desk, client):
    save(desk, "/admin/issues/page/add/", "page_form", title="About", slug="about", body="*Hello.*")
    assert "<em>Hello.</em>" in client.get("/about/").content.decode()


# The history of a page


@pytest.fixture
def page(desk):
    """A page with the versions 1 (“Who we are.”), 2 (“Jobs.”) and 3 (“Who else.”)."""
    page = make_page()
    for body in ("Jobs.", "Who else."):
        save(desk, f"/admin/issues/page/{page.pk}/change/", "page_form", body=body)
    return page


def test_history_of_a_page_lists_versions_with_their_words(desk, page):
    response = desk.get(f"/admin/issues/page/{page.pk}/history/", {"version": "2"})
    assert [event.revision.version for event in response.context["events"]] == [3, 2, 1]
    pieces = dict(response.context["words"])["Body"]
    assert [(piece.kind, piece.text) for piece in pieces][:2] == [("removed", "Who we are"), ("added", "Jobs")]


@pytest.mark.parametrize("query", ["", "version=1", "version=99", "version=x"])
def test_history_of_a_page_answers_any_query(desk, page, query):
    assert desk.get(f"/admin/issues/page/{page.pk}/history/?{query}").status_code == 200


def test_history_of_a_page_may_be_empty(desk):
    assert desk.get(f"/admin/issues/page/{make_page().pk}/history/").status_code == 200
    assert desk.get("/admin/issues/page/999/history/").status_code == 404


def test_version_of_a_page_is_restored_as_a_new_version(desk, page, client):
    response = desk.post(f"/admin/issues/page/{page.pk}/history/1/restore/", follow=True)
    assert [message.level_tag for message in response.context["messages"]][-1] == "success"
    latest = page.revisions.first()
    assert (latest.version, latest.cause, latest.contents["body"]) == (4, "restored from version 1", "Who we are.")
    assert "Who we are." in client.get("/about/").text


def test_restoring_a_page_needs_permission_and_a_post_with_a_token(desk, page):
    address = f"/admin/issues/page/{page.pk}/history/1/restore/"
    viewer = sign_in("view_page")
    response = viewer.get(f"/admin/issues/page/{page.pk}/history/?version=1")
    assert (response.status_code, address in response.text) == (200, False)
    assert viewer.post(address).status_code == 403
    assert desk.get(address).status_code == 405
    assert desk.post(address.replace("/1/", "/99/")).status_code == 404
    desk.handler.enforce_csrf_checks = True
    assert desk.post(address).status_code == 403


# Lists


def test_day_and_time_have_one_format(desk):
    make_page()
    Page.objects.update(updated_at=datetime(2026, 11, 3, 14, 5, tzinfo=UTC))
    assert "3 Nov 2026, 09:05" in desk.get("/admin/issues/page/").text


LISTS = [("sponsors/sponsor", 6), ("sponsors/placement", 7), ("taggit/tag", 6), ("issues/page", 6)]


@pytest.mark.parametrize(("path", "queries"), LISTS)
def test_list_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, path, queries):
    for number in (1, 3):
        for index in range(number):
            make_placement(make_issue())
            make_article(tags=(f"tag {number} {index}",))
            make_page(slug=f"page-{number}-{index}")
        with django_assert_num_queries(queries):
            assert desk.get(f"/admin/{path}/").status_code == 200


@pytest.mark.parametrize("path", [path for path, _ in LISTS])
def test_list_answers_any_query(desk, path):
    for query in ("q=x", "q=%00", "articles=one", "state=approved"):
        assert desk.get(f"/admin/{path}/?{query}", follow=True).status_code == 200


@pytest.mark.parametrize(
    ("name", "is_told"),
    [("issues_correction", True), ("sponsors_sponsor", True), ("collecting_source", True), ("issues_author", False)],
)
def test_empty_list_says_what_to_do_and_has_nothing_to_search(desk, name, is_told):
    html = desk.get(reverse(f"admin:{name}_changelist")).text
    assert "There are no " in html
    assert ("Add one" in html) == is_told
    assert 'id="searchbar"' not in html
    assert 'id="changelist-filter"' not in html


def test_search_without_a_result_leads_back_to_the_list(desk):
    Author.objects.create(name="Ada")
    html = desk.get(reverse("admin:issues_author_changelist"), {"q": "Zeno"}).text
    assert '<a href="?">Show all authors</a>' in html
    assert 'id="searchbar"' in html


@pytest.mark.parametrize(
    ("address", "button"),
    [
        ("collecting/source", "Add source"),
        ("sponsors/placement", "Add placement"),
        ("sponsors/sponsor", "Add sponsor"),
        ("issues/publication", "Add publication"),
    ],
)
def test_button_of_a_list_uses_the_word_of_its_heading(desk, address, button):
    page = lxml.html.fromstring(desk.get(f"/admin/{address}/").content.decode())
    heading = page.find(".//h1").text_content().strip()
    assert [link.text_content().strip() for link in page.find_class("addlink")] == [button]
    assert heading.lower() == f"{button.removeprefix('Add ')}s"


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("author", make_author),
        ("publication", make_publication),
        ("sponsor", make_sponsor),
        ("tag", Tag.objects.create),
    ],
)
def test_log_of_a_row_is_one_table_with_the_latest_entry_first(desk, kind, make):
    row = make(name="Zoë <b>")
    app = {"tag": "taggit", "sponsor": "sponsors"}.get(kind, "issues")
    for name in ("Zoë 2", "Zoë 3"):
        save(desk, f"/admin/{app}/{kind}/{row.pk}/change/", f"{kind}_form", name=name)
    page = lxml.html.fromstring(desk.get(f"/admin/{app}/{kind}/{row.pk}/history/").content.decode())
    assert page.find(".//h1").text_content() == "History of Zoë 3"
    times = [time.get("datetime") for time in page.xpath("//table//time")]
    assert len(times) == 2
    assert times == sorted(times, reverse=True)
