"""What templates print about the newsletter itself, and the rules of the settings that say so."""

import hashlib
import re
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

# Of static/site.css: the accents, and the ground of the sponsor's message, on which they are hardest to read.
ACCENTS = {"NEWSLETTER_ACCENT": "#0b5d8c", "NEWSLETTER_ACCENT_DARK": "#7cc0ee"}
GROUNDS = {"NEWSLETTER_ACCENT": "#f2f4f3", "NEWSLETTER_ACCENT_DARK": "#1e2327"}
# WCAG 2.2, 1.4.3: text that is not large.
MINIMUM_CONTRAST = 4.5


class Link(NamedTuple):
    name: str
    address: str

    @property
    def is_elsewhere(self) -> bool:
        return self.address.startswith("http")


def context(request: HttpRequest | None = None) -> dict[str, dict[str, object]]:
    """Template context: newsletter.name, .tagline and so on. No query, no session."""
    return {
        "newsletter": {
            "name": settings.NEWSLETTER_NAME,
            "tagline": settings.NEWSLETTER_TAGLINE,
            "publisher": settings.NEWSLETTER_PUBLISHER,
            "footer": settings.NEWSLETTER_FOOTER,
            "logo": settings.NEWSLETTER_LOGO,
            "pages": settings.NEWSLETTER_PAGES,
            "links": settings.NEWSLETTER_LINKS,
            "subscribe": settings.NEWSLETTER_SUBSCRIBE,
            "theme": theme_version(settings.NEWSLETTER_ACCENT, settings.NEWSLETTER_ACCENT_DARK),
            "url": settings.SITE_URL,
        }
    }


def theme() -> str:
    """CSS of the configured colours, which the content security policy keeps out of the pages."""
    return (
        f":root {{ --accent: {settings.NEWSLETTER_ACCENT}; }}\n"
        "@media screen and (prefers-color-scheme: dark) {\n"
        f"  :root {{ --accent: {settings.NEWSLETTER_ACCENT_DARK}; }}\n"
        "}\n"
    )


@cache
def theme_version(light: str, dark: str) -> str:
    """Goes into the address of theme.css, which browsers keep. Empty where site.css has these colours already."""
    if [light, dark] == list(ACCENTS.values()):
        return ""
    return hashlib.sha256(f"{light} {dark}".encode()).hexdigest()[:8]


def parse_colour(setting: str, text: str) -> str:
    """Raises ImproperlyConfigured where it is no #rrggbb, or hard to read on the grounds of its scheme."""
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ImproperlyConfigured(f"{setting}: write a colour as #rrggbb, such as {ACCENTS[setting]}, not “{text}”.")
    contrast = contrast_of(text, GROUNDS[setting])
    if contrast < MINIMUM_CONTRAST:
        raise ImproperlyConfigured(
            f"{setting}: {text} is hard to read on {GROUNDS[setting]}: the contrast is {contrast:.1f}, "
            f"and must be {MINIMUM_CONTRAST} at least (WCAG 2.2, AA)."
        )
    return text.lower()


def parse_links(setting: str, text: str) -> list[Link]:
    """“Mastodon https://example.social/@us, About /about/”. Raises ImproperlyConfigured, naming the part."""
    links = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, address = part.rpartition(" ")
        if not name or not re.match(r"https?://[^\s/]|mailto:[^\s]|/(?!/)", address):
            raise ImproperlyConfigured(
                f"{setting}: “{part}” is no name with an address: write “Mastodon https://example.social/@us”, "
                "with commas between two of them. Addresses begin with https://, http://, mailto: or /."
            )
        links.append(Link(name.strip(), address))
    return links


def parse_moves(setting: str, text: str) -> dict[str, str]:
    """“/former/ /present/, /jobs/ https://…”, by the former path in small letters and without slashes at its ends.

    Raises ImproperlyConfigured, naming the part.
    """
    moves = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"/?([-\w]+(?:/[-\w]+)*)/?\s+(https?://[^\s/]\S*|/(?!/)\S*)", part)
        if match is None:
            raise ImproperlyConfigured(
                f"{setting}: “{part}” is no address with where it is now: write “/former/ /present/”, with commas "
                "between two of them. The second begins with /, https:// or http://."
            )
        moves[match[1].lower()] = match[2]
    return moves


def parse_logo(setting: str, text: str) -> str:
    if text and not re.fullmatch(r"/(?!/)\S*", text):
        raise ImproperlyConfigured(f"{setting}: give an address on this site that begins with /, not “{text}”.")
    return text


def contrast_of(first: str, second: str) -> float:
    """From 1 to 21, of two #rrggbb: WCAG 2.2, “contrast ratio”."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """WCAG 2.2, “relative luminance”."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
