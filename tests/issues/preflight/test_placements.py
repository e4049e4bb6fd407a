import pytest

from issues.preflight import placements
from tests.issues.preflight.checking import found
from tests.make import make_issue, make_placement

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", ["booked", "copy_in"])
def test_copy_that_is_not_approved_is_a_stop(state):
    issue = make_issue(status="draft")
    make_placement(issue, state=state)
    assert found(placements.unapproved_copy, issue) == [("stop", "not_approved", "id_placements-0-state")]


def test_placement_without_copy_is_a_stop():
    issue = make_issue(status="draft")
    make_placement(issue, message="", url="", state="approved")
    assert found(placements.unapproved_copy, issue) == [("stop", "no_copy", "id_placements-0-message")]


def test_approved_copy_is_fine():
    issue = make_issue(status="draft")
    make_placement(issue)
    assert found(placements.unapproved_copy, issue) == found(placements.no_sponsor, issue) == []


def test_issue_without_a_sponsor_is_a_note():
    issue = make_issue(status="draft")
    assert found(placements.unapproved_copy, issue) == []
    assert found(placements.no_sponsor, issue) == [("note", "no_sponsor", "id_placements-0-sponsor")]
