from django.contrib import admin
from django.db.models import Count
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
