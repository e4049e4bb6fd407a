"""What apps above this one add to the panel of preflight.

It is about what follows the publication, so it keeps no issue from being published: preflight() does not know it.
"""

import logging
from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser, User
from django.db import DatabaseError

from issues.models.issues import Issue
from issues.preflight.findings import Level

logger = logging.getLogger(__name__)


class Advice(NamedTuple):
    level: Level  # A warning or a note.
    text: str
    address: str = ""  # Of the page where it is mended, if there is one.


# By the heading in the panel: what gives a user advice on an issue loaded by with_contents(). Apps add themselves.
ADVISERS: dict[str, Callable[[Issue, User | AnonymousUser], Iterable[Advice]]] = {}


def load_advice(issue: Issue, user: User | AnonymousUser) -> dict[str, list[Advice]]:
    """Return the advice by its heading, the most important first. No empty lists."""
    given = {heading: sorted(_ask(heading, issue, user), key=lambda one: one.level) for heading in ADVISERS}
    return {heading: some for heading, some in given.items() if some}


def _ask(heading: str, issue: Issue, user: User | AnonymousUser) -> list[Advice]:
    """Return the advice of one app. A fault of its own, or of its settings, keeps nobody from working on the issue."""
    try:
        return list(ADVISERS[heading](issue, user))
    except DatabaseError:
        raise  # The page itself would not get any further.
    except Exception:
        logger.exception("The advice on %s failed.", heading)
        return [Advice(Level.WARNING, "It could not be checked. The site's log says why.")]
