"""Read issues that Curated exported, or that its API gives: https://support.curated.co/help/managing-issues-with-the-api.

An issue has categories, and each has items: links and texts in HTML. A category of sponsors holds what was paid for.
The footer of an item is its small print, usually “Author, Site”.
"""

import re
from collections import Counter
from typing import Any

from importing.given import Entry, GivenIssue, Note, SponsorMessage, Wrong
from importing.json_issues import ENTRY_TITLE, NAME, PRINTED, TITLE, convert, note_section, section_of
from importing.texts import as_markdown
from importing.values import Fields
from text.received import decode_entities, text_of
from wordpress.bylines import parse_byline

# What Curated says of an item, and what follows from the rest or is of no use elsewhere.
_OF_NO_USE = (
    "id",
    "type",
    "url_domain",
    "category",
    "position",
    "created_at",
    "updated_at",
    "open_rate",
    "click_rate",
    "limit",
    "state",
)
_SPONSORED = re.compile(r"sponsor|advert", re.IGNORECASE)
_BY_SPONSOR = re.compile(
    r"^\s*(?:sponsored|brought to you|presented|promoted|ad) by\s+|^\s*(?:sponsor|ad):\s*", re.IGNORECASE
)
_BY = re.compile(r"^\s*(?:written |posted )?by:?\s+", re.IGNORECASE)
_DASH = re.compile(r"\s[—–-]\s")
# After a comma, these belong to the name before it: “Acme, Inc.”.
_COMPANY = re.compile(r"(?:inc|llc|ltd|limited|gmbh|corp|co|plc|ag|bv|sa|pty)\.?", re.IGNORECASE)


def is_curated(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("categories"), list)


def is_list_without_contents(value: Any) -> bool:
    """Return whether this is an issue of the API's list, which has everything but the contents."""
    return isinstance(value, dict) and {"number", "summary", "published_at"} <= value.keys() and "sections" not in value


def read_curated(value: Any, file: str, place: str) -> GivenIssue | list[Wrong]:
    """Return the issue, or everything that is wrong with it."""
    errors: list[Wrong] = []
    fields = Fields(value, place, errors)
    issue = GivenIssue(
        file=file,
        place=place,
        number=fields.number("number"),
        title=fields.line("title", TITLE),
        time=fields.time("published_at"),
        url=fields.address("url"),
        intro=fields.markdown("summary"),
    )
    parts = [("issue", fields)]
    for category in fields.objects("categories", is_required=True):
        parts.append(("category", category))
        items = list(category.objects("items", is_required=True))
        parts += [("item", item) for item in items]
        name = category.line("name", NAME) or category.line("code", NAME)
        if category.value("sponsored") is True or _SPONSORED.search(f"{category.line('code', NAME)} {name}"):
            issue.sponsors += [_read_sponsor(item, issue) for item in items]
        else:
            issue.entries += [_read_item(item, section_of(name)) for item in items]
            note_section(issue, name, len(items))
    _note_unknown(issue, parts)
    if errors:
        return errors
    convert(issue)
    return issue


def _read_item(fields: Fields, section: str) -> Entry:
    """Read a link, or a text, which has no address."""
    footer = text_of(fields.line("footer", PRINTED))
    return Entry(
        section=section,
        title=decode_entities(fields.line("title", ENTRY_TITLE)),
        url=fields.address("url"),
        text=fields.markdown("description"),
        credit_lines=[credit_line(footer)] if footer else [],
    )


def credit_line(footer: str) -> str:
    """Return “A, B — Site” for “A, B, Site”: the last name is the site, as Curated advises. Others stay as they are."""
    footer = _BY.sub("", footer)
    names, _, site = footer.rpartition(",")
    if not names or _DASH.search(footer) or _COMPANY.fullmatch(site.strip()):
        return footer
    line = f"{names.strip()} — {site.strip()}"
    return line if parse_byline([line]).authors else footer


def _read_sponsor(fields: Fields, issue: GivenIssue) -> SponsorMessage:
    """Read a sponsor's item. Its footer names the sponsor, or else its address does. The title begins its text."""
    title = decode_entities(fields.line("title", ENTRY_TITLE))
    url = fields.address("url")
    footer = text_of(fields.line("footer", PRINTED))
    name = _BY_SPONSOR.sub("", footer)
    # A host is no name, and neither is “Sponsored”.
    is_name = len(name) <= NAME and not _SPONSORED.search(name) and not re.fullmatch(r"\S+\.\S+", name)
    name = name if is_name else ""
    text, lost = as_markdown(fields.markdown("description"))
    issue.notes += [Note("formatting", words) for words in lost]
    if title and title != name:
        heading = re.sub(r"([\\`*_\[\]<>])", r"\\\1", title)
        heading = f"**[{heading}](<{url}>)**" if url else f"**{heading}**"
        text = f"{heading}\n\n{text}".strip()
    return SponsorMessage(name, text, url)


def _note_unknown(issue: GivenIssue, parts: list[tuple[str, Fields]]) -> None:
    """Note what has no place here, once for each kind of it: every item has the same fields."""
    counts: Counter[str] = Counter()
    for kind, fields in parts:
        for name in _OF_NO_USE:
            fields.value(name)
        counts.update(f"{kind}.{place.rpartition('.')[2]}" for place, _ in fields.unknown())
    issue.notes += [Note("unknown field", f"{name} was left out {count} times") for name, count in counts.items()]
