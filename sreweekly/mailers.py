"""The entry of MAILERS by which issues go out."""

from typing import Any

SES = "anymail.backends.amazon_ses.EmailBackend"


def newsletter_mailer(backend: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the entry for a backend of Django or django-anymail.

    botocore repeats a request by itself if no answer came: to Amazon SES, only once is asked, or a reader might get an
    issue twice.
    """
    if backend == SES:
        client = options.get("client_params", {})
        config = {**client.get("config", {}), "retries": {"total_max_attempts": 1}}
        options = {**options, "client_params": {**client, "config": config}}
    return {"BACKEND": backend, "OPTIONS": options}
