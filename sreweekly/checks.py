"""Checks of `manage.py check --deploy`, besides those of Django."""

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.utils import timezone


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
