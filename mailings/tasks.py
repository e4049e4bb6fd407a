"""Background jobs: letters about subscriptions, and forgetting whoever did not confirm. Cron times are in UTC."""

import logging
from smtplib import SMTPRecipientsRefused

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from mailings.letters import Letter, is_suppressed, letter_for, letter_to_new_address
from mailings.models.subscribers import State, Subscriber

logger = logging.getLogger(__name__)

# Nine attempts in almost three hours: the next after 3, 9, 27 … seconds. Each error of smtplib is an OSError.
RETRY = RetryStrategy(max_attempts=8, exponential_wait=3, retry_exceptions=(OSError,))


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


def _send(letter: Letter, subscriber: Subscriber) -> None:
    """Hand a letter to the mail server. A refusal for good is logged, without the address; others are tried again."""
    try:
        letter.send()
    except SMTPRecipientsRefused as error:
        [(code, _)] = error.recipients.values()
        if code < 500:
            raise OSError(f"The mail server put off a letter to subscriber {subscriber.pk}: {code}.") from None
        logger.warning("The mail server refused a letter to subscriber %s: %s.", subscriber.pk, code)
