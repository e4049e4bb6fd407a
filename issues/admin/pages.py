from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.html import format_html

from desk.autosave import KeepsWords
from desk.conflicts import SeenForm
from desk.widgets import DeskFields
from issues.changes import changing_page
from issues.models.pages import Page


@admin.register(Page)
class PageAdmin(KeepsWords, DeskFields, admin.ModelAdmin):
    form = SeenForm
    counts_versions = False
    fields = ("title", "slug", "body", "is_published", "seen")
    list_display = ("title", "state", "slug", "updated_at")
    list_filter = ("is_published",)
    search_fields = ("title", "body")

    def get_readonly_fields(self, request, obj=None):
        """A page keeps its address: links to it are on other sites."""
        return ("slug",) if obj else ()

    def save_model(self, request, obj, form, change):
        """Do nothing: save_related(), which Django calls next, saves the page inside the door."""

    def save_related(self, request, form, formsets, change):
        with changing_page(form.instance, request.user, "saved" if change else "added"):
            super().save_model(request, form.instance, form, change)
            super().save_related(request, form, formsets, change)

    @admin.display(description="state", ordering="is_published")
    def state(self, page):
        return format_html('<span class="state state-{0}">{0}</span>', "published" if page.is_published else "draft")

    def view_on_site(self, page):
        return page.get_absolute_url() if page.is_published else None

    def get_urls(self):
        preview = self.admin_site.admin_view(self.preview_view)
        return [path("<int:pk>/preview/", preview, name="issues_page_preview"), *super().get_urls()]

    def preview_view(self, request, pk):
        """Show the saved page as readers will see it, to users of the desk."""
        page = get_object_or_404(Page, pk=pk)
        if not self.has_view_permission(request, page):
            raise PermissionDenied
        return render(request, "issues/page.html", {"page": page, "preview": True})
