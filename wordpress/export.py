"""Read WordPress exports (WXR 1.0 to 1.2) post by post. Trusts nothing in them, and knows no models."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from lxml import etree

from wordpress.lines import ExportError, ExportLines
from wordpress.posts import Post
from wordpress.splitter import ITEM_LIMIT, Item, Splitter

_WORDPRESS = re.compile(r"https?://(?:www\.)?wordpress\.org/export/1\.\d+/?")
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_NAMESPACES = {
    "wp": "http://wordpress.org/export/1.2/",
    "content": _CONTENT,
    "excerpt": "http://wordpress.org/export/1.2/excerpt/",
    "dc": "http://purl.org/dc/elements/1.1/",
}


@dataclass(frozen=True)
class Problem:
    """Something that a person should look at, as a sentence. Line 0 means the whole file."""

    file: str
    line: int
    post: str  # “post 12 “Title””, or empty.
    text: str

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{place}: {self.post}: {self.text}" if self.post else f"{place}: {self.text}"


class Export:
    """One file. `problems` grows while posts() is read."""

    def __init__(self, path: Path):
        self.path = path
        self.problems: list[Problem] = []
        self._namespaces = dict(_NAMESPACES)
        self._base_url = ""

    def posts(self, progress: Callable[[float], None] | None = None) -> Iterator[Post]:
        """Yield every complete post. Raises ExportError if the file is not a WordPress export.

        Calls `progress` with the share of the file that has been read, from 0 to 1.
        """
        with ExportLines(self.path) as lines:
            splitter = Splitter(lines)
            for item in splitter.items():
                if item.is_head:
                    self._read_head(item.text)
                elif post := self._read_item(item):
                    yield post
                if progress:
                    progress(lines.position / lines.size)
            self.problems += [Problem(self.path.name, line, "", text) for line, text in lines.notes]
            if not splitter.has_ended:
                self._add_problem(splitter.line, "", "the file ends without </rss>. It may be incomplete.")

    def _add_problem(self, line: int, post: str, text: str) -> None:
        self.problems.append(Problem(self.path.name, line, post, text))

    def _read_head(self, head: str) -> None:
        if re.match(r"\s*<(!doctype html|html)\b", head, re.IGNORECASE):
            raise ExportError(f"{self.path.name} is a web page, not a WordPress export.")
        if not re.search(r"<rss\b|<channel\b", head):
            raise ExportError(f"{self.path.name} is not a WordPress export: it has no <rss>.")
        self._namespaces |= dict(re.findall(r"""xmlns:([\w.-]+)\s*=\s*["']([^"'<>]*)["']""", head))
        address = re.search(r"<wp:base_blog_url>(?:<!\[CDATA\[)?([^<\]]+)", head) or re.search(
            r"<link>(?:<!\[CDATA\[)?([^<\]]+)", head
        )
        self._base_url = html.unescape(address[1].strip()).rstrip("/") if address else ""
        version = re.search(r"<wp:wxr_version>\s*([^<]*?)\s*<", head)
        if version is None:
            self._add_problem(0, "", "the file gives no WXR version. It was read as 1.2.")
        elif version[1] not in ("1.0", "1.1", "1.2"):
            self._add_problem(0, "", f"the WXR version “{version[1]}” is unknown. The file was read as 1.2.")

    def _read_item(self, item: Item) -> Post | None:
        title = re.search(r"<title>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?</title>", item.text)
        name = f"a post “{html.unescape(title[1])}”" if title else "a post"
        if item.is_too_long:
            self._add_problem(item.line, name, f"it was not read: it is longer than {ITEM_LIMIT:,} characters.")
            return None
        if not item.is_whole:
            self._add_problem(item.line, name, "it was not read: its end (</item>) is missing.")
            return None
        names = " ".join(f'xmlns:{prefix}="{html.escape(uri)}"' for prefix, uri in self._namespaces.items())
        # A new parser each time: its log would keep the errors of the previous posts.
        parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
        root = etree.fromstring(f"<export {names}>{item.text}</export>".encode(), parser)
        element = root.find("item") if root is not None else None
        if element is None:
            self._add_problem(item.line, name, "it was not read: it is not XML.")
            return None
        post = _read_post(element, self.path.name, item.line, self._base_url)
        for error in list(parser.error_log)[:1]:
            self._add_problem(item.line + error.line - 1, str(post), f"repaired: {error.message.strip()}.")
        if not post.post_id:
            self._add_problem(item.line, str(post), "it was not read: it has no number (wp:post_id).")
            return None
        return post


def _read_post(item: etree._Element, file: str, line: int, base_url: str) -> Post:
    seen: dict[str, str] = {}
    meta: dict[str, str] = {}
    former_slugs, terms = [], []
    comments = 0
    for child in item.iterchildren(tag=etree.Element):
        # Not QName: it refuses the tag names that the parser's recovery makes of undefined prefixes.
        namespace, _, name = child.tag.rpartition("}")
        namespace = namespace.removeprefix("{")
        if namespace == _CONTENT and name == "encoded":
            seen.setdefault("content", _text(child))
        elif not namespace:
            if name == "category":
                terms += _terms(child)
            seen.setdefault(name, _text(child))
        elif _WORDPRESS.fullmatch(namespace):
            if name == "postmeta":
                values = [_text(value) for value in child.iterchildren(tag=etree.Element)]
                meta |= {values[0]: values[1]} if len(values) == 2 else {}
                former_slugs += values[1:] if values[:1] == ["_wp_old_slug"] else []
            elif name == "comment":
                comments += 1
            seen.setdefault(f"wp:{name}", _text(child))
    number = seen.get("wp:post_id", "").strip()
    return Post(
        file=file,
        line=line,
        base_url=base_url,
        post_id=int(number) if number.isdecimal() and len(number) < 19 else 0,
        title=" ".join(html.unescape(seen.get("title", "")).split()),
        link=seen.get("link", "").strip(),
        guid=seen.get("guid", "").strip(),
        html=seen.get("content", ""),
        slug=seen.get("wp:post_name", "").strip(),
        status=seen.get("wp:status", "").strip(),
        post_type=seen.get("wp:post_type", "").strip(),
        password=seen.get("wp:post_password", "").strip(),
        date=_date(seen.get("wp:post_date", "")),
        date_gmt=_date(seen.get("wp:post_date_gmt", ""), UTC),
        modified_gmt=_date(seen.get("wp:post_modified_gmt", ""), UTC),
        published=_rss_date(seen.get("pubDate", "")),
        meta=meta,
        former_slugs=former_slugs,
        terms=terms,
        comments=comments,
    )


def _terms(category: etree._Element) -> list[str]:
    domain, nicename = category.get("domain", ""), category.get("nicename", "")
    if nicename in ("general", "uncategorized", ""):
        return []
    return [f"{'tag' if domain in ('post_tag', 'tag') else domain or 'category'} “{_text(category)}”"]


def _text(element: etree._Element) -> str:
    """Return the element's text, including the tags of HTML that was written without CDATA."""
    if not len(element):
        return element.text or ""
    children = "".join(etree.tostring(child, encoding="unicode") for child in element)
    return html.escape(element.text or "", quote=False) + re.sub(r' xmlns:[\w.-]+="[^"]*"', "", children)


def _date(text: str, zone=None) -> datetime | None:
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
    except ValueError:  # Drafts have 0000-00-00 00:00:00.
        return None


def _rss_date(text: str) -> datetime | None:
    try:
        # Drafts have Mon, 30 Nov -0001 00:00:00 +0000.
        return None if " -0001 " in text else parsedate_to_datetime(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
