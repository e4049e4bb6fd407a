"""Read title, authors and other details from a fetched page, to be offered to the editor. Knows no models."""

import copy
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
from fetching.encodings import decode
from fetching.outcome import Outcome
from fetching.stand_ins import recognize
from text.names import first_name_first, in_print_order, join_suffixes, people_in
from text.received import decode_entities, one_line
from text.validators import validate_http_address

if TYPE_CHECKING:
    from trafilatura.settings import Document

_SEPARATOR = re.compile(r"\s+[|·•–—:»-]+\s+")
_ARTICLES = re.compile(r"(\w*Article|BlogPosting|Report|SocialMediaPosting|DiscussionForumPosting|WebPage|VideoObject)")
# What hides JSON-LD from browsers and XML parsers of long ago, in any mixture of comments and CDATA.
_WRAPPING = re.compile(r"^(?:(?://|/\*|\*/|<!--|-->|<!\[CDATA\[|>)\s*){1,9}|(?:(?://|/\*|\*/|-->|<!|\]\]>|;)\s*){1,9}$")
# Classes, ids and types of elements that hold readers' comments.
_COMMENTS = re.compile(
    r"(?:(?:post|article|blog|entry|user|reader|wp|single)[-_])?comments?"
    r"(?:[-_]?(?:list|area|section|thread|body|content|author|meta|item|wrap|wrapper|container|respond|form))?"
    r"|responses|replies|disqus[-_]\w+|https?://schema.org/Comment",
    re.IGNORECASE,
)
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
    guess = _guess(_without_comments(tree))
    article = _article(tree)
    site_name = _line(_meta(tree, "og:site_name") or _name(article.get("publisher")) or _site_name(guess), 200)
    return PageDetails(
        title=_title(tree, article, guess, [site_name, *_names_of_host(fetched.final_address)]),
        authors=_authors(tree, article, guess, site_name),
        site_name=site_name,
        published_on=_date(article.get("datePublished"), _meta(tree, "article:published_time"), guess.date),
        canonical_url=_canonical(tree, fetched.final_address),
    )


def without_site(title: str, site_names: list[str]) -> str:
    """Cut the site's name from the end of a title: "Title | Site" becomes "Title", and "Title - Part 2" stays."""
    known = {_squash(name) for name in site_names} - {""}
    while (cuts := list(_SEPARATOR.finditer(title))) and _squash(title[cuts[-1].end() :]) in known:
        title = title[: cuts[-1].start()]
    return title


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
    """Return the first article in JSON-LD (https://schema.org/Article), else the page itself, or an empty dictionary.

    References to other nodes of the page (“@id”) are replaced by these.
    """
    nodes: list[dict[str, Any]] = []
    for script in tree.iterfind(".//script[@type]"):
        if script.get("type").partition(";")[0].strip().lower() == "application/ld+json":
            try:
                nodes += _nodes(json.loads(_WRAPPING.sub("", (script.text or "").strip("\ufeff \t\r\n")), strict=False))
            except (ValueError, RecursionError):
                continue
    named = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}
    articles = [node for node in nodes if any(map(_ARTICLES.fullmatch, _kinds(node)))]
    article = min(articles, key=lambda node: _kinds(node) == ["WebPage"], default={})
    return {
        name: [named.get(one.get("@id"), one) if isinstance(one, dict) else one for one in _listed(value)]
        if name in ("author", "creator", "publisher")
        else value
        for name, value in article.items()
    }


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    for node in _listed(value):
        if isinstance(node, dict):
            yield node
            for part in ("@graph", "mainEntity", "itemListElement"):
                yield from _nodes(node.get(part))


def _kinds(node: dict[str, Any]) -> list[str]:
    """Return the types of a node without what stands before them: “https://schema.org/Article”, “schema:Article”."""
    return [re.split(r"[/:#]", kind)[-1] for kind in _listed(node.get("@type")) if isinstance(kind, str)]


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
    written = (person for person in _listed(article.get("author") or article.get("creator")))
    people = [in_print_order(_name(person)) for person in written if not _is_organization(person)]
    # Of a paper: each has one person, often as “Last, First”, or all, with semicolons between them.
    papers = _metas(tree, "citation_author", "citation_authors", "dc.creator", "dcterms.creator")
    cited = [first_name_first(name) for names in papers for name in names.split(";")]
    named = [join_suffixes(name) for name in _metas(tree, "author") or _metas(tree, "parsely-author")]
    guessed = (guess.author or "").split("; ")
    found = (people_in([_line(text, 100) for text in texts], site_name) for texts in (people, cited, named, guessed))
    return next(filter(None, found), [])[:MAX_AUTHORS]


def _without_comments(tree: HtmlElement) -> HtmlElement:
    """Return a copy without what readers wrote below the page: a commenter is never its author."""
    kept = copy.deepcopy(tree)
    for element in kept.xpath(".//body//*[@class or @id or @itemtype]"):
        marks = [*element.get("class", "").split(), element.get("id", ""), element.get("itemtype", "")]
        if any(map(_COMMENTS.fullmatch, marks)) and element.getparent() is not None:
            element.drop_tree()
    return kept


def _site_name(guess: "Document") -> str:
    """Return the guessed name, unless it is just the host."""
    return guess.sitename if guess.sitename and not re.fullmatch(r"\S+\.\S+", guess.sitename) else ""


def _is_organization(value: Any) -> bool:
    return isinstance(value, dict) and any(kind.endswith(("Organization", "Corporation")) for kind in _kinds(value))


def _name(value: Any) -> str:
    value = _listed(value)[0] if _listed(value) else ""
    if isinstance(value, dict):
        given = [_name(value.get(part)) for part in ("givenName", "additionalName", "familyName")]
        value = _name(value.get("name")) or " ".join(filter(None, given))
    return _unescaped(value)


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
    base = urljoin(base, next((str(one.get("href")).strip() for one in tree.iterfind(".//base[@href]")), ""))
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
    return next(iter(_metas(tree, name)), "")


def _metas(tree: HtmlElement, *names: str) -> list[str]:
    """Return the contents of all such meta elements that have any."""
    elements = [
        element
        for element in tree.iterfind(".//meta[@content]")
        if not {element.get("property", "").lower(), element.get("name", "").lower()}.isdisjoint(names)
    ]
    return [content for element in elements if (content := element.get("content", "").strip())]


def _names_of_host(address: str) -> list[str]:
    """Return names that a title may use for the site at "blog.example.co.uk": "example.co.uk", "example" …"""
    labels = host_of(address).split(".")
    return [".".join(labels[start:end]) for start in range(len(labels)) for end in {len(labels), start + 1}]


def _line(text: Any, limit: int) -> str:
    if not isinstance(text, str):
        return ""
    return one_line(decode_entities(text))[:limit].strip()


def _unescaped(value: Any) -> str:
    """Unescape HTML, which often stands in JSON-LD by mistake."""
    return unescape(value) if isinstance(value, str) else ""


def _listed(value: Any) -> list[Any]:
    """Return a list of JSON-LD, or a value in one."""
    value = value["@list"] if isinstance(value, dict) and "@list" in value else value
    return value if isinstance(value, list) else [value]


def _tokens(value: str | None) -> list[str]:
    return (value or "").lower().split()


def _squash(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
