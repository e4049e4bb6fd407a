from typing import Any

from django import template
from django.http import HttpRequest

from issues.admin.runway import look_ahead

register = template.Library()


@register.inclusion_tag("admin/_runway.html", takes_context=True)
def runway(context: dict[str, Any]) -> dict[str, Any]:
    """Nothing for who may not see issues."""
    request: HttpRequest = context["request"]
    if not request.user.has_perm("issues.view_issue"):
        return {}
    return {"runway": look_ahead(), "request": request, "perms": context["perms"], "csrf_token": context["csrf_token"]}
