"""Sending through a provider's API by django-anymail, or through any other backend of Django that is not SMTP.

Where a provider takes many messages in one request, each still has its own headers, links and name (metadata), and gets
its own outcome. SparkPost answers with totals only, and Amazon SES wants a stored template: to these, messages go one
by one.
"""

import json
import re
from collections.abc import Callable, Sequence
from email.policy import default
from typing import Any, NamedTuple

import requests
from anymail.exceptions import AnymailInvalidAddress, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from mailings.composing import TOKEN
from mailings.leaving import leave_headers, whole_headers
from mailings.models.mailings import Mailing
from mailings.sending.claiming import Begun, Outcome
from mailings.sending.messages import MESSAGE_ID, Recipient, message_id
from mailings.sending.outcomes import (
    BatchRefusedError,
    Server,
    ServerAwayError,
    of_provider,
    of_stream,
    plain,
    raise_if_away,
    said,
    status_of,
)

# Messages in one request. Providers take more (Resend 100, Postmark 500, Mailgun and Brevo 1,000), but if a worker is
# killed before the answer, all of them are unknown.
BATCH = 50
# The key of the metadata that names a delivery in a provider's reports: Recipient.message_id.
METADATA = "delivery"
# Postmark's codes for what is wrong with the recipient: https://postmarkapp.com/developer/api/overview#error-codes
_INVALID_REQUEST, _INACTIVE = 300, 406


class Provider(NamedTuple):
    """How providers differ, where anymail does not hide it."""

    can_untrack: bool = False  # Counting opens and clicks can be turned off in each message.
    keeps_id: bool = False  # A message keeps its Message-ID. Others replace it, or refuse to be given one.
    has_language: bool = False  # “{{” begins an expression of its template language.
    placeholder: str = ""  # What stands for the reader's token in a batch. Empty: messages go one by one.
    headers: dict[str, str] = {}  # Instructions to the provider.


# By anymail's esp_name. With TOKEN as placeholder, a batch is a list of whole messages.
PROVIDERS = {
    "Amazon SES": Provider(),
    "Brevo": Provider(has_language=True, placeholder="{{ params.token }}"),
    "Mailgun": Provider(can_untrack=True, keeps_id=True, placeholder="%recipient.token%"),
    "Postmark": Provider(can_untrack=True, keeps_id=True, placeholder=TOKEN, headers={"X-PM-KeepID": "true"}),
    "Resend": Provider(placeholder=TOKEN),
    "SparkPost": Provider(can_untrack=True, has_language=True),
}
OTHER = Provider(keeps_id=True)


class Message(EmailMultiAlternatives):
    # Of anymail, which reads them.
    metadata: dict[str, str]
    anymail_status: Any = None
    readers: Sequence[Recipient] = ()  # In a batch of whole messages.

    def message(self, *, policy: Any = default) -> Any:
        return super().message(policy=whole_headers(policy))


