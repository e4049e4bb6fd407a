"""The stream of mailings: the entry of MAILERS that sends them. Only one is in use."""

import hashlib
import json
import re
from typing import Any

from django.conf import settings

from mailings.letters import sender

STREAM = "newsletter"
# Options of a mailer that are secrets: “password”, “api_key”, “aws_secret_access_key”.
_SECRET = re.compile("key|secret|token|password", re.IGNORECASE)


def digest_of(stream: str) -> str:
    """Return a digest of what sends now: the backend, its options and the domain of the sender.

    Secrets are no part of it: whoever changes a password has the same server.
    """
    parts = [_without_secrets(settings.MAILERS.get(stream)), sender().domain if settings.NEWSLETTER_FROM else ""]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _without_secrets(options: Any) -> Any:
    if not isinstance(options, dict):
        return options
    return {name: _without_secrets(value) for name, value in options.items() if not _SECRET.search(str(name))}
