from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.html import format_html

from desk.autosave import KeepsWords
from desk.conflicts import SeenForm
from desk.widgets import DeskFields
from issues.models.pages import Page


@admin.register(Page)
class PageAdmin(KeepsWords, DeskFields, admin.ModelAdmin):
    form = SeenForm
    fields = ("title", "slug", "body", "is_published", "seen")
    list_display = ("title", "state", "slug", "updated_at")
    list_filter = ("is_published",)
    search_fields = ("title", "body")

    def get_readonly_fields(self, request, obj=None):
        """Addresses are for ever, and nothing redirects from a page's."""
        return ("slug",) if obj else ()

    @admin.display(description="state", ordering="is_published")
    def state(self, page):
        return format_html('<span class="state state-{0}">{0}</span>', "published" if page.is_published else "draft")

    def view_on_site(self, page):
        return page.get_absolute_url() if page.is_published else None

    def get_urls(self):
        preview = self.admin_site.admin_view(self.preview_view)
        return [path("<int:pk>/preview/", preview, name="issues_page_preview"), *super().get_urls()]

    def preview_view(self, request, pk):
        """The page as readers will see it, with what is saved. For the desk's users only."""
        page = get_object_or_404(Page, pk=pk)
        if not self.has_view_permission(request, page):
            raise PermissionDenied
        return render(request, "issues/page.html", {"page": page, "preview": True})
