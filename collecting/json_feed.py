"""Read JSON Feed as feedparser reads RSS and Atom, which does not know it: https://www.jsonfeed.org/version/1.1/."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from feedparser import FeedParserDict

_VERSION = re.compile(r"https?://jsonfeed\.org/version/[\d.]+")


def parse_json_feed(body: bytes) -> FeedParserDict | None:
    """Return the feed, or None if this is none. Values of another type than the specification's are left out."""
    try:
        data = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or not _VERSION.match(_text(data, "version")):
        return None
    items = data.get("items")
    entries = [_entry(item) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return FeedParserDict(version="json", feed=_described(data), entries=entries)


def _described(element: dict[str, Any]) -> FeedParserDict:
    """Return what a feed and an item both have. Version 1.0 has one author."""
    authors = element.get("authors")
    authors = authors if isinstance(authors, list) and authors else [element.get("author")]
    found = [FeedParserDict(name=_text(one, "name")) for one in authors if isinstance(one, dict)]
    # JSON Feed: “title (…, plain text)”.
    detail = FeedParserDict(type="text/plain")
    return FeedParserDict(title=_text(element, "title"), title_detail=detail, authors=found)


def _entry(item: dict[str, Any]) -> FeedParserDict:
    entry = _described(item)
    named = _text(item, "id")  # The only address that some items have.
    link = _text(item, "url") or _text(item, "external_url")
    entry["link"] = link or (named if named.startswith(("http://", "https://")) else "")
    plain = _text(item, "summary") or _text(item, "content_text")
    entry["summary"] = plain or _text(item, "content_html")
    entry["summary_detail"] = FeedParserDict(type="text/plain" if plain else "text/html")
    for name, given in (("published_parsed", "date_published"), ("updated_parsed", "date_modified")):
        entry[name] = _time(_text(item, given))
    return entry


def _time(text: str) -> Any:
    """Return the moment of a text in the format of RFC 3339 as feedparser does, or None."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).utctimetuple() if moment.tzinfo else moment.utctimetuple()
    except (ValueError, OverflowError):
        return None


def _text(element: dict[str, Any], name: str) -> str:
    value = element.get(name)
    return value if isinstance(value, str) else ""
