"""Ask whether the server that sends issues can be reached. It may take seconds: for background jobs only."""

import smtplib
from contextlib import suppress

import requests
from anymail.backends.base_requests import AnymailRequestsBackend
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import mailers
from django.core.mail.backends.smtp import EmailBackend

from mailings.sending.outcomes import said
from mailings.streams import STREAM

# Seconds for each step of the conversation.
PATIENCE = 10


def reach(stream: str = STREAM) -> str:
    """Return what is wrong with the server of this entry of MAILERS, or "".

    An SMTP server is greeted and signed in to. Of a provider only its API's address is requested: whether it takes the
    key is known when a message is sent, so nothing is said about that.
    """
    try:
        backend = mailers[stream]
        if isinstance(backend, EmailBackend):
            _greet(backend)
        elif isinstance(backend, AnymailRequestsBackend):
            requests.head(backend.api_url, timeout=PATIENCE, allow_redirects=False)
        else:
            with backend:  # Those of other libraries find their keys here.
                pass
    except smtplib.SMTPNotSupportedError as error:
        return f"The mail server cannot do what the settings ask for: {said(error)}"
    except smtplib.SMTPAuthenticationError as error:
        return f"The mail server refuses the user name or the password: {said(error)}"
    except (OSError, ImproperlyConfigured) as error:  # Errors of smtplib and requests are OSErrors, too.
        return f"The mail server cannot be reached: {said(error)}"
    return ""


def _greet(backend: EmailBackend) -> None:
    """Open a connection: EHLO, STARTTLS and AUTH as set. Raises OSError."""
    backend.timeout = PATIENCE
    try:
        backend.open()
        assert backend.connection is not None
        backend.connection.ehlo_or_helo_if_needed()
        code, words = backend.connection.noop()
        if code >= 400:
            raise smtplib.SMTPResponseException(code, words)
    finally:
        with suppress(OSError):
            backend.close()
