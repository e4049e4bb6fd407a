"""Issues at the desk: writing, publishing and correcting them."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from desk.autosave import KeepsWords
from desk.moments import format_moment
from desk.rows import MakesRowsOnce
from desk.uses import MOST
from desk.widgets import DeskFields
from issues.admin import acts
from issues.admin.corrections import offer_correction
from issues.admin.drawer import ShowsPlacedRows
from issues.admin.history import KeepsHistory
from issues.admin.issue_form import ArticleInline, ArticleWordsInline, IssueForm, PlacementInline
from issues.admin.permissions import ProofreadsWords, check_open, is_open_to, may_publish, may_read_notes, why_closed
from issues.admin.preflight import BUTTONS, ChecksBeforePublishing
from issues.admin.previews import ShowsPreviews
from issues.admin.printed import PrintedAdmin
from issues.admin.typed import ChecksWhileTyping
from issues.admin.uses import article_uses, issue_uses
from issues.changes import Change, changing
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.publishing import is_published
from sponsors.models import Placement
from text.markdown import MAX_MARKDOWN_LENGTH, render_uncached, validate_markdown


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [(state, state) for state in ("draft", "ready for review", "scheduled", "published")]

    def queryset(self, request, queryset):
        match self.value():
            case "draft":
                return queryset.filter(status=Issue.Status.DRAFT)
            case "ready for review":
                return queryset.exclude(review_requested_at=None)
            case "scheduled":
                return queryset.filter(status=Issue.Status.APPROVED).exclude(is_published())
            case "published":
                return queryset.filter(is_published())
        return queryset


class IssueList(ChangeList):
    """List that adds article_count, and loads sponsors."""

    def get_queryset(self, request, exclude_parameters=None):
        return (
            super()
            .get_queryset(request, exclude_parameters)
            .annotate(article_count=Count("articles", distinct=True))
            .prefetch_related(Prefetch("placements", Placement.objects.select_related("sponsor")))
        )


@admin.register(Issue)
class IssueAdmin(
    ChecksBeforePublishing,
    ChecksWhileTyping,
    ShowsPlacedRows,
    ShowsPreviews,
    KeepsHistory,
    MakesRowsOnce,
    PrintedAdmin,
    KeepsWords,
    ProofreadsWords,
    DeskFields,
):
    form = IssueForm
    inlines = (PlacementInline, ArticleInline)
    beside_words = ("number", "slug", "publish_at", "notes")
    fieldsets = (
        ("Notes", {"fields": ("notes",)}),
        ("Number, time, address", {"fields": (("number", "title"), ("slug", "publish_at"), "seen")}),
        ("Intro", {"fields": ("intro",)}),
    )
    change_form_template = "admin/issues/issue/change_form.html"
    counts_versions = False
    list_display = ("title", "state", "publish_at", "article_count", "sponsors", "updated_at")
    list_filter = (StateFilter, "placements__sponsor")
    date_hierarchy = "publish_at"
    search_fields = ("=number", "title", "intro", "articles__title")
    search_help_text = "Number, title, intro, titles of articles."
    ordering = ("-number",)
    actions = ("withdraw_selected",)

    class Media:
        js = ("desk/issue-number.js", "desk/issue-keys.js")

    # What is shown

    def get_changelist(self, request, **kwargs):
        return IssueList

    @admin.display(description="articles", ordering="article_count")
    def article_count(self, issue):
        return issue.article_count

    @admin.display(description="state", ordering="status")
    def state(self, issue):
        state = format_html('<span class="state state-{0}">{0}</span>', issue.state)
        is_ready = issue.review_requested_at is not None
        return format_html('{} <span class="state accent">ready for review</span>', state) if is_ready else state

    @admin.display(description="sponsor")
    def sponsors(self, issue):
        return ", ".join(placement.sponsor.name for placement in issue.placements.all())

    def view_on_site(self, issue):
        return issue.get_absolute_url() if issue.is_published else None

    def get_fieldsets(self, request, obj=None):
        notes, *printed = super().get_fieldsets(request, obj)
        return [notes, *printed] if may_read_notes(request.user) else printed

    def get_readonly_fields(self, request, obj=None):
        """Number and time of a published issue do not change: they are in readers' feeds."""
        fixed = {"number", "publish_at"} if obj and obj.is_published else set()
        return tuple(fixed.union(super().get_readonly_fields(request, obj)))

    def get_inlines(self, request, obj):
        is_whole = obj is None or (self.has_change_permission(request, obj) and not self.changes_words_only(request))
        return self.inlines if is_whole else (PlacementInline, ArticleWordsInline)

    def get_changeform_initial_data(self, request):
        number = Issue.objects.next_number()
        given = super().get_changeform_initial_data(request)
        given.pop("publish_at", None)  # It is text here, but the form needs a time.
        return {
            "number": number,
            "title": settings.ISSUE_TITLE.format(number=number),
            "slug": settings.ISSUE_SLUG.format(number=number),
            "publish_at": Issue.objects.next_publication_time(),
            **given,
        }

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        is_open = obj is not None and not obj.is_published and self.has_change_permission(request, obj)
        context["may_place"] = is_open and request.user.has_perms(["issues.change_issue", "issues.change_article"])
        return super().render_change_form(request, context, add, change, form_url, obj)

    # Permissions

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and is_open_to(request.user, obj)

    def has_publish_permission(self, request):
        return may_publish(request.user)

    def has_delete_permission(self, request, obj=None):
        """An issue with a guid is not deleted: feed readers would mistake the next issue with this number for it."""
        return super().has_delete_permission(request, obj) and not (obj and obj.guid)

    def why_closed(self, request, row):
        is_closed = super().has_change_permission(request, row) and not is_open_to(request.user, row)
        return why_closed(row) if is_closed else ""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Refuse the buttons that the user's page does not have."""
        pressed = request.POST.keys()
        if pressed & {*BUTTONS, "_withdraw"} and not may_publish(request.user):
            raise PermissionDenied
        if pressed & {"_ask_review", "_end_review"} and not request.user.has_perm("issues.change_issue"):
            raise PermissionDenied
        return super().changeform_view(request, object_id, form_url, extra_context)

    def uses_of(self, rows, most=MOST):
        """An issue is empty before it is deleted: its words go back to the backlog first."""
        articles = Article.objects.filter(issue__in=rows)
        booked = Issue.objects.filter(placements__issue__in=rows).distinct()
        return [*article_uses(articles, most), *issue_uses(booked, most, title="Sponsors’ messages")]

    # Saving and publishing

    def issues_of(self, rows):
        return [issue.pk for issue in rows]

    def save_related(self, request, form, formsets, change):
        issue = form.instance
        issue.answer = None
        with changing([issue] if change else [], request.user, "saved" if change else "added") as this_change:
            check_open(request.user, this_change.issues.values())
            issue.notes_version += "notes" in form.changed_data
            self.save_row(request, issue, form, change)
            # Skip PrintedAdmin, which would call changing() again.
            super(PrintedAdmin, self).save_related(request, form, formsets, change)
            if not change:
                this_change.add(issue)
            issue.answer = self._press_button(request, this_change, issue)
        self.tell(request, this_change)
        if this_change.printed and change and issue.is_published and "_publish" not in request.POST:
            offer_correction(self, request, issue)

    def _press_button(self, request: HttpRequest, change: Change, issue: Issue) -> HttpResponse | None:
        """Do what the pressed button says, and return where it leads, or None for Django's own buttons."""
        here = HttpResponseRedirect(reverse("admin:issues_issue_change", args=[issue.pk]))
        if "_preview" in request.POST:
            return HttpResponseRedirect(reverse("admin:issues_issue_previews", args=[issue.pk]))
        if "_withdraw" in request.POST and issue.is_published:
            self.message_user(request, "Saved. It is published by now, so it was not taken back.", messages.ERROR)
            return here
        if "_withdraw" in request.POST:
            in_time = " Nothing was sent." if issue.is_cooling_off else ""
            change.cause = "made a draft again"
            change.load(issue).withdraw()
            self._tell_state(request, issue, f"Saved. {{}} is a draft again.{in_time}")
            return here
        if {"_ask_review", "_end_review"} & request.POST.keys():
            self._change_review(request, issue)
            return here
        publish_at = timezone.now() + settings.COOLING_OFF if "_publish" in request.POST else issue.publish_at
        if not {"_approve", "_publish"} & request.POST.keys() or issue.is_published or publish_at is None:
            return None
        if held_back := self.hold_back(request, change, issue, publish_at):
            return held_back
        change.approve(issue, publish_at)
        change.cause = "published" if issue.is_published else "approved for its time"
        self._tell_state(request, issue, _what_comes(issue))
        return here

    def _change_review(self, request: HttpRequest, issue: Issue) -> None:
        """Call the issue ready for review or, by the other button, not."""
        if issue.is_approved:
            return
        if "_ask_review" in request.POST:
            issue.request_review(request.user)  # type: ignore[arg-type]
            sentence = "Saved. {} is ready for review: who may publish sees that on This week."
            self.log_change(request, issue, "Ready for review.")
        else:
            issue.end_review()
            sentence = "Saved. {} is not called ready for review any more."
            self.log_change(request, issue, "Not ready for review any more.")
        self.message_user(request, format_html(sentence, issue), messages.SUCCESS)

    def last_save(self, row):
        """Return who made the last version, or saved since what makes none: the notes."""
        last, logged = row.revisions.select_related("saved_by").first(), super().last_save(row)
        if last and not (logged[1] and logged[1] > last.saved_at):
            return str(last.saved_by or ""), last.saved_at
        return logged

    def bring_back(self, request: HttpRequest, row: Issue, keys: list[str]) -> bool:
        """Place articles that were sent to the backlog elsewhere, and that the editor wants to keep in the issue."""
        with changing([row], request.user, "article placed"):
            wanted = list(Article.objects.backlog().filter(pk__in=keys).select_for_update(of=("self",)))
            for article in wanted:
                article.place(row)
        return bool(wanted)

    def response_add(self, request, obj, post_url_continue=None):
        return obj.answer or super().response_add(request, obj, post_url_continue)

    def response_change(self, request, obj):
        return obj.answer or super().response_change(request, obj)

    def _tell_state(self, request: HttpRequest, issue: Issue, sentence: str) -> None:
        self.message_user(request, format_html(sentence, issue), messages.SUCCESS)
        self.log_change(request, issue, f"Now {issue.state}, for {issue.publish_at}.")

    @admin.action(description="Withdraw: make it a draft again", permissions=["publish"])
    def withdraw_selected(self, request, queryset):
        with changing(list(queryset), request.user, "made a draft again") as change:
            for issue in change.issues.values():
                issue.withdraw()
                self._tell_state(request, issue, "{} is a draft again. Readers get “not found” for its page.")

    # Other views

    def get_urls(self):
        return [
            path(
                "markdown-preview/",
                self.admin_site.admin_view(self.markdown_preview_view),
                name="issues_issue_markdown_preview",
            ),
            path("begin/", self.admin_site.admin_view(acts.begin_view), name="issues_issue_begin"),
            path("<int:pk>/announce/", self.admin_site.admin_view(acts.announce_view), name="issues_issue_announce"),
            path("<int:pk>/withdraw/", self.admin_site.admin_view(acts.withdraw_view), name="issues_issue_withdraw"),
            *super().get_urls(),
        ]

    def markdown_preview_view(self, request):
        """Answer with the Markdown of `content` as HTML, and a sentence for everything that would not be printed."""
        text = request.POST.get("content", "")
        if len(text) > MAX_MARKDOWN_LENGTH:
            text, problems = "", [f"This text is too long: {len(text):,} characters (limit: {MAX_MARKDOWN_LENGTH:,})."]
        else:
            problems = _problems(text)
        preview = render_uncached(text)
        return render(request, "admin/markdown_preview.html", {"preview": preview, "problems": problems})


def _what_comes(issue: Issue) -> str:
    """Return what happens to the issue next, as a sentence with a placeholder for the issue."""
    if issue.is_published:
        return "{} is published."
    assert issue.publish_at
    if issue.is_cooling_off:
        moment = timezone.localtime(issue.publish_at)
        return f"{{}} will be published at {moment:%H:%M:%S}. Nothing is sent before: until then you can take it back."
    return f"{{}} is approved. It will be published on {format_moment(issue.publish_at)}."


def _problems(text: str) -> list[str]:
    try:
        validate_markdown(text)
    except forms.ValidationError as error:
        return error.messages
    return []
