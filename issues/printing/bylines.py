"""Credits: who wrote an article and where it appeared, as HTML and as plain text."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from issues.models.articles import Article
from issues.models.credits import Author, Publication

type Link = tuple[str, str]  # A name, and the path of its page.

# PAIR stands between two names, COMMA between more, LAST before the last of these, DASH before the publication.
PAIR, COMMA, LAST, DASH = " and ", ", ", ", and ", " — "


def byline_html(article: Article) -> SafeString:
    """Return “A, B, and C — Publication” with links to their pages, or the editor's own words if there are any.

    Empty if nobody is credited. No query for articles loaded by ArticleQuerySet.with_credits().
    """
    authors = [_link(author) for author in article.credited_authors]
    publication = _link(article.publication) if article.publication else None
    return compose_html(article.byline, authors, publication)


def compose_html(words: str, authors: list[Link], publication: Link | None) -> SafeString:
    """Return the same, from the editor's own words and the links of everybody credited."""
    if words := words.strip():
        return format_html("<bdi>{}</bdi>", words)
    parts = [(before, settings.SITE_URL + path, name) for before, (name, path) in _parts(authors, publication)]
    return format_html_join("", '{}<a href="{}"><bdi>{}</bdi></a>', parts)


def byline_text(article: Article) -> str:
    """Return the same as plain text on one line."""
    parts = _parts(article.credited_authors, article.publication)
    text = article.byline.strip() or "".join(f"{before}{credited.name}" for before, credited in parts)
    return " ".join(text.split())


def _parts[T](authors: Sequence[T], publication: T | None) -> list[tuple[str, T]]:
    """Return everybody credited in print order, each with the words or signs that stand before the name."""
    final = PAIR if len(authors) == 2 else LAST
    before = ["", *[COMMA] * (len(authors) - 2), final][: len(authors)]
    parts = list(zip(before, authors, strict=True))
    if publication is not None:
        parts.append((DASH if authors else "", publication))
    return parts


def _link(credited: Author | Publication) -> Link:
    return credited.name, credited.get_absolute_url()
