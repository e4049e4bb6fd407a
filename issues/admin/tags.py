from django.contrib import admin
from django.db.models import Count
from django.http import JsonResponse
from django.urls import path
from taggit.models import Tag

from issues.admin.credits import ArticleCountFilter
from issues.changes import note_changes
from issues.models.issues import Issue

# taggit's own admin edits and merges rows of a table that is not used here.
admin.site.unregister(Tag)


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    fields = ("name", "slug")
    list_display = ("name", "article_count", "slug")
    list_filter = (ArticleCountFilter,)
    search_fields = ("name",)
    ordering = ("name",)

    def get_readonly_fields(self, request, obj=None):
        """The address of its page and feeds stands for ever, as nothing redirects from it."""
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ("name",)}

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(article_count=Count("issues_tagging_items", distinct=True))

    @admin.display(description="articles", ordering="article_count")
    def article_count(self, tag):
        return tag.article_count

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if change and form.has_changed():
            note_changes(Issue.objects.filter(articles__tags=obj).distinct())

    def delete_model(self, request, obj):
        self.delete_queryset(request, Tag.objects.filter(pk=obj.pk))

    def delete_queryset(self, request, queryset):
        issues = list(Issue.objects.filter(articles__tags__in=queryset).values_list("pk", flat=True))
        super().delete_queryset(request, queryset)
        note_changes(Issue.objects.filter(pk__in=issues))

    def get_urls(self):
        suggest = self.admin_site.admin_view(self.suggest_view)
        return [path("suggest/", suggest, name="taggit_tag_suggest"), *super().get_urls()]

    def suggest_view(self, request):
        """Names for select2, the most used first: {"results": [{"id": name, "text": name}], …}."""
        if not self.has_view_permission(request):
            return JsonResponse({"results": [], "pagination": {"more": False}})
        tags = self.get_queryset(request).order_by("-article_count", "name")
        names = tags.filter(name__icontains=request.GET.get("term", "").replace("\0", "")).values_list(
            "name", flat=True
        )
        return JsonResponse(
            {"results": [{"id": name, "text": name} for name in names[:20]], "pagination": {"more": False}}
        )
