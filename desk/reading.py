"""What a form shows of a field that can only be read."""

from typing import Any

from django.contrib.admin.helpers import AdminReadonlyField
from django.db.models import BooleanField, ForeignKey
from django.http import HttpRequest


def read_only(request: HttpRequest, field: AdminReadonlyField) -> Any:
    """Return a value as Django does, but yes and no in words, and no link to a row that the user may not open."""
    assert field.model_admin is not None
    site, row = field.model_admin.admin_site, field.form.instance
    found = {one.name: one for one in row._meta.fields}.get(field.field["name"])
    if isinstance(found, BooleanField) and (value := getattr(row, found.name)) is not None:
        return "yes" if value else "no"
    if isinstance(found, ForeignKey) and getattr(row, found.attname) and site.is_registered(found.related_model):
        opens = site.get_model_admin(found.related_model).has_view_permission(request)
        return field.contents() if opens else str(getattr(row, found.name))
    return field.contents()
