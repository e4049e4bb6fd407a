"""Subscribers at the desk: the list with its counts, the page of one with what happened, and what can be done."""

import logging
from collections.abc import Iterator

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from mailings.admin.filters import COLOURS, STATES, SUPPRESSED, AddedFilter, DomainFilter, SourceFilter, StateFilter
from mailings.admin.log import LogsNoAddress
from mailings.growth import load_growth
from mailings.history import events_of
from mailings.models.subscribers import State, Subscriber
from mailings.models.suppressions import Suppression
from mailings.moving.export import answer_with_csv
from mailings.permissions import may_see_mailings
from text.fields import LineField
from text.mailboxes import read_mailbox

logger = logging.getLogger(__name__)
# Mailings on the page of a subscriber, the latest first.
MOST_DELIVERIES = 10
# By the name of an act: the permission that it needs.
ACTS = {
    "leave": "mailings.change_subscriber",
    "lift_bounce": "mailings.change_subscriber",
    "suppress": "mailings.add_suppression",
    "lift_suppression": "mailings.delete_suppression",
    "forget": "mailings.delete_subscriber",
}


class AddForm(forms.ModelForm):
    # Not “consent”, which nobody changes later.
    agreement = LineField(max_length=300).formfield(
        label="Consent",
        help_text="What they agreed to, when and how: “Asked for it by mail on 3 May 2026”. It is kept.",
    )
    is_agreed = forms.BooleanField(
        label="They agreed, and get the newsletter from now on",
        required=False,
        help_text="Without it, the address is kept as not confirmed, and is not mailed.",
    )

    class Meta:
        model = Subscriber
        fields = ("address",)
        help_texts = {"address": ""}

    def clean_address(self):
        mailbox = read_mailbox(self.cleaned_data["address"])
        if known := Subscriber.objects.filter(key=mailbox.key).first():
            raise ValidationError(f"This address is already on the list: {STATES[known.state]}.", code="unique")
        if block := Suppression.objects.of([mailbox.key]).get(mailbox.key):
            sentence = f"This address is never to be mailed: {block.get_reason_display()}."
            raise ValidationError(sentence, code="suppressed")
        return mailbox.address


