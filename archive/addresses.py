"""Addresses that two rows share: the database does not refuse it, and the desk does."""

from django.urls import Resolver404, resolve

from issues.models.addresses import RESERVED_SLUGS


class Addresses:
    """Issues, their previous addresses and pages share one place, as validate_slug_is_free() says. Asks no database."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def add(self, slug: str, owner: str, place: str) -> list[str]:
        """What is doubtful about it."""
        other = self._owners.setdefault(slug, owner)
        if other != owner:
            return [f"{place}: “{other}” has or had the address “{slug}” too."]
        return [f"{place}: the site itself uses the address “{slug}”."] if _is_reserved(slug) else []


def _is_reserved(slug: str) -> bool:
    try:
        return slug in RESERVED_SLUGS or resolve(f"/{slug}/").url_name != "issue"
    except Resolver404:
        return False  # No slug at all, which the field says itself.
