"""Asking the editor's feeds: politely, and for candidates alone."""

import io
import re
from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urljoin

import feedparser
from django.core.exceptions import ValidationError
from django.utils import timezone

from collecting.capture import CapturedPage, Collected, collect, read_page
from collecting.models.candidates import Candidate
from collecting.models.sources import Source
from fetching.addresses import canonicalize
from fetching.client import FEED_TYPES, Fetched, fetch
from fetching.outcome import Outcome
from issues.models.articles import Article
from text.markdown import plain_text

# Of a feed that is asked for the first time, and of one that was asked before.
FIRST_ITEMS, MOST_ITEMS = 10, 50
# Older items are no news, whenever a feed comes to list them.
OLDEST = timedelta(days=60)
# Bytes. Whole archives are longer than a page.
FEED_LIMIT = 8 * 2**20


def poll(source: Source) -> list[Collected]:
    """Ask it, keep what is new as candidates, and plan when to ask again."""
    is_first = source.polled_at is None
    fetched = fetch(
        source.url, etag=source.etag, last_modified=source.last_modified, accept=FEED_TYPES, limit=FEED_LIMIT
    )
    collected: list[Collected] = []
    wait = _allowed_wait(fetched)
    if fetched.outcome == Outcome.NOT_MODIFIED:
        source.note_answer(wait)
    elif fetched.outcome == Outcome.OK:
        feed = read_feed(fetched)
        if feed.get("version"):
            collected = keep(source, islice(items(feed), FIRST_ITEMS if is_first else MOST_ITEMS))
            source.note_answer(wait)
            source.etag, source.last_modified = fetched.etag, fetched.last_modified
            source.title = source.title or " ".join(plain_text(feed.feed.get("title", "")).split())[:200]
            _follow(source, fetched)
        else:
            source.note_failure("There is no feed at this address.", wait)
    else:
        source.note_failure(fetched.sentence, wait)
        if fetched.status == 410:  # RFC 9110, section 15.5.11: for ever.
            source.is_active = False
    source.save()
    return collected


def read_feed(fetched: Fetched) -> Any:
    """As feedparser has it; its `version` is empty where this is no feed."""
    headers = {"content-type": f"{fetched.content_type}; charset={fetched.charset}"} if fetched.charset else {}
    # A stream, because feedparser takes text and bytes for an address or the name of a file first.
    feed = feedparser.parse(io.BytesIO(fetched.body), response_headers=headers)
    feed["base"] = fetched.final_address
    return feed


def items(feed: Any) -> Iterator[CapturedPage]:
    """Those with an address, that are not old, in the feed's order."""
    for entry in feed.entries:
        published = entry.get("published_parsed") or entry.get("updated_parsed")
        if published and timezone.now() - datetime.fromtimestamp(timegm(published), UTC) > OLDEST:
            continue
        # What FeedBurner puts in place of the address, it keeps beside it.
        link = entry.get("feedburner_origlink") or entry.get("link") or ""
        given = {
            "url": urljoin(feed.base, link) if link else "",
            "title": plain_text(entry.get("title", "")),
            "author": entry.get("author", ""),
            "site": plain_text(feed.feed.get("title", "")),
        }
        try:
            yield read_page(given)
        except ValidationError:
            continue  # An item without an address on the web is no article that could be linked to.


def keep(source: Source, pages: Iterator[CapturedPage]) -> list[Collected]:
    """Those that nobody ever saw here: what was declined, or taken, or is in an issue, does not come again."""
    by_key = {canonicalize(page.url): page for page in pages}
    known = set(Candidate.objects.filter(canonical_url__in=by_key).values_list("canonical_url", flat=True))
    known |= set(Article.objects.filter(canonical_url__in=by_key).values_list("canonical_url", flat=True))
    return collect([page for key, page in by_key.items() if key not in known], source=source)


def _allowed_wait(fetched: Fetched) -> timedelta:
    """What the answer asks for: RFC 9111, section 5.2.2.1, and RFC 9110, section 10.2.3."""
    age = re.search(r"max-age=(\d{1,9})\b", fetched.cache_control)
    return timedelta(seconds=max(int(age[1]) if age else 0, fetched.retry_after or 0))


def _follow(source: Source, fetched: Fetched) -> None:
    """A feed that moved for good is asked at its new address, unless that is another of ours."""
    if fetched.is_moved_permanently:
        key = canonicalize(fetched.final_address)
        if not Source.objects.exclude(pk=source.pk).filter(canonical_url=key).exists():
            source.url = fetched.final_address
