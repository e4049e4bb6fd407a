"""What was sold is printed, as the sponsor approved it."""

from collections.abc import Iterator

from issues.models.issues import Issue
from issues.preflight.findings import Finding, Known, Level, field_of
from sponsors.models import Placement


def not_approved(issue: Issue, known: Known) -> Iterator[Finding]:
    for placement in issue.placements.all():
        if not (placement.message.strip() or placement.url):
            text = f"{placement.sponsor} has this issue’s message, and there is no copy: ask for it."
            yield Finding(Level.STOP, text, field_of(issue, placement, "message"))
        elif placement.state != Placement.State.APPROVED:
            text = f"The copy of {placement.sponsor} is not approved: it is “{placement.get_state_display()}”."
            yield Finding(Level.STOP, text, field_of(issue, placement, "state"))


def nothing_sold(issue: Issue, known: Known) -> Iterator[Finding]:
    if not issue.placements.all():
        yield Finding(Level.NOTE, "No sponsor’s message is in this issue.", "id_placements-0-sponsor")


CHECKS = (not_approved, nothing_sold)
