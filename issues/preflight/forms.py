"""Check that page, feed, HTML mail and text mail show the same entries, and that the mail is not cut."""

import re
from collections.abc import Iterator

import lxml.html
from django.template.loader import render_to_string

from issues.models.issues import Issue
from issues.preflight.checked import CheckedIssue
from issues.preflight.findings import Finding, Level
from issues.printing.html import render_html
from issues.printing.mail import render_mail
from issues.printing.text import RULE, render_text
from text.validators import strip_control_characters

# Bytes. Gmail cuts mails at 102 kB and shows the rest on another page.
BIG_MAIL = 80_000
MAX_MAIL = 100_000

Entries = list[tuple[str, str]]  # Address and title, in print order.


def printed_forms(issue: Issue) -> dict[str, str]:
    """Print the issue for CheckedIssue.forms."""
    return {
        "page": render_to_string("issues/_contents.html", {"issue": issue, "on_page": True}),
        "feed": strip_control_characters(render_html(issue)),
        "mail": render_mail(issue),
        "text mail": render_text(issue),
    }


def big_mail(checked: CheckedIssue) -> Iterator[Finding]:
    size = len(checked.forms["mail"].encode())
    text = f"The mail has {size // 1000} kB, and mail programs cut it at {MAX_MAIL // 1000} kB: shorten the issue."
    if size > BIG_MAIL:
        yield Finding(Level.STOP if size > MAX_MAIL else Level.WARNING, "big_mail", text, "articles-group")


def different_forms(checked: CheckedIssue) -> Iterator[Finding]:
    expected = entries_of_html(checked.forms["page"])
    entries = {name: entries_of_html(checked.forms[name]) for name in ("feed", "mail")}
    entries["text mail"] = entries_of_text(checked.issue, checked.forms["text mail"])
    for name, shown in entries.items():
        if shown != expected:
            difference = _difference(expected, shown, name)
            text = f"Page and {name} do not show the same entries: {difference}. Tell the operator of this site."
            yield Finding(Level.STOP, "different_forms", text, "articles-group")


def entries_of_html(html: str) -> Entries:
    """Find entries as programs that rely on the markup do; see tests/issues/printing/test_markup_contract.py."""
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
    """Find entries between rules: after the head and sponsors' messages, before corrections and the foot."""
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
    """Remove characters at which a form may break lines, or that it may leave out."""
    return "".join(character for character in text if character.isprintable() and not character.isspace())


def _difference(expected: Entries, entries: Entries, name: str) -> str:
    for place, (one, other) in enumerate(zip(expected, entries, strict=False), 1):
        if one != other:
            return f"entry {place} is “{' '.join(one)}” on the page and “{' '.join(other)}” in the {name}"
    return f"there are {len(expected)} on the page and {len(entries)} in the {name}"


CHECKS = (big_mail, different_forms)
