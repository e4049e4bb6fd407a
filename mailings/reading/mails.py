"""A mail of any kind, also a broken or hostile one. Nothing here raises."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser, HeaderParser
from email.utils import parseaddr, parsedate_to_datetime
from functools import cached_property
from itertools import takewhile
from typing import Any

from lxml import etree, html

# Bytes and lines. The rest is not read: what a report says stands before the mail that it is about. The parser takes
# a minute for a million bytes of empty fields.
LONGEST, MOST_LINES = 256_000, 5_000
# The parser takes long for parts in parts in parts, and much memory for a million empty ones.
MOST_NESTED, MOST_BOUNDARIES, MOST_PARTS = 60, 1000, 50
_ATTACHED = ("message/rfc822", "text/rfc822-headers")
_NESTED = re.compile(rb"\bboundary[*\d]*\s*=|\bmessage/", re.IGNORECASE)
_BOUNDARY = re.compile(rb"^--", re.MULTILINE)


@dataclass(frozen=True)
class Mail:
    content: bytes
    message: Message

    def header(self, name: str) -> str:
        return header_of(self.message, name)

    @property
    def sender(self) -> str:
        """The address in From, in small letters."""
        return parseaddr(self.header("From"))[1].lower()

    @property
    def date(self) -> datetime | None:
        """When our own server received it, or what the Date header says. Readers' clocks may be years wrong."""
        for written in (self.header("Received").rpartition(";")[2], self.header("Date")):
            with suppress(ValueError, OverflowError):
                return parsedate_to_datetime(written)
        return None

    @cached_property
    def parts(self) -> list[Message]:
        """All parts, in their order, also those of a mail that is attached."""
        return [part for part, _ in zip(self.message.walk(), range(MOST_PARTS), strict=False)]

    @cached_property
    def text(self) -> str:
        """The first plain text, or else the first text of any kind. The text of an attached mail does not count."""
        own = takewhile(lambda part: part.get_content_type() not in _ATTACHED, self.parts)
        texts = [part for part in own if part.get_content_maintype() == "text"]
        plain = [part for part in texts if part.get_content_type() == "text/plain"]
        if plain or not texts:
            return text_of(plain[0]) if plain else ""
        return _words_of(text_of(texts[0]))

    @property
    def digest(self) -> str:
        """A digest that is the same whichever way a mail came: headers that servers add do not count."""
        _, _, body = self.content.replace(b"\r\n", b"\n").partition(b"\n\n")
        own = "\n".join(self.header(name) for name in ("Message-ID", "Date", "From", "To", "Subject"))
        letters = b"".join(body[:200_000].split())
        return hashlib.sha256(own.encode("utf-8", "replace") + letters).hexdigest()


def open_mail(content: bytes) -> Mail | None:
    """Parse a mail. Return None if it cannot be parsed, or has more parts than any real mail."""
    content = b"".join(content[:LONGEST].splitlines(keepends=True)[:MOST_LINES])
    if len(_NESTED.findall(content)) > MOST_NESTED or len(_BOUNDARY.findall(content)) > MOST_BOUNDARIES:
        return None
    try:
        return Mail(content, BytesParser().parsebytes(content))
    except ValueError:  # A number of 5,000 digits in a parameter.
        return None


def header_of(message: Message, name: str) -> str:
    """Return a header on one line, decoded as far as possible, or '' without one."""
    value = str(message.get(name, ""))[:5000]
    with suppress(MessageError, LookupError, ValueError):  # Its encoding is broken or unknown.
        value = str(make_header(decode_header(value)))
    return " ".join(value.split())


def text_of(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(str(part.get_content_charset("utf-8")), "replace")
    except (LookupError, ValueError):  # No such charset.
        return content.decode("utf-8", "replace")


def _words_of(text: str) -> str:
    """Return the text of an HTML page without styles and comments, each element on a line."""
    try:
        page = html.document_fromstring(text)
    except (etree.LxmlError, ValueError):  # It is empty, or says in which encoding it once was.
        return text
    etree.strip_elements(page, "style", "script", etree.Comment, with_tail=False)
    return "\n".join(page.itertext())


def fields_of(part: Message) -> Iterator[Message]:
    """Yield the groups of fields in a report that is made for programs: RFC 3464, section 2.1; RFC 5965, section 3.

    Python's parser makes a message of each group of message/delivery-status, and one message of other types. Some
    servers encode the part, although they must not.
    """
    payload = _payload(part)
    for group in payload if isinstance(payload, list) else [part]:
        assert isinstance(group, Message)
        if group is not part:
            yield group
        if isinstance(rest := _payload(group), str) and rest.strip():
            for text in re.split(r"\r?\n\s*\n", _decoded(rest, part))[:MOST_PARTS]:
                yield HeaderParser().parsestr(text.strip())


def _payload(part: Message) -> Any:
    """Return the messages in a part, or its text before it is decoded."""
    try:
        return part.get_payload()
    except (LookupError, ValueError):  # The charset is none, or none that can be decoded.
        return ""


def _decoded(text: str, part: Message) -> str:
    if header_of(part, "Content-Transfer-Encoding").lower() != "base64":
        return text
    try:
        return base64.b64decode(text.encode("ascii", "replace")).decode("utf-8", "replace")
    except binascii.Error:
        return text
