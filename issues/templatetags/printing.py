"""What templates need to print an issue."""

from django import template
from django.conf import settings
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from issues import rendering
from issues.links import host_of
from issues.models import Article, Author, Issue, Publication
from sreweekly import markup

register = template.Library()


@register.filter
def markdown(text: str, rel: str = "") -> SafeString:
    return markup.render_markdown(text, rel)


@register.filter
def links_to(text: str, address: str) -> bool:
    return markup.links_to(text, address)


@register.filter
def host(address: str) -> str:
    return host_of(address)


@register.filter
def summary(issue: Issue) -> str:
    return rendering.summarize(issue)


@register.filter
def excerpt(text: str) -> str:
    return rendering.excerpt(text)


@register.filter
def reading_minutes(issue: Issue) -> int:
    return rendering.reading_minutes(issue)


@register.simple_tag(takes_context=True)
def current(context: Context, name: str) -> SafeString | str:
    """The attribute by which the navigation marks the page that the reader is on: {% url %}'s name, or an address."""
    request = context.get("request")
    address = name if name.startswith("/") else reverse(name)
    return format_html(' aria-current="{}"', "page") if request and request.path == address else ""


@register.simple_tag
def absolute_url(name: str, *args: object) -> str:
    """As {% url %}, with the scheme and host that feeds and mail need."""
    return settings.SITE_URL + reverse(name, args=args)


@register.simple_tag
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
