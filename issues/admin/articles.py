"""Articles alone: the backlog, and a look at everything that ever ran."""

from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.db.models import F
from django.utils.html import format_html

from issues.admin.article_form import ArticleFields, ArticlePageForm, withdraw_emptied
from issues.models import Article, Issue
from issues.rendering import note_changes


class PlaceFilter(admin.SimpleListFilter):
    title = "place"
    parameter_name = "place"

    def lookups(self, request, model_admin):
        return [("backlog", "backlog"), ("issue", "in an issue")]

    def queryset(self, request, queryset):
        match self.value():
            case "backlog":
                return queryset.backlog()
            case "issue":
                return queryset.exclude(issue=None)
        return queryset


class TagFilter(admin.SimpleListFilter):
    title = "tag"
    parameter_name = "tag"

    def lookups(self, request, model_admin):
        return [(tag.slug, tag.name) for tag in Article.tags.most_common()[:30]]

    def queryset(self, request, queryset):
        return queryset.filter(tags__slug=self.value()) if self.value() else queryset


@admin.register(Article)
class ArticleAdmin(ArticleFields, admin.ModelAdmin):
    form = ArticlePageForm
    fieldsets = (
        (None, {"fields": ("title", "url", "blurb")}),
        ("Credits", {"fields": ("author_list", "publication", "byline", "disclosure")}),
        (None, {"fields": ("tag_list", "place", ("state", "not_before"), "seen")}),
    )
    readonly_fields = ("place",)
    list_display = ("title", "host", "credits", "place", "section", "state", "created_at")
    list_filter = (PlaceFilter, "section", "state", TagFilter)
    search_fields = ("title", "blurb", "url", "byline", "authors__name", "publication__name")
    search_help_text = "Title, blurb, address, author, publication."
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER

    def get_queryset(self, request):
        articles = super().get_queryset(request)
        return articles.with_credits().select_related("issue")  # type: ignore[attr-defined]

    @admin.display(description="authors and publication")
    def credits(self, article):
        names = ", ".join(author.name for author in article.credited_authors)
        return article.byline or " — ".join(filter(None, (names, str(article.publication or ""))))

    @admin.display(description="issue", ordering="issue")
    def place(self, article):
        if not article.issue:
            return "backlog"
        return format_html('<a href="../../issue/{}/change/">{}</a>', article.issue_id, article.issue)

    def view_on_site(self, article):
        return article.get_absolute_url() if article.issue and article.issue.is_published else None

    def has_delete_permission(self, request, obj=None):
        """What readers have seen stays; a published issue is corrected, not thinned."""
        return super().has_delete_permission(request, obj) and not (obj and obj.issue and obj.issue.is_published)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if form.instance.issue_id and form.has_changed():
            issue = Issue.objects.filter(pk=form.instance.issue_id)
            issue.update(version=F("version") + 1)
            note_changes(issue)

    def delete_model(self, request, obj):
        self.delete_queryset(request, Article.objects.filter(pk=obj.pk))

    def delete_queryset(self, request, queryset):
        issues = list(queryset.exclude(issue=None).values_list("issue", flat=True))
        super().delete_queryset(request, queryset)
        Issue.objects.filter(pk__in=issues).update(version=F("version") + 1)
        withdraw_emptied(self, request, issues)
        note_changes(Issue.objects.filter(pk__in=issues))

    # Into an issue and out of it

    def get_actions(self, request, action_location=ActionLocation.CHANGE_LIST):
        actions = super().get_actions(request, action_location=action_location)
        if not (self.has_change_permission(request) and request.user.has_perm("issues.change_issue")):
            actions.pop("return_to_backlog", None)
            return actions
        for issue in Issue.objects.unpublished()[:5]:
            name = f"place_{issue.pk}"
            label = f"Place in {issue}"
            actions[name] = admin.options.Action(_placing(issue), name, label, label, [action_location])
        return actions

    @admin.action(
        description="Send back to the backlog",
        permissions=["change"],
        location=[ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM],
    )
    def return_to_backlog(self, request, queryset):
        issues = list(queryset.exclude(issue=None).values_list("issue", flat=True))
        for article in queryset.exclude(issue=None):
            if article.issue.is_published:
                self.message_user(request, format_html("“{}” stays: {} is published.", article, article.issue), "error")
                continue
            article.return_to_backlog()
            self.message_user(request, format_html("“{}” is in the backlog.", article), messages.SUCCESS)
        withdraw_emptied(self, request, issues)
        note_changes(Issue.objects.filter(pk__in=issues))

    actions = ("return_to_backlog",)


def _placing(issue):
    def place(modeladmin, request, queryset):
        for article in queryset:
            if article.issue_id:
                modeladmin.message_user(request, format_html("“{}” is in {} already.", article, article.issue), "error")
                continue
            article.place(issue)
            modeladmin.message_user(request, format_html("“{}” is in {} now.", article, issue), messages.SUCCESS)
        note_changes(Issue.objects.filter(pk=issue.pk))

    return place
