import html
from datetime import timedelta

import pytest
from django.utils import timezone

from issues.models.corrections import Correction
from issues.models.issues import Issue
from tests.desk_forms import error_codes, save
from tests.issues.admin.test_issues import save_issue
from tests.make import make_correction, make_issue, note_changes, sign_in

ADD = "/admin/issues/correction/add/"
LIST = "/admin/issues/correction/"


def sentences(response):
    return [str(message) for message in response.context["messages"]]


def act(desk, action, *corrections):
    data = {"action": action, "_selected_action": [correction.pk for correction in corrections]}
    return desk.post(LIST, data, follow=True)


def test_correction_is_on_the_page_in_the_feed_and_in_the_text(desk, client):
    issue = make_issue(number=412, articles=1)
    note_changes(Issue.objects.all())
    save(desk, f"{ADD}?issue={issue.pk}", "correction_form", text="Ann *Lee* wrote it.", issue=issue.pk)
    for address in ("/sre-weekly-issue-412/", "/feed/", "/sre-weekly-issue-412.json"):
        assert "Ann <em>Lee</em> wrote it." in html.unescape(client.get(address).content.decode())
    assert "Ann *Lee* wrote it." in client.get("/sre-weekly-issue-412.txt").content.decode()


def test_correction_knows_who_made_it(desk):
    save(desk, ADD, "correction_form", text="Wrong.", issue=make_issue().pk)
    assert str(Correction.objects.get().made_by) == "editor"


def test_draft_cannot_have_a_correction(desk):
    draft = make_issue(status="draft")
    response = save(desk, ADD, "correction_form", text="Wrong.", issue=draft.pk)
    assert error_codes(response) == {"issue": ["invalid_choice"]}
    assert not Correction.objects.exists()


def test_change_of_a_published_issue_offers_a_correction(desk):
    issue = make_issue(articles=1)
    note_changes(Issue.objects.all())
    save_issue(desk, issue, intro="Other words.")
    (offer, _) = sentences(desk.get("/admin/"))
    assert f"/admin/issues/correction/add/?issue={issue.pk}" in offer


@pytest.mark.parametrize("fields", [{"status": "draft"}, {"publish_at": timezone.now() + timedelta(days=1)}])
def test_change_of_an_unpublished_issue_offers_no_correction(desk, fields):
    issue = make_issue(articles=1, **fields)
    save_issue(desk, issue, intro="Other words.")
    assert not any("/correction/add/" in sentence for sentence in sentences(desk.get("/admin/")))


def test_correction_becomes_an_erratum_of_the_next_issue(desk):
    wrong, following = make_issue(number=412), make_issue(number=413, status="draft", intro="Hello.")
    correction = make_correction(wrong, "Ann wrote it.")
    act(desk, "print_in_next_issue", correction)
    following.refresh_from_db()
    correction.refresh_from_db()
    link = "[#412](https://sreweekly.example/sre-weekly-issue-412/)"
    assert following.intro == f"Hello.\n\nCorrection to {link}: Ann wrote it."
    assert (correction.erratum, correction.erratum_in, following.version) == ("printed", following, 2)


def test_erratum_is_printed_once(desk):
    correction = make_correction(make_issue(number=412))
    following = make_issue(number=413, status="draft")
    act(desk, "print_in_next_issue", correction)
    response = act(desk, "print_in_next_issue", correction)
    following.refresh_from_db()
    assert following.intro.count("Correction to") == 1
    assert [message.level_tag for message in response.context["messages"]] == ["error"]


def test_erratum_needs_an_unpublished_issue(desk):
    correction = make_correction(make_issue())
    response = act(desk, "print_in_next_issue", correction)
    assert len(sentences(response)) == 1
    assert Correction.objects.offered().count() == 1


def test_erratum_can_be_declined(desk):
    act(desk, "decline_as_erratum", make_correction(make_issue()))
    assert not Correction.objects.offered().exists()


def test_correction_needs_permission(db):
    client = sign_in("view_correction")
    assert client.post(ADD, {"text": "x", "issue": make_issue().pk}).status_code == 403
    assert not Correction.objects.exists()


def test_list_takes_a_fixed_number_of_queries(desk, django_assert_num_queries):
    for _ in range(2):
        make_correction(make_issue())
        with django_assert_num_queries(6):
            desk.get(LIST)
