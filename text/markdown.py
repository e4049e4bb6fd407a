"""Markdown to HTML: the one place where text becomes markup, and the only one that calls mark_safe.

Knows no app, because a sponsor's message is Markdown as a blurb is. Two barriers stand one behind
the other: the parser is told to take no HTML and no address but http, https and mailto; what it
makes is then cleaned by nh3 against a list of tags.
"""

import html
import json
import re
from collections.abc import Iterator
from functools import lru_cache

import nh3
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from text.validators import FORBIDDEN_CHARACTERS

# Characters. The longest blurb of eleven years has 897; the whole mail should stay below 100 kB.
MAX_MARKDOWN_LENGTH = 20_000
# Levels. A quoted list of lists with emphasis has 12.
MAX_DEPTH = 50

_TAGS = {
    *("p", "br", "hr", "blockquote", "pre", "ol", "ul", "li", "h2", "h3", "h4", "h5", "h6"),
    *("a", "code", "em", "s", "strong", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title", "rel"}, "ol": {"start"}}
_ADDRESS = re.compile(r"(https?://|mailto:)[^\s]|/(?!/)", re.IGNORECASE)

# HTML, section 4.12.1.3: "<!--", "<script" and "</script" change how the rest of a script element is read.
_JSON_ESCAPES = {ord(character): f"\\u{ord(character):04X}" for character in "<>&"}


class _Parser(MarkdownIt):
    """CommonMark with tables, strikethrough, typographic quotes and bare addresses as links.

    No images: they would come from elsewhere, and readers' browsers ask nobody but this site.
    """

    def __init__(self, *, takes_html: bool):
        super().__init__("commonmark", {"html": takes_html, "linkify": True, "typographer": True, "xhtmlOut": False})
        self.enable(["linkify", "replacements", "smartquotes", "strikethrough", "table"])
        if not takes_html:
            self.disable("image")
        assert self.linkify is not None
        # "incident.io" and "README.md" are words, not links.
        self.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
        # Bare "ftp://…" and "//host" stay the text that they are; validateLink would report them as refused.
        self.linkify.add("ftp:", None).add("//", None)
        self.refused: list[str] = []  # Addresses that were left as text.

    def validateLink(self, url: str) -> bool:
        if _ADDRESS.match(url):
            return True
        self.refused.append(url)
        return False


@lru_cache(maxsize=8192)
def render_markdown(text: str, rel: str = "") -> SafeString:
    """HTML that is safe to print, with absolute addresses; `rel` is set on each link.

    Headings begin at h2. A millisecond for a blurb the first time, then from a cache of the process.
    """
    parser, tokens = _parse(text)
    for token in _walk(tokens):
        if token.type == "link_open" and rel:
            token.attrSet("rel", rel)
    return mark_safe(  # noqa: S308
        nh3.clean(
            parser.renderer.render(tokens, parser.options, {}),
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes={"http", "https", "mailto"},
            link_rel=None,
        )
    )


def parse_markdown(text: str) -> SyntaxTreeNode:
    """The tree of what render_markdown prints, for forms that are not HTML; its links have absolute addresses."""
    return SyntaxTreeNode(_parse(text)[1])


def _parse(text: str) -> tuple[_Parser, list[Token]]:
    # One parser a call: the link finder in it keeps state, and the server has threads.
    parser = _Parser(takes_html=False)
    tokens = parser.parse(FORBIDDEN_CHARACTERS.sub("", text))
    for token in _walk(tokens):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
        elif token.type == "link_open":
            address = str(token.attrGet("href"))
            if not address:
                del token.attrs["href"]  # “[text]()” is text: it would lead to whatever page it stands on.
            elif address.startswith("/"):
                token.attrSet("href", settings.SITE_URL + address)
    return parser, tokens


def json_ld(data: object) -> SafeString:
    """JSON for a <script type="application/ld+json">, which it cannot end.

    With the escapes of Django's json_script, which writes no other type than application/json.
    """
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_JSON_ESCAPES))  # noqa: S308


@lru_cache(maxsize=8192)
def find_links(text: str) -> tuple[str, ...]:
    """The addresses that Markdown links to, in order, percent-encoded. Cached as render_markdown is."""
    return tuple(
        str(token.attrGet("href"))
        for token in _walk(_Parser(takes_html=False).parse(text))
        if token.type == "link_open" and token.attrGet("href")
    )


def links_to(text: str, address: str) -> bool:
    """Whether Markdown links to exactly that address, written as it may be: “ü” or “%C3%BC”."""
    return normalizeLink(address) in find_links(text)


def plain_text(markup: str) -> str:
    """The words of HTML on one line, for feeds' summaries and descriptions."""
    return " ".join(html.unescape(strip_tags(re.sub(r"(</(?:p|li|h\d|blockquote)>)", r"\1 ", markup))).split())


def validate_markdown(text: str) -> None:
    """Refuse Markdown of which something would not be printed as it stands: HTML, images, and odd addresses."""
    if len(text) > MAX_MARKDOWN_LENGTH:
        return  # The field's own limit speaks; parsing megabytes would only take time.
    parser = _Parser(takes_html=True)
    tokens = list(_walk(parser.parse(text)))
    unaddressed = ["" for token in tokens if token.type == "link_open" and not token.attrGet("href")]
    problems = [
        ValidationError(
            "HTML is not printed: “%(tag)s”. Write it in Markdown, or between `backticks` to show it as code.",
            code="html",
            params={"tag": _shorten(token.content.partition(">")[0] + ">")},
        )
        for token in tokens
        if token.type in ("html_inline", "html_block")
    ]
    problems += [
        ValidationError(
            "Images are not printed: “%(text)s”. Link to it, without the exclamation mark.",
            code="image",
            params={"text": _shorten(token.content)},
        )
        for token in tokens
        if token.type == "image"
    ]
    problems += [
        ValidationError(
            "“%(address)s” is not linked to: links begin with https://, http:// or mailto:, or with / on this site.",
            code="address",
            params={"address": _shorten(address) or "()"},
        )
        for address in dict.fromkeys([*parser.refused, *unaddressed])
    ]
    if max((token.level for token in tokens), default=0) > MAX_DEPTH:
        problems.append(ValidationError("Emphasis, lists or quotes are nested too deeply to be printed.", code="depth"))
    if problems:
        raise ValidationError(problems[:5])


def _walk(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or []


def _shorten(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"
