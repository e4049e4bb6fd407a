"""The ledger while a mailing is sent: who sends which delivery, and what became of it. Plain SQL on one connection.

A delivery goes from `waiting` (maybe taken by a worker) through `sending` to `sent`, `refused` or `unknown`. It is
`sending` only from just before its message is handed over until the answer is written down, and each step is
committed before the next. So a worker that is killed leaves at most one delivery of which nobody knows whether it was
sent, or one batch if the provider takes batches; the others that it had taken wait again.

A worker holds an advisory lock while it lives, on the same connection. Whoever gets the lock knows that it is gone.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg
from django.db import connection
from psycopg.rows import namedtuple_row

from mailings.answers import plain_reason
from mailings.envelopes import mark_of
from mailings.recipients import why_not
from mailings.sending.messages import Recipient
from mailings.sending.obstacles import TAKEN_BACK

# The first of two keys of advisory locks.
LOCK = 0x6D61696C  # "mail"
# Deliveries that a worker takes at once.
TAKE = 50
_WHY_NOT = why_not("now()", "left before it was sent")
# Asked for each delivery and each batch. Whether the time of the issue has come is asked for each job, by the clock of
# whoever prepared it.
_IS_RUNNING = """mailing.status = 'sending'
        AND EXISTS (SELECT FROM issues_issue WHERE id = mailing.issue_id AND status = 'approved')"""
# Whoever has changed their address since the mailing was prepared gets it at the new one, and the ledger says so.
_WHERE_TO = "address = subscriber.address, domain = subscriber.domain"
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(hours=1)

_TAKE = """
    WITH taken AS (
        SELECT id FROM mailings_delivery
        WHERE mailing_id = %(mailing)s AND state = 'waiting' AND worker IS NULL
            AND (not_before IS NULL OR not_before <= now())
            AND domain <> ALL(%(full)s::text[])
            AND NOT EXISTS (
                SELECT FROM mailings_domaindelay AS delay
                WHERE delay.domain = mailings_delivery.domain AND delay.until > now()
            )
        ORDER BY id LIMIT %(most)s::int FOR UPDATE SKIP LOCKED
    )
    UPDATE mailings_delivery SET worker = %(worker)s, claimed_at = now()
    FROM taken WHERE mailings_delivery.id = taken.id
    RETURNING mailings_delivery.id, mailings_delivery.domain
"""
# One statement for two deliveries: what became of the last, and the next begins. It begins only if the mailing still
# runs, and if the subscriber is still to be mailed.
_STEP = f"""
    WITH done AS (
        UPDATE mailings_delivery
        SET state = %(state)s::text, reason = %(reason)s::text, provider_id = %(provider_id)s::text,
            attempts = attempts + 1,
            settled_at = CASE WHEN %(state)s::text = 'waiting' THEN NULL ELSE now() END,
            not_before = %(not_before)s::timestamptz,
            worker = CASE WHEN %(state)s::text = 'waiting' THEN NULL ELSE worker END
        WHERE id = %(done)s::bigint AND state = 'sending' AND worker = %(worker)s::bigint
    )
    UPDATE mailings_delivery AS delivery SET state = 'sending', {_WHERE_TO}
    FROM mailings_mailing AS mailing, mailings_subscriber AS subscriber
    WHERE delivery.id = %(next)s::bigint AND delivery.state = 'waiting' AND delivery.worker = %(worker)s::bigint
        AND mailing.id = delivery.mailing_id AND {_IS_RUNNING}
        AND subscriber.id = delivery.subscriber_id
        AND {_WHY_NOT} = ''
    RETURNING subscriber.key AS address, subscriber.token AS token, mailing.token AS mailing_token, delivery.attempts
"""  # noqa: S608
# The same for a batch, in two statements: all of it begins before it is handed over, and each has its own outcome.
_BEGIN_BATCH = f"""
    UPDATE mailings_delivery AS delivery SET state = 'sending', {_WHERE_TO}
    FROM mailings_mailing AS mailing, mailings_subscriber AS subscriber
    WHERE delivery.id = ANY(%(ids)s) AND delivery.state = 'waiting' AND delivery.worker = %(worker)s
        AND mailing.id = delivery.mailing_id AND {_IS_RUNNING}
        AND subscriber.id = delivery.subscriber_id
        AND {_WHY_NOT} = ''
    RETURNING delivery.id, subscriber.key AS address, subscriber.token AS token, mailing.token AS mailing_token,
        delivery.attempts
