"""Reading WordPress exports (WXR 1.0 to 1.2) post by post. Knows no models, and believes nothing it reads."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from lxml import etree

from wordpress.source import ExportError, Source
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
    """Something that a person should look at, as a sentence. Line 0 is the whole file."""

    file: str
    line: int
    post: str  # “post 12 “Title””, or empty.
    text: str

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{place}: {self.post}: {self.text}" if self.post else f"{place}: {self.text}"


@dataclass(kw_only=True)
class Post:
    """One item of an export, of whatever type. Dates that WordPress writes as 0000-00-00 are None."""

    file: str = ""
    line: int = 0
    post_id: int = 0
    title: str = ""
    link: str = ""
    guid: str = ""
    html: str = ""
    slug: str = ""
    status: str = ""
    post_type: str = ""
    password: str = ""
    date: datetime | None = None  # Naive, on the blog's clocks.
    date_gmt: datetime | None = None
    modified_gmt: datetime | None = None
    published: datetime | None = None  # The feed's pubDate.
    base_url: str = ""
    meta: dict[str, str] = field(default_factory=dict)
    former_slugs: list[str] = field(default_factory=list)  # Which WordPress redirects.
    terms: list[str] = field(default_factory=list)  # “tag x”, and categories but the one that holds everything.
    comments: int = 0

    def __str__(self) -> str:
        return f"post {self.post_id} “{self.title}”" if self.post_id else f"a post “{self.title}”"


class Export:
    """One file. `problems` grows while posts() is read."""

    def __init__(self, path: Path):
        self.path = path
        self.problems: list[Problem] = []
        self._namespaces = dict(_NAMESPACES)
        self._base_url = ""

    def posts(self, progress: Callable[[float], None] | None = None) -> Iterator[Post]:
        """Every item that is whole. Raises ExportError where the file is none of WordPress's.

        `progress` is given the part of the file that is read, from 0 to 1.
        """
        with Source(self.path) as source:
            splitter = Splitter(source)
            for item in splitter.items():
                if item.is_head:
                    self._read_head(item.text)
                elif post := self._read_item(item):
                    yield post
                if progress:
                    progress(source.position / source.size)
            self.problems += [Problem(self.path.name, line, "", text) for line, text in source.notes]
            if not splitter.has_ended:
                self._tell(splitter.line, "", "the file ends without </rss>: it may be cut off.")

    def _tell(self, line: int, post: str, text: str) -> None:
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
            self._tell(0, "", "no WXR version is given; read as 1.2.")
        elif version[1] not in ("1.0", "1.1", "1.2"):
            self._tell(0, "", f"the WXR version is “{version[1]}”; read as 1.2.")

    def _read_item(self, item: Item) -> Post | None:
        title = re.search(r"<title>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?</title>", item.text)
        named = f"a post “{html.unescape(title[1])}”" if title else "a post"
        if item.is_too_long:
            self._tell(item.line, named, f"it is longer than {ITEM_LIMIT:,} characters, and was not read.")
            return None
        if not item.is_whole:
            self._tell(item.line, named, "it has no end (</item>), and was not read.")
            return None
        names = " ".join(f'xmlns:{prefix}="{html.escape(uri)}"' for prefix, uri in self._namespaces.items())
        # A parser each: its log would keep the errors of the posts before.
        parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
        root = etree.fromstring(f"<export {names}>{item.text}</export>".encode(), parser)
        element = root.find("item") if root is not None else None
        if element is None:
            self._tell(item.line, named, "it is no XML, and was not read.")
            return None
        post = Post(file=self.path.name, line=item.line, base_url=self._base_url)
        _fill(post, element)
        for error in list(parser.error_log)[:1]:
            self._tell(item.line + error.line - 1, str(post), f"mended: {error.message.strip()}.")
        if not post.post_id:
            self._tell(item.line, str(post), "it has no number (wp:post_id), and was not read.")
            return None
        return post


def _fill(post: Post, item: etree._Element) -> None:
    seen: dict[str, str] = {}
    for child in item.iterchildren(tag=etree.Element):
        # Not QName, which refuses the names that recovering leaves of undefined prefixes.
        namespace, _, name = child.tag.rpartition("}")
        namespace = namespace.removeprefix("{")
        if namespace == _CONTENT and name == "encoded":
            seen.setdefault("content", _text(child))
        elif not namespace:
            if name == "category":
                _add_term(post, child)
            seen.setdefault(name, _text(child))
        elif _WORDPRESS.fullmatch(namespace):
            if name == "postmeta":
                values = [_text(value) for value in child.iterchildren(tag=etree.Element)]
                post.meta |= {values[0]: values[1]} if len(values) == 2 else {}
                post.former_slugs += values[1:] if values[:1] == ["_wp_old_slug"] else []
            elif name == "comment":
                post.comments += 1
            seen.setdefault(f"wp:{name}", _text(child))
    number = seen.get("wp:post_id", "").strip()
    post.post_id = int(number) if number.isdecimal() and len(number) < 19 else 0
    post.title = " ".join(html.unescape(seen.get("title", "")).split())
    post.link = seen.get("link", "").strip()
    post.guid = seen.get("guid", "").strip()
    post.html = seen.get("content", "")
    post.slug = seen.get("wp:post_name", "").strip()
    post.status = seen.get("wp:status", "").strip()
    post.post_type = seen.get("wp:post_type", "").strip()
    post.password = seen.get("wp:post_password", "").strip()
    post.date = _date(seen.get("wp:post_date", ""))
    post.date_gmt = _date(seen.get("wp:post_date_gmt", ""), UTC)
    post.modified_gmt = _date(seen.get("wp:post_modified_gmt", ""), UTC)
    post.published = _rss_date(seen.get("pubDate", ""))


def _add_term(post: Post, category: etree._Element) -> None:
    domain, nicename = category.get("domain", ""), category.get("nicename", "")
    if nicename not in ("general", "uncategorized", ""):
        post.terms.append(f"{'tag' if domain in ('post_tag', 'tag') else domain or 'category'} “{_text(category)}”")


def _text(element: etree._Element) -> str:
    """With the tags of what stands in it: HTML that was written without CDATA."""
    if not len(element):
        return element.text or ""
    children = "".join(etree.tostring(child, encoding="unicode") for child in element)
    return html.escape(element.text or "", quote=False) + re.sub(r' xmlns:[\w.-]+="[^"]*"', "", children)


def _date(text: str, zone=None) -> datetime | None:
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
    except ValueError:  # 0000-00-00 00:00:00, as drafts have it.
        return None


def _rss_date(text: str) -> datetime | None:
    try:
        # Mon, 30 Nov -0001 00:00:00 +0000 is what drafts have.
        return None if " -0001 " in text else parsedate_to_datetime(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
