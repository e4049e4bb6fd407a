"""Render Markdown as safe HTML. The only module that calls mark_safe.

Two barriers keep markup safe. The parser accepts no HTML, and only http, https and mailto addresses. Then nh3 removes
every tag and attribute that is not listed here.
"""

import html
import json
import re
import threading
from collections.abc import Iterator
from functools import lru_cache

import nh3
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from linkify_it import LinkifyIt
from linkify_it.main import Match
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from markdown_it.utils import EnvType

from text.addresses import to_uri
from text.footnotes import finds_footnotes
from text.pictures import PREFIX, PictureName, parse_picture, picture_at
from text.typography import typographic
from text.validators import FORBIDDEN_CHARACTERS

# Characters. The longest blurb in eleven years has 897, and a mail should be smaller than 100 kB.
MAX_MARKDOWN_LENGTH = 20_000
# Levels of nested tokens. A quoted list of lists with emphasis has 12.
MAX_DEPTH = 50

_TAGS = {
    *("p", "br", "hr", "blockquote", "pre", "ol", "ul", "li", "h2", "h3", "h4", "h5", "h6"),
    *("a", "code", "em", "s", "strong", "table", "thead", "tbody", "tr", "th", "td", "img"),
}
_ATTRIBUTES = {
    "a": {"href", "title", "rel"},
    "ol": {"start"},
    "img": {"src", "alt", "title", "width", "height", "loading"},
}
# As render_markdown() writes them. Attributes hold no quotation marks.
_IMAGE = re.compile(r'<img src="([^"]+)\.\w+"(?: [a-z]+="[^"]*")*>')
_ADDRESS = re.compile(r"(https?://|mailto:)[^\s]|/(?!/)", re.IGNORECASE)
# Text without these has no headings, and is kept once for all levels.
_HEADINGS = re.compile(r"#|^[ \t>]*(?:=+|-+)[ \t]*$", re.MULTILINE)

# HTML, section 4.12.1.3: "<!--", "<script" and "</script" change how a browser reads the rest of a script element.
_JSON_ESCAPES = {ord(character): f"\\u{ord(character):04X}" for character in "<>&"}


# An address in a text without spaces ends before these: “https://example.com/post。そして”.
AFTER_ADDRESS = "。、，．！？；：（）「」『』【】《》〈〉〔〕｛｝…“”„«»｡､｢｣،؛؟।"
_AFTER_ADDRESS = re.compile(f"[{AFTER_ADDRESS}]")


def _normalize(address: str) -> str:
    return normalizeLink(to_uri(address))


class _Addresses(LinkifyIt):
    """Finds bare addresses in text."""

    def match(self, text: str) -> list[Match] | None:
        found, begin = [], 0
        for end in [*(mark.start() for mark in _AFTER_ADDRESS.finditer(text)), len(text)]:
            for match in super().match(text[begin:end]) or []:
                match.index += begin
                match.last_index += begin
                found.append(match)
            begin = end
        return found or None

    def match_at_start(self, text: str) -> Match | None:
        return super().match_at_start(_AFTER_ADDRESS.split(text, maxsplit=1)[0])


class _Parser(MarkdownIt):
    """A parser of CommonMark with tables, strikethrough, typographic quotes and dashes, and links for bare addresses.

    Pictures of this site are printed. Images of other sites are not: they would let them see readers.
    """

    def __init__(self, *, takes_html: bool):
        super().__init__("commonmark", {"html": takes_html, "linkify": True, "typographer": True, "xhtmlOut": False})
        self.options["store_labels"] = True
        self.enable(["linkify", "replacements", "smartquotes", "strikethrough", "table"])
        self.use(typographic)
        if takes_html:
            self.use(finds_footnotes)
        else:
            self.inline.ruler.at("image", parse_picture)
        self.linkify = _Addresses()
        # "incident.io" and "README.md" stay words.
        self.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
        # Bare "ftp://…" and "//host" stay text, and are not reported as refused addresses.
        self.linkify.add("ftp:", None).add("//", None)
        self.refused: list[str] = []  # Addresses in the last text that stay text.

    def parse(self, src: str, env: EnvType | None = None) -> list[Token]:
        self.refused = []
        return super().parse(src, env)

    def normalizeLink(self, url: str) -> str:
        return _normalize(url)

    def validateLink(self, url: str) -> bool:
        if _ADDRESS.match(url):
            return True
        self.refused.append(url)
        return False


class _Parsers(threading.local):
    """Two parsers for each thread. Their link finders keep state, and making one takes longer than parsing a blurb."""

    def __init__(self) -> None:
        self.parser = _Parser(takes_html=False)
        self.validator = _Parser(takes_html=True)  # Finds what the other would print as text.


_parsers = _Parsers()


@lru_cache(maxsize=8192)
def render_cached(text: str, rel: str, top: int) -> SafeString:
    # It has no default value: lru_cache() would keep what render("a") and render("a", "") return apart.
    return render_uncached(text, rel, top)


def render_markdown(text: str, rel: str = "", top: int = 2) -> SafeString:
    """Return safe HTML with absolute addresses, headings from level `top` down, and `rel` on each link.

    A blurb takes a millisecond the first time. After that, it comes from a cache in the process.
    """
    return render_cached(text, rel, top if _HEADINGS.search(text) else 2)


