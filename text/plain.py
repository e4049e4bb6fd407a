"""Render Markdown as plain text, for the text mail and the text edition."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from markdown_it.tree import SyntaxTreeNode

from text.markdown import parse_markdown

# Columns. RFC 3676, section 4.2, allows 78. Fewer columns leave room for the quote marks of replies.
WIDTH = 72
# Columns. Deeply nested text keeps this width and runs past WIDTH. Otherwise it would have one letter on each line.
MIN_WIDTH = 24

# Text may break at any white space except no-break spaces.
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")
_MARKS = {"em": "*", "strong": "**", "s": "~~"}


class Links:
    """Numbers for the addresses in one text, counted through all of its parts."""

    def __init__(self) -> None:
        self._count = 0
        self._pending: dict[str, int] = {}

    def number(self, address: str) -> int:
        """Return the number of an address: the same one until listed() is called."""
        if address not in self._pending:
            self._count += 1
            self._pending[address] = self._count
        return self._pending[address]

    def listed(self) -> str:
        """Return a line such as “[1] https://…” for each address since the last call. Addresses are never wrapped."""
        lines = [f"[{number}] {address}" for address, number in self._pending.items()]
        self._pending = {}
        return "\n".join(lines)


def markdown_to_text(text: str, links: Links, width: int = WIDTH) -> str:
    """Return the words that render_markdown prints, with the numbers of their links. List the addresses afterwards."""
    return _blocks(parse_markdown(text), links, width)


def wrap(text: str, width: int = WIDTH) -> str:
    """Break text at spaces and between ideographs into lines of `width` columns. Longer words are not broken."""
    lines, line, columns = [], "", 0
    for space, piece in _pieces(strip_terminal_controls(text)):
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
    """Join the parts that are not empty."""
    return between.join(part for part in parts if part)


def columns_of(text: str) -> int:
    """Count columns of a terminal: two for an ideograph (Unicode Standard Annex #11), none for a combining mark."""
    return sum(map(_columns, text))


def strip_terminal_controls(text: str) -> str:
    """Remove control characters except tabs and line breaks: a terminal would obey some of them."""
    return "".join(c for c in text if c in "\t\n\r\x0b\x0c\x85" or unicodedata.category(c) not in ("Cc", "Cs"))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield pieces that must stay on one line, each after the space that precedes it."""
    for word in _SPACES.split(text.strip()):
        space, piece = " ", ""
        for character in word:
            if piece and "://" not in word and _may_begin_a_line(character, piece[-1]):
                yield space, piece
                space, piece = "", ""
            piece += character
        yield space, piece


def _may_begin_a_line(character: str, before: str) -> bool:
    """Allow ideographs and their opening brackets; other punctuation stays with the character before."""
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
            return indent(strip_terminal_controls(node.content).expandtabs(4).rstrip("\n"), "    ")
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
    """Return the words on one line, and on a new line after each hard line break."""
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
        case "image":
            return f"[Picture: {_inline(node.children, links)}] {node.attrs['src']}"
        case "link":
            return _link(_inline(node.children, links), str(node.attrs.get("href", "")), links)
    raise NotImplementedError(f"Markdown has a {node.type} that plain text does not print.")


def _link(words: str, address: str, links: Links) -> str:
    """Return the words with the number of the address, or the address alone if the words are the address."""
    if not address or words in (address, address.removeprefix("mailto:")):
        return words
    return f"{words} [{links.number(address)}]"
