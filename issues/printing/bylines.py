"""Credits: who wrote an article and where it appeared, as HTML and as plain text."""

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from issues.models.articles import Article
from issues.models.credits import Author, Publication

# PAIR stands between two names, COMMA between more, LAST before the last of these, DASH before the publication.
PAIR, COMMA, LAST, DASH = " and ", ", ", ", and ", " — "


def byline_html(article: Article) -> SafeString:
    """Return “A, B, and C — Publication” with links to their pages, or the editor's own words if there are any.

    Empty if nobody is credited. No query for articles loaded by ArticleQuerySet.with_credits().
    """
    if words := article.byline.strip():
        return format_html("<bdi>{}</bdi>", words)
    return format_html_join("", "{}{}", ((before, _link(credited)) for before, credited in _parts(article)))


def byline_text(article: Article) -> str:
    """Return the same as plain text on one line."""
    text = article.byline.strip() or "".join(f"{before}{credited.name}" for before, credited in _parts(article))
    return " ".join(text.split())


def _parts(article: Article) -> list[tuple[str, Author | Publication]]:
    """Return everybody credited in print order, each with the words or signs that stand before the name."""
    authors = article.credited_authors
    final = PAIR if len(authors) == 2 else LAST
    before = ["", *[COMMA] * (len(authors) - 2), final][: len(authors)]
    parts: list[tuple[str, Author | Publication]] = list(zip(before, authors, strict=True))
    if article.publication is not None:
        parts.append((DASH if authors else "", article.publication))
    return parts


def _link(credited: Author | Publication) -> SafeString:
    address = settings.SITE_URL + credited.get_absolute_url()
    return format_html('<a href="{}"><bdi>{}</bdi></a>', address, credited.name)
