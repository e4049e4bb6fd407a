"""Turn texts of files into Markdown that this site prints. Texts may be Markdown, HTML, or Markdown with HTML in it."""

import html
import re
from collections.abc import Sequence
from typing import Any

from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from markdown_it import MarkdownIt
from markdown_it.token import Token

from text.markdown import validate_markdown
from text.received import one_line, text_of
from wordpress.display import display
from wordpress.markdown import to_markdown

# Tells display() that paragraphs have <p>. It would otherwise add them, as WordPress does for old posts.
HAS_PARAGRAPHS = "<!-- wp:html -->"

_BLOCK = re.compile(
    r"\s*<(?:p|div|ul|ol|dl|h[1-6]|blockquote|table|pre|section|article|figure|center|hr|br)\b[^>]*>", re.IGNORECASE
)


def as_markdown(text: str) -> tuple[str, list[str]]:
    """Return Markdown, and the texts that lost markup. Markdown that this site prints as it is stays as it is."""
    try:
        validate_markdown(text)
    except ValidationError:
        return markdown_of_html(text if _BLOCK.match(text) else _parser.render(text))
    return text, []


def markdown_of_html(markup: str) -> tuple[str, list[str]]:
    """Return Markdown that prints the same words, links and markup, and the texts that lost markup."""
    return to_markdown(_body(markup))


def tree_of(markup: str) -> BeautifulSoup:
    """Return HTML as a tree of words, links and simple markup, as the page shows it."""
    return display(HAS_PARAGRAPHS + markup, "", "")


def _body(markup: str) -> list[Any]:
    soup = tree_of(markup)
    return list((soup.body or soup).contents)


def _render_html(self: Any, tokens: Sequence[Token], index: int, *rest: Any) -> str:
    """Pass HTML on. What only looks like a tag is text: “Vec<T>”, “<antirez>”."""
    content = tokens[index].content
    return html.escape(content, quote=False) if text_of(content) == one_line(content) else content


_parser = MarkdownIt("commonmark", {"html": True}).enable(["strikethrough", "table"])
_parser.add_render_rule("html_inline", _render_html)
_parser.add_render_rule("html_block", _render_html)
