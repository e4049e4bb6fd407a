"""Template tags and filters that print issues, dates and addresses."""

from django import template
from django.conf import settings
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fetching.addresses import host_of
from issues.models.addresses import url_of
from issues.printing import dates, html
from issues.printing.bylines import byline_html
from text import markdown as markup

register = template.Library()


@register.filter
def markdown(text: str, rel: str = "") -> SafeString:
    return markup.render_markdown(text, rel)


register.filter("offer_webp", markup.offer_webp)


@register.filter
def links_to(text: str, address: str) -> bool:
    return markup.links_to(text, address)


@register.filter
def host(address: str) -> str:
    return host_of(address)


@register.filter
def excerpt(text: str) -> str:
    return html.excerpt(text)


@register.simple_tag(takes_context=True)
def current(context: Context, name: str) -> SafeString | str:
    """Return the attribute that marks this link of the navigation if it leads to the page that is being read.

    `name` is the name of a route or an address that begins with a slash.
    """
    request = context.get("request")
    address = name if name.startswith("/") else url_of(name)
    return format_html(' aria-current="{}"', "page") if request and request.path == address else ""


@register.simple_tag
def absolute_url(name: str, *args: str) -> str:
    """Return the same as {% url %}, with the scheme and host that feeds and mail need."""
    return settings.SITE_URL + url_of(name, *args)


register.simple_tag(byline_html, name="byline")
register.simple_tag(dates.time_element)
register.filter("day", dates.format_day)
register.filter("short_day", dates.format_short_day)
register.filter("zone", dates.format_zone)
register.filter("rfc3339", dates.rfc3339)
