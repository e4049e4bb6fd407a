"""The newsletter's name, colours and links for templates, and the parsers of their settings."""

import hashlib
import re
from calendar import day_name
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

# The default accents in static/site.css. GROUNDS has the background of code, on which accents have the least contrast.
ACCENTS = {"NEWSLETTER_ACCENT": "#0b5d8c", "NEWSLETTER_ACCENT_DARK": "#7cc0ee"}
GROUNDS = {"NEWSLETTER_ACCENT": "#eef1f3", "NEWSLETTER_ACCENT_DARK": "#1d262d"}
# WCAG 2.2, 1.4.3, for text that is not large.
MINIMUM_CONTRAST = 4.5


class Link(NamedTuple):
    name: str
    address: str

    @property
    def is_elsewhere(self) -> bool:
        return self.address.startswith("http")


def context(request: HttpRequest | None = None) -> dict[str, dict[str, object]]:
    """Context processor for newsletter.name, .tagline and so on. Reads neither database nor session."""
    return {
        "newsletter": {
            "name": settings.NEWSLETTER_NAME,
            "tagline": settings.NEWSLETTER_TAGLINE,
            "promise": settings.NEWSLETTER_PROMISE,
            "weekday": day_name[settings.PUBLICATION_WEEKDAY],
            "publisher": settings.NEWSLETTER_PUBLISHER,
            "footer": settings.NEWSLETTER_FOOTER,
            "logo": settings.NEWSLETTER_LOGO,
            "subscribe": settings.NEWSLETTER_SUBSCRIBE,
            "is_mailed": bool(settings.NEWSLETTER_FROM),
            "postal_address": settings.NEWSLETTER_POSTAL_ADDRESS,
            "theme": theme_version(settings.NEWSLETTER_ACCENT, settings.NEWSLETTER_ACCENT_DARK),
            "url": settings.SITE_URL,
        }
    }


def theme() -> str:
    """Return CSS with the configured colours, for a file: the content security policy forbids inline CSS."""
    return (
        f":root {{ --accent: {settings.NEWSLETTER_ACCENT}; }}\n"
        "@media screen and (prefers-color-scheme: dark) {\n"
        f"  :root {{ --accent: {settings.NEWSLETTER_ACCENT_DARK}; }}\n"
        "}\n"
    )


@cache
def theme_version(light: str, dark: str) -> str:
    """Return the part of the address of theme.css that changes with its colours; empty for the default colours."""
    if [light, dark] == list(ACCENTS.values()):
        return ""
    return hashlib.sha256(f"{light} {dark}".encode()).hexdigest()[:8]


def parse_colour(setting: str, text: str) -> str:
    """Return the colour. Raise ImproperlyConfigured if it is not #rrggbb, or has too little contrast to be read."""
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ImproperlyConfigured(f"{setting}: “{text}” is not a colour such as {ACCENTS[setting]}.")
    contrast = contrast_of(text, GROUNDS[setting])
    if contrast < MINIMUM_CONTRAST:
        raise ImproperlyConfigured(
            f"{setting}: {text} is hard to read on {GROUNDS[setting]}. The contrast is {contrast:.1f}, "
            f"and must be at least {MINIMUM_CONTRAST} (WCAG 2.2, AA)."
        )
    return text.lower()


def parse_links(setting: str, text: str) -> list[Link]:
    """Parse “Mastodon https://example.social/@us, About /about/”. Raise ImproperlyConfigured with the wrong part."""
    links = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, address = part.rpartition(" ")
        if not name or not re.match(r"https?://[^\s/]|mailto:[^\s]|/(?!/)", address):
            raise ImproperlyConfigured(
                f"{setting}: “{part}” is not a name and an address. Write “Mastodon https://example.social/@us”, "
                "with commas between links. Addresses begin with https://, http://, mailto: or /."
            )
        links.append(Link(name.strip(), address))
    return links


def parse_moves(setting: str, text: str) -> dict[str, str]:
    """Parse “/former/ /present/, /jobs/ https://…” into new addresses by former path (lower case, no outer slashes).

    Raise ImproperlyConfigured with the wrong part.
    """
    moves = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"/?([-\w]+(?:/[-\w]+)*)/?\s+(https?://[^\s/]\S*|/(?!/)\S*)", part)
        if match is None:
            raise ImproperlyConfigured(
                f"{setting}: “{part}” is not a former path and its new address. Write “/former/ /present/”, with "
                "commas between pairs. The new address begins with /, https:// or http://."
            )
        moves[match[1].lower()] = match[2]
    return moves


def parse_logo(setting: str, text: str) -> str:
    if text and not re.fullmatch(r"/(?!/)\S*", text):
        raise ImproperlyConfigured(f"{setting}: “{text}” is not an address on this site. Write one that begins with /.")
    return text


def parse_contacts(setting: str, text: str) -> list[str]:
    """Parse the values of Contact in security.txt (RFC 9116, section 2.5.3): “security@example.com, https://…”."""
    contacts = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        address = f"mailto:{part}" if re.fullmatch(r"[^\s@:/]+@[^\s@:/]+", part) else part
        if not re.fullmatch(r"mailto:[^\s@]+@[^\s@]+|https://[^\s/]\S*|tel:\+?[-0-9.()]+", address):
            raise ImproperlyConfigured(
                f"{setting}: “{part}” is no contact. Write mail addresses, and addresses that begin with https:// or "
                "tel:, with commas between them."
            )
        contacts.append(address)
    return contacts


def parse_moment(setting: str, text: str) -> datetime | None:
    """Parse a date, or a date and time, of ISO 8601. Without a time zone it is in UTC. None for an empty text."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{setting}: “{text}” is not a date such as 2027-12-31.") from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def contrast_of(first: str, second: str) -> float:
    """Return the contrast of two #rrggbb, from 1 to 21: WCAG 2.2, “contrast ratio”."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Return the luminance, from 0 to 1: WCAG 2.2, “relative luminance”."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