@admin.register(Subscriber)
class SubscriberAdmin(LogsNoAddress):
    form = AddForm
    fields = ("address", "agreement", "is_agreed")
    when_empty = "Import the list of the service that you used before, or add one by hand."
    list_display = ("address", "state", "source", "created_at", "confirmed_at")
    list_filter = (StateFilter, SourceFilter, DomainFilter, AddedFilter)
    list_per_page = 50
    search_fields = ("key",)
    search_help_text = "An address in any spelling, or a part of it."
    show_full_result_count = True

    def get_queryset(self, request):
        return Subscriber.objects.with_suppression().order_by("-created_at", "-pk")

    def get_search_results(self, request, queryset, search_term):
        return queryset.matching(search_term), False

    @admin.display(description="state")
    def state(self, subscriber):
        state = SUPPRESSED if subscriber.is_suppressed else subscriber.state
        return format_html('<span class="state {}">{}</span>', COLOURS.get(state, ""), STATES[state])

    # Permissions: rows are not edited, but things happen to them.

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(["mailings.view_subscriber", "mailings.export_subscriber"])

    # The list, adding, and the page of one

    def get_urls(self):
        wrap, name = self.admin_site.admin_view, "mailings_subscriber"
        return [
            path("growth/", wrap(require_safe(self.growth_view)), name=f"{name}_growth"),
            path("export/", wrap(require_POST(self.export_view)), name=f"{name}_export"),
            path("<int:pk>/act/", wrap(require_POST(self.act_view)), name=f"{name}_act"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        context = {
            "counts": list(count_states()) if self.has_view_permission(request) else [],
            "may_export": self.has_export_permission(request),
            "may_see_reports": may_see_mailings(request.user),
            "may_import": request.user.has_perm("mailings.import_subscriber"),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def add_view(self, request, form_url="", extra_context=None):
        context = {"title": "Add a subscriber", "show_save_and_continue": False, **(extra_context or {})}
        try:
            return super().add_view(request, form_url, context)
        except IntegrityError:  # They signed up themselves at the same moment.
            self.message_user(request, "Somebody else added this address at the same moment.", messages.WARNING)
            return HttpResponseRedirect(reverse("admin:mailings_subscriber_changelist"))

    def save_model(self, request, obj, form, change):
        obj.source = f"by hand: {request.user.get_username()}"[:200]
        obj.consent = form.cleaned_data["agreement"]
        obj.confirmed_at = timezone.now() if form.cleaned_data["is_agreed"] else None
        with transaction.atomic():
            super().save_model(request, obj, form, change)

    def response_add(self, request, obj, post_url_continue=None):
        sentence = "They get the newsletter from now on." if obj.confirmed_at else "The address is not confirmed."
        self.message_user(request, f"Added. {sentence}", messages.SUCCESS)
        return HttpResponseRedirect(request.path) if "_addanother" in request.POST else _redirect_to(obj)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        subscriber = self.get_object(request, object_id)
        if subscriber is None:
            raise Http404
        if not self.has_view_permission(request, subscriber):
            raise PermissionDenied
        return self._page(request, subscriber)

    def _page(self, request: HttpRequest, subscriber: Subscriber, asked: str = "") -> HttpResponse:
        """Show what happened to a subscriber. `asked` is an act that is to be confirmed. Two queries."""
        suppression = Suppression.objects.filter(digest=subscriber.digest).first()
        state = SUPPRESSED if suppression else subscriber.state
        deliveries = subscriber.deliveries.select_related("mailing__issue").order_by("-pk")[:MOST_DELIVERIES]
        context = {
            **self.admin_site.each_context(request),
            "title": subscriber.address,
            "opts": self.opts,
            "subscriber": subscriber,
            "state": {"words": STATES[state], "colour": COLOURS.get(state, "")},
            "suppression": suppression,
            "events": events_of(subscriber),
            "deliveries": deliveries.defer("mailing__html", "mailing__text", "mailing__issue__intro"),
            "acts": [act for act in _acts_on(subscriber, suppression) if request.user.has_perm(ACTS[act])],
            "asked": asked,
            "may_see_mailings": may_see_mailings(request.user),
        }
        return TemplateResponse(request, "admin/mailings/subscriber/one.html", context)

    # What can be done

    def act_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do `act` to a subscriber. Forgetting asks first, as it cannot be undone."""
        act = request.POST.get("act", "")
        if act not in ACTS:
            raise Http404
        if not (self.has_view_permission(request) and request.user.has_perm(ACTS[act])):
            raise PermissionDenied
        with transaction.atomic():
            subscriber = get_object_or_404(Subscriber.objects.select_for_update(), pk=pk)
            if act == "forget" and request.POST.get("confirmed") != "yes":
                return self._page(request, subscriber, act)
            done = _do(act, subscriber)
            self.log(request, CHANGE, done, Subscriber(pk=pk))
        self.message_user(request, done, messages.SUCCESS)
        if act == "forget":
            return HttpResponseRedirect(reverse("admin:mailings_subscriber_changelist"))
        return _redirect_to(subscriber)

    # Leaving the desk with addresses, or with figures

    def export_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """Download the subscribers of the list as it is filtered. Each download is logged."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        subscribers = self.get_changelist_instance(request).get_queryset(request)
        # Not the words of a search, which may be an address.
        used = [f"{name} is “{value}”" for name, value in sorted(request.GET.items()) if name in _FILTERS]
        used += ["a search"] if request.GET.get("q") else []
        filters = "; ".join(used) or "all"
        count = subscribers.count()
        self.log(request, CHANGE, f"Exported {count:,} subscribers: {filters}.")
        logger.info("%s exported %s subscribers: %s", request.user.get_username(), count, filters)
        suppressions = Suppression.objects.all() if filters == "all" else Suppression.objects.none()
        return answer_with_csv(subscribers, suppressions)

    def growth_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Growth",
            "opts": self.opts,
            "growth": load_growth(),
        }
        return TemplateResponse(request, "admin/mailings/subscriber/growth.html", context)


_FILTERS = {one.parameter_name for one in (StateFilter, SourceFilter, DomainFilter, AddedFilter)}


def count_states() -> Iterator[dict[str, str | int]]:
    """Yield each state with how many are in it, the suppressed ones apart. Two queries."""
    counts = Subscriber.objects.count_states()
    suppressed = Subscriber.objects.suppressed().count_states()
    for state, words in STATES.items():
        count = sum(suppressed.values()) if state == SUPPRESSED else counts[state] - suppressed[state]
        yield {"state": state, "words": words, "count": count, "colour": COLOURS.get(state, "")}


def _acts_on(subscriber: Subscriber, suppression: Suppression | None) -> Iterator[str]:
    """Yield the acts that make a difference."""
    if subscriber.state not in (State.LEFT, State.COMPLAINED):
        yield "leave"
    if subscriber.bounced_at:
        yield "lift_bounce"
    yield "lift_suppression" if suppression else "suppress"
    yield "forget"


def _do(act: str, subscriber: Subscriber) -> str:
    """Do it, and return a sentence without the address."""
    match act:
        case "leave":
            subscriber.leave()
            return "The subscription has ended. They get no more newsletters."
        case "lift_bounce":
            subscriber.lift_bounce()
            return "The bounce is lifted: the next mailing tries the address again."
        case "suppress":
            Suppression.objects.suppress(subscriber.key, Suppression.Reason.BY_HAND, subscriber.address)
            return "The address is never mailed from now on."
        case "lift_suppression":
            Suppression.objects.filter(digest=subscriber.digest).delete()
            return "The suppression is lifted."
    subscriber.forget()
    return "Forgotten. Only a hash is kept, so that the address is never mailed again."


def _redirect_to(subscriber: Subscriber) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:mailings_subscriber_change", args=[subscriber.pk]))
