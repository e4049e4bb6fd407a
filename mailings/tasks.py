"""Background jobs for mailings, letters and imports of subscribers. Cron times are in UTC."""

import logging
from contextlib import closing, suppress
from smtplib import SMTPRecipientsRefused

import psycopg
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import OperationalError, transaction
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.types import TimeDeltaParams

from issues.models.issues import Issue
from mailings.answers import plain_reason
from mailings.imap import MailboxError, read_imap
from mailings.letters import Letter, is_suppressed, letter_for, letter_to_new_address
from mailings.models.imports import SubscriberImport, SubscriberImportChunk
from mailings.models.mailings import Mailing
from mailings.models.subscribers import State, Subscriber, make_token
from mailings.moving import runs
from mailings.preparing import draft_of, prepare, to_prepare
from mailings.reporting import stop_refused
from mailings.sending.messages import Recipient
from mailings.sending.obstacles import obstacle_to
from mailings.sending.outcomes import ServerAwayError
from mailings.sending.servers import server_of
from mailings.sending.worker import connections, send
from mailings.setup import questions

logger = logging.getLogger(__name__)

# Seconds until the server is asked again when it takes nothing: twice as many each time.
FIRST_WAIT, LONGEST_WAIT = 15, 15 * 60
# In the link of a test to leave: of nobody.
TEST_TOKEN = "a-test-leads-to-nobody"  # noqa: S105
# Nine attempts in almost three hours: the next after 3, 9, 27 … seconds. Each error of smtplib is an OSError.
RETRY = RetryStrategy(max_attempts=8, exponential_wait=3, retry_exceptions=(OSError,))
RETRY_TEST = RetryStrategy(max_attempts=3, exponential_wait=3, retry_exceptions=(ServerAwayError,))


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="prepare_mailings")
def prepare_mailings(timestamp: int) -> None:
    """Prepare the mail of issues that have come out, and see that whatever is to be sent has jobs that send it."""
    for issue in to_prepare():
        try:
            prepare(issue)
        except ValidationError as error:  # Somebody else did, or took the issue back meanwhile.
            logger.info("The mail of %s is not prepared: %s", issue, " ".join(error.messages))
    for mailing in Mailing.objects.running():
        start_sending(mailing)


def start_sending(mailing: Mailing) -> None:
    """Defer the jobs that send a mailing, each for one connection to the server. Those that there are stay."""
    for number in range(connections()):
        _defer(mailing.pk, number)


def _defer(mailing: int, number: int, wait: float = 0, failures: int = 0) -> None:
    """At most one such job runs, and at most one waits."""
    name = f"mailing {mailing} {number}"
    later = TimeDeltaParams(seconds=int(wait)) if wait else None
    # After all other jobs that wait: nobody is to wait half a minute for a letter or a card.
    job = send_mailing.configure(lock=name, queueing_lock=name, schedule_in=later, priority=-1)
    # With a savepoint: the refusal breaks the transaction of a button.
    with suppress(AlreadyEnqueued), transaction.atomic():
        job.defer(mailing_id=mailing, number=number, failures=failures)


@app.task(retry=RETRY_TEST)
def send_test(issue_id: int, user_id: int) -> None:
    """Send the mail as it is now to an editor and to the addresses of MAILING_SEEDS, marked as a test.

    It counts as tested if one of them was sent.
    """
    user, mailing = User.objects.get(pk=user_id), Mailing.objects.select_related("issue").get(issue_id=issue_id)
    issue = Issue.objects.with_contents().get(pk=issue_id)
    draft = draft_of(issue, mailing.preheader)
    is_sent = False
    with closing(server_of(draft)) as server:
        for address in [user.email, *settings.MAILING_SEEDS]:
            outcome = server.send(Recipient(address, TEST_TOKEN, f"test.{make_token()}"), attempts=0)
            is_sent |= outcome.state == "sent"
            if outcome.state != "sent":
                domain, reason = address.rpartition("@")[2], plain_reason(outcome.reason)
                logger.warning("The test of %s to an address of %s was not sent: %s", issue, domain, reason)
    if is_sent:
        Mailing.objects.filter(pk=mailing.pk).update(tested_at=timezone.now(), tested_version=issue.version)


