"""Checks of `manage.py check --deploy`, besides those of Django."""

from collections.abc import Iterator
from email.utils import parseaddr

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.mail import mailers
from django.utils import timezone

from text.mailboxes import read_mailbox


def check_mail_server(**kwargs) -> list[CheckMessage]:
    """Warn if no mail server is set. The server is not asked: it may be down while this runs."""
    if settings.SMTP_HOST:
        return []
    return [
        Warning(
            "SMTP_HOST is not set, so links to reset a password are sent to a mail server on localhost.",
            hint="Set SMTP_HOST to the name of your mail server; to `localhost` if there is one on this machine.",
            id="sreweekly.W001",
        )
    ]


def check_security_contact(**kwargs) -> list[CheckMessage]:
    """Warn if the contact for weaknesses has no date of expiry, or one that has passed (RFC 9116, section 5.3)."""
    expires = settings.SECURITY_EXPIRES
    if not settings.SECURITY_CONTACT or (expires and expires > timezone.now()):
        return []
    return [
        Warning(
            f"SECURITY_EXPIRES has passed: {expires:%Y-%m-%d}." if expires else "SECURITY_EXPIRES is not set.",
            hint="Check that SECURITY_CONTACT is right, and set SECURITY_EXPIRES to a date within a year.",
            id="sreweekly.W002",
        )
    ]


def check_sender(**kwargs) -> list[CheckMessage]:
    """Refuse a sender of issues that is no address: otherwise the first mail would tell. So with what comes back."""
    from mailings.letters import sender  # Django imports this module before the models.

    if not settings.NEWSLETTER_FROM:
        return []
    try:
        read_mailbox(sender().addr_spec)
    except (ValidationError, ImproperlyConfigured):
        told = f"NEWSLETTER_FROM is no sender: “{settings.NEWSLETTER_FROM}”."
        return [Error(told, hint="Write it as “SRE Weekly <newsletter@example.com>”.", id="sreweekly.E001")]
    return [*_check_addresses(), *_check_what_comes_back()]


def _check_addresses() -> Iterator[CheckMessage]:
    """Refuse addresses of other mailboxes that are none: they stand in each mail, or get each test."""
    named = [
        ("NEWSLETTER_REPLY_TO", parseaddr(settings.NEWSLETTER_REPLY_TO)[1] or settings.NEWSLETTER_REPLY_TO),
        ("NEWSLETTER_LEAVE_TO", settings.NEWSLETTER_LEAVE_TO),
        *(("MAILING_SEEDS", seed) for seed in settings.MAILING_SEEDS),
    ]
    for name, address in named:
        try:
            if address:
                read_mailbox(address)
        except ValidationError:
            hint = "Write it as “editor@example.com”."
            yield Error(f"{name} is not an address: “{address}”.", hint=hint, id="sreweekly.E006")


def _check_what_comes_back() -> Iterator[CheckMessage]:
    """Refuse an address for bounces or a mailbox that is none. The mailbox is not opened."""
    from mailings.envelopes import CODE_LENGTH, bounce_address
    from mailings.imap import MailboxError, place_of

    if address := settings.MAILING_BOUNCE_ADDRESS:
        longest = bounce_address(f"{'9' * 18}-{'a' * CODE_LENGTH}") or address
        try:
            is_wrong = read_mailbox(longest).address != longest or not address.isascii()
        except ValidationError:
            is_wrong = True
        if is_wrong:
            told = f"MAILING_BOUNCE_ADDRESS is no address, or too long: “{address}”."
            hint = "Write it as “bounces@news.example”, in ASCII, with at most 28 letters before the @."
            yield Error(told, hint=hint, id="sreweekly.E004")
    if settings.MAILING_MAILBOX:
        try:
            place_of(settings.MAILING_MAILBOX)
        except MailboxError as error:
            yield Error(str(error), id="sreweekly.E005")


def check_signature(**kwargs) -> list[CheckMessage]:
    """Refuse a DKIM key that cannot sign: otherwise no mail would go out."""
    from mailings.signatures import signer  # Django imports this module before the settings are complete.

    try:
        signer()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="See docs/mail-setup.md, “DKIM”.", id="sreweekly.E002")]
    return []


def check_provider(**kwargs) -> list[CheckMessage]:
    """Refuse options that the sender of issues does not take. Warn if nobody proves what a provider reports."""
    from mailings.webhooks import reporting_provider, sending_provider

    try:
        mailers["newsletter"]
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="Set NEWSLETTER_MAILER_OPTIONS: docs/mail-setup.md.", id="sreweekly.E003")]
    if not sending_provider() or reporting_provider():
        return []
    return [
        Warning(
            "What the provider reports of bounces and complaints is not read.",
            hint="Set MAILING_WEBHOOK_SECRET, and MAILING_WEBHOOK_KEY for Mailgun or Resend: docs/mail-setup.md.",
            id="sreweekly.W003",
        )
    ]
