"""A mailing's message: built once, and made each subscriber's own by replacing placeholders in its bytes."""

import re
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from secrets import token_hex
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from mailings.composing import TOKEN
from mailings.envelopes import bounce_address
from mailings.leaving import leave_headers, whole_headers
from mailings.models.mailings import Mailing
from mailings.signatures import relaxed, signer

# Random, because an issue may be about this very code.
MESSAGE_ID = f"message.{token_hex(8)}"
RECIPIENT = f"recipient.{token_hex(8)}@placeholder.invalid"

# With cte_type, text of any language is quoted-printable: no server on the way may change a line or refuse it.
_POLICY = whole_headers(SMTP.clone(cte_type="7bit"))


class Recipient(NamedTuple):
    address: str  # With its domain in ASCII.
    token: str  # Subscriber.token.
    message_id: str  # Without the part behind the @: the delivery's mark.


def message_of(mailing: Mailing, recipient: Recipient) -> EmailMessage:
    """Return the whole message to one recipient."""
    message = EmailMessage(_POLICY)
    message["From"] = mailing.sender
    message["To"] = recipient.address
    message["Subject"] = mailing.subject
    assert mailing.prepared_at is not None
    message["Date"] = format_datetime(mailing.prepared_at)
    # The same however often it is sent: who gets it twice can tell, and so can programs.
    message["Message-ID"] = message_id(recipient)
    if settings.NEWSLETTER_REPLY_TO:
        message["Reply-To"] = settings.NEWSLETTER_REPLY_TO
    for name, value in leave_headers(recipient.token).items():
        message[name] = value
    message.set_content(mailing.text.replace(TOKEN, recipient.token), cte="quoted-printable")
    message.add_alternative(mailing.html.replace(TOKEN, recipient.token), subtype="html", cte="quoted-printable")
    return message


def message_id(recipient: Recipient) -> str:
    return f"<{recipient.message_id}@{urlsplit(settings.SITE_URL).hostname}>"


class Template:
    """The bytes of a mailing's message, cut at the placeholders.

    The placeholder of a token may have a soft line break of quoted-printable in it. The token is as long, and gets the
    break at the same place: so no line becomes longer than the encoder made it.
    """

    def __init__(self, mailing: Mailing) -> None:
        self.sender = parseaddr(mailing.sender)[1]
        placeholders = Recipient(RECIPIENT, TOKEN, MESSAGE_ID)
        # The multipart boundary is random: it must be the same in all, and in none of the parts.
        content = message_of(mailing, placeholders).as_bytes(policy=_POLICY)
        # RFC 5321, section 4.5.2: a dot at the beginning of a line is doubled. No placeholder begins with one.
        self._pieces = _PLACEHOLDER.split(re.sub(rb"^\.", b"..", content, flags=re.MULTILINE))
        # What is signed: before the dots are doubled. No placeholder has spaces, so its form is that of all messages.
        self._signer = signer()
        head, _, body = content.partition(b"\r\n\r\n")
        self._head, self._body = _PLACEHOLDER.split(head + b"\r\n"), _PLACEHOLDER.split(relaxed(body))
        found = [_joined(piece) for piece in self._pieces[1::2]]
        # In each part, and in List-Unsubscribe for each way to leave.
        tokens = (mailing.html + mailing.text + leave_headers(TOKEN)["List-Unsubscribe"]).count(TOKEN)
        if [found.count(name.encode()) for name in placeholders] != [1, tokens, 1]:
            raise ValueError(f"The message of {mailing} has {len(found)} placeholders.")

    def sender_for(self, recipient: Recipient) -> str:
        """Return the envelope sender, to which a bounce of this one message comes (VERP)."""
        return bounce_address(recipient.message_id) or self.sender

    def bytes_for(self, recipient: Recipient) -> bytes:
        """Return the message as it goes over an SMTP connection, without the dot that ends it."""
        written = _filled(self._pieces, recipient)
        if self._signer is None:
            return written
        return self._signer.header(_filled(self._head, recipient), _filled(self._body, recipient)) + written


def _filled(pieces: list[bytes], recipient: Recipient) -> bytes:
    """Join the pieces. Every second one is a placeholder: the recipient's own value takes its place."""
    values = dict(zip((RECIPIENT, TOKEN, MESSAGE_ID), recipient, strict=True))
    written = list(pieces)
    for place in range(1, len(written), 2):
        placeholder = written[place]
        value = values[_joined(placeholder).decode()].encode()
        at = placeholder.find(_BREAK)
        written[place] = value if at < 0 else value[:at] + _BREAK + value[at:]
    return b"".join(written)


_BREAK = b"=\r\n"
_PLACEHOLDER = re.compile(
    b"(%s)"
    % b"|".join(
        b"(?:=\r\n)?".join(re.escape(bytes([letter])) for letter in name.encode())
        for name in (RECIPIENT, TOKEN, MESSAGE_ID)
    )
)


def _joined(placeholder: bytes) -> bytes:
    return placeholder.replace(_BREAK, b"")
