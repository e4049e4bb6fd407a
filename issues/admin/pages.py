from django.contrib import admin

from issues.admin.widgets import DeskFields
from issues.models import Page


@admin.register(Page)
class PageAdmin(DeskFields, admin.ModelAdmin):
    fields = ("title", "slug", "body")
    list_display = ("title", "slug", "updated_at")
    search_fields = ("title", "body")
