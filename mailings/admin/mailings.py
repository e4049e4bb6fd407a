"""A mailing at the desk: its plan before the issue comes out, its progress, and who did not get it."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from issues.models.issues import Issue
from mailings.admin.reports import reports_page
from mailings.admin.setup import ShowsSetup
from mailings.checks import check_mail
from mailings.composing import default_preheader
from mailings.letters import problem_of_sender, sender
from mailings.models.deliveries import Delivery
from mailings.models.mailings import Counts, Mailing, counts_of, is_past
from mailings.preparing import prepare
from mailings.progress import load_progress
from mailings.sending.obstacles import obstacle_to
from mailings.streams import digest_of
from mailings.tasks import send_test, start_sending

Status = Mailing.Status
# Deliveries that a search shows.
MOST_FOUND = 50


class MailingList(ChangeList):
    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        counts = counts_of(self.result_list)
        for mailing in self.result_list:
            mailing.counted = counts[mailing.pk]


@admin.register(Mailing)
class MailingAdmin(ShowsSetup):
    list_display = ("label", "state", "prepared", "sent", "missing", "prepared_at")
    list_display_links = None
    list_select_related = ("issue",)
    list_per_page = 20
    search_fields = ("issue__title",)
    search_help_text = "Title of the issue."
    ordering = ("-issue__number",)
    when_empty = "A mailing is prepared when an issue comes out. Open an issue to plan one."

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return request.user.has_perm("mailings.send_mailing")

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or self.has_change_permission(request, obj)

    # The list

    def get_queryset(self, request):
        return Mailing.objects.without_words().order_by(*self.ordering)

    @admin.display(description="issue", ordering="issue__number")
    def label(self, mailing):
        return format_html('<a href="{}">{}</a>', _address(mailing.issue), mailing.issue)

    def get_changelist(self, request, **kwargs):
        return MailingList

    @admin.display(description="state", ordering="status")
    def state(self, mailing):
        return format_html('<span class="state {}">{}</span>', *describe(mailing, mailing.counted))

    @admin.display(description="recipients")
    def prepared(self, mailing):
        return mailing.counted.prepared if mailing.prepared_at else ""

    @admin.display(description="sent")
    def sent(self, mailing):
        return mailing.counted.sent if mailing.prepared_at else ""

    @admin.display(description="refused or unknown")
    def missing(self, mailing):
        return mailing.counted.refused + mailing.counted.unknown if mailing.prepared_at else ""

    # The page

    def get_urls(self):
        wrap = self.admin_site.admin_view
        return [
            path("issue/<int:issue>/", wrap(self.page_view), name="mailings_mailing_page"),
            path("reports/", wrap(require_safe(self.reports_view)), name="mailings_mailing_reports"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        mailing = self.get_object(request, object_id)
        if mailing is None:
            raise Http404("There is no such mailing.")
        return redirect(_address(mailing.issue))

    def reports_view(self, request: HttpRequest) -> HttpResponse:
        return reports_page(request, self.admin_site, self.opts)

    def page_view(self, request: HttpRequest, issue: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = get_object_or_404(Issue, pk=issue)
        if request.method == "POST":
            return self._act(request, found)
        mailing = Mailing.objects.without_words().filter(issue=found).first() or Mailing(issue=found)
        return TemplateResponse(request, "admin/mailings/mailing/page.html", self._context(request, mailing))

    def _context(self, request: HttpRequest, mailing: Mailing) -> dict[str, object]:
        context = {
            **self.admin_site.each_context(request),
            "title": str(mailing),
            "opts": self.opts,
            "mailing": mailing,
            "issue": mailing.issue,
            "described": describe(mailing, Counts()),
            "may_send": self.has_change_permission(request),
            "sender": settings.NEWSLETTER_FROM,
        }
        if mailing.prepared_at is None and is_past(mailing.issue):
            return context | {"described": ("", "not mailed"), "is_past": True}
        if mailing.prepared_at is None:
            issue = Issue.objects.with_contents().get(pk=mailing.issue_id)
            findings = sorted(check_mail(issue, mailing), key=lambda finding: finding.level)
            return context | {"preheader": default_preheader(issue), "findings": findings}
        # Who may not see addresses sees counts alone.
        may_see = request.user.has_perm("mailings.view_subscriber")
        sought = request.GET.get("q", "").strip() if may_see else ""
        found = _find(mailing, sought) if sought else []
        progress = load_progress(mailing)
        context |= {"progress": progress, "described": describe(mailing, progress.counts)}
        return context | {"may_see": may_see, "sought": sought, "found": found}

    def _act(self, request: HttpRequest, issue: Issue) -> HttpResponse:
        """Do what a button says, write it into the log, and come back to the page."""
        act = ACTS.get(request.POST.get("act", ""))
        if not self.has_change_permission(request) or act is None:
            raise PermissionDenied
        try:
            with transaction.atomic():
                mailing = Mailing.objects.for_issue(issue)
                if "preheader" in request.POST and mailing.prepared_at is None:
                    _keep_preheader(mailing, request.POST["preheader"])
                sentence = act(mailing, request)
                self.log_change(request, mailing, sentence)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        except ImproperlyConfigured as error:
            messages.error(request, str(error))
        else:
            messages.success(request, sentence)
        return redirect(_address(issue))


def describe(mailing: Mailing, counts: Counts) -> tuple[str, str]:
    """Return the colour and the words of a mailing's state."""
    if mailing.status == Status.SENDING:
        return ("accent", "sending") if counts.open else ("go", "sent")
    colours = {Status.HELD: "warn", Status.PAUSED: "warn", Status.CANCELLED: "stop"}
    return colours.get(Status(mailing.status), ""), Status(mailing.status).label