"""  # noqa: S608
_END_BATCH = """
    UPDATE mailings_delivery AS delivery
    SET state = done.state, reason = done.reason, provider_id = done.provider_id, attempts = attempts + 1,
        settled_at = CASE WHEN done.state = 'waiting' THEN NULL ELSE now() END,
        not_before = done.not_before,
        worker = CASE WHEN done.state = 'waiting' THEN NULL ELSE worker END
    FROM unnest(
        %(ids)s::bigint[], %(states)s::text[], %(reasons)s::text[], %(provider_ids)s::text[],
        %(not_befores)s::timestamptz[]
    ) AS done (id, state, reason, provider_id, not_before)
    WHERE delivery.id = done.id AND delivery.state = 'sending' AND worker = %(worker)s
"""
# The provider took nothing of it: each is begun again alone.
_UNDO_BATCH = "UPDATE mailings_delivery SET state = 'waiting' WHERE state = 'sending' AND worker = %(worker)s"
# With the reason, if the subscriber is not to be mailed any more.
_LEAVE_OUT = f"""
    UPDATE mailings_delivery AS delivery SET state = 'left_out', worker = NULL, reason = why.reason
    FROM (
        SELECT same.id, CASE WHEN subscriber.id IS NULL THEN 'asked to be forgotten' ELSE {_WHY_NOT} END AS reason
        FROM mailings_delivery AS same LEFT JOIN mailings_subscriber AS subscriber ON subscriber.id = same.subscriber_id
    ) AS why
    WHERE why.id = delivery.id AND why.reason <> ''
        AND delivery.id = ANY(%(ids)s) AND delivery.state = 'waiting' AND delivery.worker = %(worker)s
"""  # noqa: S608
# What this worker has taken and not handed over: `sending` too, if it was marked so and the connection broke then.
_GIVE_BACK = """
    UPDATE mailings_delivery SET state = 'waiting', worker = NULL
    WHERE mailing_id = %(mailing)s AND worker = %(worker)s AND state IN ('waiting', 'sending')
"""
_DELAY = """
    INSERT INTO mailings_domaindelay AS known (domain, until, failures, reason)
    VALUES (%(domain)s, now() + %(first)s, 1, %(reason)s)
    ON CONFLICT (domain) DO UPDATE SET failures = known.failures + 1, reason = %(reason)s,
        until = now() + least(%(first)s * power(2, least(known.failures, 20)), %(longest)s)
"""
# In the last hour and the last day: what was sent, and what workers have taken.
_USED = """
    SELECT count(*) FILTER (WHERE settled_at IS NULL OR settled_at > now() - interval '1 hour') AS in_an_hour,
        count(*) AS in_a_day
    FROM mailings_delivery
    WHERE (settled_at > now() - interval '1 day' OR settled_at IS NULL AND worker IS NOT NULL)
        AND state IN ('waiting', 'sending', 'sent', 'refused', 'unknown')
"""
_LAST_MINUTE = """
    SELECT domain, count(*) FROM mailings_delivery WHERE settled_at > now() - interval '1 minute' GROUP BY domain
"""
_NO_MAILBOX = """
    UPDATE mailings_subscriber SET bounced_at = now(), bounce = %(reason)s
    WHERE bounced_at IS NULL AND id = (SELECT subscriber_id FROM mailings_delivery WHERE id = %(id)s)
"""
_PAUSE = "UPDATE mailings_mailing SET status = 'paused', note = %(note)s WHERE id = %(mailing)s AND status = 'sending'"
# What a worker that is gone has left: what was only taken waits again, and so does the rest if the operator said so.
_RELEASE = """
    UPDATE mailings_delivery SET state = 'waiting', worker = NULL
    WHERE worker = %(worker)s AND (state = 'waiting' OR state = 'sending' AND %(again)s)
