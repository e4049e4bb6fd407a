"""What takes a message: an SMTP server over one kept connection, or a provider (providers.py)."""

import re
import smtplib

from django.core.mail import mailers
from django.core.mail.backends.smtp import EmailBackend

from mailings.models.mailings import Mailing
from mailings.sending.claiming import Outcome
from mailings.sending.messages import Recipient, Template
from mailings.sending.outcomes import Server, ServerAwayError, plain, refused, said
from mailings.sending.providers import ProviderServer


def server_of(mailing: Mailing) -> Server:
    backend = mailers[mailing.stream]
    return SmtpServer(mailing, backend) if isinstance(backend, EmailBackend) else ProviderServer(mailing, backend)


class SmtpServer(Server):
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
            raise ServerAwayError(said(error)) from error

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
                    return refused(code, _answer(code, words), attempts)
        except (OSError, smtplib.SMTPException) as error:
            raise _NothingHandedOverError(said(error)) from error
        return self._send_content(smtp, content, attempts)

    def _send_content(self, smtp: smtplib.SMTP, content: bytes, attempts: int) -> Outcome:
        try:
            smtp.send(content + b".\r\n")
            code, words = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            # The server may have got all of it, and only its answer is lost.
            self.close()
            return Outcome("unknown", f"the connection broke while the message was sent: {said(error)}")
        if code < 400:
            return Outcome("sent", provider_id=_queue_id(words))
        self._reset(smtp)
        return refused(code, _answer(code, words), attempts)

    def _reset(self, smtp: smtplib.SMTP) -> None:
        """Make the connection ready for the next message, or have another opened."""
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.close()


class _NothingHandedOverError(Exception):
    pass


def _answer(code: int, words: bytes) -> str:
    return f"{code} {plain(words.decode('utf-8', 'replace'))}"


def _queue_id(words: bytes) -> str:
    """Return by which name the server keeps the message: “2.0.0 Ok: queued as 4C2F1”."""
    found = re.search(r"(?:queued as|id=?)\s*([\w.-]+)", words.decode("utf-8", "replace"), re.IGNORECASE)
    return found[1] if found else ""
