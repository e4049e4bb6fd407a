from django.contrib import admin
from django.db.models import Count
from taggit.models import Tag

from desk.uses import MOST
from issues.admin.credits import ArticleCountFilter
from issues.admin.merging import MergesRows
from issues.admin.uses import article_uses
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.tags import FormerTag, merge_tag

# The admin class of taggit edits a table that is not used here.
admin.site.unregister(Tag)


@admin.register(Tag)
class TagAdmin(MergesRows):
    actions = ("merge",)
    list_display = ("name", "article_count", "slug")
    list_filter = (ArticleCountFilter,)
    search_fields = ("name",)
    ordering = ("name",)

    readonly_fields = ("slug",)

    def get_fields(self, request, obj=None):
        """An address is made from the name, and does not change: nothing would redirect from the former one."""
        return ("name", "slug") if obj else ("name",)

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(article_count=Count("issues_tagging_items", distinct=True))

    @admin.display(description="articles", ordering="article_count")
    def article_count(self, tag):
        return tag.article_count

    def issues_of(self, rows):
        return Issue.objects.filter(articles__tags__in=rows).values_list("pk", flat=True)

    def absorb(self, kept, other):
        merge_tag(kept, other)

    def uses_of(self, rows, most=MOST):
        articles = Article.objects.filter(taggings__tag__in=rows).distinct()
        # A tag of punctuation alone, such as “++”, has no address.
        query = {"tag": rows[0].slug} if len(rows) == 1 and rows[0].slug else {}
        return article_uses(articles, most, "They stay, without the tag.", query)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj:
            context["former_names"] = list(FormerTag.objects.filter(tag=obj).values_list("name", flat=True))
        return super().render_change_form(request, context, add, change, form_url, obj)