def _address(issue: Issue) -> str:
    return reverse("admin:mailings_mailing_page", args=[issue.pk])


def _find(mailing: Mailing, sought: str) -> list[Delivery]:
    found = Delivery.objects.filter(mailing=mailing, address__icontains=sought.replace("\0", ""))
    return list(found.order_by("address")[:MOST_FOUND])


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _keep_preheader(mailing: Mailing, text: str) -> None:
    """Save what stands in the field, whichever button was pressed: a test or a mail must not go out without it."""
    mailing.preheader = " ".join(text.split())
    mailing.clean_fields(exclude={"issue", "prepared_by"})
    mailing.save(update_fields=["preheader"])


def _plan(mailing: Mailing, request: HttpRequest) -> str:
    _must_be(mailing, Status.PLANNED, Status.HELD)
    return "The preheader is saved."


def _hold(mailing: Mailing, request: HttpRequest) -> str:
    _move(mailing, Status.HELD, Status.PLANNED)
    return "The mail is held: the issue comes out without it."


def _release(mailing: Mailing, request: HttpRequest) -> str:
    if mailing.issue.is_published:
        return _send(mailing, request)
    _move(mailing, Status.PLANNED, Status.HELD)
    return "The mail goes out when the issue comes out."


def _send(mailing: Mailing, request: HttpRequest) -> str:
    mailing = prepare(mailing.issue, _user(request))
    start_sending(mailing)
    return f"The mail to {mailing.counts().prepared} subscribers goes out now."


def _pause(mailing: Mailing, request: HttpRequest) -> str:
    _move(mailing, Status.PAUSED, Status.SENDING, note="Paused at the desk.")
    return "Paused. What is being sent at this moment still arrives."


def _resume(mailing: Mailing, request: HttpRequest) -> str:
    """Go on, through the mail server and from the sender that are set now: another domain's From fails DMARC."""
    _must_be(mailing, Status.PAUSED)
    mailing.stream_digest = digest_of(mailing.stream)
    if obstacle := obstacle_to(mailing):
        raise ValidationError(obstacle, code="obstacle")
    _move(mailing, Status.SENDING, Status.PAUSED)
    mailing.sender = str(sender())
    mailing.save(update_fields=["stream_digest", "sender"])
    start_sending(mailing)
    return "Sending goes on."


def _cancel(mailing: Mailing, request: HttpRequest) -> str:
    _move(mailing, Status.CANCELLED, Status.SENDING, Status.PAUSED, note="Cancelled at the desk.")
    return f"Cancelled. {mailing.counts().waiting} subscribers do not get this issue by mail."


def _again(mailing: Mailing, request: HttpRequest) -> str:
    """Send again what nobody knows whether it was sent: some may get it twice."""
    _must_be(mailing, Status.SENDING, Status.PAUSED)
    unknown = Delivery.objects.filter(mailing=mailing, state=Delivery.State.UNKNOWN)
    count = unknown.update(state=Delivery.State.WAITING, settled_at=None, worker=None, reason="")
    start_sending(mailing)
    return f"{count} deliveries that were unknown wait again."


def _test(mailing: Mailing, request: HttpRequest) -> str:
    address = _user(request).email
    if not address:
        raise ValidationError("Your account has no e-mail address to send a test to.", code="no_address")
    if problem := problem_of_sender():
        raise ValidationError(problem, code="no_sender")
    send_test.defer(issue_id=mailing.issue_id, user_id=_user(request).pk)
    return f"A test is on its way to {', '.join([address, *settings.MAILING_SEEDS])}."


def _must_be(mailing: Mailing, *statuses: Status) -> None:
    if mailing.status not in statuses:
        state = describe(mailing, mailing.counts())[1]
        raise ValidationError(f"The mailing is {state}: this cannot be done any more.", code="state")


def _move(mailing: Mailing, to: Status, *before: Status, note: str = "") -> None:
    _must_be(mailing, *before)
    mailing.status, mailing.note = to, note
    mailing.save(update_fields=["status", "note"])


ACTS: dict[str, Callable[[Mailing, HttpRequest], str]] = {
    "plan": _plan,
    "hold": _hold,
    "release": _release,
    "send": _send,
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
    "again": _again,
    "test": _test,
}
