"""Read issues from a feed that holds them whole: RSS or Atom, with one item for each issue.

Pages with the class names of this site are read as they are. In others, a heading or a paragraph that is a link begins
an entry, as does each item of a list of links; a heading without a link is a section's. They are marked with the class
names, and then read by what reads posts of WordPress.
"""

import re
from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import feedparser
from bs4 import BeautifulSoup, NavigableString, PageElement, Tag

from importing.given import Entry, GivenIssue, Note, SponsorMessage, Wrong
from importing.json_issues import note_section, section_of
from importing.texts import HAS_PARAGRAPHS
from importing.values import LAST_NUMBER
from text.received import one_line
from wordpress.contents import Contents
from wordpress.display import has_class, is_block, is_inside, of_class, text_of
from wordpress.extract import extract_issue

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SPONSOR = re.compile(r"\b(?:sponsor(?:s|ed)?|message from our)\b", re.IGNORECASE)
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
    marked, sections = mark(markup)
    contents = extract_issue(HAS_PARAGRAPHS + marked, base, link)
    if not contents.articles:
        return [Wrong(place, f"“{title}” was not read: no entries were found. Does the feed hold whole issues?")]
    issue = GivenIssue(file, place, number, title[:200], time_of(item), link, item.get("id", "")[:200], contents.intro)
    issue.sponsors = [SponsorMessage(one.name, one.message, one.url) for one in [contents.sponsor] if one]
    issue.entries = _entries(contents)
    issue.notes = [Note(kind, text) for kind, text in contents.notes]
    for name, count in sections:
        note_section(issue, name, count)
    issue.visible, issue.has_outages_heading = contents.visible, contents.has_outages_heading
    return issue


def _entries(contents: Contents) -> list[Entry]:
    return [
        Entry(
            section=given.section,
            title=given.title,
            url=given.url,
            text=given.blurb,
            disclosure=given.disclosure,
            credit_lines=given.credit_lines,
        )
        for given in contents.articles
    ]


def _number_of(title: str, link: str) -> int:
    match = _IN_TITLE.search(title) or _IN_ADDRESS.search(link)
    number = int(next(filter(None, match.groups()))) if match else 0
    return number if number <= LAST_NUMBER else 0


def time_of(item: Any) -> datetime | None:
    moment = item.get("published_parsed") or item.get("updated_parsed")
    return datetime.fromtimestamp(timegm(moment), UTC) if moment else None


def mark(markup: str) -> tuple[str, list[tuple[str, int]]]:
    """Return the page with the class names of this site, and the headings of its sections, with their entries."""
    soup = BeautifulSoup(f"<body>{markup}</body>", "lxml")
    if of_class(soup, "sreweekly-entry"):
        return markup, []
    body = soup.body or soup
    headings = body.find_all(_HEADINGS)
    for heading in headings:
        if not _is_link(heading):
            _mark_list(soup, heading)
    titles = [tag for tag in headings if _is_link(tag)] or [
        tag for tag in body.find_all("p") if _is_link(tag) and not is_inside(tag, {"li"})
    ]
    ends = {id(tag) for tag in (*titles, *headings, *of_class(body, "sreweekly-entry"))}
    for title in titles:
        _wrap(soup, title, ends)
    sections = list(_name_sections(soup, body))
    return str(body), sections


def _is_link(tag: Tag) -> bool:
    """Return whether all words of the element are one link."""
    links = [link for link in tag.find_all("a", href=True) if text_of(link)]
    return len(links) == 1 and text_of(links[0]) == text_of(tag) and str(links[0]["href"]).startswith("http")


def _wrap(soup: BeautifulSoup, title: Tag, ends: set[int]) -> None:
    """Put the title and what follows it, up to the next title or heading, into an entry."""
    rest: list[PageElement] = []
    for sibling in title.next_siblings:
        if isinstance(sibling, Tag) and (id(sibling) in ends or any(id(tag) in ends for tag in sibling.find_all(True))):
            break
        rest.append(sibling)
    entry = _entry(soup, list(title.contents), rest)
    title.replace_with(entry)


def _entry(soup: BeautifulSoup, title: list[PageElement], rest: list[PageElement]) -> Tag:
    entry, head, text = (
        soup.new_tag("div", attrs={"class": f"sreweekly-{name}"}) for name in ("entry", "title", "description")
    )
    head.extend([node.extract() for node in title])
    text.extend([node.extract() for node in rest])
    entry.extend([head, text])
    return entry


def _mark_list(soup: BeautifulSoup, heading: Tag) -> None:
    """Make each item of the list below a heading an entry, if it begins with a link. Outages stay a list."""
    following = next((node for node in heading.next_siblings if text_of(node)), None)
    if (
        not isinstance(following, Tag)
        or following.name not in ("ul", "ol")
        or section_of(text_of(heading)) == "outages"
    ):
        return
    items = following.find_all("li", recursive=False)
    if not all(_first_link(item) for item in items):
        return
    for item in items:
        link = _first_link(item)
        assert link is not None
        entry = _entry(soup, [link], [])
        rest = [node.extract() for node in list(item.contents)]
        if rest and isinstance(rest[0], NavigableString):
            rest[0] = NavigableString(re.sub(r"^[\s:—–-]+", "", str(rest[0])))
        entry.find_all("div")[1].extend(rest)
        following.insert_before(entry)
    following.extract()


def _first_link(item: Tag) -> Tag | None:
    """Return the link that the item begins with, or None."""
    link = item.find("a", href=True)
    if not isinstance(link, Tag) or not str(link["href"]).startswith("http") or not text_of(link):
        return None
    return link if text_of(item).startswith(text_of(link)) else None


def _name_sections(soup: BeautifulSoup, body: Tag) -> Iterator[tuple[str, int]]:
    """Take out the headings above entries, and yield each with the number of its entries."""
    marked = list(body.find_all([*_HEADINGS, "div"]))
    heading: Tag | None = None
    entries: list[Tag] = []
    for tag in [*marked, None]:
        if tag is not None and has_class(tag, "sreweekly-entry"):
            entries.append(tag)
        elif tag is None or (is_block(tag) and tag.name in _HEADINGS):
            if heading is not None and entries and not heading.find_parent(class_="sreweekly-entry"):
                yield from _name_section(soup, heading, entries)
            heading, entries = tag, []


def _name_section(soup: BeautifulSoup, heading: Tag, entries: list[Tag]) -> Iterator[tuple[str, int]]:
    """Yield the section. Entries below a heading such as “Sponsors” become messages instead."""
    name = text_of(heading)
    heading.extract()
    if not _SPONSOR.search(name):
        yield name, len(entries)
        return
    for entry in entries:
        entry["class"] = "sreweekly-sponsor-message"
        for part in entry.find_all("div", recursive=False):
            if part["class"] == "sreweekly-title":
                part.name = "p"
            else:
                part.unwrap()
