"""The tag and the filter that templates/issues/_metadata.html needs."""

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from issues.models.pages import Page
from issues.printing.metadata import Metadata, describe_list, describe_page, describe_site
from issues.printing.page import IssuePage
from text import markdown

register = template.Library()


@register.simple_tag(takes_context=True)
def page_metadata(context: Context) -> Metadata | None:
    """Return the description of the page that is being printed, or None for previews, errors and other pages.

    The route decides, because the context of the home page has an issue too. Lists are described by their views.
    """
    request = context.get("request")
    match = request and request.resolver_match
    if match is None or context.get("preview"):
        return None
    if match.url_name == "home":
        return describe_site()
    if match.url_name == "issue" and isinstance(printed := context.get("printed"), IssuePage):
        return printed.metadata
    if match.url_name == "issue" and isinstance(page := context.get("page"), Page):
        return describe_page(page)
    if match.url_name in ("author", "publication", "tag") and (subject := context.get("subject")):
        return describe_list(match.url_name, subject)
    return context.get("described")


@register.filter
def json_ld(data: object) -> SafeString:
    return markdown.json_ld(data)
