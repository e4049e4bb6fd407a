"""Authors and publications, and the merging of those that were entered twice."""

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from desk.autosave import KeepsWords
from desk.columns import RunsAdmin, count_column
from desk.conflicts import SeenForm
from desk.widgets import DeskFields
from issues.changes import note_changes, save_versions
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


class CreditAdmin(KeepsWords, DeskFields, RunsAdmin):
    """What the desk does alike for authors and publications."""

    form = SeenForm
    list_filter = [ArticleCountFilter]
    ordering = ("name",)
    actions = ("merge",)
    printed = {"name", "slug"}
    article_count = count_column("article")

    def view_on_site(self, row):
        return row.get_absolute_url() if row.articles.published().exists() else None

    def issues_of(self, row):
        return Issue.objects.filter(articles__in=row.articles.all()).distinct()

    def save_model(self, request, obj, form, change):
        if change and "slug" in form.changed_data:
            obj.rename_slug(form.initial["slug"])
        super().save_model(request, obj, form, change)
        if change and self.printed & set(form.changed_data):
            note_changes(self.issues_of(obj))

    @admin.action(description="Merge: the same, entered twice", permissions=["change", "delete"])
    def merge(self, request, queryset):
        rows = list(queryset)
        if len(rows) < 2:
            self.message_user(request, "Choose two or more to merge.", messages.ERROR)
            return None
        kept = next((row for row in rows if str(row.pk) == request.POST.get("kept")), None)
        if kept:
            with transaction.atomic():
                for other in rows:
                    self.issues_of(other).keep_revisions()
                    if other != kept:
                        self.log_change(request, kept, f"Merged “{other}” into it.")
                        kept.absorb(other)
                # An open form still offers those that are gone now: it is told.
                save_versions(self.issues_of(kept), request.user, f"merged into “{kept}”")
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
    fields = ("name", "slug", "url", "aliases", "seen")
    list_display = ("name", "article_count", "last_run", "url")
    search_fields = ("name", "aliases", "url")
    search_help_text = "Name, other names, website."

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if "name" in form.changed_data:
            for other, count in find_authors_spelled_like(obj.name, but=obj):
                sentence = "“{}” is spelled much like “{}” ({}). If they are one, choose both in {} and merge them."
                link = format_html('<a href="{}">the list of authors</a>', reverse("admin:issues_author_changelist"))
                self.message_user(
                    request, format_html(sentence, obj, other, count_articles(count), link), messages.WARNING
                )


@admin.register(Publication)
class PublicationAdmin(CreditAdmin):
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
