from django.contrib import admin
from django.db.models import Count
from django.http import JsonResponse
from django.urls import path
from taggit.models import Tag

from issues.admin.credits import ArticleCountFilter
from issues.admin.printed import PrintedAdmin
from issues.models.issues import Issue

# The admin class of taggit edits a table that is not used here.
admin.site.unregister(Tag)


@admin.register(Tag)
class TagAdmin(PrintedAdmin):
    fields = ("name", "slug")
    list_display = ("name", "article_count", "slug")
    list_filter = (ArticleCountFilter,)
    search_fields = ("name",)
    ordering = ("name",)

    def get_readonly_fields(self, request, obj=None):
        """The address of a tag does not change, because nothing would redirect from the former one."""
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ("name",)}

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(article_count=Count("issues_tagging_items", distinct=True))

    @admin.display(description="articles", ordering="article_count")
    def article_count(self, tag):
        return tag.article_count

    def issues_of(self, rows):
        return Issue.objects.filter(articles__tags__in=rows).values_list("pk", flat=True)

    def get_urls(self):
        suggest = self.admin_site.admin_view(self.suggest_view)
        return [path("suggest/", suggest, name="taggit_tag_suggest"), *super().get_urls()]

    def suggest_view(self, request):
        """Answer names for select2, most used first: {"results": [{"id": name, "text": name}], …}."""
        if not self.has_view_permission(request):
            return JsonResponse({"results": [], "pagination": {"more": False}})
        tags = self.get_queryset(request).order_by("-article_count", "name")
        names = tags.filter(name__icontains=request.GET.get("term", "").replace("\0", "")).values_list(
            "name", flat=True
        )
        return JsonResponse(
            {"results": [{"id": name, "text": name} for name in names[:20]], "pagination": {"more": False}}
        )
