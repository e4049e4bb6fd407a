"""Read bounces: in the form of RFC 3464, with its usual faults, and in plain words."""

import re
from collections.abc import Iterator
from email.message import Message
from itertools import takewhile

from mailings.answers import find_status
from mailings.reading.mails import Mail, fields_of, header_of
from mailings.reading.said import Failure, Said, What

_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")  # The second: RFC 6533.
_DAEMON = re.compile(r"^(?:mailer-daemon|postmaster|mdaemon|mail delivery)\b", re.IGNORECASE)
_FAILED = re.compile(
    r"failure notice|undeliver|returned mail|mail delivery fail|delivery (?:status notification|fail|has failed)"
    r"|delivery (?:problem|error)|returning message to sender|could not be delivered",
    re.IGNORECASE,
)
_DELAYED = re.compile(r"\bdelay|warning: could not send|still being retried|will be retried", re.IGNORECASE)
# Where the mail that came back begins in a bounce of words. What a newsletter says is no server's answer.
_RETURNED = re.compile(
    r"-{2,}[^-]*\b(?:copy|original|returned|message)|.{0,20}below this line|original message"
    r"|(?:return-path|received|message-id|from|dkim-signature):",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"\b[45]\d\d[ -]|\b[45]\.\d{1,3}\.\d{1,3}\b")


def read_bounce(mail: Mail) -> Said | None:
    """Return what a bounce says, or None if the mail is not a bounce."""
    for part in mail.parts:
        if part.get_content_type() in _STATUS_TYPES:
            return _of_fields(part)
    return _of_words(mail)


def _of_fields(part: Message) -> Said | None:
    """Read the fields of each recipient. One of several may have failed."""
    recipients = [group for group in fields_of(part) if _action(group)]
    if not recipients:
        return None
    failures = tuple(_failure(group) for group in recipients if _action(group) == "failed")
    return Said(What.BOUNCE if failures else What.NOTHING, failures)


def _action(group: Message) -> str:
    """Return what became of a recipient: failed, delayed, delivered, relayed or expanded. '' for other fields."""
    action = header_of(group, "Action").lower().partition(" ")[0].strip(";,.")
    if action:
        return action
    status = find_status(header_of(group, "Status"))
    return {"": "", "5": "failed", "4": "delayed", "2": "delivered"}[status[:1]]


def _failure(group: Message) -> Failure:
    reason = header_of(group, "Diagnostic-Code")
    return Failure(
        status=find_status(header_of(group, "Status")),
        reason=re.sub(r"^(?:smtp|x-[\w-]+)\s*;\s*", "", reason, flags=re.IGNORECASE),
        addresses=tuple(filter(None, map(_address, _recipients(group)))),
    )


def _recipients(group: Message) -> Iterator[str]:
    for name in ("Original-Recipient", "Final-Recipient"):
        yield header_of(group, name)


def _address(recipient: str) -> str:
    """Return the address of a field such as “rfc822; <ada@example.com>”."""
    return recipient.rpartition(";")[2].strip().strip("<>")[:320]


def _of_words(mail: Mail) -> Said | None:
    """Read a bounce without fields, such as one of qmail. The address that it was sent to names the delivery."""
    subject = mail.header("Subject")
    is_of_server = _DAEMON.match(mail.sender or "mailer-daemon") or mail.header("Return-Path") == "<>"
    if not is_of_server or not (_FAILED.search(subject) or mail.header("X-Failed-Recipients")):
        return None
    if _DELAYED.search(subject):
        return Said(What.NOTHING)
    words = (line.strip()[:500] for line in mail.text[:20_000].splitlines())
    lines = [line for line in takewhile(lambda line: not _RETURNED.match(line), words) if line]
    reason = next(filter(_ANSWER.search, lines), " ".join(lines)[:500])
    return Said(What.BOUNCE, (Failure(find_status(reason), reason, ()),))
