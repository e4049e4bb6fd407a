"""Sponsors, placements, tags and pages at the desk."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from taggit.models import Tag

from issues.models.issues import Issue
from issues.models.pages import Page
from sponsors.models import Placement, Sponsor
from tests.desk_forms import errors, save
from tests.make import make_article, make_issue, make_page, make_placement, make_sponsor, note_changes


def test_renamed_sponsor_moves_updated_at(desk):
    issue = make_issue(articles=1)
    sponsor = make_placement(issue).sponsor
    note_changes(Issue.objects.all())
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        save(desk, f"/admin/sponsors/sponsor/{sponsor.pk}/change/", "sponsor_form", name="Renamed")
        issue.refresh_from_db()
        assert issue.updated_at == timezone.now()


def test_sponsor_of_the_same_name_is_told_at_the_name(desk):
    make_sponsor("Acme")
    response = save(desk, "/admin/sponsors/sponsor/add/", "sponsor_form", name="ACME")
    assert errors(response) == {"name": ["There is a sponsor with this name already."]}


def test_sponsor_with_placements_is_not_deleted(desk):
    sponsor = make_placement(make_issue()).sponsor
    desk.post(f"/admin/sponsors/sponsor/{sponsor.pk}/delete/", {"post": "yes"})
    assert Sponsor.objects.exists()


def test_place_is_not_sold_twice(desk):
    issue = make_issue()
    make_placement(issue)
    fields = {"sponsor": make_sponsor().pk, "issue": issue.pk, "message": "Second."}
    response = save(desk, "/admin/sponsors/placement/add/", "placement_form", **fields)
    assert errors(response) == {"__all__": ["This place in the issue is taken: nothing is sold twice."]}


def test_placement_deleted_from_the_list_moves_updated_at(desk):
    issue = make_issue(articles=1)
    placement = make_placement(issue)
    note_changes(Issue.objects.all())
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        desk.post(
            "/admin/sponsors/placement/",
            {"action": "delete_selected", "_selected_action": [placement.pk], "post": "yes"},
        )
        issue.refresh_from_db()
        assert not Placement.objects.exists()
        assert issue.updated_at == timezone.now()


def test_sponsor_s_link_is_kept_exactly(desk):
    issue = make_issue(status="draft")
    address = "https://Sponsor.example:443/a%7Eb/?utm_source=X#"
    fields = {"sponsor": make_sponsor().pk, "issue": issue.pk, "url": address}
    save(desk, "/admin/sponsors/placement/add/", "placement_form", **fields)
    assert Placement.objects.get().url == address


def test_tags_are_suggested_by_use(desk):
    make_article(tags=("slo", "slow queries"))
    make_article(tags=("slow queries",))
    results = desk.get("/admin/taggit/tag/suggest/", {"term": "SLO"}).json()["results"]
    assert [result["text"] for result in results] == ["slow queries", "slo"]


@pytest.mark.parametrize("term", ["", "\0", "'", "x" * 5000])
def test_suggestions_take_any_term(desk, term):
    assert desk.get("/admin/taggit/tag/suggest/", {"term": term}).status_code == 200


def test_suggestions_are_for_the_desk(client, db):
    assert client.get("/admin/taggit/tag/suggest/").status_code == 302


def test_renamed_tag_moves_updated_at(desk):
    issue = make_issue()
    make_article(issue=issue, tags=("slo",))
    note_changes(Issue.objects.all())
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        save(desk, f"/admin/taggit/tag/{Tag.objects.get().pk}/change/", "tag_form", name="SLOs")
        issue.refresh_from_db()
        assert issue.updated_at == timezone.now()


@pytest.mark.parametrize("way", ["alone", "from the list"])
def test_deleted_tag_moves_updated_at(desk, way):
    issue = make_issue()
    make_article(issue=issue, tags=("slo",))
    note_changes(Issue.objects.all())
    tag = Tag.objects.get()
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        if way == "alone":
            desk.post(f"/admin/taggit/tag/{tag.pk}/delete/", {"post": "yes"})
        else:
            data = {"action": "delete_selected", "_selected_action": [tag.pk], "post": "yes"}
            desk.post("/admin/taggit/tag/", data)
        issue.refresh_from_db()
        assert not Tag.objects.exists()
        assert issue.updated_at == timezone.now()


def test_page_is_written_in_markdown(desk, client):
    save(desk, "/admin/issues/page/add/", "page_form", title="About", slug="about", body="*Hello.*")
    assert "<em>Hello.</em>" in client.get("/about/").content.decode()


@pytest.mark.parametrize("slug", ["archive", "admin", "feed", "accounts", "static"])
def test_page_cannot_take_an_address_of_the_site(desk, slug):
    fields = {"title": "T", "slug": slug, "body": "B"}
    response = save(desk, "/admin/issues/page/add/", "page_form", **fields)
    assert errors(response) == {"slug": ["The site itself uses this address. Choose another."]}
    assert not Page.objects.exists()


LISTS = [("sponsors/sponsor", 5), ("sponsors/placement", 6), ("taggit/tag", 5), ("issues/page", 5)]


@pytest.mark.parametrize(("path", "queries"), LISTS)
def test_list_asks_the_same_for_one_and_for_three(desk, django_assert_num_queries, path, queries):
    for number in (1, 3):
        for index in range(number):
            make_placement(make_issue())
            make_article(tags=(f"tag {number} {index}",))
            make_page(slug=f"page-{number}-{index}")
        with django_assert_num_queries(queries):
            assert desk.get(f"/admin/{path}/").status_code == 200


@pytest.mark.parametrize("path", [path for path, _ in LISTS])
@pytest.mark.parametrize("query", ["q=x", "q=%00", "articles=one", "state=approved"])
def test_list_takes_any_search(desk, path, query):
    assert desk.get(f"/admin/{path}/?{query}", follow=True).status_code == 200
