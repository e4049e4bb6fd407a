"""Who is credited, as printed: “A, B, and C — Publication”."""

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from issues.models.articles import Article
from issues.models.credits import Author, Publication


def byline(article: Article) -> SafeString | str:
    """“A, B, and C — Publication”, names linked to their pages; or the article's own words where it has some.

    Empty where nobody is credited. No query after ArticleQuerySet.with_credits().
    """
    if article.byline.strip():
        return format_html("<bdi>{}</bdi>", article.byline.strip())
    authors = _join([_link(author) for author in article.credited_authors])
    if article.publication is None:
        return authors
    publication = _link(article.publication)
    return format_html("{} — {}", authors, publication) if authors else publication


def _link(credited: Author | Publication) -> SafeString:
    address = settings.SITE_URL + credited.get_absolute_url()
    return format_html('<a href="{}"><bdi>{}</bdi></a>', address, credited.name)


def _join(names: list[SafeString]) -> SafeString | str:
    if len(names) < 3:
        return format_html_join(" and ", "{}", ([name] for name in names))
    return format_html("{}, and {}", format_html_join(", ", "{}", ([name] for name in names[:-1])), names[-1])
