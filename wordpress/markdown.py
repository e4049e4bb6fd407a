"""Convert HTML to Markdown, and check it by rendering: words, links and markup must be the same again."""

import copy
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from bs4 import BeautifulSoup, PageElement, Tag
from django.core.exceptions import ValidationError
from markdownify import MarkdownConverter

from text.markdown import render_markdown, validate_markdown
from wordpress.comparison import read_visible
from wordpress.display import is_block, is_inside, named, text_of, walk

# Levels of nesting. Deeper trees become plain paragraphs; markdown-it stops at 20 lists or quotes.
DEPTH = 40

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_ADDRESS = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)
# Text that markdown-it's typographer would replace, and addresses that it would make links.
_TYPOGRAPHY = re.compile(r"\((?=(?:c|r|tm)\))|\+(?=-)", re.IGNORECASE)
_BARE_ADDRESS = re.compile(r"\b(https?|mailto)(?=:)", re.IGNORECASE)
# Text that means nothing else in Markdown. It does not begin with a digit, because “1.” would begin a list.
_PLAIN_WORDS = re.compile(r"(?!\d)\w(?:\w|[ ,;%$’‘“”—–…]|(?<=\w)-(?=\w)|[.?](?![.?])|'(?!'))*")
_SAME = {"i": "em", "b": "strong", "del": "s", "strike": "s", "tt": "code", "kbd": "code", "samp": "code"}
_SAME |= {"dl": "ul", "dt": "li", "dd": "li"}
_OUTLINE = {"em", "strong", "s", "code", "pre", "li", "blockquote", "h", "table"}


