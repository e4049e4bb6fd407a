"""What takes a message: an SMTP server over one kept connection, or any other backend of MAILERS."""

import re
import smtplib
from datetime import timedelta
from typing import Protocol

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, mailers
from django.core.mail.backends.smtp import EmailBackend
from django.utils import timezone

from mailings import answers
from mailings.models.mailings import Mailing
from mailings.sending.claiming import Outcome
from mailings.sending.messages import Recipient, Template, message_of

# A delivery that was put off is tried again after one minute, two, four … and for two days (RFC 5321, section 4.5.4.1,
# asks for four or five days at least; a newsletter is of no use to anybody then).
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=4)
MOST_ATTEMPTS = 18


class ServerAwayError(Exception):
    """The server cannot be reached, or takes nothing from us at the moment. Nothing was handed over."""


class Server(Protocol):
    def send(self, recipient: Recipient, attempts: int) -> Outcome:
        """Hand over one message. Raises ServerAwayError."""

    def close(self) -> None: ...


class SmtpServer:
    def __init__(self, mailing: Mailing, backend: EmailBackend) -> None:
        self.template = Template(mailing)
        self.backend = backend

    def send(self, recipient: Recipient, attempts: int) -> Outcome:
        content, sender = self.template.bytes_for(recipient), self.template.sender_for(recipient)
        # A server may close a connection after so many messages or seconds. So the second attempt is on a new one.
        for is_last in (False, True):
            is_new = self._open()
            try:
                return self._hand_over(sender, recipient.address, content, attempts)
            except _NothingHandedOverError as error:
                self.close()
                if is_last or is_new:
                    raise ServerAwayError(str(error)) from error
        raise AssertionError

    def close(self) -> None:
        try:
            self.backend.close()
        except (OSError, smtplib.SMTPException):
            self.backend.connection = None

    def _open(self) -> bool:
        try:
            is_new = bool(self.backend.open())
            self.backend.connection.ehlo_or_helo_if_needed()  # type: ignore[union-attr]
            return is_new
        except (OSError, smtplib.SMTPException) as error:  # Each error of smtplib is an OSError, too.
            raise ServerAwayError(_said(error)) from error

    def _hand_over(self, sender: str, address: str, content: bytes, attempts: int) -> Outcome:
        smtp: smtplib.SMTP = self.backend.connection  # type: ignore[assignment]
        try:
            # Not by smtplib's methods for it, which parse each address and search each message again.
            code, words = smtp.docmd("MAIL", f"FROM:<{sender}>")
            if code >= 400:
                raise _NothingHandedOverError(_answer(code, words))
            for command, argument in (("RCPT", f"TO:<{address}>"), ("DATA", "")):
                code, words = smtp.docmd(command, argument)
                if code == 421:
                    raise _NothingHandedOverError(_answer(code, words))
                if code >= 400:
                    self._reset(smtp)
                    return _refused(code, words, attempts)
        except (OSError, smtplib.SMTPException) as error:
            raise _NothingHandedOverError(_said(error)) from error
        return self._send_content(smtp, content, attempts)

    def _send_content(self, smtp: smtplib.SMTP, content: bytes, attempts: int) -> Outcome:
        try:
            smtp.send(content + b".\r\n")
            code, words = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            # The server may have got all of it, and only its answer is lost.
            self.close()
            return Outcome("unknown", f"the connection broke while the message was sent: {_said(error)}")
        if code < 400:
            return Outcome("sent", provider_id=_queue_id(words))
        self._reset(smtp)
        return _refused(code, words, attempts)

    def _reset(self, smtp: smtplib.SMTP) -> None:
        """Make the connection ready for the next message, or have another opened."""
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.close()


class _NothingHandedOverError(Exception):
    pass


class OtherServer:
    """Any backend of Django, such as django-anymail's. Messages are built one by one."""

    def __init__(self, mailing: Mailing, backend) -> None:
        self.mailing = mailing
        self.backend = backend

    def send(self, recipient: Recipient, attempts: int) -> Outcome:
        built = message_of(self.mailing, recipient)
        text, html = (part.get_content() for part in built.iter_parts())
        own = {"From", "To", "Subject", "MIME-Version", "Content-Type", "Reply-To"}
        message = EmailMultiAlternatives(
            built["Subject"],
            text,
            built["From"],
            [recipient.address],
            reply_to=[built["Reply-To"]] if built["Reply-To"] else None,
            headers={name: str(value) for name, value in built.items() if name not in own},
        )
        message.attach_alternative(html, "text/html")
        try:
            self.backend.open()
        except Exception as error:
            raise ServerAwayError(_said(error)) from error
        try:
            self.backend.send_messages([message])
        except Exception as error:
            return _of_provider(error, attempts)
        status = getattr(message, "anymail_status", None)
        return Outcome("sent", provider_id=str(getattr(status, "message_id", "") or ""))

    def close(self) -> None:
        self.backend.close()


def server_of(mailing: Mailing) -> Server:
    backend = mailers[mailing.stream]
    return SmtpServer(mailing, backend) if isinstance(backend, EmailBackend) else OtherServer(mailing, backend)


def is_no_mailbox(outcome: Outcome) -> bool:
    """Return whether the server said that the mailbox does not exist: then nobody need ask again."""
    return outcome.state == "refused" and answers.is_no_mailbox(outcome.reason)


def _refused(code: int, words: bytes, attempts: int) -> Outcome:
    """Return what an answer of 400 and more means. Those below 500 ask to try again."""
    reason = _answer(code, words)
    if code >= 500 or attempts + 1 >= MOST_ATTEMPTS:
        return Outcome("refused", reason)
    wait = min(FIRST_RETRY * 2 ** min(attempts, 20), LONGEST_RETRY)
    return Outcome("waiting", reason, not_before=timezone.now() + wait)


def _of_provider(error: Exception, attempts: int) -> Outcome:
    """Return what an error of a provider's API means. What says nothing about the message is unknown.

    Raises ServerAwayError if nothing can have been handed over.
    """
    if isinstance(error, (ConnectionRefusedError, PermissionError, FileNotFoundError, ImproperlyConfigured)):
        raise ServerAwayError(_said(error)) from error
    code = getattr(error, "status_code", None)
    if code == 429 or (code and code >= 500):
        return _refused(450, _said(error).encode(), attempts)
    if code or type(error).__name__ in ("AnymailRecipientsRefused", "AnymailInvalidAddress", "SMTPRecipientsRefused"):
        return _refused(550, _said(error).encode(), attempts)
    return Outcome("unknown", _said(error))


def _answer(code: int, words: bytes) -> str:
    return f"{code} {_plain(words.decode('utf-8', 'replace'))}"


def _said(error: Exception) -> str:
    return _plain(str(error)) or type(error).__name__


def _plain(words: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())[:400]


def _queue_id(words: bytes) -> str:
    """Return by which name the server keeps the message: “2.0.0 Ok: queued as 4C2F1”."""
    found = re.search(r"(?:queued as|id=?)\s*([\w.-]+)", words.decode("utf-8", "replace"), re.IGNORECASE)
    return found[1] if found else ""
