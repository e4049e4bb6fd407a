"""Checks of `manage.py check --deploy`, besides those of Django."""

from django.conf import settings
from django.core.checks import CheckMessage, Warning


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
