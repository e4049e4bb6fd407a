"""Turn the stored HTML of a post into the tree that WordPress shows to readers.

Newer posts are complete HTML between block comments. Older ones are stored without <p> and <br>: WordPress adds them
whenever it shows the post (wpautop() in wp-includes/formatting.php).
"""

import contextlib
import re
from collections.abc import Container, Iterator
from typing import TypeGuard
from urllib.parse import quote, urljoin

from bs4 import BeautifulSoup, Comment, NavigableString, PageElement, Tag
from bs4.element import PreformattedString

from wordpress import shortcodes
from wordpress.pictures import Pictures, place_pictures

# Levels of nested elements. Missing end tags nest forty entries in each other; each step looks at all that is around.
MAX_DEPTH = 200

_BLOCKS = """
    address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4
    h5 h6 header hr html li main nav ol p pre section summary table tbody td tfoot th thead tr ul
"""
BLOCKS = frozenset(_BLOCKS.split())
_EMBEDDED = {"img", "iframe", "embed", "video", "audio", "object", "source"}
UNSEEN = {"script", "style", "noscript", "template", "head", "title", "meta", "link"}
_BREAK = "wordpress-break"
_CONTROLS = "".join(map(chr, range(33)))
_ADDRESS_LINE = re.compile(r"\s*(https?://[^\s<>\"]+)\s*")


def parse(html: str) -> BeautifulSoup:
    """Return the tree of a post as it is stored, with its shortcodes replaced. Never fails: any text is HTML."""
    return BeautifulSoup(f"<body>{shortcodes.expand(html)}</body>", "lxml")


def display(
    html: str,
    base_url: str,
    permalink: str,
    notes: list[tuple[str, str]] | None = None,
    pictures: Pictures | None = None,
) -> BeautifulSoup:
    """Return the post as a tree of words, links and simple markup. Pictures and embeds become links to them.

    Every address is absolute. `pictures` are those that are on this site now: see uploads.py. What cannot be shown is
    added to `notes`, as kind and text.
    """
    soup = parse(html)
    for text in _strings(soup):
        if isinstance(text, Comment) or (isinstance(text, PreformattedString) and not text.strip()):
            text.extract()
    for tag in named(soup, UNSEEN):
        tag.extract()
    is_flattened = _flatten(soup)
    if notes is not None:
        notes += _note_unshown(html, soup, is_flattened=is_flattened)
    if pictures:
        place_pictures(soup, base_url, pictures)
    _link_embedded(soup)
    for quoted in soup.find_all("q"):
        quoted.insert(0, "“")
        quoted.append("”")
        quoted.unwrap()
    if "<!-- wp:" not in html:
        _paragraph(soup)
    _link_address_lines(soup)
    _untangle_links(soup, base_url, permalink)
    return soup


def walk(root: Tag) -> Iterator[tuple[str, PageElement]]:
    """Yield ("start" | "text" | "end", node) for everything inside, without recursion, which Python limits."""
    stack: list[tuple[str, PageElement]] = [("start", child) for child in reversed(root.contents)]
    while stack:
        event, node = stack.pop()
        if isinstance(node, NavigableString):
            yield "text", node
            continue
        yield event, node
        if event == "start" and isinstance(node, Tag):
            stack.append(("end", node))
            stack += [("start", child) for child in reversed(node.contents)]


def named(root: Tag, names: Container[str]) -> list[Tag]:
    """Return the elements inside that have one of these names. Given a list, find_all() takes several times as long."""
    return [tag for tag in root.find_all(True) if tag.name in names]


def of_class(root: Tag, *names: str) -> list[Tag]:
    """Return the elements inside that have one of these classes. select() takes several times as long."""
    return [tag for tag in root.find_all(True) if has_class(tag, *names)]


def has_class(tag: Tag, *names: str) -> bool:
    return not {*names}.isdisjoint(tag.get_attribute_list("class"))


def is_inside(node: PageElement, names: Container[str]) -> bool:
    """Return whether one of these elements is around the node."""
    return any(parent.name in names for parent in node.parents)


def is_block(node: PageElement | None) -> TypeGuard[Tag]:
    return isinstance(node, Tag) and node.name in BLOCKS


