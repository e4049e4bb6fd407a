"""Authors and publications at the desk, and merging rows that were entered twice."""

from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from desk.autosave import KeepsWords
from desk.conflicts import SeenForm
from desk.widgets import DeskFields
from issues.admin.columns import RunsAdmin, count_column
from issues.admin.printed import PrintedAdmin
from issues.changes import changing
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.recognition import count_articles, find_authors_spelled_like


class ArticleCountFilter(admin.SimpleListFilter):
    title = "articles"
    parameter_name = "articles"

    def lookups(self, request, model_admin):
        return [("none", "none"), ("one", "one"), ("several", "several")]

    def queryset(self, request, queryset):
        match self.value():
            case "none":
                return queryset.filter(article_count=0)
            case "one":
                return queryset.filter(article_count=1)
            case "several":
                return queryset.filter(article_count__gt=1)
        return queryset


class CreditAdmin(KeepsWords, DeskFields, PrintedAdmin, RunsAdmin):
    """Admin class that authors and publications share."""

    form = SeenForm
    list_filter = [ArticleCountFilter]
    ordering = ("name",)
    actions = ("merge",)
    printed = {"name", "slug"}
    relation: str  # The field of an article.
    article_count = count_column("article")

    def view_on_site(self, row):
        return row.get_absolute_url() if row.articles.published().exists() else None

    def issues_of(self, rows):
        return Issue.objects.filter(**{f"articles__{self.relation}__in": rows}).values_list("pk", flat=True)

    def issues_changed(self, form):
        """Return the row's issues. If no printed field changed, return unpublished issues only, for preflight."""
        issues = Issue.objects.filter(pk__in=super().issues_changed(form))
        if not self.printed & set(form.changed_data):
            issues = issues.unpublished()
        return issues.values_list("pk", flat=True)

    def save_row(self, request, obj, form, change):
        if change and "slug" in form.changed_data:
            obj.rename_slug(form.initial["slug"])
        super().save_row(request, obj, form, change)

    @admin.action(description="Merge rows that were entered twice", permissions=["change", "delete"])
    def merge(self, request, queryset):
        rows = list(queryset)
        if len(rows) < 2:
            self.message_user(request, "Select two or more to merge.", messages.ERROR)
            return None
        kept = next((row for row in rows if str(row.pk) == request.POST.get("kept")), None)
        if kept:
            with changing(set(self.issues_of(rows)), request.user, f"merged into “{kept}”") as change:
                for other in rows:
                    if other != kept:
                        self.log_change(request, kept, f"Merged “{other}” into it.")
                        kept.absorb(other)
            self.tell(request, change)
            self.message_user(request, format_html("Merged into “{}”.", kept), messages.SUCCESS)
            return HttpResponseRedirect(request.get_full_path())
        context = {
            **self.admin_site.each_context(request),
            "title": f"Merge {self.opts.verbose_name_plural}",
            "opts": self.opts,
            "rows": sorted(rows, key=lambda row: -row.article_count),
            "action": "merge",
        }
        return TemplateResponse(request, "admin/issues/merge.html", context)


@admin.register(Author)
class AuthorAdmin(CreditAdmin):
    relation = "authors"
    fields = ("name", "slug", "url", "aliases", "seen")
    list_display = ("name", "article_count", "last_run", "url")
    search_fields = ("name", "aliases", "url")
    search_help_text = "Name, other names, website."

    def save_row(self, request, obj, form, change):
        super().save_row(request, obj, form, change)
        if "name" in form.changed_data:
            for other, count in find_authors_spelled_like(obj.name, but=obj):
                sentence = (
                    "“{}” looks much like “{}” ({}). If they are the same person, select both in {} and merge them."
                )
                link = format_html('<a href="{}">the list of authors</a>', reverse("admin:issues_author_changelist"))
                self.message_user(
                    request, format_html(sentence, obj, other, count_articles(count), link), messages.WARNING
                )


@admin.register(Publication)
class PublicationAdmin(CreditAdmin):
    relation = "publication"
    fields = ("name", "slug", "url", "hosts", "sponsor", "disclosure", "seen")
    autocomplete_fields = ("sponsor",)
    list_display = ("name", "article_count", "last_run", "sponsor", "disclosure", "url")
    list_select_related = ("sponsor",)
    list_filter = [
        ArticleCountFilter,
        ("sponsor", admin.EmptyFieldListFilter),
        ("disclosure", admin.EmptyFieldListFilter),
    ]
    search_fields = ("name", "hosts", "url")
    search_help_text = "Name, host, website."
