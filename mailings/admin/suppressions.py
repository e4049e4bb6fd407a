"""Suppressions at the desk: add an address that is never to be mailed, find one by its address, lift one."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import DELETION
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from mailings.admin.log import LogsNoAddress
from mailings.models.suppressions import Suppression, digest_of
from text.mailboxes import key_of, read_mailbox

COLOURS = {
    Suppression.Reason.COMPLAINED: "stop",
    Suppression.Reason.BOUNCED: "stop",
    Suppression.Reason.LEFT: "warn",
    Suppression.Reason.BY_HAND: "accent",
}


class SuppressForm(forms.ModelForm):
    address = forms.CharField(label="Address", help_text="Nobody can add or import it, and it is never mailed.")

    class Meta:
        model = Suppression
        fields = ("address",)

    def clean_address(self):
        mailbox = read_mailbox(self.cleaned_data["address"])
        self.instance.digest = digest_of(mailbox.key)
        if Suppression.objects.filter(digest=self.instance.digest).exists():
            raise ValidationError("This address is already among the suppressions.", code="unique")
        return mailbox.address


@admin.register(Suppression)
class SuppressionAdmin(LogsNoAddress):
    form = SuppressForm
    fields = ("address",)
    when_empty = "Add an address that is never to be mailed."
    list_display = ("__str__", "why", "created_at")
    list_filter = ("reason",)
    list_per_page = 50
    search_fields = ("address",)
    search_help_text = "An address, or a part of one. Only a whole address finds those that are kept as a hash."

    @admin.display(description="reason", ordering="reason")
    def why(self, row):
        return format_html('<span class="state {}">{}</span>', COLOURS.get(row.reason, ""), row.get_reason_display())

    def get_search_results(self, request, queryset, search_term):
        term = search_term.replace("\0", "").strip()
        by_hash = queryset.filter(digest=digest_of(key)) if (key := key_of(term)) else queryset.none()
        return (by_hash if by_hash.exists() else queryset.filter(address__icontains=term)), False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        view = self.admin_site.admin_view(require_POST(self.lift_view))
        return [path("<int:pk>/lift/", view, name="mailings_suppression_lift"), *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        context = {"title": "Never mail an address", "show_save_and_continue": False, **(extra_context or {})}
        return super().add_view(request, form_url, context)

    def response_add(self, request, obj, post_url_continue=None):
        self.message_user(request, "The address is never mailed from now on.", messages.SUCCESS)
        next_page = request.path if "_addanother" in request.POST else reverse("admin:mailings_suppression_changelist")
        return HttpResponseRedirect(next_page)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "title": str(row), "opts": self.opts, "suppression": row}
        return TemplateResponse(request, "admin/mailings/suppression/one.html", context)

    def lift_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perms(["mailings.view_suppression", "mailings.delete_suppression"]):
            raise PermissionDenied
        row = get_object_or_404(Suppression, pk=pk)
        self.log(request, DELETION, f"Lifted: {row.get_reason_display()}.", row)
        row.delete()
        sentence = "Lifted. Who is on the list of subscribers, and did not leave, is mailed again."
        self.message_user(request, sentence, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:mailings_suppression_changelist"))
