"""Corrections: an act of their own, after what was wrong has been mended."""

from django.contrib import admin, messages
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from desk.autosave import KeepsWords
from desk.conflicts import SeenForm
from desk.widgets import DeskFields
from issues.changes import note_changes
from issues.models.corrections import Correction
from issues.models.issues import Issue


def offer_correction(modeladmin, request, issue):
    """After something that readers have seen was changed."""
    if not request.user.has_perm("issues.add_correction"):
        return
    address = f"{reverse('admin:issues_correction_add')}?{urlencode({'issue': issue.pk})}"
    sentence = (
        'Readers see the change in {} now. If it was more than a slip, <a href="{}">tell them what was wrong</a>.'
    )
    modeladmin.message_user(request, format_html(sentence, issue, address), messages.INFO)


@admin.register(Correction)
class CorrectionAdmin(KeepsWords, DeskFields, admin.ModelAdmin):
    form = SeenForm
    list_display = ("issue", "text", "made_at", "made_by", "erratum", "erratum_in")
    list_filter = ("erratum",)
    list_select_related = ("issue", "made_by", "erratum_in")
    search_fields = ("text", "issue__title")
    search_help_text = "Text, title of the issue."
    ordering = ("-made_at",)
    autocomplete_fields = ("issue",)
    actions = ("print_in_next_issue", "decline_as_erratum")

    def get_fields(self, request, obj=None):
        return ("issue", "text", "seen") if obj else ("issue", "text")

    def get_readonly_fields(self, request, obj=None):
        return ("issue",) if obj else ()

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "issue":
            # What no reader has seen is mended without a word.
            kwargs["queryset"] = Issue.objects.published()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.made_by = request.user
        super().save_model(request, obj, form, change)
        note_changes(Issue.objects.filter(pk=obj.issue_id))

    def response_add(self, request, obj, post_url_continue=None):
        sentence = 'Printed below <a href="{}">{}</a> and in its entry in the feed, and offered as an erratum.'
        place = format_html(sentence, obj.issue.get_absolute_url(), obj.issue)
        self.message_user(request, place, messages.SUCCESS)
        return self.response_post_save_add(request, obj)

    def delete_model(self, request, obj):
        self.delete_queryset(request, Correction.objects.filter(pk=obj.pk))

    def delete_queryset(self, request, queryset):
        issues = list(queryset.values_list("issue", flat=True))
        super().delete_queryset(request, queryset)
        note_changes(Issue.objects.filter(pk__in=issues))

    @admin.action(description="Print as an erratum in the next issue", permissions=["change"])
    def print_in_next_issue(self, request, queryset):
        following = Issue.objects.unpublished().first()
        if following is None or not request.user.has_perm("issues.change_issue"):
            self.message_user(request, "There is no issue in preparation that you may change.", messages.ERROR)
            return
        for correction in queryset.order_by("made_at", "pk"):
            if correction.erratum_in:
                sentence = format_html("“{}” is in {} already.", correction.text, correction.erratum_in)
                self.message_user(request, sentence, messages.ERROR)
                continue
            correction.print_in(following, request.user)
            address = reverse("admin:issues_issue_change", args=[following.pk])
            sentence = format_html('It stands in the intro of <a href="{}">{}</a> now.', address, following)
            self.message_user(request, sentence, messages.SUCCESS)

    @admin.action(description="Print nowhere else", permissions=["change"])
    def decline_as_erratum(self, request, queryset):
        declined = queryset.offered().update(erratum=Correction.Erratum.DECLINED)
        self.message_user(request, f"{declined} of them will not be offered again.", messages.SUCCESS)
