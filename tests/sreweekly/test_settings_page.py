"""The page of the settings: what each part says, to whom."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from issues.tasks import announce
from sreweekly.roles import update_groups
from tests.make import make_device, make_editor, sign_in, sign_in_as
from wordpress.models import WordPressImport

SETTINGS = "/admin/settings/"


def parts(client):
    return {part.entry.name: part for part in client.get(SETTINGS).context["entries"]}


def state(client, name):
    return parts(client)[name].state


def test_each_part_says_what_it_is_for_and_how_it_stands(desk):
    found = parts(desk)
    assert list(found) == ["Users", "Roles", "Devices", "Imports", "Jobs", "Mail"]
    assert all(part.purpose and part.state.words and part.entry.address for part in found.values())


def test_one_sees_only_what_one_may_open(db):
    update_groups()
    assert list(parts(sign_in("view_wordpressimport"))) == ["Imports"]
    assert sign_in_as("Editor").get(SETTINGS).status_code == 403
    for part in parts(administrator := sign_in_as("Administrator")).values():
        assert administrator.get(part.entry.address).status_code == 200


def test_people_without_a_second_factor_are_counted(desk):
    editor, _ = User.objects.get(), make_editor("other")
    Authenticator.objects.create(user=editor, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert state(desk, "Users").problem.startswith("2 ")
    Authenticator.objects.create(user=editor, type=Authenticator.Type.TOTP, data={})
    assert state(desk, "Users").problem.startswith("1 ")
    User.objects.filter(username="other").update(is_staff=False)
    assert state(desk, "Users").problem == ""


def test_failed_jobs_are_a_problem(desk):
    assert state(desk, "Jobs").problem == ""
    announce.defer(issue_id=1)
    ProcrastinateJob.objects.filter(status="todo").update(status="failed")
    assert state(desk, "Jobs").problem.startswith("1 ")


@pytest.mark.parametrize(("kept", "is_problem"), [("done", False), ("failed", True)])
def test_last_import_says_how_it_ended(desk, kept, is_problem):
    now = timezone.now()
    ended: dict[str, Any] = {"report": {}} if kept == "done" else {"failure": "No."}
    WordPressImport.objects.create(state=kept, started_at=now, finished_at=now, **ended)
    assert bool(state(desk, "Imports").problem) == is_problem


@pytest.mark.parametrize("count", [1, 3])
def test_settings_take_9_queries(desk, django_assert_num_queries, count):
    for number in range(count):
        make_device(name=f"Phone {number}")
        make_editor(f"colleague{number}")
    with django_assert_num_queries(9):
        desk.get(SETTINGS)


@pytest.mark.parametrize(
    ("path", "title", "above"),
    [
        ("auth/user/", "Users", "Settings"),
        ("auth/group/", "Groups", "Settings"),
        ("sponsors/placement/", "Placements", "Calendar"),
        ("collecting/candidate/", "Candidates", "Inbox"),
        ("issues/author/", "Authors", None),
    ],
)
def test_list_has_its_name_and_the_way_up(desk, path, title, above):
    response = desk.get(f"/admin/{path}")
    assert response.context["listed"] == title
    assert (f">{above}</a></li>" in response.content.decode().partition("<main")[0].partition("</header>")[2]) == bool(
        above
    )
