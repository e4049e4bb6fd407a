"""Unsubscribes by mail: what mail programs send to the mailto address of List-Unsubscribe, and what readers type."""

import re

from mailings.reading.mails import Mail
from mailings.reading.said import Said, What

_LEAVE = re.compile(r"^\s*(?:re:\s*)?leave\s+([A-Za-z0-9_-]{22})\s*$", re.IGNORECASE)
# Lines. Further down stands what somebody quotes.
MOST_LINES = 20


def read_leave(mail: Mail) -> Said | None:
    """Return the token of the subscription to end, from the subject or one of the first lines, or None."""
    for line in (mail.header("Subject"), *mail.text[:10_000].splitlines()[:MOST_LINES]):
        if found := _LEAVE.match(line):
            return Said(What.LEAVE, token=found[1])
    return None
