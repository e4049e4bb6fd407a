"""Template tags and filters that print issues, dates and addresses."""

from django import template
from django.conf import settings
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fetching.addresses import host_of
from issues.models.addresses import url_of
from issues.models.navigation import LISTS, find_targets
from issues.models.site_version import version_of
from issues.printing import dates, html
from issues.printing.bylines import byline_html
from text import markdown as markup
from text.addresses import to_uri

register = template.Library()


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

    `name` is the name of a route, or an address.
    """
    request = context.get("request")
    address = name if "/" in name or ":" in name else url_of(name)
    return format_html(' aria-current="{}"', "page") if request and request.path == address else ""


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> dict[str, object]:
    """Return the configured pages and links, and the names of the lists, that lead somewhere. At most one query."""
    pages, links = settings.NEWSLETTER_PAGES, settings.NEWSLETTER_LINKS
    there = find_targets([*pages, *links], version_of(context.get("request")))
    return {
        "lists": [(name, name.capitalize()) for name in LISTS if name in there],
        "pages": [page for page in pages if page.address in there],
        "links": [link for link in links if link.address in there],
    }


# {% path "tag" slug %} prints the same as {% url %}, which takes three times as long: a page has a dozen links or more.
register.simple_tag(url_of, name="path")


@register.simple_tag
def absolute_url(name: str, *args: str) -> str:
    """Return the same as {% path %}, with the scheme and host that feeds and mail need."""
    return settings.SITE_URL + url_of(name, *args)


register.filter("uri", to_uri)
# {{ text|markdown }}, or {% markdown text top=3 %} below a heading of level 2.
register.filter("markdown", markup.render_markdown)
register.simple_tag(markup.render_markdown, name="markdown")
register.simple_tag(byline_html, name="byline")
register.simple_tag(dates.time_element)
register.filter("day", dates.format_day)
register.filter("short_day", dates.format_short_day)
register.filter("zone", dates.format_zone)
register.filter("rfc3339", dates.rfc3339)
