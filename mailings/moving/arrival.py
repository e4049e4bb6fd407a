"""Take in the lines of a list: who is new, who is known, and who is never to be mailed.

Nobody who left, bounced or complained anywhere is mailed. Who did so there and is unknown here becomes a suppression.
Who is known here and was confirmed before is stopped, by the date of both if there is one; otherwise leaving wins. Who
did so here stays so, whatever a file says.
"""

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from mailings.models.subscribers import State, Subscriber, columns_of, make_token
from mailings.models.suppressions import Suppression, digest_of
from mailings.moving.formats import GONE, There
from mailings.moving.lists import Given
from mailings.moving.own import read_own_subscriber, read_own_suppression
from mailings.moving.report import Outcome, Report
from text.mailboxes import Mailbox, read_mailbox

_OUTCOMES = {There.LEFT: Outcome.LEFT, There.BOUNCED: Outcome.BOUNCED, There.COMPLAINED: Outcome.COMPLAINED}
_REASONS = {
    There.LEFT: Suppression.Reason.LEFT,
    There.BOUNCED: Suppression.Reason.BOUNCED,
    There.COMPLAINED: Suppression.Reason.COMPLAINED,
}
_GONE_HERE = (State.LEFT, State.BOUNCED, State.COMPLAINED)


class Seen:
    """The addresses of a run, and where each came first: on disk, as a file may have millions."""

    def __init__(self) -> None:
        # An empty name is a database in a temporary file, which only outgrows memory if it is large.
        self._database = sqlite3.connect("")
        self._database.execute("CREATE TABLE seen (key INTEGER PRIMARY KEY, place TEXT)")

    def first_place(self, digest: str, place: str) -> str:
        """Return where this address came before, or an empty text, and remember the place."""
        key = int(digest[:15], 16)
        added = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, place))
        if added.rowcount:
            return ""
        return self._database.execute("SELECT place FROM seen WHERE key = ?", (key,)).fetchone()[0]

    def close(self) -> None:
        self._database.close()


@dataclass
class Source:
    """Where the lines of a list come from, for its subscribers."""

    file: str
    service: str
    statement: str = ""  # The operator's, of what they agreed to.
    is_own: bool = False

    @property
    def name(self) -> str:
        return f"import: {self.service}, {self.file}"[:200]

    def consent_of(self, confirmed_at: datetime | None) -> str:
        """Return what is kept of somebody's consent, or an empty text if nothing is known of it."""
        dated = f"agreed at {self.service}, {date_format(confirmed_at, 'j F Y')}" if confirmed_at else ""
        return "; ".join(filter(None, [self.statement, dated]))[:300]


@dataclass
class _Writes:
    """What a batch changes. Rows are written at the end, with one statement for each kind."""

    has_tokens: bool = False  # From our own export.
    new: list[Subscriber] = field(default_factory=list)
    suppressions: list[Suppression] = field(default_factory=list)
    changed: dict[tuple[str, ...], list[Subscriber]] = field(default_factory=dict)  # By the fields.

    def change(self, subscriber: Subscriber, **values) -> None:
        for name, value in values.items():
            setattr(subscriber, name, value)
        self.changed.setdefault(tuple(values), []).append(subscriber)

    def write(self) -> None:
        """Write all of it, in at most eight queries."""
        self._change_taken_tokens()
        # Somebody else may have added one meanwhile: theirs stays.
        Subscriber.objects.bulk_create(self.new, ignore_conflicts=True)
        Suppression.objects.bulk_create(self.suppressions, ignore_conflicts=True)
        for fields, rows in self.changed.items():
            Subscriber.objects.bulk_update(rows, fields)

    def _change_taken_tokens(self) -> None:
        """Give a new token to whoever comes with that of another, who changed their address since the export."""
        if self.has_tokens and self.new:
            tokens = [subscriber.token for subscriber in self.new]
            taken = set(Subscriber.objects.filter(token__in=tokens).values_list("token", flat=True))
            for subscriber in self.new:
                if subscriber.token in taken:
                    subscriber.token = make_token()
                taken.add(subscriber.token)


