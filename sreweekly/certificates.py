"""The TLS certificate of the site, as visitors get it. A worker checks it every hour, and the desk shows the result."""

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

# Change the key together with the fields of Certificate, because the cache outlives an update.
KEY = "certificate-1"
TIMEOUT = 10  # Seconds.
# Certificates that are renewed automatically never have so little left.
SHORT = timedelta(days=14)


@dataclass(frozen=True)
class Certificate:
    """What the latest check has found: either the end of the validity, or a problem."""

    expires_at: datetime | None = None
    problem: str = ""

    @property
    def is_ending(self) -> bool:
        return self.expires_at is not None and self.expires_at < timezone.now() + SHORT


def latest_check() -> Certificate | None:
    """Return None if there was no check yet. One query."""
    return cache.get(KEY)


def check_certificate() -> None:
    """Connect to the site's own address, and keep what was found. Does nothing for a site without HTTPS."""
    address = urlsplit(settings.SITE_URL)
    if address.scheme != "https" or not address.hostname:
        return
    try:
        found = Certificate(_expiry(address.hostname, address.port or 443))
    except ssl.SSLCertVerificationError as error:
        found = Certificate(problem=f"The certificate is not valid: {error.verify_message}.")
    except OSError as error:
        found = Certificate(problem=f"The site could not be reached from here ({error}).")
    cache.set(KEY, found, timeout=None)


def _expiry(host: str, port: int) -> datetime:
    """Raises SSLCertVerificationError, or another OSError."""
    with (
        socket.create_connection((host, port), TIMEOUT) as connection,
        ssl.create_default_context().wrap_socket(connection, server_hostname=host) as secure,
    ):
        certificate = secure.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
