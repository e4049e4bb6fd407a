"""Articles at the desk: the backlog, and everything that ever ran."""

from django.contrib import admin, messages
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime

from desk.autosave import KeepsWords
from desk.uses import MOST
from issues.admin.article_form import ArticlePageForm
from issues.admin.backlog import BacklogActions
from issues.admin.backlog_filters import (
    AuthorFilter,
    CreditsFilter,
    HoldFilter,
    PlaceFilter,
    PublicationFilter,
    StateFilter,
    TagFilter,
)
from issues.admin.doubts import CreditsFromBylines
from issues.admin.drawer import OffersBacklog, describe_holds
from issues.admin.fields import NamedRows
from issues.admin.offers import ArticleOffers
from issues.admin.permissions import ProofreadsWords
from issues.admin.printed import IssuePartAdmin, IssuePartForm
from issues.admin.uses import issue_uses
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.runs import RECENT_ISSUES, count_recent_runs, describe_run, earlier_runs


class ArticleWords(IssuePartAdmin, ProofreadsWords):
    """Admin class that shows proofreaders, and whoever may change nothing, the words of an article and its credits."""

    beside_words = ("url", "credits", "disclosure")

    def get_form(self, request, obj=None, change=False, **kwargs):
        if self._shows_words(request, obj):
            kwargs["form"] = IssuePartForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request, obj=None):
        if not self._shows_words(request, obj):
            return super().get_fieldsets(request, obj)
        seen = ("seen",) if self.has_change_permission(request, obj) else ()
        return [(None, {"fields": ("title", "url", "blurb", "credits", "disclosure", "issue_link", *seen)})]

    def _shows_words(self, request, obj):
        if obj is None:
            return False
        return self.changes_words_only(request) or not self.has_change_permission(request, obj)


@admin.register(Article)
class ArticleAdmin(
    KeepsWords, NamedRows, BacklogActions, CreditsFromBylines, OffersBacklog, ArticleOffers, ArticleWords
):
    form = ArticlePageForm
    actions = ("return_to_backlog", "credit_bylines")
    counts_versions = False  # Article.save() does.
    fieldsets = (
        (None, {"fields": ("title", "url", "pasted", "runs_before", "blurb")}),
        ("Credits", {"fields": ("author_list", "publication", "recent_runs", "byline", "disclosure")}),
        (None, {"fields": ("tag_list", "issue_link")}),
        ("Backlog", {"fields": ("state", "not_before", "hold_one_per", "series", "notes", "seen")}),
    )
    readonly_fields = ("pasted", "runs_before", "recent_runs", "issue_link")
    list_display = ("subject", "standing", "about", "saved_on")
    list_filter = (
        *(PlaceFilter, StateFilter, HoldFilter),
        *(AuthorFilter, PublicationFilter, CreditsFilter, TagFilter, "section"),
    )
    search_fields = ("title", "blurb", "url", "byline", "notes", "series", "authors__name", "publication__name")
    search_help_text = "Title, blurb, address, author, publication, notes, series."
    ordering = ("-created_at", "-pk")
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER

    class Media:
        css = {"all": ("desk/backlog.css",)}

    def get_queryset(self, request):
        articles = super().get_queryset(request)
        return articles.with_credits().select_related("issue")  # type: ignore[attr-defined]

    # Columns

    @admin.display(description="title", ordering="title")
    def subject(self, article):
        """Return the title or, until it is known, the address and why. In the inbox, add whether the page says so."""
        is_open = not article.title or (article.state == Article.State.SAVED and not article.issue)
        said = article.page.describe(article.title) if article.page and is_open else ""
        return format_html('{}<span class="reading">{}</span>', article, said) if said else str(article)

    @admin.display(description="from", ordering="canonical_url")
    def about(self, article):
        """Return where the article stands, who wrote it, where it ran, how often they ran, and its tags."""
        link = '<a class="article-address" href="{}" target="_blank" rel="noopener noreferrer">{}</a>'
        recent = f"{article.recent_runs} in the last {RECENT_ISSUES}" if article.recent_runs else ""
        lines = [
            ("address", format_html(link, article.url, article.host) if article.url else ""),
            ("credits", article.credits),
            *(("ran", run) for run in article.earlier_runs),
            ("recent-runs", recent),
            ("tags", ", ".join(tag.name for tag in article.printed_tags)),
        ]
        return format_html_join("", '<span class="{}">{}</span>', ((name, line) for name, line in lines if line))

    @admin.display(description="state", ordering="state")
    def standing(self, article):
        if article.issue:
            return _link(article.issue)
        state = format_html(
            '<span class="state state-{0}" data-state="{0}">{1}</span>', article.state, article.get_state_display()
        )
        holds = describe_holds(article)
        return format_html('{}<span class="holds">{}</span>', state, holds) if holds else state

    @admin.display(description="saved on", ordering="created_at")
    def saved_on(self, article):
        return date_format(localtime(article.created_at))

    # Beside the fields of the form

    def get_fieldsets(self, request, obj=None):
        """Leave out the read-only fields of a new article: there is nothing to show yet."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj:
            return fieldsets
        shown = set(self.readonly_fields)
        return [
            (name, {"fields": [field for field in part["fields"] if field not in shown]}) for name, part in fieldsets
        ]

    @admin.display(description="As pasted")
    def pasted(self, article):
        if article.pasted_url == article.url:
            return "the same"
        return article.pasted_url or "unknown"

    @admin.display(description="Ran before", empty_value="no")
    def runs_before(self, article):
        return ". ".join(_runs_before(article))

    @admin.display(description=f"In the last {RECENT_ISSUES} issues", empty_value="none")
    def recent_runs(self, article):
        return count_recent_runs([article]).describe(article)

    @admin.display(description="issue")
    def issue_link(self, article):
        return _link(article.issue) if article.issue else "the backlog"

    def view_on_site(self, article):
        return article.get_absolute_url() if article.issue and article.issue.is_published else None

    def has_delete_permission(self, request, obj=None):
        """Articles that readers have seen are corrected, not deleted."""
        return super().has_delete_permission(request, obj) and not (obj and obj.issue and obj.issue.is_published)

    def uses_of(self, rows, most=MOST):
        issues = Issue.objects.filter(articles__in=rows).distinct()
        return issue_uses(issues, most, "They stay, without what is deleted.")

    def issues_of(self, rows):
        return [article.issue_id for article in rows if article.issue_id]

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        for sentence in _runs_before(form.instance):
            self.message_user(request, f"{sentence}. Remove it unless it is meant to run again.", messages.WARNING)


def _runs_before(article: Article) -> list[str]:
    """Return a sentence for each earlier run of the link. At most one query."""
    runs = earlier_runs([article.canonical_url])
    return [describe_run(run) for run in runs.get(article.canonical_url, []) if run.pk != article.pk]


def _link(issue: Issue) -> str:
    return format_html('<a href="{}">{}</a>', reverse("admin:issues_issue_change", args=[issue.pk]), issue)
