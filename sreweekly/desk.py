"""The desk: Django's admin site, with what an editor needs most on top."""

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig

# As an editor meets them; everything else follows in Django's order.
APPS = ("issues", "sponsors", "taggit")
MODELS = ("Issue", "Article", "Candidate", "Source", "Author", "Publication", "Page", "Sponsor", "Placement", "Tag")


class Desk(admin.AdminSite):
    site_header = site_title = f"{settings.NEWSLETTER_NAME} desk"
    index_title = "Desk"

    def get_app_list(self, request, app_label=None):
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _place(model["object_name"], MODELS))
        return sorted(apps, key=lambda app: _place(app["app_label"], APPS))


class DeskConfig(AdminConfig):
    default_site = "sreweekly.desk.Desk"


def _place(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)
