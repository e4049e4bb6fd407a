"""Send the deliveries of a mailing, as one of any number of workers."""

import logging
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import batched

import psycopg
from django.conf import settings

from mailings.models.deliveries import Delivery
from mailings.models.mailings import Mailing
from mailings.sending.claiming import TAKE, Ledger, Outcome, Taken, open_ledger
from mailings.sending.outcomes import BatchRefusedError, Server, ServerAwayError, is_no_mailbox
from mailings.sending.servers import server_of

logger = logging.getLogger(__name__)

# A job ends after so many seconds, and another goes on: so a worker that is to stop does not wait for long.
SECONDS = 30
# Seconds until the next attempt when nothing is to be sent now, but something later.
LATER = 60
# Deliveries or batches in a row of which nobody knows whether they were sent: then something is wrong, and the mailing
# pauses.
MOST_UNKNOWN = 3
# Seconds for which a worker tries to write down its last outcome after the database went away.
PATIENCE = 20


def connections() -> int:
    """Return how many connections to the server are open at once: no more than there may be messages a second."""
    if settings.MAILING_PER_SECOND:
        return max(1, min(settings.MAILING_CONNECTIONS, int(settings.MAILING_PER_SECOND)))
    return settings.MAILING_CONNECTIONS


def send(mailing: Mailing, seconds: float = SECONDS) -> float | None:
    """Send until the time is over or nothing waits. Return after how many seconds another job is to go on, or None.

    Raises ServerAwayError if the server takes nothing at the moment, and psycopg.OperationalError if the database is
    away. In both cases nothing is lost: what was taken waits again, at once or when another worker finds that this one
    is gone.
    """
    with closing(server_of(mailing)) as server:
        run = _Run(server)
        try:
            with open_ledger(mailing.pk) as ledger:
                if unknown := ledger.release_others(again=settings.MAILING_UNKNOWN_AGAIN):
                    logger.warning("%d deliveries of %s are unknown: their worker is gone.", unknown, mailing)
                run.ledger = ledger
                try:
                    run.send_until(time.monotonic() + seconds)
                finally:
                    run.settle()
                is_running = ledger.is_running()
        except psycopg.OperationalError:
            run.settle_after_outage(mailing)
            raise
    if not is_running or not Delivery.objects.filter(mailing=mailing, state="waiting").exists():
        return None
    return 0 if run.is_late else LATER


