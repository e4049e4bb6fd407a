"""Sponsors and their messages at the desk. They are not in sponsors/, because changing one changes issues."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, JsonResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET

from desk.autosave import KeepsWords
from desk.conflicts import SeenForm
from desk.uses import MOST, Place, Use
from desk.widgets import DeskFields
from issues.admin.calendar import ShowsCalendar
from issues.admin.columns import RunsAdmin, count_column
from issues.admin.fields import NamedRowForm, NamedRows
from issues.admin.merging import MergesRows
from issues.admin.names import PLACES_SPONSORS, NameField
from issues.admin.permissions import ProofreadsWords, may_publish
from issues.admin.printed import IssuePartAdmin, IssuePartForm
from issues.admin.uses import issue_uses
from issues.models.credits import Publication
from issues.models.issues import Issue
from sponsors.models import Placement, Sponsor

# Classes of the states, from frame.css.
STATES = {Placement.State.BOOKED: "warn", Placement.State.COPY_IN: "warn", Placement.State.APPROVED: "go"}


class PlacementForm(NamedRowForm):
    sponsor = NameField(Sponsor)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.show_names("sponsor", [self.instance.sponsor] if self.instance.pk else ())

    def save(self, commit=True):
        self.instance.sponsor = self.save_named(self.instance.sponsor)
        return super().save(commit)


class PlacementPageForm(IssuePartForm, PlacementForm):
    """The form of a sponsor's message on a page of its own."""


@admin.register(Sponsor)
class SponsorAdmin(MergesRows, KeepsWords, DeskFields, RunsAdmin):
    form = SeenForm
    when_empty = "Add one, or type a new name where a sponsor is booked."
    actions = ("merge",)
    counted = "placement"
    placement_count = count_column("placement")
    fields = ("name", "url", "contact", "notes", "seen")
    list_display = ("name", "placement_count", "last_run", "url")
    list_filter = ("placements__state",)
    search_fields = ("name", "contact", "notes", "url")
    search_help_text = "Name, contact, notes, website."
    ordering = ("name",)

    def issues_of(self, rows):
        return Issue.objects.filter(placements__sponsor__in=rows).values_list("pk", flat=True)

    def issues_changed(self, form):
        return super().issues_changed(form) if {"name", "url"} & set(form.changed_data) else []

    def uses_of(self, rows, most=MOST):
        issues = Issue.objects.filter(placements__sponsor__in=rows).distinct()
        publications = list(Publication.objects.filter(sponsor__in=rows))
        uses = issue_uses(issues, most, title="Placements in issues")
        if publications:
            address = "admin:issues_publication_change"
            places = [Place(row.name, reverse(address, args=[row.pk])) for row in publications[:most]]
            uses.append(Use("Publications", len(publications), places, then="They stay, and have no sponsor."))
        return uses


@admin.register(Placement)
class PlacementAdmin(ShowsCalendar, KeepsWords, NamedRows, IssuePartAdmin, ProofreadsWords):
    form = PlacementPageForm
    counts_versions = False  # Placement.save() does.
    fields = ("sponsor", "issue", "slot", "message", "url", "state", "seen")
    beside_words = ("sponsor", "issue", "slot", "url", "state")
    autocomplete_fields = ("issue",)
    list_display = ("sponsor", "place", "state_in_words", "url")
    list_filter = ("state", "sponsor")
    list_select_related = ("sponsor", "issue")
    search_fields = ("sponsor__name", "message", "url", "issue__title")
    search_help_text = "Sponsor, message, link, issue."
    ordering = ("-issue__number",)

    def get_list_display(self, request):
        may_open = self.admin_site.get_model_admin(Issue).has_view_permission(request)
        return self.list_display if may_open else ("sponsor", "issue", "state_in_words", "url")

    @admin.display(description="state", ordering="state")
    def state_in_words(self, placement):
        return format_html('<span class="state {}">{}</span>', STATES[placement.state], placement.get_state_display())

    @admin.display(description="issue", ordering="issue__number")
    def place(self, placement):
        return format_html('<a href="../../issues/issue/{}/change/">{}</a>', placement.issue_id, placement.issue)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "issue" and not may_publish(request.user):
            kwargs["queryset"] = Issue.objects.filter(status=Issue.Status.DRAFT)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def response_post_save_add(self, request, obj):
        """Go to the calendar, where the slot is taken now."""
        return redirect("admin:sponsors_placement_calendar")

    def uses_of(self, rows, most=MOST):
        return issue_uses(Issue.objects.filter(placements__in=rows), most, "It stays, without the message.")

    def issues_of(self, rows):
        return Issue.objects.filter(placements__in=rows).values_list("pk", flat=True)

    def issues_changed(self, form):
        """Return the issue of the message and, if it is moved, the new one."""
        chosen = form.cleaned_data.get("issue")
        return {*super().issues_changed(form), *([chosen.pk] if chosen else [])}

    def get_urls(self):
        view = self.admin_site.admin_view(last_message_view)
        return [path("last/", view, name="sponsors_placement_last"), *super().get_urls()]


@require_GET
def last_message_view(request: HttpRequest) -> JsonResponse:
    """Answer {"number", "message", "url"} of the last message of a sponsor, by name. Empty if there is none. One query.

    With `number`, the message is that of an issue before this number.
    """
    if not any(map(request.user.has_perm, PLACES_SPONSORS)):
        raise PermissionDenied
    name, number = request.GET.get("sponsor", "").replace("\0", "").strip(), request.GET.get("number", "")
    messages = Placement.objects.filter(sponsor__name__iexact=name).exclude(message="", url="")
    if number.isascii() and number.isdecimal() and len(number) < 10:
        messages = messages.filter(issue__number__lt=int(number))
    last = messages.order_by("-issue__number").values("message", "url", number=F("issue__number")).first()
    return JsonResponse(last or {})
