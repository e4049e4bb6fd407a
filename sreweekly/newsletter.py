"""What templates print about the newsletter itself."""

from django.conf import settings
from django.http import HttpRequest


def context(request: HttpRequest | None = None) -> dict[str, dict[str, str]]:
    """Template context: newsletter.name, .tagline, .publisher, .url. No query, no session."""
    return {
        "newsletter": {
            "name": settings.NEWSLETTER_NAME,
            "tagline": settings.NEWSLETTER_TAGLINE,
            "publisher": settings.NEWSLETTER_PUBLISHER,
            "url": settings.SITE_URL,
        }
    }
