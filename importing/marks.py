"""Find the entries of an issue in a page without the class names of this site, and give it these names.

What reads posts of WordPress can then read it. A link that stands for an entry is a heading, a paragraph, or the
beginning of an item of a list. Headings without a link are those of sections.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bs4 import BeautifulSoup, NavigableString, PageElement, Tag

from importing.json_issues import section_of
from wordpress.display import has_class, is_inside, of_class, text_of

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LISTS = ("ul", "ol")
_ENTRY = "sreweekly-entry"
_CREDITED = re.compile("/(?:authors|publications)/[^/]+/?$")
_SPONSOR = re.compile(r"\b(?:sponsor(?:s|ed)?|message from our)\b", re.IGNORECASE)


class Printed(NamedTuple):
    """What this program printed of an entry beside its own words."""

    authors: list[str]
    publication: str
    tags: list[str]


class Marked(NamedTuple):
    """A page with the class names of this site, and what was taken from it."""

    markup: str
    sections: list[tuple[str, int]]  # Their headings, each with the number of its entries.
    printed: dict[str, Printed]  # By the address of the entry, if this program printed the page.


def mark(markup: str) -> Marked:
    """Give the page the class names of this site, if it has none."""
    soup = BeautifulSoup(f"<body>{markup}</body>", "lxml")
    body = soup.body or soup
    if of_class(body, _ENTRY):
        printed = dict(_take_what_is_printed(body))
        return Marked(str(body), [], printed)
    headings = body.find_all(_HEADINGS)
    for heading in headings:
        following = next((node for node in heading.next_siblings if text_of(node)), None)
        if not _is_link(heading) and section_of(text_of(heading)) != "outages":
            _mark_list(soup, following)
    paragraphs = [tag for tag in body.find_all("p") if not is_inside(tag, {"li"})]
    titles = list(filter(_is_link, headings)) or list(filter(_is_link, paragraphs))
    if not titles and not of_class(body, _ENTRY):  # Then what only begins with a link will do.
        for found in body.find_all(_LISTS):
            _mark_list(soup, found)
        titles = [] if of_class(body, _ENTRY) else list(filter(_first_link, paragraphs))
    ends = {id(tag) for tag in (*titles, *headings, *of_class(body, _ENTRY), *body.find_all("hr"))}
    for title in titles:
        title.replace_with(_entry(soup, title, list(_up_to(title, ends))))
    for rule in body.find_all("hr"):
        rule.extract()  # They stood between entries.
    sections = list(_name_sections(body))
    return Marked(str(body), sections, {})


def _take_what_is_printed(body: Tag) -> Iterator[tuple[str, Printed]]:
    """Yield what this program printed of each entry, by its address. Hosts, tags and links of credits are taken out."""
    for host in of_class(body, "sreweekly-host"):
        host.extract()
    outages = [item for found in of_class(body, "sreweekly-outages") for item in found.find_all("li", recursive=False)]
    for entry in [*of_class(body, _ENTRY), *outages]:
        address = next((str(link["href"]) for link in entry.find_all("a", href=True)), "")
        credits = [link for small in entry.find_all("small") for link in small.find_all("a", href=_CREDITED)]
        tags = of_class(entry, "sreweekly-tags")
        if not (credits or tags):
            continue
        kinds: dict[str, list[str]] = {"authors": [], "publications": []}
        for link in credits:
            kind = "authors" if "/authors/" in str(link["href"]) else "publications"
            kinds[kind].append(text_of(link))
            link.unwrap()
        names = [text_of(tag) for element in tags for tag in element.find_all(True, recursive=False)]
        for element in tags:
            element.extract()
        yield address, Printed(kinds["authors"], "".join(kinds["publications"][:1]), names)


def _first_link(tag: Tag) -> Tag | None:
    """Return the link that the element begins with, or None."""
    link = next((link for link in tag.find_all("a", href=True) if text_of(link)), None)
    if link is None or not re.match("https?://", str(link["href"]), re.IGNORECASE):
        return None
    return link if text_of(tag).startswith(text_of(link)) else None


def _is_link(tag: Tag) -> bool:
    """Return whether all words of the element are one link."""
    link = _first_link(tag)
    return link is not None and text_of(link) == text_of(tag)


def _up_to(title: Tag, ends: set[int]) -> Iterator[PageElement]:
    """Yield what follows the title, up to the next title, heading, entry or rule."""
    for sibling in title.next_siblings:
        if isinstance(sibling, Tag) and any(id(tag) in ends for tag in (sibling, *sibling.find_all(True))):
            return
        yield sibling


def _entry(soup: BeautifulSoup, tag: Tag, following: list[PageElement]) -> Tag:
    """Return an entry of the link that the element begins with, the rest of the element, and what follows."""
    link = _first_link(tag)
    assert link is not None
    entry = soup.new_tag("div", attrs={"class": _ENTRY})
    title = soup.new_tag("div", attrs={"class": "sreweekly-title"})
    text = soup.new_tag("div", attrs={"class": "sreweekly-description"})
    title.append(link.extract())
    rest = soup.new_tag("p" if tag.name in ("p", *_HEADINGS) else "div")
    rest.extend([node.extract() for node in list(tag.contents)])
    _trim(rest)
    text.extend([rest] if text_of(rest) else [])
    text.extend([node.extract() for node in following])
    entry.extend([title, text])
    return entry


def _trim(rest: Tag) -> None:
    """Drop what stood between the link and the text: spaces, line breaks, a dash or a colon."""
    for node in list(rest.contents):
        if isinstance(node, NavigableString):
            node.replace_with(NavigableString(re.sub(r"^[\s:—–-]+", "", str(node))))
        if text_of(node).strip(":—–- "):
            return
        if isinstance(node, Tag):
            node.extract()


def _mark_list(soup: BeautifulSoup, found: PageElement | None) -> None:
    """Make each item of a list an entry, if all of them begin with a link."""
    if not isinstance(found, Tag) or found.name not in _LISTS:
        return
    items = found.find_all("li", recursive=False)
    if items and all(map(_first_link, items)):
        for item in items:
            found.insert_before(_entry(soup, item, []))
        found.extract()


def _name_sections(body: Tag) -> Iterator[tuple[str, int]]:
    """Take out the headings above entries, and yield each with the number of its entries."""
    heading: Tag | None = None
    entries: list[Tag] = []
    for tag in [*body.find_all([*_HEADINGS, "div"]), None]:
        if tag is not None and has_class(tag, _ENTRY):
            entries.append(tag)
        elif tag is None or (tag.name in _HEADINGS and text_of(tag) and not tag.find_parent(class_=_ENTRY)):
            if heading is not None and entries:
                yield from _name_section(heading, entries)
            heading, entries = tag, []


def _name_section(heading: Tag, entries: list[Tag]) -> Iterator[tuple[str, int]]:
    """Yield the section. Entries below a heading such as “Sponsors” become messages instead."""
    name = text_of(heading)
    heading.extract()
    if not _SPONSOR.search(name):
        yield name, len(entries)
        return
    for entry in entries:
        entry["class"] = "sreweekly-sponsor-message"
        title, text = entry.find_all("div", recursive=False)
        title.name = "p"
        text.unwrap()
