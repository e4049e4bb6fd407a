"""Read issues from a feed that holds them whole: RSS or Atom, with one item for each issue."""

import re
from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import feedparser

from importing.given import Entry, GivenIssue, Note, SponsorMessage, Wrong
from importing.json_issues import GUID, note_section
from importing.marks import Marked, mark
from importing.texts import HAS_PARAGRAPHS
from importing.values import LAST_NUMBER
from text.received import one_line
from wordpress.contents import Contents
from wordpress.extract import extract_issue

# “#12”, “Issue 12”, “No. 12”; in an address “/issues/12” or “…-issue-12”.
_IN_TITLE = re.compile(
    r"#\s?(\d{1,6})(?!\d)|\b(?:issue|number|no\.?|nr\.?|vol\.?|edition|week)\s+(\d{1,6})(?!\d)", re.IGNORECASE
)
_IN_ADDRESS = re.compile(r"(?:issues?|archive|editions?)[/-](\d{1,6})/?$")


def read_feed(content: bytes, file: str) -> Iterator[GivenIssue | list[Wrong]]:
    """Yield each item as an issue, or what is wrong with it. Yields one error if this is not a feed."""
    feed = feedparser.parse(content, sanitize_html=False, resolve_relative_uris=False)
    if not feed.version:
        yield [Wrong("", "this is neither a WordPress export nor a feed (RSS or Atom).")]
        return
    if feed.bozo and not isinstance(feed.bozo_exception, feedparser.CharacterEncodingOverride):
        yield [Wrong("", f"the feed is broken, so items may be missing: {one_line(str(feed.bozo_exception))}.")]
    base = feed.feed.get("link", "")
    for index, item in enumerate(feed.entries, 1):
        yield _read_item(item, file, f"item {index}", base)
    if not feed.entries:
        yield [Wrong("", "the feed has no items.")]


def _read_item(item: Any, file: str, place: str, base: str) -> GivenIssue | list[Wrong]:
    title, link = one_line(item.get("title", "")), item.get("link", "")
    number = _number_of(title, link)
    if not number:
        return [Wrong(place, f"“{title}” was not read: neither its title nor its address has an issue's number.")]
    markup = next((part.value for part in item.get("content", [])), "") or item.get("summary", "")
    marked = mark(markup)
    contents = extract_issue(HAS_PARAGRAPHS + marked.markup, base, link)
    if not contents.articles:
        return [Wrong(place, f"“{title}” was not read: no entries were found. Does the feed hold whole issues?")]
    issue = GivenIssue(file, place, number, title, time_of(item), link, item.get("id", ""), contents.intro)
    issue.sponsors = [SponsorMessage(one.name, one.message, one.url) for one in [contents.sponsor] if one]
    issue.entries = _entries(contents, marked)
    issue.notes = [Note(kind, text) for kind, text in contents.notes]
    if len(issue.guid) > GUID:
        issue.notes.append(Note("guid", f"it gets a new one, because its own is longer than {GUID} characters"))
        issue.guid = ""
    for name, count in marked.sections:
        note_section(issue, name, count)
    issue.visible, issue.has_outages_heading = contents.visible, contents.has_outages_heading
    return issue


def _entries(contents: Contents, marked: Marked) -> list[Entry]:
    entries = []
    for given in contents.articles:
        entry = Entry(given.section, given.title, given.url, given.blurb)
        entry.disclosure, entry.credit_lines = given.disclosure, given.credit_lines
        if printed := marked.printed.get(given.url):
            entry.authors, entry.publication, entry.tags = printed
        entries.append(entry)
    return entries


def _number_of(title: str, link: str) -> int:
    match = _IN_TITLE.search(title) or _IN_ADDRESS.search(link)
    number = int(next(filter(None, match.groups()))) if match else 0
    return number if number <= LAST_NUMBER else 0


def time_of(item: Any) -> datetime | None:
    moment = item.get("published_parsed") or item.get("updated_parsed")
    return datetime.fromtimestamp(timegm(moment), UTC) if moment else None