@app.task
def send_mailing(mailing_id: int, number: int, failures: int = 0) -> None:
    mailing = Mailing.objects.filter(pk=mailing_id).select_related("issue").first()
    if mailing is None or mailing.status != Mailing.Status.SENDING:
        return
    try:
        if obstacle := obstacle_to(mailing):
            mailing.pause(obstacle)
            return
        wait = send(mailing)
    except (ServerAwayError, ImproperlyConfigured) as error:
        wait = min(FIRST_WAIT * 2 ** min(failures, 10), LONGEST_WAIT)
        told = "It cannot be sent with these settings"
        if isinstance(error, ServerAwayError):
            told, wait = "The mail server takes nothing at the moment", max(wait, error.wait)
        logger.warning("%s: %s. It is tried again in %d seconds.", told, error, wait)
        _note(mailing, f"{told}, and it is tried again: {error}"[:300])
        _defer(mailing_id, number, wait, failures + 1)
        return
    except (OperationalError, psycopg.OperationalError):  # The database is away. The next job goes on.
        raise
    except Exception as error:
        # A fault of ours. Each job would have it again, and some leave a delivery of which nobody knows.
        mailing.pause(
            f"It stopped at a fault of this program ({type(error).__name__}): the log of the worker says more."
        )
        raise
    if mailing.note:
        _note(mailing, "")
    # What was put off is sent over one connection.
    if wait == 0 or (wait is not None and number == 0):
        _defer(mailing_id, number, wait)


def _note(mailing: Mailing, note: str) -> None:
    """Say on the page of a mailing why it does not go on, or that it does. Why it was paused stays."""
    Mailing.objects.filter(pk=mailing.pk, status=Mailing.Status.SENDING).update(note=note)


@app.periodic(cron="41 3 * * *")
@app.task(lock="ask_about_setup", queueing_lock="ask_about_setup")
def ask_about_setup(timestamp: int = 0) -> None:
    """Ask about the mail server and the DNS of the sender, for the page “Is my mail set up right?”."""
    questions.ask()


@app.task(retry=RETRY)
def write_letter(subscriber_id: int | None, is_due: bool) -> None:
    """Write to somebody who signed up what fits their state by now.

    Signing up defers this job whether a letter is due or not, because it does the same for everybody.
    """
    if not is_due or subscriber_id is None:
        return
    if (subscriber := Subscriber.objects.filter(pk=subscriber_id).first()) is None:
        return
    if letter := letter_for(subscriber):
        _send(letter, subscriber)
    elif subscriber.state == State.PENDING and is_suppressed(subscriber.address):
        subscriber.delete()  # Somebody who asked to be forgotten is not kept because a stranger typed their address.


@app.task(retry=RETRY)
def write_to_new_address(subscriber_id: int) -> None:
    subscriber = Subscriber.objects.filter(pk=subscriber_id).first()
    if subscriber and (letter := letter_to_new_address(subscriber)):
        _send(letter, subscriber)


@app.periodic(cron="17 4 * * *")
@app.task(queueing_lock="delete_unconfirmed")
def delete_unconfirmed(timestamp: int) -> None:
    Subscriber.objects.drop_unconfirmed()


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="read_mailbox")
def read_mailbox(timestamp: int) -> None:
    """Take bounces, complaints and unsubscribes from the mailbox, if there is one. Two runs at once do no harm."""
    if not settings.MAILING_MAILBOX:
        return
    try:
        counts = read_imap(settings.MAILING_MAILBOX)
    except MailboxError as error:
        logger.warning("%s It is tried again in five minutes.", error)
        return
    if counts:
        logger.info("Mails of the mailbox: %s.", ", ".join(f"{one.value} {counts[one]}" for one in counts))


@app.periodic(cron="27 4 * * *")
@app.task(queueing_lock="stop_refused_subscriptions")
def stop_refused_subscriptions(timestamp: int) -> None:
    stop_refused()


def _send(letter: Letter, subscriber: Subscriber) -> None:
    """Hand a letter to the mail server. A refusal for good is logged, without the address; others are tried again."""
    try:
        letter.send()
    except SMTPRecipientsRefused as error:
        [(code, _)] = error.recipients.values()
        if code < 500:
            raise OSError(f"The mail server put off a letter to subscriber {subscriber.pk}: {code}.") from None
        logger.warning("The mail server refused a letter to subscriber %s: %s.", subscriber.pk, code)


def defer_import(requested: SubscriberImport) -> None:
    """Queue the import. Call it in the transaction of the request.

    Raises AlreadyEnqueued while the job of another import waits.
    """
    run_subscriber_import.defer(import_id=requested.pk)


# After a worker was killed, a periodic task retries the job, which continues the import.
@app.task(queue="imports", lock="subscriber_import", queueing_lock="subscriber_import")
def run_subscriber_import(import_id: int) -> None:
    runs.run_import(import_id)


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="tidy_subscriber_imports")
def tidy_subscriber_imports(timestamp: int) -> None:
    """End imports that have lost their job and would block others, and delete files that nobody used."""
    SubscriberImport.objects.fail_lost(run_subscriber_import.name)
    SubscriberImportChunk.objects.filter(run__in=SubscriberImport.objects.unused()).delete()
