"""Candidates at the desk: save, shortlist or decline one or many at once."""

from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.contrib.admin.views.main import ChangeList
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest
from django.urls import path
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator

from collecting.admin import capture, saved
from collecting.admin.inbox import InboxPage
from collecting.models.candidates import Candidate
from issues.models.articles import Article
from issues.runs import describe_run, earlier_runs

EVERYWHERE = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]
NEW_FIRST = Case(When(state=Candidate.State.NEW, then=Value(0)), default=Value(1))


class CandidateList(ChangeList):
    """Finds the earlier runs of all candidates on a page with one query."""

    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        runs = earlier_runs(key for candidate in self.result_list for key in candidate.keys)
        for candidate in self.result_list:
            candidate.runs = [run for key in sorted(candidate.keys) for run in runs.get(key, [])]


class StateFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request, model_admin):
        return [*Candidate.State.choices, ("decided", "decided")]

    def queryset(self, request, queryset):
        if self.value() == "decided":
            return queryset.exclude(state=Candidate.State.NEW)
        return queryset.filter(state=self.value()) if self.value() in Candidate.State.values else queryset


@admin.register(Candidate)
class CandidateAdmin(InboxPage):
    """Shows candidates and decides on them. They are never edited."""

    fields = (
        *("title", "link", "page_canonical", "author", "site_name", "excerpt"),
        *("already_ran", "device", "source", "arrived_at", "state", "article"),
    )
    list_display = ("subject", "host", "author", "already_ran", "origin", "state", "arrived_at")
    list_filter = (StateFilter, "device", "source")
    list_select_related = ("device", "source")
    search_fields = ("title", "url", "author", "site_name", "excerpt")
    search_help_text = "Title, address, author, site, selected text."
    ordering = (NEW_FIRST.asc(), "-arrived_at", "-pk")
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    actions = ("save_to_backlog", "shortlist", "decline", "return_to_inbox")

    class Media:
        css = {"all": ("desk/capture.css",)}

    def get_changelist(self, request, **kwargs):
        return CandidateList

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or self.has_decide_permission(request)

    # Columns and fields

    @admin.display(description="title", ordering="title")
    def subject(self, candidate):
        return candidate.title or Truncator(candidate.url).chars(80)

    @admin.display(description="address")
    def link(self, candidate):
        return format_html('<a href="{0}" rel="noreferrer">{0}</a>', candidate.url)

    @admin.display(description="from", ordering="device")
    def origin(self, candidate):
        return candidate.device or candidate.source

    @admin.display(description="already ran")
    def already_ran(self, candidate):
        runs = getattr(candidate, "runs", None)
        if runs is None:
            runs = [run for found in earlier_runs(candidate.keys).values() for run in found]
        return format_html_join(", ", "{}", ((describe_run(run),) for run in runs))

    # Pages and actions

    def get_urls(self):
        return [
            path("save/", self.admin_site.admin_view(capture.save_view), name="collecting_candidate_save"),
            path("saved/<int:pk>/", self.admin_site.admin_view(saved.saved_view), name="collecting_candidate_saved"),
            path("devices/", self.admin_site.admin_view(capture.add_device_view), name="collecting_device_add"),
            path(
                "devices/<int:pk>/revoke/",
                self.admin_site.admin_view(capture.revoke_device_view),
                name="collecting_device_revoke",
            ),
            *super().get_urls(),
        ]

    @admin.action(description="Save to the backlog", permissions=["decide"], location=EVERYWHERE)
    def save_to_backlog(self, request, queryset):
        self._take(request, queryset, Article.State.SAVED, "In the backlog: {}.")

    @admin.action(description="Shortlist", permissions=["decide"], location=EVERYWHERE)
    def shortlist(self, request, queryset):
        self._take(request, queryset, Article.State.SHORTLISTED, "Shortlisted: {}.")

    @admin.action(description="Decline", permissions=["decide"], location=EVERYWHERE)
    def decline(self, request, queryset):
        count = queryset.count()
        declined = queryset.order_by().decline()
        self.message_user(request, f"Declined: {declined}.", messages.SUCCESS)
        if kept := count - declined:
            self.message_user(request, f"Already decided, and left unchanged: {kept}.", messages.WARNING)

    @admin.action(description="Back to the inbox", permissions=["decide"], location=EVERYWHERE)
    def return_to_inbox(self, request, queryset):
        reopened = [candidate.reopen() for candidate in queryset]
        self.message_user(request, f"Back in the inbox: {sum(reopened)}.", messages.SUCCESS)
        if kept := reopened.count(False):
            sentence = f"Left unchanged: {kept}. Only declined links return, and only if they do not wait already."
            self.message_user(request, sentence, messages.WARNING)

    def _take(self, request: HttpRequest, queryset: QuerySet[Candidate], state: str, sentence: str) -> None:
        taken = [candidate.take(state) for candidate in queryset]
        capture.log_saved(request, taken)
        rows = ((capture.change_url(article), article) for article, _ in taken)
        links = format_html_join(", ", '<a href="{}">{}</a>', rows)
        self.message_user(request, format_html(sentence, links), messages.SUCCESS)
