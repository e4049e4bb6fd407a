"""What a mail in the mailbox says."""

from enum import Enum
from typing import NamedTuple


class What(Enum):
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    LEAVE = "leave"
    NOTHING = "nothing to do"  # Understood: a delay, or a complaint that was taken back.
    NOT_UNDERSTOOD = "not understood"  # For a person to read.


class Failure(NamedTuple):
    """One recipient in a bounce."""

    status: str
    reason: str  # As it came. It may have any characters and addresses in it.
    addresses: tuple[str, ...]  # Of the recipient: the original one, then where it was forwarded to.


class Said(NamedTuple):
    what: What
    failures: tuple[Failure, ...] = ()
    token: str = ""  # Of whoever leaves.
