"""Read title, authors and other details from a fetched page, to be offered to the editor. Knows no models."""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from django.core.exceptions import ValidationError
from lxml.etree import LxmlError
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from fetching.addresses import host_of
from fetching.client import Fetched
from fetching.outcome import Outcome
from fetching.stand_ins import recognize
from text.validators import strip_control_characters, validate_http_address

if TYPE_CHECKING:
    from trafilatura.settings import Document

# Python's names for the encodings of https://encoding.spec.whatwg.org/#names-and-labels. Its other codecs are slow on
# hostile input (punycode, idna), unsafe (utf_7), or not for text (hex).
_CHARSETS = re.compile(
    r"utf-8(-sig)?|utf-16(-[lb]e)?|cp(125\d|866|874|932|949|950)|iso8859-\d+|koi8-[ru]|mac-(roman|cyrillic)"
    r"|gb(2312|k|18030)|big5(hkscs)?|euc_(jp|kr)|iso2022_jp|shift_jis|ascii"
)
# By the same standard, pages that declare one of these are read as its superset.
_SUPERSETS = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030"}
_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s+[|·•–—:»-]+\s+")
_ARTICLES = re.compile(r"(\w*Article|BlogPosting|Report|SocialMediaPosting|DiscussionForumPosting|WebPage|VideoObject)")
_AND = re.compile(r"\s*(?:,|;|&|\band\b)\s*", re.IGNORECASE)
MAX_TITLE = 500
MAX_AUTHORS = 20
MAX_ADDRESS = 2000


@dataclass(frozen=True)
class PageDetails:
    """The details of one page. Each text is a single line without control characters, or empty if unknown."""

    title: str = ""  # At most MAX_TITLE characters, without the site's name.
    authors: list[str] = field(default_factory=list)
    site_name: str = ""
    published_on: date | None = None  # In the page's own time zone.
    canonical_url: str = ""  # Absolute, http(s).


def read_details(fetched: Fetched) -> PageDetails:
    """Return the details of the page; empty unless the outcome is OK. Raises nothing, whatever the bytes."""
    if fetched.outcome != Outcome.OK:
        return PageDetails()
    tree = _parse(decode(fetched.body, fetched.charset))
    if tree is None:
        return PageDetails()
    guess = _guess(tree)
    article = _article(tree)
    site_name = _line(_meta(tree, "og:site_name") or _name(article.get("publisher")) or _site_name(guess), 200)
    return PageDetails(
        title=_title(tree, article, guess, [site_name, *_names_of_host(fetched.final_address)]),
        authors=_authors(tree, article, guess, site_name),
        site_name=site_name,
        published_on=_date(article.get("datePublished"), _meta(tree, "article:published_time"), guess.date),
        canonical_url=_canonical(tree, fetched.final_address),
    )


def decode(body: bytes, charset: str) -> str:
    """Decode as browsers do: by byte order mark, header or meta element, else as UTF-8 or Windows-1252.

    https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding
    """
    for mark, name in _BOMS.items():
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    declared = _META_CHARSET.search(body[:4096])
    # If a meta element can be found, then the page is not in UTF-16, even if it declares that.
    names = [_codec(charset), _codec(declared[1].decode("ascii")).replace("utf-16", "utf-8") if declared else ""]
    if name := next(filter(None, names), ""):
        return body.decode(name, "replace")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        # A page that was cut can end within a character.
        return body.decode("utf-8" if error.reason == "unexpected end of data" else "cp1252", "replace")


def without_site(title: str, site_names: list[str]) -> str:
    """Cut the site's name from the end of a title: "Title | Site" becomes "Title", and "Title - Part 2" stays."""
    known = {_squash(name) for name in site_names} - {""}
    while (cuts := list(_SEPARATOR.finditer(title))) and _squash(title[cuts[-1].end() :]) in known:
        title = title[: cuts[-1].start()]
    return title


def _codec(charset: str) -> str:
    """Return the name of Python's codec for a charset, or "" if it is not an encoding of web pages."""
    try:
        name = codecs.lookup(charset.strip()).name if charset.isascii() else ""
    except (LookupError, ValueError):
        return ""
    return _SUPERSETS.get(name, name) if _CHARSETS.fullmatch(name) else ""


def _parse(text: str) -> HtmlElement | None:
    try:
        # lxml refuses text that begins with an XML declaration, and stops at a NUL.
        return document_fromstring(
            text.replace("\0", "").encode("utf-8", "replace"), parser=HTMLParser(encoding="utf-8")
        )
    except LxmlError:  # The document is empty.
        return None


def _guess(tree: HtmlElement) -> "Document":
    """Return what Trafilatura guesses, for details that the page does not declare."""
    # Imported here, because that takes 0.4 s, and web processes never need it.
    from trafilatura.metadata import extract_metadata
    from trafilatura.settings import Document, set_date_params

    try:
        return extract_metadata(tree, date_config=set_date_params(extensive=False))
    except Exception:  # Trafilatura does not document its exceptions.
        return Document()


