"""The desk: Django's admin site with its own first page, order of the menu, and sign-in."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from sreweekly.runway import load_runway

# In the order of an editor's work. All others follow in Django's order.
APPS = ("issues", "collecting", "sponsors", "taggit", "wordpress")
MODELS = ("Issue", "Article", "Candidate", "Source", "Author", "Publication", "Page", "Sponsor", "Placement", "Tag")


class Desk(admin.AdminSite):
    site_header = site_title = f"{settings.NEWSLETTER_NAME} desk"
    index_title = "Desk"

    @method_decorator(never_cache)
    def login(self, request, extra_context=None):
        """Redirect to allauth's sign-in. A signed-in user who is not an editor gets an explanation instead."""
        if request.user.is_authenticated and not self.has_permission(request):
            return render(request, "account/no_editor.html", status=403)
        return secure_admin_login(super().login)(request)

    def index(self, request, extra_context=None):
        runway = load_runway() if request.user.has_perm("issues.view_issue") else None
        return super().index(request, {"runway": runway} | (extra_context or {}))

    def get_app_list(self, request, app_label=None):
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _place(model["object_name"], MODELS))
        return sorted(apps, key=lambda app: _place(app["app_label"], APPS))


def _place(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)
