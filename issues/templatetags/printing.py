"""What templates need to print an issue."""

from django import template
from django.conf import settings
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fetching.addresses import host_of
from issues.models.issues import Issue
from issues.printing import html
from issues.printing.bylines import byline
from text import markdown as markup

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
    return html.summarize(issue)


@register.filter
def excerpt(text: str) -> str:
    return html.excerpt(text)


@register.filter
def reading_minutes(issue: Issue) -> int:
    return html.reading_minutes(issue)


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


register.simple_tag(byline)
