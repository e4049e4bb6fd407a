"""Split an export into its items as text, so that each can be parsed by itself.

A broken post then cannot damage the next one, line numbers are exact (libxml2 stops counting at 65,535), and memory
holds one post at a time. A single iterparse() over the file does none of this: it recovers from a missing end tag by
nesting posts in each other, and reads a post of 200 MB to its end.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from text.validators import FORBIDDEN_CHARACTERS
from wordpress.lines import ExportError, ExportLines

# Characters. The longest post of WordPress's theme test data has 35,000; libxml2 itself stops at 10 MB.
ITEM_LIMIT = 3_000_000

_MARK = re.compile(r"<!\[CDATA\[|\]\]>|<!--|-->|<item(?=[\s>])|</item\s*>|(?i:<!DOCTYPE)")
# The real end of a CDATA section is followed by an end tag that HTML does not have, or by the next section.
_AFTER_CDATA = re.compile(
    r"\s*(?:<!\[CDATA\[|</(?:[\w.-]+:[\w.-]+|[a-z]+_\w+|title|category|description|link|guid|creator|encoded)\s*>)"
)
_ENTITY = re.compile(r"&(#\d+;|#[xX][0-9a-fA-F]+;|\w+;)?")


@dataclass
class Item:
    """The text of one item, or of everything before the first. `line` is where it begins."""

    text: str
    line: int
    is_head: bool = False
    is_whole: bool = True
    is_too_long: bool = False


class Splitter:
    """Cut lines of text into what stands before the first item, and the items."""

    def __init__(self, lines: ExportLines):
        self.line = 0
        self.has_ended = False
        self._lines = lines
        self._parts: list[str] = []
        self._length = 0
        self._start = 1
        self._state = "head"  # Later "item", or "between" items.
        self._inside = ""  # "cdata" or "comment".

    def items(self) -> Iterator[Item]:
        for number, text, following in self._lines.lines():
            self.line = number
            if self._inside == "cdata" and text.strip() == "<item>":
                self._inside = ""  # The previous section was never closed.
            position = 0
            for match in _MARK.finditer(text):
                self._add(text[position : match.start()])
                position = match.end()
                yield from self._take(match[0], text[position:] + following)
            self._add(text[position:])
            self.has_ended = self.has_ended or (not self._inside and "</rss>" in text)
        if self._state != "between":
            yield self._flush(is_whole=False)

    def _take(self, mark: str, rest: str) -> Iterator[Item]:
        """Handle one mark. `rest` is the text after it, to the end of the next line that is not blank."""
        if self._inside == "comment":
            self._inside = "" if mark == "-->" else "comment"
        elif self._inside == "cdata":
            if mark == "]]>" and _AFTER_CDATA.match(rest):
                self._inside = ""
                self._add_raw(mark)
            else:
                # A CDATA section can hold "]]>" only by ending in the middle of it and beginning again.
                self._add_raw("]]]]><![CDATA[>" if mark == "]]>" else mark)
        elif mark in ("<!--", "<![CDATA["):
            self._inside = "comment" if mark == "<!--" else "cdata"
            self._add_raw(mark if self._inside == "cdata" else "")
        elif mark.upper() == "<!DOCTYPE" and self._state == "head":
            if re.match(r"\s*html", rest, re.IGNORECASE):
                raise ExportError(f"{self._lines.name} is a web page, not a WordPress export.")
            raise ExportError(f"{self._lines.name} was not read: it has a DOCTYPE, which WordPress exports never have.")
        elif mark == "<item":
            if self._state != "between":
                yield self._flush(is_whole=False)
            self._state, self._start = "item", self.line
            self._add_raw(mark)
        elif mark.startswith("</item"):
            self._add_raw(mark)
            if self._state == "item":
                yield self._flush(is_whole=True)
        else:
            self._add_raw("]]&gt;" if mark == "]]>" else mark)

    def _add(self, text: str) -> None:
        self._add_raw(text if self._inside == "cdata" else _ENTITY.sub(_repair_entity, text) if "&" in text else text)

    def _add_raw(self, text: str) -> None:
        if self._state == "between" or self._inside == "comment":
            return
        self._length += len(text)
        if self._length <= ITEM_LIMIT:
            self._parts.append(text)

    def _flush(self, *, is_whole: bool) -> Item:
        item = Item("".join(self._parts), self._start, self._state == "head", is_whole, self._length > ITEM_LIMIT)
        self._parts, self._length, self._state, self._inside = [], 0, "between", ""
        return item


def _repair_entity(match: re.Match[str]) -> str:
    """Return what XML accepts outside CDATA. XML knows five entity names, and no bare “&”."""
    name = match[1]
    if name in ("amp;", "lt;", "gt;", "quot;", "apos;"):
        return match[0]
    character = html.unescape(match[0])
    if character == match[0]:
        return "&amp;" + match[0][1:]
    return html.escape(FORBIDDEN_CHARACTERS.sub("", character))
