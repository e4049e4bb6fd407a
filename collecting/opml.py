"""Import and export lists of feeds in OPML 2.0 (http://opml.org/spec2.opml), as feed readers do."""

import re
from collections.abc import Iterable
from html.entities import html5
from typing import NamedTuple

from django.core.exceptions import ValidationError
from lxml import etree

from collecting.models.sources import Source
from fetching.encodings import xml_in_utf8
from fetching.identity import canonicalize
from text.received import one_line

# Bytes. Five thousand feeds take about a quarter of it.
MAX_BYTES = 4 * 2**20
MAX_FEEDS = 5_000
AGAIN = "Export the list of feeds from the feed reader again."
NOT_OPML = f"This is not an OPML file. {AGAIN}"
# What some programs write although XML forbids it: a bare ampersand, HTML's names of characters, control characters.
_AMPERSAND = re.compile(rb"&(?!#\d+;|#x[\da-f]+;|(?:amp|lt|gt|quot|apos);)(\w+;)?", re.IGNORECASE)
_CONTROLS = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f]")


class OpmlError(ValueError):
    """The file is not a list of feeds. The message is a sentence for the editor."""


class ImportedFeeds(NamedTuple):
    added: int
    known: int
    refused: list[str]  # A sentence for each.


def import_opml(content: bytes) -> ImportedFeeds:
    """Add each feed of the list that is not there yet. Raises OpmlError."""
    added, known, refused = 0, 0, []
    keys = set(Source.objects.values_list("canonical_url", flat=True))
    for outline in _find_feeds(content):
        # Programs write “xmlUrl” in any case.
        given = {name.lower(): value.strip() for name, value in outline.attrib.items()}
        url, title = given["xmlurl"], one_line(given.get("title") or given.get("text") or "")[:200]
        source = Source(title=title, url=url, site_url=given.get("htmlurl", ""))
        if canonicalize(url) in keys:
            known += 1
            continue
        try:
            source.full_clean()
        except ValidationError as error:
            if list(error.message_dict) != ["site_url"]:
                refused.append(f"“{title or url[:80]}”: {' '.join(error.messages)}")
                continue
            source.site_url = ""  # The feed works without it.
        source.save()
        keys.add(source.canonical_url)
        added += 1
    return ImportedFeeds(added, known, refused)


def export_opml(sources: Iterable[Source], title: str) -> bytes:
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    body = etree.SubElement(root, "body")
    for source in sources:
        attributes = {"type": "rss", "text": str(source), "title": str(source), "xmlUrl": source.url}
        etree.SubElement(body, "outline", attributes | ({"htmlUrl": source.site_url} if source.site_url else {}))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _find_feeds(content: bytes) -> list[etree._Element]:
    """Return the outlines with a feed, from all folders. Raises OpmlError."""
    if len(content) > MAX_BYTES:
        raise OpmlError(f"This file is too large for a list of feeds. The limit is {MAX_BYTES // 2**20} MB.")
    content = xml_in_utf8(content)
    try:
        root = _parse(content)
    except etree.XMLSyntaxError:
        root = _parse_mended(content)
    if etree.QName(root).localname.lower() != "opml":
        raise OpmlError(NOT_OPML)
    outlines = [
        one for one in root.iter() if isinstance(one.tag, str) and etree.QName(one).localname.lower() == "outline"
    ]
    found = [one for one in outlines if any(name.lower() == "xmlurl" and value.strip() for name, value in one.items())]
    if not found:
        raise OpmlError("There is no feed in this file.")
    if len(found) > MAX_FEEDS:
        raise OpmlError(f"There are {len(found):,} feeds in this file. The limit is {MAX_FEEDS:,}.")
    return found


def _parse(content: bytes) -> etree._Element:
    """Return the root element. Raises XMLSyntaxError instead of guessing, because a guess loses parts of addresses."""
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def _parse_mended(content: bytes) -> etree._Element:
    """Parse after mending what has one meaning only. Raises OpmlError."""
    mended = _AMPERSAND.sub(_escape, _CONTROLS.sub(b"", content)).lstrip(b"\xef\xbb\xbf \t\r\n")
    try:
        return _parse(mended)
    except etree.XMLSyntaxError as error:
        if b"<opml" not in content[:2000].lower():
            raise OpmlError(NOT_OPML) from error
        raise OpmlError(
            f"This file is damaged at line {error.lineno}, and nothing was read from it. {AGAIN}"
        ) from error


def _escape(ampersand: re.Match[bytes]) -> bytes:
    """Return a bare ampersand or HTML's name of a character as XML writes it."""
    name = (ampersand[1] or b"").decode("ascii", "replace")
    if name in html5:
        return "".join(f"&#{ord(character)};" for character in html5[name]).encode()
    return b"&amp;" + name.encode()
