"""The columns of our own exports: written and read in one place, so that nothing is lost between."""

import re
from collections.abc import Iterator, Sequence
from typing import cast

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Model, QuerySet
from django.utils import timezone

from mailings.models.subscribers import Subscriber, columns_of, make_token
from mailings.models.suppressions import Suppression, digest_of
from mailings.moving.cells import escape
from mailings.moving.formats import There
from mailings.moving.lists import Given, read_moment
from text.mailboxes import Mailbox, read_mailbox

# Rows that one query reads.
BATCH = 1000
# Columns with the field of a subscriber. Dates are ISO 8601, in UTC.
TEXTS = {"source": "source", "consent": "consent", "bounce": "bounce"}
DATES = {
    "added": "created_at",
    "confirmed": "confirmed_at",
    "paused_until": "paused_until",
    "left": "left_at",
    "bounced": "bounced_at",
    "complained": "complained_at",
}
# The token is in every link to leave that was ever mailed.
COLUMNS = ("address", "state", *TEXTS, *DATES, "token", "digest", "reason")


def export_rows(subscribers: QuerySet[Subscriber], suppressions: QuerySet[Suppression]) -> Iterator[Sequence[str]]:
    """Yield the header, and a row of texts for each subscriber, then for each suppression. A query for 1,000 rows."""
    yield COLUMNS
    for subscriber in _in_batches(subscribers):
        dates = [getattr(subscriber, field) for field in DATES.values()]
        texts = [getattr(subscriber, field) for field in TEXTS.values()]
        moments = [date.isoformat() if date else "" for date in dates]
        cells = [subscriber.address, subscriber.state.value, *texts, *moments, subscriber.token, "", ""]
        yield [escape(cell) for cell in cells]
    for row in _in_batches(suppressions):
        moments = [row.created_at.isoformat(), *[""] * (len(DATES) - 1)]
        cells = [row.address, There.SUPPRESSED.value, *[""] * len(TEXTS), *moments, "", row.digest, row.reason]
        yield [escape(cell) for cell in cells]


def read_own_subscriber(given: Given, mailbox: Mailbox) -> Subscriber:
    """Return the subscriber of a line, not saved, with everything that happened to them."""
    own = given.own
    fields = {field: read_moment(own.get(column, "")) for column, field in DATES.items() if column != "paused_until"}
    paused_until = own.get("paused_until", "")
    token = own.get("token", "")
    return Subscriber(
        **columns_of(mailbox),
        **{field: own.get(column, "")[: _longest(field)] for column, field in TEXTS.items()},
        **{**fields, "created_at": fields["created_at"] or timezone.now()},
        paused_until=read_moment(paused_until, is_past=False),
        token=token if re.fullmatch(r"[\w-]{22}", token, re.ASCII) else make_token(),
    )


def read_own_suppression(given: Given) -> Suppression:
    """Return the suppression of a line, not saved. Raises ValidationError."""
    own = given.own
    digest = own.get("digest", "")
    address = read_mailbox(given.address).address if given.address else ""
    if address:
        digest = digest_of(read_mailbox(address).key)
    if not re.fullmatch(r"[0-9a-f]{64}", digest) or own.get("reason") not in Suppression.Reason.values:
        raise ValidationError("This line has neither an address nor the hash of one, or its reason is not known.")
    is_forgotten = own["reason"] == Suppression.Reason.FORGOTTEN
    return Suppression(
        digest=digest,
        address="" if is_forgotten else address,
        reason=own["reason"],
        created_at=read_moment(own.get("added", "")) or timezone.now(),
    )


def _longest(field: str) -> int:
    return cast("models.CharField", Subscriber._meta.get_field(field)).max_length or 0


def _in_batches[Row: Model](rows: QuerySet[Row]) -> Iterator[Row]:
    """Yield rows by their keys, a thousand with each query: a slow reader of the answer keeps no cursor open."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield from batch
        last = batch[-1].pk