def _article(tree: HtmlElement) -> dict[str, Any]:
    """Return the first article in JSON-LD (https://schema.org/Article), or an empty dictionary."""
    for script in tree.iterfind(".//script[@type='application/ld+json']"):
        try:
            nodes = list(_nodes(json.loads(script.text or "", strict=False)))
        except (ValueError, RecursionError):
            continue
        for node in nodes:
            kinds = node.get("@type")
            if any(isinstance(kind, str) and _ARTICLES.fullmatch(kind) for kind in _listed(kinds)):
                return node
    return {}


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    for node in _listed(value):
        if isinstance(node, dict):
            yield node
            yield from _nodes(node.get("@graph"))


def _title(tree: HtmlElement, article: dict[str, Any], guess: "Document", site_names: list[str]) -> str:
    element = tree.find(".//head/title")
    own = _line(element.text_content() if element is not None else "", MAX_TITLE)
    if recognize(own):
        return ""
    found = (_meta(tree, "og:title"), _unescaped(article.get("headline")), _meta(tree, "twitter:title"))
    title = next(filter(None, (_line(text, MAX_TITLE) for text in found)), "")
    if not title:
        headings = {_line(heading.text_content(), MAX_TITLE) for heading in tree.iterfind(".//h1")}
        start = _SEPARATOR.split(own)[0]
        title = start if headings == {start} else own
    title = without_site(title or _line(guess.title, MAX_TITLE), site_names)
    return "" if recognize(title) else title


def _authors(tree: HtmlElement, article: dict[str, Any], guess: "Document", site_name: str) -> list[str]:
    people = [_name(person) for person in _listed(article.get("author")) if not _is_organization(person)]
    declared = _AND.split(_meta(tree, "author") or _meta(tree, "parsely-author"))
    guessed = (guess.author or "").split("; ")
    return next(filter(None, (_names(texts, site_name) for texts in (people, declared, guessed))), [])[:MAX_AUTHORS]


def _names(texts: list[str], site_name: str) -> list[str]:
    """Return the texts that can be names of people: no addresses, no accounts, and not the site's own name."""
    lines = dict.fromkeys(_line(text, 100) for text in texts)
    return [
        line
        for line in lines
        if line and not re.search(r"[@/<>]|https?:", line) and _squash(line) != _squash(site_name)
    ]


def _site_name(guess: "Document") -> str:
    """Return the guessed name, unless it is just the host."""
    return guess.sitename if guess.sitename and not re.fullmatch(r"\S+\.\S+", guess.sitename) else ""


def _is_organization(value: Any) -> bool:
    return isinstance(value, dict) and "Organization" in _listed(value.get("@type"))


def _name(value: Any) -> str:
    value = value.get("name") if isinstance(value, dict) else value
    return _unescaped(value[0] if isinstance(value, list) and value else value)


def _date(*values: Any) -> date | None:
    """Return the first value that begins with an ISO date between 1990 and next year."""
    for value in values:
        try:
            day = date.fromisoformat(value[:10]) if isinstance(value, str) else None
        except ValueError:
            continue
        if day and 1990 <= day.year <= date.today().year + 1:
            return day
    return None


def _canonical(tree: HtmlElement, base: str) -> str:
    links = (link.get("href") for link in tree.iterfind(".//link[@href]") if "canonical" in _tokens(link.get("rel")))
    for address in (*links, _meta(tree, "og:url")):
        try:
            absolute = urljoin(base, (address or "").strip()) if address else ""
            validate_http_address(absolute)
        except (ValueError, ValidationError):
            continue
        if len(absolute) <= MAX_ADDRESS:
            return absolute
    return ""


def _meta(tree: HtmlElement, name: str) -> str:
    """Return the content of the first such meta element, by name or property, that has any."""
    for element in tree.iterfind(".//meta[@content]"):
        is_named = name in (element.get("property", "").lower(), element.get("name", "").lower())
        if is_named and (content := element.get("content", "").strip()):
            return content
    return ""


def _names_of_host(address: str) -> list[str]:
    """Return names that a title may use for the site at "blog.example.co.uk": "example.co.uk", "example" …"""
    labels = host_of(address).split(".")
    return [".".join(labels[start:end]) for start in range(len(labels)) for end in {len(labels), start + 1}]


def _line(text: Any, limit: int) -> str:
    if not isinstance(text, str):
        return ""
    return " ".join(strip_control_characters(text).split())[:limit].strip()


def _unescaped(value: Any) -> str:
    """Unescape HTML, which often stands in JSON-LD by mistake."""
    return unescape(value) if isinstance(value, str) else ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _tokens(value: str | None) -> list[str]:
    return (value or "").lower().split()


def _squash(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