def text_of(node: PageElement) -> str:
    """Return the text on one line, with spaces where blocks and lines end."""
    if not isinstance(node, Tag):
        return " ".join(str(node).split())
    parts = [
        str(child) if event == "text" else " " if is_block(child) or getattr(child, "name", "") == "br" else ""
        for event, child in walk(node)
    ]
    return " ".join("".join(parts).split())


def _strings(soup: BeautifulSoup) -> list[NavigableString]:
    """Return every text and comment, as a list, so that they can be replaced."""
    return [node for node in soup.descendants if isinstance(node, NavigableString)]


def _note_unshown(html: str, soup: BeautifulSoup, *, is_flattened: bool) -> Iterator[tuple[str, str]]:
    code = {id(text) for tag in named(soup, {"pre", "code"}) for text in tag.find_all(string=True)}
    text = "\n".join("" if id(text) in code else str(text) for text in _strings(soup))
    for unknown in shortcodes.find_unknown(text):
        yield "shortcode", f"printed as it is, because this program does not know it: {unknown}"
    for name in shortcodes.find_dynamic_blocks(html):
        yield "shortcode", f"left out, because only WordPress can fill it: the block “{name}”"
    if is_flattened:
        yield "formatting", f"only words and links are kept of what is nested in more than {MAX_DEPTH} elements"


def _flatten(soup: BeautifulSoup) -> bool:
    """Keep only lines, links and pictures of what is nested too deeply. Return whether anything was."""
    if not _too_deep(soup):
        return False
    # From the inside out: BeautifulSoup looks at everything inside what it moves.
    for tag in reversed(soup.find_all("div", class_=False)):
        if len([child for child in tag.contents if isinstance(child, Tag) or text_of(child)]) == 1:
            tag.unwrap()  # It groups nothing.
    deepest = _too_deep(soup)
    for tag in deepest:
        flat = list(_flat(tag))
        tag.clear()
        tag.extend(flat)
    return bool(deepest)


def _too_deep(soup: BeautifulSoup) -> list[Tag]:
    """Return the elements at the deepest level that is allowed, and that have others inside."""
    depth = 0
    found: list[Tag] = []
    for event, node in walk(soup):
        depth += {"start": 1, "end": -1}.get(event, 0)
        if event == "start" and depth == MAX_DEPTH and isinstance(node, Tag) and node.find(True):
            found.append(node)
    return found


def _flat(root: Tag) -> Iterator[PageElement]:
    link: Tag | None = None
    for event, node in walk(root):
        if not isinstance(node, Tag):
            text = NavigableString(str(node))
            if link is None:
                yield text
            else:
                link.append(text)
        elif node.name == "a" and event == "start":
            link = Tag(name="a", attrs=node.attrs)
            yield link
        elif node.name == "a":
            link = None
        elif node.name in _EMBEDDED and event == "start":
            yield Tag(name=node.name, attrs=node.attrs)
        elif is_block(node) or node.name == "br":
            yield Tag(name="br")


def embedded(tag: Tag) -> tuple[str, str] | None:
    """Return address and label of a picture, video or other page in the post; None for any other element."""
    if tag.name not in _EMBEDDED:
        return None
    address = str(tag.get("src") or tag.get("data") or "")
    label = str(tag.get("alt") or tag.get("title") or ("Image" if tag.name == "img" else address)).strip()
    return (address, label or "Image") if address or tag.name == "img" else None


def _link_embedded(soup: BeautifulSoup) -> None:
    for tag in named(soup, _EMBEDDED):
        found = embedded(tag)
        if found is None:
            tag.unwrap()
            continue
        address, label = found
        if is_inside(tag, {"a"}) or not address:
            tag.replace_with(NavigableString(f" {label} "))
        else:
            tag.insert_after(soup.new_tag("a", href=address, string=label))
            tag.unwrap() if tag.contents else tag.extract()


