import pytest

from issues.preflight import placements
from tests.issues.preflight.checking import found
from tests.make import make_issue, make_placement

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", ["booked", "copy_in"])
def test_copy_that_is_not_approved_stops_the_issue(state):
    issue = make_issue(status="draft")
    make_placement(issue, state=state)
    assert found(placements.not_approved, issue) == [("stop", "id_placements-0-state")]


def test_place_that_is_sold_and_has_no_copy_stops_the_issue():
    issue = make_issue(status="draft")
    make_placement(issue, message="", url="", state="approved")
    assert found(placements.not_approved, issue) == [("stop", "id_placements-0-message")]


def test_approved_copy_is_fine():
    issue = make_issue(status="draft")
    make_placement(issue)
    assert found(placements.not_approved, issue) == found(placements.nothing_sold, issue) == []


def test_issue_without_a_sponsor_is_noted():
    issue = make_issue(status="draft")
    assert found(placements.not_approved, issue) == []
    assert found(placements.nothing_sold, issue) == [("note", "id_placements-0-sponsor")]
