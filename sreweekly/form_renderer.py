"""Django's commonest form templates, printed without the template engine.

An issue of 40 articles has 560 fields. Of the 440 ms that its page at the desk took, the engine spent 120 on
these few templates. A test holds each to what Django's own prints.
"""

from collections.abc import Iterable
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_OPTION = "django/forms/widgets/select_option.html"


class FormRenderer(TemplatesSetting):
    """Django's own for every other template."""

    def render(self, template_name, context, request=None):
        printed = PRINTERS[template_name](context) if template_name in PRINTERS else None
        return super().render(template_name, context, request) if printed is None else printed


def _input(context: dict[str, Any]) -> SafeString:
    widget = context["widget"]
    value = [] if widget["value"] is None else [("value", widget["value"])]
    return _tag("input", [("type", widget["type"]), ("name", widget["name"]), *value, *widget["attrs"].items()])


def _textarea(context: dict[str, Any]) -> SafeString:
    widget = context["widget"]
    start = _tag("textarea", [("name", widget["name"]), *widget["attrs"].items()])
    return format_html("{}\n{}</textarea>", start, widget["value"] or "")


def _select(context: dict[str, Any]) -> SafeString | None:
    """None where it has groups, or options of another kind."""
    widget = context["widget"]
    options = [option for _, group, _ in widget["optgroups"] for option in group]
    if any(name for name, _, _ in widget["optgroups"]) or any(each["template_name"] != _OPTION for each in options):
        return None
    start = _tag("select", [("name", widget["name"]), *widget["attrs"].items()])
    lines = (
        (_tag("option", [("value", option["value"]), *option["attrs"].items()]), option["label"]) for option in options
    )
    return format_html("{}{}\n</select>", start, format_html_join("", "\n  {}{}</option>\n", lines))


def _label(context: dict[str, Any]) -> SafeString:
    if not context["use_tag"]:
        return format_html("{}", context["label"])
    start = _tag(context["tag"], (context["attrs"] or {}).items())
    return format_html("{}{}</{}>", start, context["label"], context["tag"])


def _errors(context: dict[str, Any]) -> str:
    errors = context["errors"]
    if not errors:
        return ""
    identity = [("id", f"{errors.field_id}_error")] if errors.field_id else []
    start = _tag("ul", [("class", context["error_class"]), *identity])
    return format_html("{}{}</ul>", start, format_html_join("", "<li>{}</li>", ((error,) for error in errors)))


def _tag(name: str, attributes: Iterable[tuple[str, Any]]) -> SafeString:
    """A start tag. An attribute that is True has no value, and one that is False is left out."""
    shown = [pair for pair in attributes if pair[1] is not False]
    pattern = "".join(" {}" if value is True else ' {}="{}"' for _, value in shown)
    parts = [part for pair in shown for part in (pair[:1] if pair[1] is True else pair)]
    return format_html(f"<{{}}{pattern}>", name, *parts)


_INPUTS = ("checkbox", "date", "email", "hidden", "input", "number", "password", "search", "text", "time", "url")

PRINTERS = {f"django/forms/widgets/{kind}.html": _input for kind in _INPUTS} | {
    "django/forms/widgets/textarea.html": _textarea,
    "django/forms/widgets/select.html": _select,
    "django/forms/label.html": _label,
    "django/forms/errors/list/default.html": _errors,
    "django/forms/errors/list/ul.html": _errors,
}
