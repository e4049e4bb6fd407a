"""What the answer of a mail server or of a provider means for a message."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import urllib3.exceptions
from anymail.exceptions import (
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from mailings import answers
from mailings.sending.claiming import Begun, Outcome
from mailings.sending.messages import Recipient

# A delivery that was put off is tried again after one minute, two, four … and for two days (RFC 5321, section 4.5.4.1,
# asks for four or five days at least; a newsletter is of no use to anybody then).
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=4)
MOST_ATTEMPTS = 18
# Answers about the account or the domain of the sender, and about how fast it sends: RFC 9110, section 15.5; RFC 6585.
_ABOUT_THE_SENDER = {401, 402, 403, 404, 405, 407, 429}
# A gateway says that what is behind it did not answer. That may have taken the message.
_OF_GATEWAYS = {502, 504}
# How providers say that the recipient's address is at fault: Mailgun's “to parameter is not a valid address”, Resend's
# “Invalid `to` field”, Brevo's “email is not valid in to”.
_ABOUT_THE_RECIPIENT = re.compile(
    r"[`'\"]to[`'\"] (?:field|address)|\bto (?:parameter|field|address)\b|\bnot valid in to\b|\binvalid recipient",
    re.IGNORECASE,
)
# Errors of botocore before a request was sent. It is installed for Amazon SES only.
_BEFORE_BOTO_SENDS = {
    "EndpointConnectionError",
    "ConnectTimeoutError",
    "ProxyConnectionError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "NoRegionError",
    "ParamValidationError",
}


class ServerAwayError(Exception):
    """The server cannot be reached, or takes nothing from us at the moment. Nothing was handed over.

    What it said is kept without addresses, as it is shown at the desk and logged.
    """

    def __init__(self, reason: str, wait: float = 0) -> None:
        super().__init__(answers.plain_reason(reason))
        self.wait = wait  # Seconds for which the server asks, at least.


class BatchRefusedError(Exception):
    """The server refused the whole batch, because of one message or because it takes none. Send them one by one."""


class Server:
    """What takes messages: servers.py and providers.py."""

    batch = 1  # Messages that it takes at once. If it takes more than one, send_batch() is called.

    def send(self, recipient: Recipient, attempts: int) -> Outcome:
        """Hand over one message. Raises ServerAwayError."""
        raise NotImplementedError

    def send_batch(self, begun: Sequence[Begun]) -> list[Outcome]:
        """Hand over a message to each, at once. Raises ServerAwayError and BatchRefusedError."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


def refused(code: int, reason: str, attempts: int) -> Outcome:
    """Return what an answer of 400 and more means in SMTP. Those below 500 ask to try again."""
    if code >= 500 or attempts + 1 >= MOST_ATTEMPTS:
        return Outcome("refused", reason)
    wait = min(FIRST_RETRY * 2 ** min(attempts, 20), LONGEST_RETRY)
    return Outcome("waiting", reason, not_before=timezone.now() + wait)


def is_no_mailbox(outcome: Outcome) -> bool:
    """Return whether the server said that the mailbox does not exist. Then it is not tried again."""
    return outcome.state == "refused" and answers.is_no_mailbox(outcome.reason)


def of_provider(error: Exception, address: str, attempts: int) -> Outcome:
    """Return what an error of a provider's API means for the message to this address.

    If it says nothing about this message, the outcome is marked as one of the whole stream. If nobody can tell whether
    the message was taken, it is unknown. Raises ServerAwayError if nothing was handed over.
    """
    raise_if_away(error)
    reason, code = _words(error), status_of(error)
    if isinstance(error, (AnymailRecipientsRefused, AnymailInvalidAddress)):
        return Outcome("refused", reason)
    if code is None or code < 400 or code in _OF_GATEWAYS:
        return Outcome("unknown", reason)
    if code in (400, 422) and is_about_the_recipient(reason, address):
        return Outcome("refused", reason)
    return of_stream(reason, attempts)


def of_stream(reason: str, attempts: int) -> Outcome:
    """Return the outcome of an answer that is not about this message or its domain: all others wait, too."""
    return replace(refused(450, reason, attempts), is_of_stream=True)


def is_about_the_recipient(words: str, address: str) -> bool:
    """Return whether an answer of 400 is about the recipient. Amazon SES names those of a sandbox as not verified."""
    if "verif" in words.lower():
        return False
    return address.lower() in words.lower() or bool(_ABOUT_THE_RECIPIENT.search(words))


def raise_if_away(error: Exception) -> None:
    """Raise ServerAwayError if nothing can have been handed over, and the message is not the reason."""
    if was_not_sent(error) or status_of(error) in _ABOUT_THE_SENDER:
        raise ServerAwayError(said(error), _retry_after(error)) from error


def was_not_sent(error: Exception) -> bool:
    """Return whether the error came before the first byte of the request was sent."""
    before = (ImproperlyConfigured, AnymailUnsupportedFeature, AnymailSerializationError)
    if isinstance(error, (*before, ConnectionRefusedError, PermissionError, FileNotFoundError)):
        return True
    cause = error.__cause__ or error
    if isinstance(cause, (requests.ConnectTimeout, requests.exceptions.InvalidURL, requests.exceptions.MissingSchema)):
        return True
    reason = getattr(cause.args[0], "reason", None) if isinstance(cause, requests.ConnectionError) else None
    if isinstance(reason, urllib3.exceptions.SSLError):
        return "CERTIFICATE_VERIFY_FAILED" in str(reason)
    before_sending = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ProxyError)
    return isinstance(reason, before_sending) or type(cause).__name__ in _BEFORE_BOTO_SENDS


def status_of(error: Exception) -> int | None:
    """Return the HTTP status of the answer that caused this error of anymail, if there was one."""
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):  # Of boto, for Amazon SES.
        return response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return getattr(error, "status_code", None)


def said(error: Exception) -> str:
    return plain(str(error)) or type(error).__name__


def plain(words: str) -> str:
    return answers.plain(words)[:400]


def _words(error: Exception) -> str:
    response = getattr(error, "response", None)
    if isinstance(error, AnymailRecipientsRefused) and isinstance(response, requests.Response):
        return plain(f"{response.status_code} {response.text}")  # The error itself has none of the provider's words.
    return said(error)


def _retry_after(error: Exception) -> float:
    """Return the seconds that Retry-After asks for: RFC 9110, section 10.2.3. An hour at most."""
    response = getattr(error, "response", None)
    value = response.headers.get("Retry-After", "") if isinstance(response, requests.Response) else ""
    try:
        seconds = float(value) if value.isdigit() else (parsedate_to_datetime(value) - timezone.now()).total_seconds()
    except (ValueError, TypeError):
        return 0
    return min(max(seconds, 0), 3600)
