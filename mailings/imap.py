"""Read a mailbox over IMAP, always encrypted."""

import imaplib
import logging
import re
import ssl
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import unquote

from mailings.reading.mails import LONGEST
from mailings.receiving import Received, receive

logger = logging.getLogger(__name__)
# Seconds: for each answer of the server, and for one run. The next run goes on.
TIMEOUT, LIMIT = 30, 240
# The keyword of mails that stay unread for a person. Without it each run would read them again.
NOT_UNDERSTOOD = "NotUnderstood"
_ADDRESS = re.compile(r"(imaps?)://([^:@/\s]+):([^:@/\s]+)@([^:@/\s\[\]]+|\[[0-9A-Fa-f:]+\])(?::(\d{1,5}))?(?:/(\S*))?")


class MailboxError(Exception):
    """The mailbox cannot be read. The message is a sentence without the password."""


class Place(NamedTuple):
    """A mailbox as MAILING_MAILBOX names it."""

    scheme: str
    user: str
    password: str
    host: str
    port: int
    folder: str

    def __str__(self) -> str:
        return f"{self.host}/{self.folder}"


def place_of(address: str) -> Place:
    """Read `imaps://user:password@host/folder`. Raises MailboxError, which does not repeat it."""
    if not (found := _ADDRESS.fullmatch(address)):
        raise MailboxError(
            "MAILING_MAILBOX is written as imaps://user:password@host/folder, with %40 for an @ in the password."
        )
    scheme, user, password, host, port, folder = found.groups()
    default = 993 if scheme == "imaps" else 143
    return Place(
        scheme, unquote(user), unquote(password), host.strip("[]"), int(port or default), unquote(folder or "INBOX")
    )


def read_imap(address: str) -> Counter[Received]:
    """Take what is new in a mailbox, by its address. Raises MailboxError.

    A mail is marked as read after it was taken. If the process is killed in between, it is known the next time.
    """
    place = place_of(address)
    counts: Counter[Received] = Counter()
    until = time.monotonic() + LIMIT
    try:
        with _open(place) as server:
            for uid in _new(server):
                content = _fetch(server, uid)
                if content is not None:
                    received = receive(content)
                    _mark(server, uid, received)
                    counts[received] += 1
                if time.monotonic() > until:
                    break
    except (OSError, imaplib.IMAP4.error, UnicodeError) as error:
        raise MailboxError(f"The mailbox {place} cannot be read: {error}.") from error
    return counts


@contextmanager
def _open(place: Place) -> Iterator[imaplib.IMAP4]:
    """Connect and choose the folder. `imap` means STARTTLS on the usual port: nothing is read without encryption."""
    context = ssl.create_default_context()
    server: imaplib.IMAP4
    if place.scheme == "imaps":
        server = imaplib.IMAP4_SSL(place.host, place.port, ssl_context=context, timeout=TIMEOUT)
    else:
        server = imaplib.IMAP4(place.host, place.port, timeout=TIMEOUT)
    try:
        if place.scheme == "imap":
            server.starttls(context)
        server.login(place.user, place.password)
        _checked(server.select(_quoted(place.folder)), f"There is no folder {place.folder}")
        yield server
    finally:
        server.shutdown()


def _new(server: imaplib.IMAP4) -> Iterator[str]:
    found = _checked(server.uid("SEARCH", "UNSEEN", "UNKEYWORD", NOT_UNDERSTOOD), "The search failed")
    yield from (found[0] or b"").decode("ascii").split()


def _fetch(server: imaplib.IMAP4, uid: str) -> bytes | None:
    """Return the beginning of a mail, or None if it is gone, or if the server does not give it out."""
    code, found = server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LONGEST}>)")
    if code != "OK":  # It is damaged, or another program has just deleted it. Those behind it are read.
        logger.warning("The mail server does not give out the mail with the UID %s.", uid)
    return next((part[1] for part in found if isinstance(part, tuple)), None)


def _mark(server: imaplib.IMAP4, uid: str, received: Received) -> None:
    if received == Received.NOT_UNDERSTOOD:
        try:
            server.uid("STORE", uid, "+FLAGS.SILENT", f"({NOT_UNDERSTOOD})")
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:  # Some servers have no keywords, and answer NO or BAD.
            logger.debug("The mail server takes no keywords.")
    else:
        _checked(server.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"), "A mail could not be marked as read")


def _checked(answer: Any, sentence: str) -> Any:
    code, data = answer
    if code != "OK":
        raise MailboxError(f"{sentence}: {data!r:.200}")
    return data


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
