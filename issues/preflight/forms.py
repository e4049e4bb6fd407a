"""Page, feed, HTML mail and text mail: what one shows, all show; and mail programs show all of it."""

import re
from collections.abc import Iterator

import lxml.html
from django.template.loader import render_to_string

from issues.models.issues import Issue
from issues.preflight.findings import Finding, Known, Level
from issues.printing.html import render_html
from issues.printing.mail import render_mail
from issues.printing.text import RULE, render_text
from text.validators import strip_control_characters

# Bytes. Gmail cuts mails at 102 kB, and shows the rest on another page.
BIG_MAIL = 80_000
MAX_MAIL = 100_000

Entries = list[tuple[str, str]]  # Address and title, in print order.


def printed_forms(issue: Issue) -> dict[str, str]:
    """By name; see Known.forms."""
    return {
        "page": render_to_string("issues/_contents.html", {"issue": issue, "on_page": True}),
        "feed": strip_control_characters(render_html(issue)),
        "mail": render_mail(issue),
        "text mail": render_text(issue),
    }


def big_mail(issue: Issue, known: Known) -> Iterator[Finding]:
    size = len(known.forms["mail"].encode())
    text = f"The mail has {size // 1000} kB, and mail programs cut it at {MAX_MAIL // 1000} kB: shorten it."
    if size > MAX_MAIL:
        yield Finding(Level.STOP, text, "articles-group")
    elif size > BIG_MAIL:
        yield Finding(Level.WARNING, text, "articles-group")


def different_forms(issue: Issue, known: Known) -> Iterator[Finding]:
    expected = entries_of_html(known.forms["page"])
    for name in ("feed", "mail", "text mail"):
        is_text = name == "text mail"
        entries = entries_of_text(issue, known.forms[name]) if is_text else entries_of_html(known.forms[name])
        if entries != expected:
            difference = _difference(expected, entries, name)
            text = f"Page and {name} do not show the same entries: {difference}. Tell whoever keeps the system."
            yield Finding(Level.STOP, text, "articles-group")


def entries_of_html(html: str) -> Entries:
    """As the programs that rely on the markup find them; see test_markup_contract.py."""
    tree = lxml.html.document_fromstring(html if html.strip() else "<p>")
    titles = tree.xpath("//div[@class='sreweekly-entry']/div[@class='sreweekly-title']")
    outages = tree.xpath("//ul[@class='sreweekly-outages']/li")
    entries = []
    for element in [*titles, *outages]:
        link = element.find("a")
        title = element.text if link is None else link.text_content()
        entries.append(_entry("" if link is None else link.get("href"), title or ""))
    return entries


def entries_of_text(issue: Issue, text: str) -> Entries:
    """Of its parts: the head, sponsors' messages, one for each article, outages, corrections, the foot."""
    parts = text.split(f"\n\n{RULE}\n\n")
    parts = parts[1 + len(issue.printed_placements) : -1 - len(issue.corrections.all())]
    heads: list[str] = []
    for part in parts:
        is_list = part.startswith("Outages\n=")
        heads += re.findall(r"^\* (.*(?:\n  \S.*)*)", part, re.MULTILINE) if is_list else [part.partition("\n\n")[0]]
    entries = []
    for head in heads:
        *title, address = head.split("\n")
        if not re.match(r"\s*https?://", address, re.IGNORECASE):
            title, address = [*title, address], ""
        entries.append(_entry(address, "".join(title) or address))
    return entries


def _entry(address: str, title: str) -> tuple[str, str]:
    return _squashed(address), _squashed(title)


def _squashed(text: str) -> str:
    """Without what forms may break lines at, or leave out."""
    return "".join(character for character in text if character.isprintable() and not character.isspace())


def _difference(expected: Entries, entries: Entries, name: str) -> str:
    for place, (one, other) in enumerate(zip(expected, entries, strict=False), 1):
        if one != other:
            return f"entry {place} is “{' '.join(one)}” on the page and “{' '.join(other)}” in the {name}"
    return f"there are {len(expected)} on the page and {len(entries)} in the {name}"


CHECKS = (big_mail, different_forms)
