"""Corrections at the desk: the editor fixes an issue first, then tells readers what was wrong."""

from django.contrib import admin, messages
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from desk.autosave import KeepsWords
from desk.conflicts import SeenForm
from desk.uses import MOST
from desk.widgets import DeskFields
from issues.admin.permissions import check_open, is_open_to, may_publish
from issues.admin.printed import IssuePartAdmin
from issues.admin.uses import issue_uses
from issues.changes import changing
from issues.models.corrections import Correction
from issues.models.issues import Issue


def offer_correction(modeladmin, request, issue):
    """Offer to tell readers of a change in a published issue."""
    if not request.user.has_perm("issues.add_correction"):
        return
    address = f"{reverse('admin:issues_correction_add')}?{urlencode({'issue': issue.pk})}"
    sentence = 'Readers see the change in {} now. If it was more than a typo, <a href="{}">add a correction</a>.'
    modeladmin.message_user(request, format_html(sentence, issue, address), messages.INFO)


@admin.register(Correction)
class CorrectionAdmin(KeepsWords, DeskFields, IssuePartAdmin):
    form = SeenForm
    when_empty = "Add one when a published issue was wrong. It is printed below the issue."
    list_display = ("issue", "text", "made_at", "made_by", "erratum", "erratum_in")
    list_filter = ("erratum",)
    list_select_related = ("issue", "made_by", "erratum_in")
    search_fields = ("text", "issue__title")
    search_help_text = "Text, title of the issue."
    ordering = ("-made_at",)
    autocomplete_fields = ("issue",)
    actions = ("print_in_next_issue", "decline_as_erratum")

    def has_add_permission(self, request):
        return super().has_add_permission(request) and may_publish(request.user)

    def get_fields(self, request, obj=None):
        return ("issue", "text", "seen") if obj else ("issue", "text")

    def get_readonly_fields(self, request, obj=None):
        return ("issue",) if obj else ()

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "issue":
            # An issue that no reader has seen needs no correction.
            kwargs["queryset"] = Issue.objects.published()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def uses_of(self, rows, most=MOST):
        corrected = issue_uses(Issue.objects.filter(corrections__in=rows).distinct(), most, "It stays, without it.")
        errata = Issue.objects.filter(errata__in=rows).distinct()
        return [*corrected, *issue_uses(errata, most, "It stays, and keeps the erratum.", "Printed as an erratum")]

    def issues_of(self, rows):
        return [correction.issue_id for correction in rows]

    def issues_changed(self, form):
        return [form.instance.issue_id]

    def save_row(self, request, obj, form, change):
        if not change:
            obj.made_by = request.user
        super().save_row(request, obj, form, change)

    def response_add(self, request, obj, post_url_continue=None):
        sentence = (
            'Printed below <a href="{}">{}</a> and in its feed entry. You can print it as an erratum in the next issue.'
        )
        place = format_html(sentence, obj.issue.get_absolute_url(), obj.issue)
        self.message_user(request, place, messages.SUCCESS)
        return self.response_post_save_add(request, obj)

    @admin.action(description="Print as an erratum in the next issue", permissions=["change"])
    def print_in_next_issue(self, request, queryset):
        following = Issue.objects.unpublished().first()
        may_change = request.user.has_perm("issues.change_issue") and is_open_to(request.user, following)
        if following is None or not may_change:
            self.message_user(request, "There is no unpublished issue that you may change.", messages.ERROR)
            return
        with changing([following], request.user, "erratum added") as change:
            check_open(request.user, change.issues.values())
            issue = change.issues[following.pk]
            for correction in queryset.order_by("made_at", "pk"):
                if correction.erratum_in:
                    sentence = format_html("“{}” is in {} already.", correction.text, correction.erratum_in)
                    self.message_user(request, sentence, messages.ERROR)
                    continue
                correction.print_in(issue)
                self.log_change(request, correction, f"Printed as an erratum in {issue}.")
                address = reverse("admin:issues_issue_change", args=[issue.pk])
                sentence = format_html('Added to the intro of <a href="{}">{}</a>.', address, issue)
                self.message_user(request, sentence, messages.SUCCESS)
        self.tell(request, change)

    @admin.action(description="Do not print as an erratum", permissions=["change"])
    def decline_as_erratum(self, request, queryset):
        count = queryset.offered().update(erratum=Correction.Erratum.DECLINED)
        noun = "correction" if count == 1 else "corrections"
        self.message_user(request, f"{count} {noun} will not be offered again.", messages.SUCCESS)
