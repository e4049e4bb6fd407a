"""Fetch the editor's feeds, and keep new items as candidates."""

import io
import re
from calendar import timegm
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import feedparser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import Truncator

from collecting.capture import CapturedPage, Collected, collect, parse_page
from collecting.json_feed import parse_json_feed
from collecting.models.candidates import Candidate
from collecting.models.sources import Source
from fetching.client import FEED_TYPES, Fetched, fetch
from fetching.encodings import xml_in_utf8
from fetching.identity import canonicalize
from fetching.outcome import Outcome
from issues.models.articles import Article
from text.names import in_print_order
from text.received import one_line, text_of

# The most items to take at the first poll of a feed, and at each later one.
FIRST_ITEMS, MAX_ITEMS = 10, 50
# Characters of an item's text that are kept: the first lines, for deciding.
SUMMARY_LENGTH = 500
# Items that cannot be taken and are named at the desk.
SHOWN = 3
# Older items are never taken.
MAX_AGE = timedelta(days=60)
_CLOSING_TAG = re.compile(r"</[a-z][\w-]*\s*>", re.IGNORECASE)
# Bytes. Feeds that hold a whole archive are longer than a page.
FEED_LIMIT = 8 * 2**20


def poll(source: Source) -> list[Collected]:
    """Fetch the feed, keep new items as candidates, and plan the next poll.

    The fetch takes up to ten seconds, and the editor may change the row meanwhile. So the row is locked and read again
    after the fetch, and only the fields that a poll sets are saved. If the feed was deleted, switched off or given
    another address meanwhile, the answer is discarded.
    """
    fetched = fetch(
        source.url, etag=source.etag, last_modified=source.last_modified, accept=FEED_TYPES, limit=FEED_LIMIT
    )
    feed = parse_feed(fetched) if fetched.outcome == Outcome.OK else None
    with transaction.atomic():
        current = Source.objects.active().select_for_update().filter(pk=source.pk, url=source.url).first()
        return _record(current, fetched, feed) if current else []