class _Converter(MarkdownConverter):
    def escape(self, text: str, parent_tags: set[str]) -> str:
        escaped = super().escape(text, parent_tags)  # type: ignore[misc]  # Its types leave it out.
        text = _TYPOGRAPHY.sub(r"\\\g<0>", escaped)
        return text if "a" in parent_tags else _BARE_ADDRESS.sub(r"\1\\", text)

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Put code into a fence that is longer than those in it."""
        block: str = super().convert_pre(el, text, parent_tags)  # type: ignore[misc]  # Its types leave it out.
        longest = max(map(len, re.findall("`{3,}", text)), default=0)
        fence = "`" * (longest + 1)
        return f"\n\n{fence}\n{text.strip('\n')}\n{fence}\n\n" if longest else block


def to_markdown(nodes: Iterable[PageElement]) -> tuple[str, list[str]]:
    """Return Markdown, and the texts that lost markup. Takes the nodes out of their tree."""
    blocks, notes = [], []
    for block in _blocks(nodes):
        markdown, is_faithful = _convert(block)
        blocks += [markdown] if markdown else []
        notes += [] if is_faithful else [text_of(block)]
    return "\n\n".join(blocks), notes


def _blocks(nodes: Iterable[PageElement]) -> Iterator[Tag]:
    """Yield an element around each block, and around the nodes between two blocks."""
    run = _element()
    for node in list(nodes):
        node.extract()
        if not is_block(node):
            run.append(node)
            continue
        yield run
        assert isinstance(node, Tag)
        if node.name in ("div", "section", "article", "body") and _depth(node) < DEPTH:
            yield from _blocks(node.contents)
        else:
            block = _element()
            block.append(node)
            yield block
        run = _element()
    yield run


def _element() -> Tag:
    return Tag(name="div")


def _convert(block: Tag) -> tuple[str, bool]:
    """Return Markdown, and whether it keeps all markup."""
    if not block.contents:
        return "", True  # Nothing stands between most blocks.
    while block.contents and (_is_empty(block.contents[0]) or _is_empty(block.contents[-1])):
        (block.contents[0] if _is_empty(block.contents[0]) else block.contents[-1]).extract()
    if not text_of(block):
        return ("---", True) if block.find("hr") else ("", True)
    for link in block.find_all("a", href=True):
        if not _ADDRESS.match(str(link["href"])):
            link.unwrap()  # Otherwise the text “[…](…)” would be printed.
    if "_" not in (text := text_of(block)) and _PLAIN_WORDS.fullmatch(text) and not _has_markup(block):
        return text, True
    wanted = read_visible(block)
    fallback = ""
    for markdown in _candidates(block):
        shown = _render(markdown)
        if read_visible(shown) == wanted and _is_valid(markdown):
            if _outline(shown) == _outline(block):
                return markdown, True
            fallback = fallback or markdown
    return fallback or _plain(block), False


def _has_markup(block: Tag) -> bool:
    tags = block.find_all(True)
    return len(tags) > 1 or any(tag.name not in ("p", "div", "span") for tag in tags)


def _is_empty(node: PageElement) -> bool:
    return getattr(node, "name", None) in ("br", None) and not text_of(node)


def _candidates(block: Tag) -> Iterator[str]:
    """Yield Markdown from the most natural to the safest."""
    if _depth(block) < DEPTH:
        prepared = _prepare(block)
        for escape_misc in (False, True):
            yield _markdownify(prepared, escape_misc)
        for tag in named(prepared, {"em", "strong", "s", "code"}):
            tag.unwrap()
        yield _markdownify(prepared, True)
    yield _plain(block)


def _markdownify(block: Tag, escape_misc: bool) -> str:
    converter = _Converter(heading_style="atx", bullets="-", newline_style="backslash", escape_misc=escape_misc)
    return re.sub(r"\n{3,}", "\n\n", converter.convert_soup(block)).strip()


def _prepare(block: Tag) -> Tag:
    """Copy the block with headings one level up, and without elements that Markdown lacks."""
    block = copy.copy(block)
    for tag in named(block, {"h2", "h3", "h4", "h5", "h6"}):
        tag.name = f"h{int(tag.name[1]) - 1}"
    for tag in named(block, _SAME):
        tag.name = _SAME[tag.name]
    for tag in named(block, {"small", "u", "sub", "sup"}):
        tag.unwrap()
    return block


def _plain(block: Tag) -> str:
    """Return paragraphs of words and links, with all punctuation escaped."""
    paragraphs: list[str] = [""]
    link: list[str] | None = None
    for event, node in walk(block):
        if event == "text":
            text = _PUNCTUATION.sub(r"\\\1", re.sub(r"\s+", " ", str(node)))
            if link is None:
                paragraphs[-1] += text
            else:
                link.append(text)
        elif isinstance(node, Tag) and node.name == "a" and node.get("href"):
            if event == "start":
                link = []
            elif label := "".join(link or []):
                before, after = " " * label.startswith(" "), " " * label.endswith(" ")
                inner = label.strip()
                paragraphs[-1] += f"{before}[{inner}](<{node['href']}>){after}" if inner else before
            link = link if event == "start" else None
        elif is_block(node) or getattr(node, "name", "") == "br":
            if link is None:
                paragraphs.append("")
            else:
                link.append(" ")
    return "\n\n".join(text.strip() for text in paragraphs if text.strip())


def _render(markdown: str) -> Tag:
    return BeautifulSoup(f"<body>{render_markdown(markdown)}</body>", "lxml")


def _is_valid(markdown: str) -> bool:
    if not re.search(r"[<\[]", markdown):
        return True  # Without “<” and “[”, nothing can be refused. This saves a millisecond.
    try:
        validate_markdown(markdown)
    except ValidationError:
        return False
    return True


def _outline(root: Tag) -> Counter[str]:
    names = (
        re.sub(r"^h\d$", "h", _SAME.get(tag.name, tag.name))
        for tag in root.find_all(True)
        if tag.get_text(strip=True) and not is_inside(tag, {"pre"})
    )
    return Counter(name for name in names if name in _OUTLINE)


def _depth(root: Tag) -> int:
    depth = deepest = 0
    for event, _ in walk(root):
        depth += {"start": 1, "end": -1}.get(event, 0)
        deepest = max(deepest, depth)
    return deepest
