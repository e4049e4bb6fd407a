"""Lists of feeds in OPML 2.0 (http://opml.org/spec2.opml), as feed readers import and export them."""

from collections.abc import Iterable
from typing import NamedTuple

from django.core.exceptions import ValidationError
from lxml import etree

from collecting.models.sources import Source
from fetching.addresses import canonicalize
from text.validators import FORBIDDEN_CHARACTERS

# Bytes. Five thousand feeds are about a quarter of it.
LIMIT = 4 * 2**20
MOST_FEEDS = 5_000
NO_LIST = "This is no OPML file: export the list of feeds from the feed reader again."


class OpmlError(ValueError):
    """With a sentence."""


class Imported(NamedTuple):
    added: int
    known: int
    refused: list[str]  # A sentence for each.


def import_opml(content: bytes) -> Imported:
    """Add every feed of the list that is not here yet. Raises OpmlError where it is no list."""
    added, known, refused = 0, 0, []
    keys = set(Source.objects.values_list("canonical_url", flat=True))
    for outline in _outlines(content):
        url = (outline.get("xmlUrl") or "").strip()
        title = " ".join(FORBIDDEN_CHARACTERS.sub("", outline.get("title") or outline.get("text") or "").split())[:200]
        source = Source(title=title, url=url, site_url=(outline.get("htmlUrl") or "").strip())
        if canonicalize(url) in keys:
            known += 1
            continue
        try:
            source.full_clean()
        except ValidationError as error:
            if "site_url" in error.message_dict and len(error.message_dict) == 1:
                source.site_url = ""  # It is only to click on.
            else:
                refused.append(f"“{title or url[:80]}”: {' '.join(error.messages)}")
                continue
        source.save()
        keys.add(source.canonical_url)
        added += 1
    return Imported(added, known, refused)


def export_opml(sources: Iterable[Source], title: str) -> bytes:
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    body = etree.SubElement(root, "body")
    for source in sources:
        words = {"type": "rss", "text": str(source), "title": str(source), "xmlUrl": source.url}
        etree.SubElement(body, "outline", words | ({"htmlUrl": source.site_url} if source.site_url else {}))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _outlines(content: bytes) -> list[etree._Element]:
    """Those that are feeds, whatever folders they are in."""
    if len(content) > LIMIT:
        raise OpmlError(f"The file is longer than {LIMIT // 2**20} MB: this is no list of feeds.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise OpmlError(NO_LIST) from error
    if root is None or etree.QName(root).localname.lower() != "opml":
        raise OpmlError(NO_LIST)
    found = [outline for outline in root.iter("outline", "{*}outline") if outline.get("xmlUrl")]
    if not found:
        raise OpmlError("There is no feed in this file.")
    if len(found) > MOST_FEEDS:
        raise OpmlError(f"There are {len(found):,} feeds in this file: {MOST_FEEDS:,} at the most.")
    return found
