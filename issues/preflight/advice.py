"""What apps above this one add to the panel of preflight.

It is about what follows the publication, so it keeps no issue from being published: preflight() does not know it.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser, User

from issues.models.issues import Issue
from issues.preflight.findings import Level


class Advice(NamedTuple):
    level: Level  # A warning or a note.
    text: str
    address: str  # Of the page where it is mended.


# By the heading in the panel: what gives a user advice on an issue loaded by with_contents(). Apps add themselves.
ADVISERS: dict[str, Callable[[Issue, User | AnonymousUser], Iterable[Advice]]] = {}


def load_advice(issue: Issue, user: User | AnonymousUser) -> dict[str, list[Advice]]:
    """Return the advice by its heading, the most important first. No empty lists."""
    given = {heading: sorted(advise(issue, user), key=lambda one: one.level) for heading, advise in ADVISERS.items()}
    return {heading: some for heading, some in given.items() if some}