def render_uncached(text: str, rel: str = "", top: int = 2) -> SafeString:
    """Render text that is unlikely to be needed again, such as a preview, without the cache."""
    parser, tokens = _parse(text)
    _set_levels(tokens, top)
    for token in _walk(tokens):
        if token.type == "link_open" and rel:
            token.attrSet("rel", rel)
    printed = parser.renderer.render(tokens, parser.options, {})
    return mark_safe(  # noqa: S308
        nh3.clean(
            printed,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            # A call for each attribute takes time, and few texts have pictures.
            attribute_filter=_without_images_of_others if "<img" in printed else None,
            url_schemes={"http", "https", "mailto"},
            link_rel=None,
        )
    )


def _without_images_of_others(tag: str, name: str, value: str) -> str | None:
    return value if tag != "img" or name != "src" or picture_at(value) else None


def offer_webp(markup: SafeString) -> SafeString:
    """Let browsers choose WebP for the pictures in rendered Markdown. Only for pages: mail programs often cannot."""
    if PREFIX not in markup:
        return markup
    source = r'<picture><source srcset="\1.webp" type="image/webp">\g<0></picture>'
    return mark_safe(_IMAGE.sub(source, markup))  # noqa: S308


def parse_markdown(text: str) -> SyntaxTreeNode:
    """Return the syntax tree that render_markdown prints, for editions that are not HTML. Addresses are absolute."""
    return SyntaxTreeNode(_parse(text)[1])


def _parse(text: str) -> tuple[_Parser, list[Token]]:
    parser = _parsers.parser
    tokens = parser.parse(FORBIDDEN_CHARACTERS.sub("", text))
    for token in _walk(tokens):
        if token.type == "link_open":
            address = str(token.attrGet("href"))
            if not address:
                del token.attrs["href"]  # “[text]()” would link to the page that contains it.
            elif address.startswith("/"):
                token.attrSet("href", settings.SITE_URL + address)
        elif token.type == "image" and (picture := picture_at(str(token.attrGet("src")))):
            size = {"width": picture.width, "height": picture.height}
            token.attrs |= {"src": f"{settings.SITE_URL}{PREFIX}{picture}", **size, "loading": "lazy"}
    return parser, tokens


def _set_levels(tokens: list[Token], top: int) -> None:
    """Let headings follow each other, whichever levels were typed: “##” and “####” become h2 and h3 if `top` is 2."""
    outline: list[int] = []  # The levels that were typed, of the last heading and of those that it stands below.
    for token in tokens:
        if token.type == "heading_open":
            typed = int(token.tag[1])
            outline = [level for level in outline if level < typed] + [typed]
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(top + len(outline) - 1, 6)}"


def json_ld(data: object) -> SafeString:
    """Return JSON that is safe inside <script type="application/ld+json">.

    It is escaped as Django's json_script does, which only writes the type application/json.
    """
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_JSON_ESCAPES))  # noqa: S308


@lru_cache(maxsize=8192)
def find_links(text: str) -> tuple[str, ...]:
    """Return the addresses that Markdown links to, in order and percent-encoded. Cached like render_markdown."""
    return tuple(
        str(token.attrGet("href"))
        for token in _walk(_parsers.parser.parse(text))
        if token.type == "link_open" and token.attrGet("href")
    )


@lru_cache(maxsize=8192)
def find_pictures(text: str) -> tuple[tuple[PictureName, str], ...]:
    """Return the pictures of this site that Markdown prints, in order, each with its alternative text."""
    if PREFIX not in text:
        return ()
    parser, tokens = _parse(text)
    parser.renderer.render(tokens, parser.options, {})  # It sets the alternative texts.
    found = [(picture_at(str(token.attrGet("src"))), token) for token in _walk(tokens) if token.type == "image"]
    return tuple((name, str(token.attrGet("alt")).strip()) for name, token in found if name)


def links_to(text: str, address: str) -> bool:
    """Return whether Markdown links to exactly this address, which may be percent-encoded or not."""
    return _normalize(address) in find_links(text)


def plain_text(markup: str) -> str:
    """Return the words of HTML on one line, for summaries and descriptions."""
    return " ".join(html.unescape(strip_tags(re.sub(r"(</(?:p|li|h\d|blockquote)>)", r"\1 ", markup))).split())


def validate_markdown(text: str) -> None:
    """Refuse Markdown that would not be printed as meant: HTML, others’ images, footnotes, other addresses, depth."""
    if len(text) > MAX_MARKDOWN_LENGTH:
        return  # The field reports this by max_length. Parsing megabytes would take long.
    parser = _parsers.validator
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
            "Images of other sites are not printed: “%(text)s”. "
            "Upload the picture here, or remove the exclamation mark to make it a link.",
            code="image",
            params={"text": _shorten(token.content)},
        )
        for token in tokens
        if token.type == "image" and not _is_picture(token)
    ]
    problems += [
        ValidationError(
            "Footnotes are not printed: “%(mark)s”. Put it into the sentence, or link to it there. "
            "To print the brackets, write a backslash before the first.",
            code="footnote",
            params={"mark": _shorten(mark)},
        )
        for mark in dict.fromkeys(token.content for token in tokens if token.type == "footnote")
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


def _is_picture(token: Token) -> bool:
    """Return whether the other parser makes an image of it, too: its address stands in the brackets after it."""
    return "label" not in token.meta and picture_at(str(token.attrGet("src"))) is not None


def _walk(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or []


def _shorten(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"
