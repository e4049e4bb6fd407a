"""What a form shows of a field that can only be read."""

from typing import Any

from django import template
from django.contrib.admin.helpers import AdminReadonlyField
from django.contrib.admin.utils import lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import BooleanField, ForeignKey

register = template.Library()


@register.simple_tag(takes_context=True)
def read_only(context: template.Context, field: AdminReadonlyField) -> Any:
    """Return a value as Django does, but yes and no in words, and no link to a row that the user may not open."""
    site = field.model_admin.admin_site
    try:
        found, _, value = lookup_field(field.field["field"], field.form.instance, field.model_admin)
    except (AttributeError, ValueError, ObjectDoesNotExist):
        return field.contents()
    if isinstance(found, BooleanField) and value is not None:
        return "yes" if value else "no"
    if isinstance(found, ForeignKey) and value is not None and site.is_registered(found.related_model):
        opens = site.get_model_admin(found.related_model).has_view_permission(context["request"])
        return field.contents() if opens else str(value)
    return field.contents()
