"""Authors and publications at the desk, and turning one into the other."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html

from desk.autosave import KeepsWords
from desk.conflicts import SeenForm
from desk.uses import MOST
from desk.widgets import DeskFields
from issues.admin.columns import RunsAdmin, count_column
from issues.admin.doubts import CreditDoubts, may_settle
from issues.admin.merging import PAIRS, MergesRows
from issues.admin.uses import article_uses
from issues.changes import Change, changing
from issues.doubts import find_pairs
from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.subjects import articles_of
from issues.recognition import count_articles, find_spelled_like


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


class CreditAdmin(MergesRows, KeepsWords, DeskFields, RunsAdmin):
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
        if change and "name" in form.changed_data:
            obj.keep_name(form.initial["name"])
        super().save_row(request, obj, form, change)
        if "name" in form.changed_data:
            self._tell_alike(request, obj)

    def _tell_alike(self, request: HttpRequest, row: Any) -> None:
        for other, count in find_spelled_like(row):
            sentence = "“{}” looks much like “{}” ({}). If they are the same, merge them."
            if address := self.merge_address(request, [row, other]):
                sentence = sentence.replace("merge them", '<a href="{}">merge them</a>')
            text = format_html(sentence, row, other, count_articles(count), address)
            self.message_user(request, text, messages.WARNING)

    def spellings(self):
        rows = self.model.objects.values_list("name", "aliases", "pk")
        return [(spelling, pk) for name, aliases, pk in rows for spelling in (*aliases, name)]

    def find_pairs(self, request):
        found = [(pair.one.row, pair.other.row) for pair in find_pairs(self.model)[:PAIRS]]
        return [(one, other, self.merge_address(request, [one, other])) for one, other in found]

    def changelist_view(self, request, extra_context=None):
        address = reverse("admin:issues_author_doubts") if may_settle(request) else ""
        return super().changelist_view(request, {"doubts_address": address, **(extra_context or {})})

    def uses_of(self, rows, most=MOST):
        articles = Article.objects.filter(**{f"{self.relation}__in": rows}).distinct()
        query = {str(self.opts.model_name): rows[0].slug} if len(rows) == 1 else {}
        return article_uses(articles, most, filter=query)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj and self._may_turn(request):
            context["turn_address"] = reverse(f"admin:issues_{self.opts.model_name}_turn", args=[obj.pk])
            context["other_kind"] = self._other().opts.verbose_name
        return super().render_change_form(request, context, add, change, form_url, obj)

    # Authors that are publications, and publications that are authors

    def get_urls(self):
        turn = self.admin_site.admin_view(self.turn_view)
        return [path("<int:pk>/turn/", turn, name=f"issues_{self.opts.model_name}_turn"), *super().get_urls()]

    def turn_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Turn an author into a publication, or back (POST), or say first what that changes (GET)."""
        if not self._may_turn(request):
            raise PermissionDenied
        row = get_object_or_404(self.model, pk=pk)
        if request.method == "POST":
            return self._turn(request, row)
        namesake = row.namesake()
        articles = articles_of(row)
        turned = row.articles_to_turn(namesake) if isinstance(row, Author) else articles
        printed = Issue.objects.published().filter(articles__in=turned.values_list("pk", flat=True))
        staying = articles.exclude(pk__in=turned.values_list("pk", flat=True))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Turn “{row}” into {_an(self._other().opts.verbose_name)}",
            "opts": self.opts,
            "row": row,
            "kind": self.opts.verbose_name,
            "other_kind": self._other().opts.verbose_name,
            "namesake": namesake,
            "turned": article_uses(turned, MOST, title="Articles that change"),
            "turned_count": turned.count(),
            "published_count": printed.distinct().count(),
            "staying": article_uses(staying, MOST, title="Articles that stay as they are"),
            "lost": self.lost_by_turning(row),
        }
        return TemplateResponse(request, "admin/issues/turn.html", context)

    def lost_by_turning(self, row: Any) -> list[str]:
        """Return what the other kind has no place for, such as “Hosts: a.example, b.example”."""
        return []

    def _turn(self, request: HttpRequest, row: Any) -> HttpResponse:
        other = self._other()
        cause = f"{self.opts.verbose_name} turned into {_an(other.opts.verbose_name)}"
        with changing(set(self.issues_of([row])), request.user, cause) as change:
            key, turned = row.pk, self.turn_inside(request, change, row.pk)
        self.tell(request, change)
        if turned is None:
            raise Http404
        sentence = format_html("“{}” is {} now.", turned, _an(other.opts.verbose_name))
        self.message_user(request, sentence, messages.SUCCESS)
        if left := Article.objects.filter(**{f"{self.relation}": key}).count():
            kept = "{} of another publication still credit the {} “{}”."
            text = format_html(kept, count_articles(left), self.opts.verbose_name, turned)
            self.message_user(request, text, messages.WARNING)
        return redirect(f"admin:issues_{other.opts.model_name}_change", turned.pk)

    def turn_inside(self, request: HttpRequest, change: Change, pk: int) -> Any:
        """Turn the row with this key within a change. Return what it became, or None if it is gone."""
        row = self.model.objects.select_for_update().filter(pk=pk).first()
        if row is None:
            return None
        change.include(self.issues_of([row]))  # Other requests may have put it into more while this one waited.
        turned = row.turn()
        self._other().log_change(request, turned, f"Was the {self.opts.verbose_name} “{row}”.")
        return turned

    def _may_turn(self, request: HttpRequest) -> bool:
        other = self._other()
        may_write = other.has_add_permission(request) and other.has_change_permission(request)
        return self.has_merge_permission(request) and may_write

    def _other(self) -> admin.ModelAdmin:
        return self.admin_site.get_model_admin(Publication if self.model is Author else Author)


def _an(noun: Any) -> str:
    return f"an {noun}" if str(noun)[0] in "aeiou" else f"a {noun}"


@admin.register(Author)
class AuthorAdmin(CreditDoubts, CreditAdmin):
    relation = "authors"
    fields = ("name", "slug", "url", "aliases", "seen")
    list_display = ("name", "article_count", "last_run", "url")
    search_fields = ("name", "aliases", "url")
    search_help_text = "Name, other names, website."


@admin.register(Publication)
class PublicationAdmin(CreditAdmin):
    relation = "publication"
    fields = ("name", "slug", "url", "aliases", "hosts", "sponsor", "disclosure", "seen")
    autocomplete_fields = ("sponsor",)
    list_display = ("name", "article_count", "last_run", "sponsor", "disclosure", "url")
    list_select_related = ("sponsor",)
    list_filter = [
        ArticleCountFilter,
        ("sponsor", admin.EmptyFieldListFilter),
        ("disclosure", admin.EmptyFieldListFilter),
    ]
    search_fields = ("name", "aliases", "hosts", "url")
    search_help_text = "Name, other names, host, website."

    def lost_by_turning(self, row):
        lost = {"Hosts": ", ".join(row.hosts), "Sponsor": str(row.sponsor or ""), "Disclosure": row.disclosure}
        return [f"{label}: {value}" for label, value in lost.items() if value]