def parse_feed(fetched: Fetched) -> Any:
    """Return the feed as feedparser gives it. Its `version` is empty if this is not a feed."""
    if feed := parse_json_feed(fetched.body):
        feed["base"] = fetched.final_address
        return feed
    body = xml_in_utf8(fetched.body, fetched.charset)
    charset = fetched.charset if body is fetched.body else "utf-8"
    headers = {"content-type": f"{fetched.content_type}; charset={charset}"} if charset else {}
    # As a stream, because feedparser would take text or bytes for an address or the name of a file.
    # Unchanged, because what feedparser takes for markup in a title may be text. All of it becomes text here.
    feed = feedparser.parse(
        io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    feed["base"] = fetched.final_address
    return feed


def _record(source: Source, fetched: Fetched, feed: Any) -> list[Collected]:
    """Record the answer in `source`, which is locked, and collect the new items of `feed`, if there is one."""
    collected: list[Collected] = []
    fields = {"failures", "problem", "found", "polled_at", "next_poll_at"}
    wait = _allowed_wait(fetched)
    if fetched.outcome == Outcome.NOT_MODIFIED:
        source.note_answer(wait)
    elif feed and feed.get("version"):
        items = _read_items(feed, MAX_ITEMS if source.polled_at else FIRST_ITEMS)
        collected = _collect_new(source, items.pages)
        source.note_answer(wait)
        source.found = items.tell(new=sum(one.is_new for one in collected))
        source.etag, source.last_modified = fetched.etag, fetched.last_modified
        source.title = source.title or _text(feed, feed.feed, "title")[:200]
        fields |= {"etag", "last_modified", "title"}
        if fetched.is_moved_permanently and not _is_taken(source, fetched.final_address):
            source.url = fetched.final_address
            fields.add("url")
    else:
        source.note_failure(fetched.sentence if feed is None else "There is no feed at this address.", wait)
        if fetched.status == 410:  # Gone for ever: RFC 9110, section 15.5.11.
            source.is_active = False
            fields.add("is_active")
    source.save(update_fields=fields)
    return collected


@dataclass
class _Items:
    """What the items of a feed are: pages, too old, or not to be linked to, each of these with its reason."""

    count: int
    pages: list[CapturedPage] = field(default_factory=list)
    old: int = 0
    refused: list[str] = field(default_factory=list)

    def tell(self, new: int) -> str:
        """Return what the poll brought, and why it brought no more, for the editor."""
        if not self.count:
            return "The feed has no items."
        read = len(self.pages) + self.old + len(self.refused)
        parts = [
            (new, "new"),
            (len(self.pages) - new, "known"),
            (self.old, f"older than {MAX_AGE.days} days"),
            (len(self.refused), "left out"),
            (self.count - read, "beyond the number that is taken at once"),
        ]
        told = f"Items: {self.count}. " + ", ".join(f"{part} {name}" for part, name in parts if part) + "."
        more = len(self.refused) - SHOWN
        return " ".join([told, *self.refused[:SHOWN], *([f"And {more} more."] if more > 0 else [])])


def _read_items(feed: Any, limit: int) -> _Items:
    """Sort the items in the feed's order, until there are `limit` pages."""
    items = _Items(len(feed.entries))
    for item in feed.entries:
        if len(items.pages) == limit:
            break
        published = _date(item)
        if published and timezone.now() - datetime.fromtimestamp(timegm(published), UTC) > MAX_AGE:
            items.old += 1
            continue
        given = _read_item(feed, item)
        try:
            items.pages.append(parse_page(given))
        except ValidationError as error:
            name = Truncator(given["title"] or given["url"] or "an item without a title").chars(60)
            items.refused.append(f"“{name}”: {' '.join(error.messages)}")
    return items


def _read_item(feed: Any, item: Any) -> dict[str, Any]:
    """Return what parse_page() takes."""
    # FeedBurner replaces the address by one of its own, and keeps the original beside it.
    links = [item.get(name, "").strip() for name in ("feedburner_origlink", "link", "id")]
    if item.get("guidislink"):
        links[1] = ""  # feedparser takes the guid for the link, whatever it is.
    if not links[2].startswith(("http://", "https://")):
        links[2] = ""
    link = re.sub(r"^www\.", "https://www.", re.sub(r"\s*[\r\n\t]\s*", "", next(filter(None, links), "")))
    return {
        "url": urljoin(feed.base, link.replace(" ", "%20")) if link else "",
        "title": _text(feed, item, "title"),
        "author": _authors(item) or _authors(feed.feed),
        "site": _text(feed, feed.feed, "title"),
        "text": Truncator(_text(feed, item, "summary")).chars(SUMMARY_LENGTH),
    }


def _text(feed: Any, element: Any, name: str) -> str:
    """Return a text of a feed or its item. Atom and JSON say whether it is HTML; in RSS, a closing tag does."""
    is_typed = feed.version.startswith(("atom", "json"))
    value, detail = element.get(name, ""), element.get(f"{name}_detail", {})
    is_text = detail.get("type") == "text/plain" and (is_typed or not _CLOSING_TAG.search(value))
    return one_line(value) if is_text else text_of(value)


def _authors(element: Any) -> list[str]:
    """Return who wrote a feed or an item, as it says. parse_page() tells the people among them."""
    printed = element.get("author", "")
    names = [author.get("name", "") for author in element.get("authors", [])]
    if len(names) < 2 and "@" in printed:
        names = [printed]  # “ana@example.com (Ana)”, of which feedparser knows old top levels only.
    names = [in_print_order(text_of(name) if _CLOSING_TAG.search(name) else one_line(name)) for name in names]
    return [name for name in dict.fromkeys(names) if name]


def _date(item: Any) -> Any:
    """Return when an item was published, or else updated. Programs that know no date write the years 1 and 1970."""
    for name in ("published_parsed", "updated_parsed"):
        # feedparser's get() takes one for the other.
        if dict.__contains__(item, name) and item[name] and item[name].tm_year > 1970:
            return item[name]
    return None


def _collect_new(source: Source, pages: list[CapturedPage]) -> list[Collected]:
    """Collect pages that were never a candidate or an article, so that declined pages do not come back."""
    by_key = {canonicalize(page.url): page for page in pages}
    known = set(Candidate.objects.filter(canonical_url__in=by_key).values_list("canonical_url", flat=True))
    known |= set(Article.objects.filter(canonical_url__in=by_key).values_list("canonical_url", flat=True))
    return collect([page for key, page in by_key.items() if key not in known], source=source)


def _allowed_wait(fetched: Fetched) -> timedelta:
    """Return how long the site asks us to wait.

    This is the longer of max-age (RFC 9111, section 5.2.2.1) and Retry-After (RFC 9110, section 10.2.3).
    """
    age = re.search(r"max-age=(\d{1,9})\b", fetched.cache_control)
    return timedelta(seconds=max(int(age[1]) if age else 0, fetched.retry_after or 0))


def _is_taken(source: Source, address: str) -> bool:
    """Return whether another source has this address."""
    return Source.objects.exclude(pk=source.pk).filter(canonical_url=canonicalize(address)).exists()
