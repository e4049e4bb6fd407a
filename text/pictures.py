"""Addresses of this site's pictures, and where Markdown prints them.

A picture's name holds its size: /pictures/4f9a0c…-1600x900.png. So a text is printed without a query, and a browser
knows the place that a picture will take before it has loaded it.
"""

import re
from typing import NamedTuple

from django.conf import settings
from markdown_it.rules_inline import StateInline, image

FORMATS = {"jpg": "JPEG", "png": "PNG"}
PREFIX = "/pictures/"
NAME = rf"[0-9a-f]{{20}}-[1-9][0-9]{{0,3}}x[1-9][0-9]{{0,3}}\.(?:{'|'.join(FORMATS)})"

_NAME = re.compile(rf"([0-9a-f]{{20}})-(\d+)x(\d+)\.({'|'.join(FORMATS)})")
_NAMES = re.compile(PREFIX + f"({NAME})")
# The rest of “![words](address "title")”, from its round bracket on.
_DESTINATION = re.compile(r"\(\s*<?([^\s<>()]+)")


class PictureName(NamedTuple):
    """The parts of a name: it is one word in texts, and the name of a file."""

    digest: str  # The first 20 digits of the SHA-256 of the file.
    width: int  # Pixels.
    height: int
    format: str  # A key of FORMATS.

    def __str__(self) -> str:
        return f"{self.digest}-{self.width}x{self.height}.{self.format}"

    @property
    def webp(self) -> str:
        """The name of the same picture in WebP."""
        return f"{str(self).rpartition('.')[0]}.webp"

    @classmethod
    def parse(cls, name: str) -> "PictureName | None":
        found = _NAME.fullmatch(name) if re.fullmatch(NAME, name) else None
        return cls(found[1], int(found[2]), int(found[3]), found[4]) if found else None

    @classmethod
    def of_file(cls, file: str) -> "PictureName | None":
        """Return the name of the picture that a file belongs to, in either format, or None."""
        start, _, format = file.rpartition(".")
        names = (cls.parse(f"{start}.{other}") for other in (FORMATS if format == "webp" else [format]))
        return next(filter(None, names), None)


def picture_at(address: str) -> PictureName | None:
    """Return the name of the picture that this site would have at an address. Whether it has one is not asked."""
    path = address.removeprefix(settings.SITE_URL)
    return PictureName.parse(path.removeprefix(PREFIX)) if path.startswith(PREFIX) else None


def says_something(alternative: str) -> bool:
    """Return whether an alternative text has a word: “—” tells nothing to those who do not see the picture."""
    return any(character.isalnum() for character in alternative)


def names_in(text: str) -> set[str]:
    """Return the names of pictures that a text mentions, in Markdown or any other form."""
    return set(_NAMES.findall(text))


def parse_picture(state: StateInline, silent: bool) -> bool:
    """Parse ![…](…) as an image if it is a picture of this site. Any other stays what it was: “!” and a link.

    A rule of markdown-it, in place of its own.
    """
    if PREFIX not in state.src or not state.src.startswith("![", state.pos):
        return False
    end = state.md.helpers.parseLinkLabel(state, state.pos + 1)
    found = _DESTINATION.match(state.src, end + 1) if end >= 0 else None
    return bool(found and picture_at(found[1])) and image(state, silent)