class ProviderServer(Server):
    def __init__(self, mailing: Mailing, backend: Any) -> None:
        self.mailing = mailing
        self.backend = backend
        self.provider = PROVIDERS.get(getattr(backend, "esp_name", ""), OTHER)
        if self.provider.placeholder:
            self.batch = BATCH
        if self.provider.placeholder == TOKEN:
            backend.build_message_payload = _filling(backend.build_message_payload)

    def send(self, recipient: Recipient, attempts: int) -> Outcome:
        message = self._message([recipient], recipient.token)
        message.extra_headers |= self._headers(recipient)
        message.metadata = {METADATA: recipient.message_id}
        self._open()
        try:
            self.backend.send_messages([message])
        except Exception as error:
            return of_provider(error, recipient.address, attempts)
        if message.anymail_status is None:
            return Outcome("sent")
        return _outcome(next(iter(message.anymail_status.recipients.values()), None))

    def send_batch(self, begun: Sequence[Begun]) -> list[Outcome]:
        recipients = [one.recipient for one in begun]
        message = self._batch(recipients)
        self._open()
        try:
            self.backend.send_messages([message])
        except Exception as error:
            if outcomes := _of_postmark(getattr(error, "response", None), begun):
                return outcomes
            raise_if_away(error)
            if isinstance(error, (AnymailRecipientsRefused, AnymailInvalidAddress)) or status_of(error) in (400, 422):
                raise BatchRefusedError(said(error)) from error
            return [of_provider(error, one.recipient.address, one.attempts) for one in begun]
        status = message.anymail_status
        return _of_postmark(status.esp_response, begun) or [
            _outcome(status.recipients.get(recipient.address)) for recipient in recipients
        ]

    def close(self) -> None:
        self.backend.close()

    def _open(self) -> None:
        try:
            self.backend.open()
        except Exception as error:
            raise ServerAwayError(said(error)) from error

    def _message(self, recipients: list[Recipient], token: str) -> Message:
        mailing = self.mailing
        subject, text, html = mailing.subject, mailing.text, mailing.html
        if self.provider.has_language:
            # It would be evaluated, and vanish. There is no way to write it that both languages understand in text.
            subject, text = (re.sub(r"\{(?=[{%])", "{ ", words) for words in (subject, text))
            html = re.sub(r"\{(?=[{%])", "&#123;", html)
        reply_to = [settings.NEWSLETTER_REPLY_TO] if settings.NEWSLETTER_REPLY_TO else None
        to = [recipient.address for recipient in recipients]
        message = Message(subject, text.replace(TOKEN, token), mailing.sender, to, reply_to=reply_to)
        message.attach_alternative(html.replace(TOKEN, token), "text/html")
        if self.provider.can_untrack:
            message.track_opens = message.track_clicks = False  # type: ignore[attr-defined]
        return message

    def _headers(self, recipient: Recipient) -> dict[str, str]:
        own = {"Message-ID": message_id(recipient)} if self.provider.keeps_id else {}
        return leave_headers(recipient.token) | own | self.provider.headers

    def _batch(self, recipients: list[Recipient]) -> Message:
        """Return one message to all of them. anymail and the provider make one for each recipient."""
        message = self._message(recipients, self.provider.placeholder)
        if self.provider.placeholder == TOKEN:
            message.extra_headers |= self._headers(Recipient("", TOKEN, MESSAGE_ID))
            message.metadata = {METADATA: MESSAGE_ID}
            message.readers = recipients
            merged: dict[str, Any] = {"merge_metadata": {}}
        else:
            # Without a Message-ID: nobody says that it may differ in a batch.
            merged = {
                "merge_data": {one.address: {"token": one.token} for one in recipients},
                "merge_headers": {one.address: leave_headers(one.token) for one in recipients},
                "merge_metadata": {one.address: {METADATA: one.message_id} for one in recipients},
            }
        for name, value in merged.items():
            setattr(message, name, value)
        return message


def _filling(build: Callable[..., Any]) -> Callable[..., Any]:
    """Have each message of a batch filled with what is its reader's own.

    anymail gives each only its own headers. The placeholders need no escaping in JSON, nor does what replaces them.
    """

    def build_payload(message: Message, defaults: dict[str, Any]) -> Any:
        payload = build(message, defaults)
        if message.readers:
            serialize = payload.serialize_data
            payload.serialize_data = lambda: _filled(serialize(), message.readers)
        return payload

    return build_payload


def _filled(messages: str, readers: Sequence[Recipient]) -> str:
    own = (
        json.dumps(message).replace(TOKEN, reader.token).replace(MESSAGE_ID, reader.message_id)
        for message, reader in zip(json.loads(messages), readers, strict=True)
    )
    return f"[{', '.join(own)}]"


def _outcome(status: Any) -> Outcome:
    """Return what anymail's status of one recipient means."""
    if status is None or status.status not in ("sent", "queued", "rejected", "invalid"):
        return Outcome("unknown", "the provider did not say what became of it")
    if status.status in ("rejected", "invalid"):
        return Outcome("refused", f"the provider did not take it: {status.status}")
    if not status.message_id:
        return Outcome("unknown", "the provider's answer does not name the message")
    return Outcome("sent", provider_id=plain(str(status.message_id)))


def _of_postmark(response: Any, begun: Sequence[Begun]) -> list[Outcome] | None:
    """Return what Postmark's answer to a batch says of each message, in their order. None if this is none.

    anymail makes an error of the whole answer if one of them has an unusual code, though others were sent.
    """
    try:
        told = response.json() if isinstance(response, requests.Response) else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, list) or len(told) != len(begun) or not all(isinstance(one, dict) for one in told):
        return None
    return [_of_answer(answer, one) for answer, one in zip(told, begun, strict=True)]


def _of_answer(answer: dict[str, Any], one: Begun) -> Outcome:
    code, words = answer.get("ErrorCode"), str(answer.get("Message", ""))
    if code == 0 and (name := answer.get("MessageID")):
        return Outcome("sent", provider_id=plain(str(name)))
    if not code:
        return Outcome("unknown", "the provider did not say what became of it")
    reason = f"{code} {words}"
    if code == _INACTIVE or (code == _INVALID_REQUEST and "'To'" in words):
        return Outcome("refused", reason)
    return of_stream(reason, one.attempts)