def _link_address_lines(soup: BeautifulSoup) -> None:
    """Make an address on its own line a link. WordPress would embed the page behind it."""
    for text in _strings(soup):
        match = _ADDRESS_LINE.fullmatch(text)
        parent = text.parent
        if match and parent is not None and is_block(parent) and parent.name != "pre" and len(parent.contents) == 1:
            text.replace_with(soup.new_tag("a", href=match[1], string=match[1]))


def _untangle_links(soup: BeautifulSoup, base_url: str, permalink: str) -> None:
    for link in soup.find_all("a"):
        outer = next((parent for parent in link.parents if parent.name == "a"), None)
        if outer is not None:
            outer.insert_after(link.extract())
        if "href" not in link.attrs:
            continue
        if address := _clean_address(str(link["href"]), base_url, permalink):
            link["href"] = address
        else:
            del link["href"]


def _clean_address(address: str, base_url: str, permalink: str) -> str:
    """Return an address as browsers read it (URL Standard, section 4.4), absolute and with its signs encoded.

    They ignore space at the ends and line breaks anywhere. Other space is part of the address.
    """
    address = re.sub(r"[\t\r\n]", "", address.strip().strip(_CONTROLS))
    scheme = re.match(r"[a-zA-Z][\w+.-]*:", address)
    if scheme:
        address = scheme[0].lower() + address[scheme.end() :]
    elif address:
        with contextlib.suppress(ValueError):  # Such as “//[x”: left as it is.
            address = urljoin(f"{base_url}/" if address.startswith("/") else permalink or f"{base_url}/", address)
    return re.sub(r"[\s<>\"\\^`{|}]", lambda match: quote(match[0]), address)


def _paragraph(soup: BeautifulSoup) -> None:
    """Do what wpautop() does: an empty line ends a paragraph, and a single line end becomes <br>."""
    for text in _strings(soup):
        if "\n" in text and (not is_inside(text, {"pre", "textarea", "table"}) or is_inside(text, {"td", "th"})):
            _break_lines(soup, text)
    for container in {id(mark.parent): mark.parent for mark in soup.find_all(_BREAK) if mark.parent}.values():
        if is_block(container) and container.name not in ("ul", "ol", "dl", "pre", "table", "tr"):
            _wrap_paragraphs(soup, container)
    for mark in soup.find_all(_BREAK):
        mark.replace_with("\n")


def _break_lines(soup: BeautifulSoup, text: NavigableString) -> None:
    lines = re.split(r"[ \t\r\f]*\n[ \t\r\f]*", str(text))
    edges = (_is_edge(text.previous_sibling, text.parent), _is_edge(text.next_sibling, text.parent))
    pieces: list[PageElement] = []
    gap = 0
    for index, line in enumerate(lines):
        if index:
            gap += 1
        if not line:
            continue
        if gap and (pieces or not edges[0]):
            pieces.append(soup.new_tag("br" if gap == 1 else _BREAK))
        pieces.append(NavigableString(line))
        gap = 0
    if gap and not edges[1] and (pieces or not edges[0]):
        pieces.append(soup.new_tag("br" if gap == 1 else _BREAK))
    text.replace_with(*(pieces or [NavigableString("\n")]))


def _is_edge(sibling: PageElement | None, parent: Tag | None) -> bool:
    """Return whether WordPress ignores a line end there: beside a block, or at the edge inside one."""
    while isinstance(sibling, Comment):
        sibling = sibling.next_sibling
    return parent is None or (is_block(parent) if sibling is None else is_block(sibling)) or _is_line_break(sibling)


def _is_line_break(node: PageElement | None) -> bool:
    return isinstance(node, Tag) and node.name in ("br", _BREAK)


def _wrap_paragraphs(soup: BeautifulSoup, container: Tag) -> None:
    run: list[PageElement] = []

    def flush() -> None:
        if any(text_of(node) or isinstance(node, Tag) for node in run):
            paragraph = soup.new_tag("p")
            run[0].insert_before(paragraph)
            paragraph.extend([node.extract() for node in run])
        run.clear()

    for child in list(container.contents):
        if isinstance(child, Tag) and child.name == _BREAK:
            flush()
            child.extract()
        elif is_block(child):
            flush()
        else:
            run.append(child)
    flush()
    if container.name == "p":
        container.unwrap()