class _Run:
    ledger: Ledger

    def __init__(self, server: Server) -> None:
        self.server = server
        self.is_late = False
        # What was handed over last, and what became of it: not yet written down.
        self._last: Taken | None = None
        self._outcome: Outcome | None = None
        self._batch: dict[Taken, Outcome] = {}
        self._holds = False  # Whether something was taken, and maybe begun, that is neither settled nor given back.
        self._unknown = 0  # In a row.
        self._delayed: set[str] = set()

    def send_until(self, deadline: float) -> None:
        while taken := self.ledger.take(self._allowed(), self._full_domains()):
            self._holds = True
            self._delayed = self.ledger.delayed()
            is_any_sent = False
            batches = deque(batched(self._within_domain_limits(taken), self._size(), strict=False))
            while batches:
                if time.monotonic() > deadline:
                    self.is_late = True
                    return
                batch = batches.popleft()
                try:
                    is_any_sent |= self._send_batch(batch) if len(batch) > 1 else self._send(batch[0])
                except BatchRefusedError:
                    batches.extendleft((one,) for one in reversed(batch))
                    continue
                if self._last is None and not self.ledger.is_running():
                    return
                if self._unknown >= MOST_UNKNOWN:
                    said = self._outcome.reason if self._outcome else ""
                    self.ledger.pause(f"Nobody knows whether {self._unknown} deliveries in a row were sent: {said}")
                    return
            self.settle()
            if not is_any_sent and settings.MAILING_PER_DOMAIN_MINUTE:
                return

    def settle(self) -> None:
        """Write down what became of the last delivery or batch, and give back what was not handed over."""
        self._end_last()
        if self._batch:
            self.ledger.end_batch(self._batch)
            self._batch = {}
        self.ledger.give_back()
        self._holds = False

    def settle_after_outage(self, mailing: Mailing) -> None:
        """Do the same over a new connection, when the database is back soon. Otherwise another worker does."""
        deadline = time.monotonic() + PATIENCE
        while self._holds and time.monotonic() < deadline:
            try:
                with open_ledger(mailing.pk, self.ledger.worker) as self.ledger:
                    self.settle()
                    return
            except psycopg.OperationalError:
                time.sleep(0.5)

    def _send(self, delivery: Taken) -> bool:
        """Send one delivery. Return False if it is not to be sent."""
        self._wait_for_turn(1)
        begun = self.ledger.begin(delivery, self._last, self._outcome)
        self._last = None
        if begun is None:
            return False
        self._last = delivery
        try:
            self._outcome = outcome = self.server.send(begun.recipient, begun.attempts)
        except ServerAwayError:
            self._last = None  # It waits again.
            raise
        except BaseException as error:
            # A fault of ours, or the process is to end. Nobody knows whether it was handed over.
            self._outcome = Outcome("unknown", f"it was interrupted: {type(error).__name__}")
            raise
        self._unknown = self._unknown + 1 if outcome.state == "unknown" else 0
        self._follow(delivery, outcome)
        return True

    def _send_batch(self, deliveries: Sequence[Taken]) -> bool:
        """Send deliveries at once. Return False if none is to be sent. Raises BatchRefusedError if none was."""
        self._wait_for_turn(len(deliveries))
        self._end_last()
        begun = self.ledger.begin_batch(deliveries)
        if not begun:
            return False
        try:
            outcomes = self.server.send_batch(list(begun.values()))
        except BatchRefusedError:
            self.ledger.undo_batch()
            raise
        except ServerAwayError:
            raise  # They wait again.
        except BaseException as error:
            self._batch = dict.fromkeys(begun, Outcome("unknown", f"it was interrupted: {type(error).__name__}"))
            raise
        self._batch = dict(zip(begun, outcomes, strict=True))
        self._outcome = outcomes[-1]
        self._unknown = self._unknown + 1 if all(one.state == "unknown" for one in outcomes) else 0
        self.ledger.end_batch(self._batch)
        settled, self._batch = self._batch, {}
        # Those about all deliveries last, as they end the job.
        for delivery, outcome in sorted(settled.items(), key=lambda one: one[1].is_of_stream):
            self._follow(delivery, outcome)
        return True

    def _end_last(self) -> None:
        if self._last and self._outcome:
            self.ledger.end(self._last, self._outcome)
            self._last = None

    def _wait_for_turn(self, messages: int) -> None:
        if settings.MAILING_PER_SECOND:
            time.sleep(max(0.0, self.ledger.seconds_to_slot(messages / settings.MAILING_PER_SECOND)))

    def _size(self) -> int:
        """Return how many messages are handed over at once: no more than there may be in a second."""
        if settings.MAILING_PER_SECOND:
            return max(1, min(self.server.batch, int(settings.MAILING_PER_SECOND)))
        return self.server.batch

    def _follow(self, delivery: Taken, outcome: Outcome) -> None:
        """Do what follows from an outcome. Raises ServerAwayError if it is about all deliveries."""
        if outcome.is_of_stream:
            raise ServerAwayError(outcome.reason)
        if outcome.state == "waiting":
            self.ledger.delay(delivery.domain, outcome.reason)
        elif is_no_mailbox(outcome):
            self.ledger.note_no_mailbox(delivery, outcome.reason)
        elif outcome.state == "sent" and delivery.domain in self._delayed:
            self.ledger.forget_delay(delivery.domain)
            self._delayed.discard(delivery.domain)

    def _allowed(self) -> int:
        """Return how many deliveries may be taken now, by the limits of an hour and of a day."""
        limits = (settings.MAILING_PER_HOUR, settings.MAILING_PER_DAY)
        if not any(limits):
            return TAKE
        used = self.ledger.used()
        return max(0, min(TAKE, *(limit - count for limit, count in zip(limits, used, strict=True) if limit)))

    def _full_domains(self) -> list[str]:
        limit = settings.MAILING_PER_DOMAIN_MINUTE
        return [domain for domain, count in self.ledger.used_by_domain().items() if count >= limit] if limit else []

    def _within_domain_limits(self, taken: list[Taken]) -> Iterator[Taken]:
        """Yield those that their domain's limit of a minute allows. The others are given back with the rest."""
        limit = settings.MAILING_PER_DOMAIN_MINUTE
        if not limit:
            yield from taken
            return
        used = Counter(self.ledger.used_by_domain())
        for delivery in taken:
            used[delivery.domain] += 1
            if used[delivery.domain] <= limit:
                yield delivery
