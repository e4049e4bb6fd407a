"""Check that sold placements are printed as the sponsor approved them."""

from collections.abc import Iterator

from issues.preflight.checked import CheckedIssue
from issues.preflight.findings import Finding, Level
from sponsors.models import Placement


def unapproved_copy(checked: CheckedIssue) -> Iterator[Finding]:
    for placement in checked.issue.placements.all():
        if not (placement.message.strip() or placement.url):
            text = f"{placement.sponsor} has booked this issue, but sent no copy: ask for it."
            yield checked.finding(Level.STOP, "no_copy", text, placement, "message")
        elif placement.state != Placement.State.APPROVED:
            text = f"The copy of {placement.sponsor} is not approved. Its state is “{placement.get_state_display()}”."
            yield checked.finding(Level.STOP, "not_approved", text, placement, "state")


def no_sponsor(checked: CheckedIssue) -> Iterator[Finding]:
    if not checked.issue.placements.all():
        yield Finding(Level.NOTE, "no_sponsor", "This issue has no sponsor’s message.", "id_placements-0-sponsor")


CHECKS = (unapproved_copy, no_sponsor)
