"""The desk: Django's admin site with its own menu, first page, box for finding, and sign-in."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from issues.models.issues import Issue
from sreweekly.finding import find
from sreweekly.inventory import describe
from sreweekly.menu import count_waiting, load_menu, load_place, load_settings, may_see_roles
from sreweekly.roles import ROLES, load_others, load_roles, restore
from sreweekly.runway import load_runway


class Desk(admin.AdminSite):
    site_header = site_title = f"{settings.NEWSLETTER_NAME} desk"
    index_title = "This week"
    enable_nav_sidebar = False
    empty_value_display = ""  # The style sheets of lists and forms show what is empty.

    @method_decorator(never_cache)
    def login(self, request, extra_context=None):
        """Redirect to allauth's sign-in. A signed-in user who is not an editor gets an explanation instead."""
        if request.user.is_authenticated and not self.has_permission(request):
            return render(request, "account/no_editor.html", status=403)
        return secure_admin_login(super().login)(request)

    def each_context(self, request):
        context = super().each_context(request)
        if not context["has_permission"]:
            return context
        menu = load_menu(self, request)
        waiting = SimpleLazyObject(lambda: count_waiting(request.user))
        return context | {"menu": menu, "waiting": waiting, **load_place(self, request, menu)}

    def get_app_list(self, request, app_label=None):
        """Return the list of an app for its page. The menu replaces the list of all apps, made for every page."""
        return super().get_app_list(request, app_label) if app_label else []

    def index(self, request, extra_context=None):
        runway = load_runway(request.user) if self.get_model_admin(Issue).has_view_permission(request) else None
        context = {**self.each_context(request), "title": "This week", "runway": runway, **(extra_context or {})}
        request.current_app = self.name
        return TemplateResponse(request, "admin/index.html", context)

    def get_urls(self):
        return [
            path("find/", self.admin_view(self.find_view), name="find"),
            path("settings/", self.admin_view(self.settings_view), name="settings"),
            path("settings/roles/", self.admin_view(self.roles_view), name="roles"),
            path("settings/roles/restore/", self.admin_view(require_POST(self.restore_role_view)), name="restore_role"),
            *super().get_urls(),
        ]

    def find_view(self, request):
        """Show what the words of `q` find. With `part`, only the list, for desk/frame.js."""
        words = request.GET.get("q", "")
        context = {"words": words, "groups": find(self, request, words)}
        if "part" in request.GET:
            return TemplateResponse(request, "admin/_found.html", context)
        return TemplateResponse(request, "admin/find.html", {**self.each_context(request), "title": "Find", **context})

    def settings_view(self, request):
        """Say of each part of the settings that the user may open what it is for, and its state. One query for each."""
        entries = load_settings(self, request)
        if not entries:
            raise PermissionDenied
        context = {**self.each_context(request), "title": "Settings", "entries": describe(entries)}
        return TemplateResponse(request, "admin/settings.html", context)

    def roles_view(self, request):
        """Say what each role may do, and who has it."""
        if not may_see_roles(request.user):
            raise PermissionDenied
        context = {**self.each_context(request), "title": "Roles", "roles": load_roles(), "others": load_others()}
        return TemplateResponse(request, "admin/roles.html", context)

    def restore_role_view(self, request):
        """Give the group of `role` the ready-made permissions."""
        if not (may_see_roles(request.user) and request.user.has_perm("auth.change_group")):
            raise PermissionDenied
        role = next((role for role in ROLES if role.name == request.POST.get("role")), None)
        if role is None:
            raise Http404
        restore(role)
        messages.success(request, format_html("“{}” has the ready-made permissions.", role.name))
        return redirect("admin:roles")