@dataclass
class Arrival:
    """Takes in a list, batch by batch. A batch is written whole or not at all, and may come twice."""

    source: Source
    report: Report
    seen: Seen

    def take(self, batch: list[Given]) -> None:
        """Decide on each line, and write unless this is a rehearsal. Two queries, and up to eight that write."""
        read = [(given, *_read_address(given)) for given in batch]
        with transaction.atomic():
            digests = [digest_of(mailbox.key) for _, mailbox, _ in read if mailbox]
            rows = Subscriber.objects.filter(digest__in=digests).order_by("pk")
            if not self.report.is_rehearsal:
                rows = rows.select_for_update()
            known = {subscriber.key: subscriber for subscriber in rows}
            blocks = {row.digest: row for row in Suppression.objects.filter(digest__in=digests)}
            writes = _Writes(self.source.is_own)
            for given, mailbox, problem in read:
                if given.there == There.SUPPRESSED and not given.problem:
                    outcome, why = self._take_suppression(given, writes)
                elif mailbox is None:
                    outcome, why = Outcome.INVALID, problem
                elif before := self.seen.first_place(digest_of(mailbox.key), f"{self.source.file}, line {given.line}"):
                    outcome, why = Outcome.TWICE, f"first in {before}"
                else:
                    block = blocks.get(digest_of(mailbox.key))
                    outcome, why = self._decide(given, mailbox, known.get(mailbox.key), block, writes)
                self.report.add(self.source.file, given.line, given.address, outcome, why)
            if not self.report.is_rehearsal:
                writes.write()

    def _decide(
        self, given: Given, mailbox: Mailbox, known: Subscriber | None, block: Suppression | None, writes: _Writes
    ) -> tuple[Outcome, str]:
        if given.there == There.BLOCKED:
            return Outcome.BLOCKED, ""
        if given.there in GONE:
            return self._stop(given, mailbox, known, block, writes)
        if known:
            return self._meet(given, known, block, writes)
        if block:
            return Outcome.SUPPRESSED, block.get_reason_display()
        if given.there == There.UNCONFIRMED:
            return Outcome.UNCONFIRMED, ""
        return self._add(given, mailbox, writes)

    def _add(self, given: Given, mailbox: Mailbox, writes: _Writes) -> tuple[Outcome, str]:
        if self.source.is_own:
            writes.new.append(read_own_subscriber(given, mailbox))
            return (Outcome.NEW if given.there == There.SUBSCRIBED else Outcome.PENDING), ""
        if not (consent := self.source.consent_of(given.confirmed_at)):
            return Outcome.NO_CONSENT, ""
        now = timezone.now()
        moments = {"created_at": now, "confirmed_at": given.confirmed_at or now}
        row = Subscriber(**columns_of(mailbox), source=self.source.name, consent=consent, **moments)
        writes.new.append(row)
        return Outcome.NEW, ""

    def _meet(self, given: Given, known: Subscriber, block: Suppression | None, writes: _Writes) -> tuple[Outcome, str]:
        """Decide on somebody who is known here, and is subscribed there."""
        if block:
            return Outcome.SUPPRESSED, block.get_reason_display()
        if known.state in _GONE_HERE:
            return Outcome.STAYED_OUT, known.state.label
        consent = given.own.get("consent") or self.source.consent_of(given.confirmed_at)
        if known.state != State.PENDING or given.there != There.SUBSCRIBED or not consent:
            return Outcome.KNOWN, ""
        writes.change(known, confirmed_at=given.confirmed_at or known.created_at, consent=consent[:300])
        return Outcome.CONFIRMED, ""

    def _stop(
        self, given: Given, mailbox: Mailbox, known: Subscriber | None, block: Suppression | None, writes: _Writes
    ) -> tuple[Outcome, str]:
        """Decide on somebody who left, bounced or complained there."""
        if known is None:
            if self.source.is_own:
                writes.new.append(read_own_subscriber(given, mailbox))
            elif block is None:
                address, reason = mailbox.address, _REASONS[given.there]
                writes.suppressions.append(Suppression(digest=digest_of(mailbox.key), address=address, reason=reason))
            return _OUTCOMES[given.there], given.why
        if known.state in _GONE_HERE:
            return Outcome.STAYED_OUT, known.state.label
        # The two are the same where an operator stated the consent, and nobody knows when it was given.
        is_stated = known.confirmed_at == known.created_at
        if given.at and not is_stated and (known.confirmed_at or known.created_at) > given.at:
            return Outcome.LATER, f"{_OUTCOMES[given.there].value} there on {date_format(given.at, 'j F Y')}"
        at = given.at or timezone.now()
        match given.there:
            case There.BOUNCED:
                writes.change(known, bounced_at=at, bounce=given.why or f"as {self.source.service} says")
            case There.COMPLAINED:
                writes.change(known, complained_at=at)
            case _:
                writes.change(known, left_at=at, new_address="", new_token="")
        return _OUTCOMES[given.there], "known here"

    def _take_suppression(self, given: Given, writes: _Writes) -> tuple[Outcome, str]:
        """Take one of our own exports, which may have no address."""
        try:
            writes.suppressions.append(read_own_suppression(given))
        except ValidationError as error:
            return Outcome.INVALID, error.messages[0]
        return Outcome.SUPPRESSED, ""


def _read_address(given: Given) -> tuple[Mailbox | None, str]:
    """Return the mailbox of a line, or why it has none."""
    if given.problem:
        return None, given.problem
    try:
        return read_mailbox(given.address), ""
    except ValidationError as error:
        return None, str(error.messages[0])
