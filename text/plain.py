"""Markdown as plain text, for mail and for whoever reads without a browser. Knows no app, as markup.py."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from markdown_it.tree import SyntaxTreeNode

from text.markdown import parse_markdown

# RFC 3676, section 4.2: 78 columns at most, and fewer so that replies can quote it.
WIDTH = 72
# What is nested deeper than there are columns goes over the edge instead of into a column of single letters.
MIN_WIDTH = 24

# No-break spaces join; everything else that is white may become a line break.
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")
_MARKS = {"em": "*", "strong": "**", "s": "~~"}


class Links:
    """The numbers that addresses get in one text. They go on through it; `listed` gives those since the last call."""

    def __init__(self) -> None:
        self._count = 0
        self._pending: dict[str, int] = {}

    def number(self, address: str) -> int:
        if address not in self._pending:
            self._count += 1
            self._pending[address] = self._count
        return self._pending[address]

    def listed(self) -> str:
        """“[1] https://…” on a line each: an address is never wrapped."""
        lines = [f"[{number}] {address}" for address, number in self._pending.items()]
        self._pending = {}
        return "\n".join(lines)


def markdown_to_text(text: str, links: Links, width: int = WIDTH) -> str:
    """Every word that render_markdown prints. A link's number follows its words; list the addresses afterwards."""
    return _blocks(parse_markdown(text), links, width)


def wrap(text: str, width: int = WIDTH) -> str:
    """Lines of that many columns. Breaks at spaces and between ideographs; a longer word keeps a line to itself."""
    lines, line, columns = [], "", 0
    for space, piece in _pieces(printable(text)):
        size = columns_of(piece)
        if line and columns + len(space) + size > width:
            lines.append(line)
            line, columns = piece, size
        else:
            line = f"{line}{space}{piece}" if line else piece
            columns = columns_of(line)
    return "\n".join([*lines, line])


def indent(text: str, prefix: str, first: str | None = None) -> str:
    lines = text.split("\n")
    prefixes = [prefix if first is None else first, *[prefix] * (len(lines) - 1)]
    return "\n".join(f"{before}{line}".rstrip() for before, line in zip(prefixes, lines, strict=True))


def join(parts: Iterable[str], between: str = "\n\n") -> str:
    """Those that are not empty."""
    return between.join(part for part in parts if part)


def columns_of(text: str) -> int:
    """As a terminal shows it: two for ideographs (Unicode Standard Annex #11), none for what combines."""
    return sum(map(_columns, text))


def printable(text: str) -> str:
    """Without control characters (a terminal would obey some), but with the tabs and line breaks."""
    return "".join(c for c in text if c in "\t\n\r\x0b\x0c\x85" or unicodedata.category(c) not in ("Cc", "Cs"))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """What may not be broken, each with the space before it."""
    for word in _SPACES.split(text.strip()):
        space, piece = " ", ""
        for character in word:
            if piece and "://" not in word and _may_begin_a_line(character, piece[-1]):
                yield space, piece
                space, piece = "", ""
            piece += character
        yield space, piece


def _may_begin_a_line(character: str, before: str) -> bool:
    """Ideographs and their opening brackets may; full stops, closing brackets and the like stay with the last one."""
    is_wide = unicodedata.east_asian_width(character) in "WF"
    return is_wide and unicodedata.category(character) in ("Lo", "Ps") and unicodedata.category(before) != "Ps"


def _blocks(node: SyntaxTreeNode, links: Links, width: int) -> str:
    is_tight = any(child.type == "paragraph" and child.hidden for child in node.children)
    return join((_block(child, links, width) for child in node.children), "\n" if is_tight else "\n\n")


def _block(node: SyntaxTreeNode, links: Links, width: int) -> str:
    match node.type:
        case "paragraph" | "heading":
            lines = _inline(node.children, links).split("\n")
            return "\n".join(wrap(line, max(width, MIN_WIDTH)) for line in lines)
        case "blockquote":
            return indent(_blocks(node, links, width - 2), "> ")
        case "bullet_list" | "ordered_list":
            return _list(node, links, width)
        case "fence" | "code_block":
            return indent(printable(node.content).expandtabs(4).rstrip("\n"), "    ")
        case "hr":
            return "* * *"
        case "tr":
            return " | ".join(_inline(cell.children, links) for cell in node.children)
        case "table":
            return join((_blocks(part, links, width).replace("\n\n", "\n") for part in node.children), "\n")
    raise NotImplementedError(f"Markdown has a {node.type} that plain text does not print.")


def _list(node: SyntaxTreeNode, links: Links, width: int) -> str:
    first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else 0
    marks = [f"{first + place}. " if node.type == "ordered_list" else "* " for place in range(len(node.children))]
    items = [
        indent(_blocks(item, links, width - len(mark)), " " * len(mark), mark)
        for mark, item in zip(marks, node.children, strict=True)
    ]
    is_tight = all(child.hidden for item in node.children for child in item.children if child.type == "paragraph")
    return join(items, "\n" if is_tight else "\n\n")


def _inline(nodes: list[SyntaxTreeNode], links: Links) -> str:
    """One line, and another after each hard line break."""
    return "".join(_words(node, links) for node in nodes)


def _words(node: SyntaxTreeNode, links: Links) -> str:
    match node.type:
        case "text":
            return node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "code_inline":
            return f"`{node.content}`"
        case "inline":
            return _inline(node.children, links)
        case "em" | "strong" | "s":
            return f"{_MARKS[node.type]}{_inline(node.children, links)}{_MARKS[node.type]}"
        case "link":
            return _link(_inline(node.children, links), str(node.attrs.get("href", "")), links)
    raise NotImplementedError(f"Markdown has a {node.type} that plain text does not print.")


def _link(words: str, address: str, links: Links) -> str:
    """An address that is its own text stands for itself."""
    if not address or words in (address, address.removeprefix("mailto:")):
        return words
    return f"{words} [{links.number(address)}]"
