"""Write JSON Feed 1.1: https://www.jsonfeed.org/version/1.1/"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.encoding import iri_to_uri

from issues.feeds.documents import Feed, FeedEntry, icon_address


def write_json(feed: Feed, entries: Iterable[FeedEntry], last_modified: datetime) -> str:
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.address,
        "description": feed.description,
        "icon": icon_address(512),
        "favicon": icon_address(192),  # At least 64 by 64, and so not favicon.ico.
        "language": settings.LANGUAGE_CODE,
        "authors": [{"name": settings.NEWSLETTER_NAME, "url": f"{settings.SITE_URL}/"}],
    }
    if "prev-archive" in feed.links:
        document["next_url"] = feed.links["prev-archive"]
    if "hub" in feed.links:
        document["hubs"] = [{"type": "WebSub", "url": feed.links["hub"]}]
    document["items"] = [_item(entry) for entry in entries]
    return json.dumps(document, ensure_ascii=False)


def _item(entry: FeedEntry) -> dict[str, Any]:
    item: dict[str, Any] = {"id": entry.guid, "url": iri_to_uri(entry.related or entry.link)}
    if entry.related and entry.related != entry.link:
        item["external_url"] = iri_to_uri(entry.link)
    item["title"] = entry.title
    if entry.summary:
        item["summary"] = entry.summary
    # Every item needs one of the two.
    item |= {"content_html": entry.html} if entry.html else {"content_text": entry.title}
    item |= {"date_published": entry.published.isoformat(), "date_modified": entry.updated.isoformat()}
    if entry.tags:
        item["tags"] = entry.tags
    if entry.authors:
        item["authors"] = [{"name": name, "url": address} for name, address in entry.authors]
    return item
