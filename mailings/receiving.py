"""Take what came to the mailbox, or through a pipe."""

import logging
from enum import Enum

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from mailings.answers import find_status, is_no_mailbox
from mailings.envelopes import delivery_marked, find_marks
from mailings.leaving import find_token
from mailings.models.deliveries import Delivery
from mailings.reading.mails import Mail, open_mail
from mailings.reading.read import read
from mailings.reading.said import Failure, What
from mailings.reporting import MAILBOX, Kind, Reported, take
from text.mailboxes import key_of

logger = logging.getLogger(__name__)


class Received(Enum):
    TAKEN = "taken"
    KNOWN = "known already"
    NOTHING = "nothing to do"
    NOT_UNDERSTOOD = "not understood"


def receive(content: bytes) -> Received:
    """Read one mail and take what it reports. Raises OperationalError and InterfaceError: the database is away.

    A mail at which this program fails otherwise is left to a person. It would come first again in each run, and all
    that came after it would never be read.
    """
    try:
        return _receive(content)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # The error itself may have addresses in it.
        logger.error("A mail could not be read, and is left to a person: %s.", type(error).__name__)
        return Received.NOT_UNDERSTOOD


def _receive(content: bytes) -> Received:
    mail = open_mail(content)
    said = read(mail)
    if mail is None or said.what == What.NOT_UNDERSTOOD:
        return Received.NOT_UNDERSTOOD
    if said.what == What.NOTHING:
        return Received.NOTHING
    if said.what == What.LEAVE:
        reports = [_reported(mail, Kind.LEFT, token=said.token)]
    else:
        delivery = next(filter(None, map(delivery_marked, find_marks(mail.content))), None)
        if said.what == What.COMPLAINT:
            # Some providers take the Message-ID out, and leave List-Unsubscribe.
            token = "" if delivery else find_token(mail.content)
            reports = [_reported(mail, Kind.COMPLAINED, delivery, token=token, reason="Marked as spam.")]
        else:
            reports = [_bounce(mail, delivery, *one) for one in enumerate(_about(delivery, said.failures))]
    taken = [take(reported) for reported in reports]
    return Received.TAKEN if any(taken) else Received.KNOWN


def _about(delivery: Delivery | None, failures: tuple[Failure, ...]) -> tuple[Failure, ...]:
    """Return the failures that count. A message has one recipient: theirs counts, or else the first one."""
    if delivery is None:
        return failures
    own = [failure for failure in failures if _is_of(delivery, failure)]
    return ((own or failures)[0],)


def _bounce(mail: Mail, delivery: Delivery | None, place: int, failure: Failure) -> Reported:
    """Return the report of a failure. If only the mailbox that they forward to is gone, it is a soft bounce."""
    is_gone = is_no_mailbox(failure.reason, failure.status)
    is_elsewhere = delivery is not None and bool(failure.addresses) and not _is_of(delivery, failure)
    return _reported(
        mail,
        Kind.BOUNCED if is_gone and not is_elsewhere else Kind.PUT_OFF,
        delivery,
        place=place,
        reason=failure.reason,
        status=failure.status or find_status(failure.reason),
        address=failure.addresses[0] if failure.addresses else "",
    )


def _is_of(delivery: Delivery, failure: Failure) -> bool:
    return key_of(delivery.address) in map(key_of, failure.addresses)


def _reported(mail: Mail, kind: Kind, delivery: Delivery | None = None, *, place: int = 0, **said: str) -> Reported:
    return Reported(
        kind=kind,
        key=f"mail {mail.digest} {place}",
        source=MAILBOX,
        reported_at=mail.date or timezone.now(),
        delivery=delivery.pk if delivery else None,
        **said,
    )
