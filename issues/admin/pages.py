from django.contrib import admin

from issues.admin.conflicts import SeenForm
from issues.admin.widgets import DeskFields
from issues.models import Page


@admin.register(Page)
class PageAdmin(DeskFields, admin.ModelAdmin):
    form = SeenForm
    fields = ("title", "slug", "body", "seen")
    list_display = ("title", "slug", "updated_at")
    search_fields = ("title", "body")

    def get_readonly_fields(self, request, obj=None):
        """Addresses are for ever, and nothing redirects from a page's."""
        return ("slug",) if obj else ()
