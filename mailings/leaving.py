"""How a mail tells mail programs and readers to leave: addresses, and the headers of RFC 2369, 2919 and 8058."""

import re
from email.header import Header
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.policy import EmailPolicy
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.urls import reverse

from mailings.models.subscribers import TOKEN_LENGTH


def link_to(route: str, token: str) -> str:
    """Return the whole address of a page of mailings/urls.py that belongs to this token."""
    return settings.SITE_URL + reverse(route, args=[token])


def find_token(content: bytes) -> str:
    """Return the token of the first link to leave in a mail, or ''."""
    before, after = reverse("leave", args=["-" * TOKEN_LENGTH]).split("-" * TOKEN_LENGTH)
    token = rf"{re.escape(before)}([\w-]{{{TOKEN_LENGTH}}}){re.escape(after)}".encode()
    return found[1].decode() if (found := re.search(token, content)) else ""


def leave_headers(token: str) -> dict[str, str]:
    """Return the headers by which the mail program of the subscriber with this token offers to leave.

    Their values are to be written as they are: see whole_headers(). RFC 8058 wants a link with https.
    """
    link = link_to("leave", token)
    ways = [f"<{link}>"]
    if mailbox := settings.NEWSLETTER_LEAVE_TO:
        ways.append(f"<mailto:{quote(mailbox, safe='@')}?subject={quote(f'leave {token}')}>")
    headers = {"List-Id": list_id(), "List-Unsubscribe": ", ".join(ways)}
    if link.startswith("https://"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def list_id() -> str:
    """Return the name of the list for filters: RFC 2919. It must not change, so it has the site's host, not From's."""
    host = urlsplit(settings.SITE_URL).hostname
    name = one_line(settings.NEWSLETTER_NAME)
    if name.isascii():
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        phrase = f'"{escaped}"'
    else:
        phrase = " ".join(Header(name, "utf-8").encode().split())
    return f"{phrase} <newsletter.{host}>"


def one_line(text: str) -> str:
    return " ".join(text.split())


def whole_headers(policy: "EmailPolicy[Any]") -> "EmailPolicy[Any]":
    """Return this policy of Python's email, changed to write the headers above as they are.

    Otherwise Python encodes an address of more than 78 characters as if it were text in another script (RFC 2047), and
    mail programs find no address.
    """
    registry = HeaderRegistry()
    registry.map_to_type("list-unsubscribe", WholeHeader)
    registry.map_to_type("list-id", WholeHeader)
    registry.map_to_type("dkim-signature", WholeHeader)
    return policy.clone(header_factory=registry)


class WholeHeader(UnstructuredHeader, BaseHeader):
    """A header that is written as it was given, with a line for each address or each part of a signature.

    The policy refuses line breaks in it.
    """

    @classmethod
    def parse(cls, value, kwds):
        super().parse(value, kwds)
        kwds["decoded"] = value

    def fold(self, *, policy):
        end = policy.linesep
        return f"{self.name}: {self}{end}".replace(">, <", f">,{end} <").replace("; ", f";{end} ")
