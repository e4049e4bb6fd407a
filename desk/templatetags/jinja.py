"""A tag for parts of a form that Jinja renders."""

from django import template
from django.forms.renderers import get_default_renderer

register = template.Library()


class JinjaNode(template.Node):
    def __init__(self, name: str) -> None:
        self.name = name

    def render(self, context: template.Context) -> str:
        return get_default_renderer().render(self.name, context.flatten())  # type: ignore[arg-type]


@register.tag
def jinja(parser: template.base.Parser, token: template.base.Token) -> JinjaNode:
    """Include a template of a folder `jinja2`, with the whole context: {% jinja "admin/includes/fieldset.html" %}."""
    _, name = token.split_contents()
    return JinjaNode(name.strip('"'))
