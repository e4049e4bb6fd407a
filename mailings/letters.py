"""Letters about a subscription: to confirm it, or to say what it is. Plain text, one for each state."""

import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.policy import default
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.template import Context, Engine

from mailings.leaving import leave_headers, link_to, list_id, one_line, whole_headers
from mailings.models.subscribers import TIME_TO_CONFIRM, State, Subscriber
from mailings.models.suppressions import Suppression
from mailings.signatures import sign
from text import newsletter
from text.mailboxes import read_mailbox
from text.plain import wrap

# By state: the template, and the subject. Nobody is written to who complained.
LETTERS = {
    State.PENDING: ("confirm", "Confirm: {name} by mail"),
    State.LEFT: ("again", "Confirm: {name} by mail again"),
    State.BOUNCED: ("again", "Confirm: {name} by mail again"),
    State.PAUSED: ("paused", "You paused {name}"),
    State.ACTIVE: ("known", "You get {name} by mail already"),
}


class Letter(EmailMessage):
    def message(self, *, policy: Any = default) -> Any:
        # Text of any language is quoted-printable, as in mailings: a server on the way that changed it would break the
        # signature.
        message = super().message(policy=whole_headers(policy.clone(cte_type="7bit")))
        sign(message)
        return message


def letter_for(subscriber: Subscriber) -> Letter | None:
    """Return what to write to somebody who signs up, from what they are now. None for whom nothing is sent to."""
    if subscriber.state not in LETTERS or is_suppressed(subscriber.address):
        return None
    name, subject = LETTERS[subscriber.state]
    is_on_the_list = subscriber.state in (State.ACTIVE, State.PAUSED)
    headers = leave_headers(subscriber.token) if is_on_the_list else {"List-Id": list_id()}
    return _write(name, subject, subscriber.address, subscriber, headers)


def letter_to_new_address(subscriber: Subscriber) -> Letter | None:
    """Return what to write to the new address that somebody gave. None if they gave none, or took it back."""
    if not subscriber.new_address or is_suppressed(subscriber.new_address):
        return None
    name = "new_address_known" if Subscriber.objects.by_address(subscriber.new_address) else "new_address"
    subject = "Confirm your new address for {name}"
    return _write(name, subject, subscriber.new_address, subscriber, {"List-Id": list_id()})


def is_suppressed(address: str) -> bool:
    return bool(Suppression.objects.of([read_mailbox(address).key]))


def sender() -> Address:
    """Return NEWSLETTER_FROM: its name and its address, so that a comma in the name does not make two of them.

    Raises ImproperlyConfigured with a sentence.
    """
    name, _, address = settings.NEWSLETTER_FROM.rpartition("<")
    try:
        return Address(one_line(name).strip('"'), addr_spec=address.strip("> "))
    except (ValueError, IndexError, HeaderParseError) as error:
        written = f"NEWSLETTER_FROM is no sender: “{settings.NEWSLETTER_FROM}”."
        raise ImproperlyConfigured(f"{written} Write it as “SRE Weekly <newsletter@example.com>”.") from error


def problem_of_sender() -> str:
    """Return why nothing can be mailed by this sender, or ""."""
    if not settings.NEWSLETTER_FROM:
        return "No sender is set (NEWSLETTER_FROM), so nothing is mailed."
    try:
        sender()
    except ImproperlyConfigured as error:
        return str(error)
    return ""


def render_plain(template: str, context: dict[str, Any]) -> str:
    """Return a text of this template, in lines of at most 72 columns. Addresses stand alone, and are not broken."""
    text = Engine.get_default().get_template(template).render(Context(context, autoescape=False))
    return "\n\n".join(map(wrap, re.split(r"\n\s*\n", text.strip()))) + "\n"


def _write(name: str, subject: str, to: str, subscriber: Subscriber, headers: dict[str, str]) -> Letter:
    context = newsletter.context() | {
        "subscriber": subscriber,
        "days": TIME_TO_CONFIRM.days,
        "confirm": link_to("confirm", subscriber.token),
        "resume": link_to("resume", subscriber.token),
        "leave": link_to("leave", subscriber.token),
        "manage": link_to("subscription", subscriber.token),
        "take": link_to("new_address", subscriber.new_token) if subscriber.new_token else "",
    }
    sent_by = sender()
    return Letter(
        subject.format(name=one_line(settings.NEWSLETTER_NAME)),
        render_plain(f"mailings/letters/{name}.txt", context),
        str(sent_by),
        [to],
        reply_to=[settings.NEWSLETTER_REPLY_TO] if settings.NEWSLETTER_REPLY_TO else None,
        headers={"Message-ID": make_msgid(domain=sent_by.domain), "Auto-Submitted": "auto-generated", **headers},
    )