"""
_CALL_UNKNOWN = """
    UPDATE mailings_delivery
    SET state = 'unknown', reason = 'the worker was gone before the server had answered', settled_at = now()
    WHERE worker = %(worker)s AND state = 'sending'
"""
_SLOT = """
    UPDATE mailings_mailing
    SET next_slot = greatest(coalesce(next_slot, clock_timestamp()), clock_timestamp()) + %(interval)s
    WHERE id = %(mailing)s
    RETURNING extract(epoch FROM next_slot - %(interval)s - clock_timestamp())
"""


@dataclass
class Outcome:
    """What became of a delivery that was handed over. `reason` is what the server said, with its code.

    It is written down without addresses: some may see why a mailing failed who may not see to whom it went.
    """

    state: str  # Of Delivery.State: sent, refused, unknown, or waiting for another attempt.
    reason: str = ""
    provider_id: str = ""
    not_before: datetime | None = None
    # What the server said is about none of this message and its domain: nothing more is sent for a while.
    is_of_stream: bool = False


class Taken(NamedTuple):
    id: int
    domain: str


class Begun(NamedTuple):
    recipient: Recipient
    attempts: int  # Before this one.


class Ledger:
    """A worker's hand on the deliveries of one mailing."""

    def __init__(self, database: psycopg.Connection, mailing: int, worker: int) -> None:
        self.database = database
        self.mailing = mailing
        self.worker = worker

    def take(self, most: int = TAKE, full: Iterable[str] = ()) -> list[Taken]:
        """Take deliveries that wait, none to the domains `full`. No other worker gets the same."""
        return self._all(_TAKE, most=most, full=list(full))

    def begin(self, taken: Taken, last: Taken | None = None, outcome: Outcome | None = None) -> Begun | None:
        """Write down what became of the last delivery, and begin this one: it is `sending` then.

        Return None if it is not to be sent: the mailing is paused or cancelled, its issue was taken back, or the
        subscriber is not to be mailed any more. In the last case it is left out.
        """
        found = self._step(taken.id, last, outcome)
        if found:
            address, token, mailing_token, attempts = found[0]
            return Begun(Recipient(address, token, mark_of(taken.id, mailing_token, token)), attempts)
        self._run(_LEAVE_OUT, ids=[taken.id])
        return None

    def begin_batch(self, taken: Sequence[Taken]) -> dict[Taken, Begun]:
        """Begin those of a batch that are to be sent, as begin() does."""
        waiting = {one.id: one for one in taken}
        begun = {
            waiting[key]: Begun(Recipient(address, token, mark_of(key, mailing_token, token)), attempts)
            for key, address, token, mailing_token, attempts in self._all(_BEGIN_BATCH, ids=list(waiting))
        }
        if len(begun) < len(taken):
            self._run(_LEAVE_OUT, ids=list(waiting))
        return begun

    def end_batch(self, outcomes: dict[Taken, Outcome]) -> None:
        """Write down what became of each delivery of a batch."""
        self._run(
            _END_BATCH,
            ids=[taken.id for taken in outcomes],
            states=[outcome.state for outcome in outcomes.values()],
            reasons=[plain_reason(outcome.reason) for outcome in outcomes.values()],
            provider_ids=[outcome.provider_id[:200] for outcome in outcomes.values()],
            not_befores=[outcome.not_before for outcome in outcomes.values()],
        )

    def undo_batch(self) -> None:
        """Let the batch that was begun wait again, still taken by this worker."""
        self._run(_UNDO_BATCH)

    def end(self, last: Taken, outcome: Outcome) -> None:
        """Write down what became of the last delivery, without beginning another."""
        self._step(None, last, outcome)

    def give_back(self) -> None:
        """Let others send what this worker has taken and not handed over."""
        self._run(_GIVE_BACK)

    def delay(self, domain: str, reason: str) -> None:
        """Put off all deliveries to a domain: for half a minute, and twice as long each time, up to an hour."""
        self._run(_DELAY, domain=domain, reason=plain_reason(reason), first=FIRST_DELAY, longest=LONGEST_DELAY)

    def delayed(self) -> set[str]:
        """Return the domains that asked to be sent less, maybe long ago."""
        return {domain for (domain,) in self._all("SELECT domain FROM mailings_domaindelay")}

    def forget_delay(self, domain: str) -> None:
        """Note that a domain takes messages again."""
        self._run("DELETE FROM mailings_domaindelay WHERE domain = %(domain)s", domain=domain)

    def used(self) -> tuple[int, int]:
        """Return how many messages count for the limits of the last hour and of the last day."""
        return tuple(self._all(_USED)[0])

    def used_by_domain(self) -> dict[str, int]:
        """Return how many messages went to each domain in the last minute."""
        return dict(self._all(_LAST_MINUTE))

    def note_no_mailbox(self, taken: Taken, reason: str) -> None:
        """Note at the subscriber that the mailbox does not exist."""
        self._run(_NO_MAILBOX, id=taken.id, reason=plain_reason(reason, 300))

    def pause(self, note: str) -> None:
        self._run(_PAUSE, note=plain_reason(note, 300))

    def is_running(self) -> bool:
        """Return whether the mailing is still to be sent. If its issue was taken back, it is paused."""
        if self._all(f"SELECT FROM mailings_mailing AS mailing WHERE id = %(mailing)s AND {_IS_RUNNING}"):
            return True
        self.pause(TAKEN_BACK)
        return False

    def seconds_to_slot(self, interval: float) -> float:
        """Take the next moment at which a message may begin: all workers share them. Return how far off it is."""
        return float(self._all(_SLOT, interval=timedelta(seconds=interval))[0][0])

    def release_others(self, *, again: bool) -> int:
        """Give back what workers that are gone had taken. Return how many deliveries are unknown for it.

        With `again` none is: what may have been sent already waits again.
        """
        unknown = 0
        workers = self._all(
            "SELECT DISTINCT worker FROM mailings_delivery WHERE mailing_id = %(mailing)s AND worker IS NOT NULL"
            " AND state IN ('waiting', 'sending') AND worker <> %(worker)s"
        )
        for (worker,) in workers:
            if self._all("SELECT 1 WHERE pg_try_advisory_lock(%(lock)s, %(gone)s)", lock=LOCK, gone=worker):
                self.database.execute(_RELEASE, {"worker": worker, "again": again})
                unknown += self.database.execute(_CALL_UNKNOWN, {"worker": worker}).rowcount
                self._run("SELECT pg_advisory_unlock(%(lock)s, %(gone)s)", lock=LOCK, gone=worker)
        return unknown

    def _step(self, following: int | None, last: Taken | None, outcome: Outcome | None) -> list[Any]:
        outcome = outcome or Outcome("sent")
        return self._all(
            _STEP,
            next=following,
            done=last and last.id,
            state=outcome.state,
            reason=plain_reason(outcome.reason),
            provider_id=outcome.provider_id[:200],
            not_before=outcome.not_before,
        )

    def _all(self, sql: str, **parameters: Any) -> list[Any]:
        values = {"mailing": self.mailing, "worker": self.worker, **parameters}
        with self.database.cursor(row_factory=namedtuple_row) as cursor:
            return cursor.execute(sql, values).fetchall()

    def _run(self, sql: str, **parameters: Any) -> None:
        self.database.execute(sql, {"mailing": self.mailing, "worker": self.worker, **parameters})


@contextmanager
def open_ledger(mailing: int, worker: int | None = None) -> Iterator[Ledger]:
    """Yield a ledger with a connection of its own, which holds the worker's lock until the end.

    With `worker` it goes on as that one, whose connection broke.
    """
    parameters = connection.get_connection_params()
    parameters.pop("pool", None)
    # The server prepares the statements: to plan that of a step takes longer than to run it.
    parameters |= {"cursor_factory": psycopg.Cursor, "prepare_threshold": 3}
    with psycopg.connect(**parameters, autocommit=True) as database:
        # Advisory locks take two keys of 32 bits.
        ledger = Ledger(database, mailing, random.getrandbits(31) if worker is None else worker)
        database.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK, ledger.worker])
        yield ledger
