"""What an editor does to an issue with one press, outside its form."""

from datetime import datetime

from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from issues.admin.permissions import may_publish
from issues.changes import changing
from issues.models.issues import FORESEEABLE, Issue
from issues.tasks import announce
from sponsors.models import Placement


@require_POST
def begin_view(request: HttpRequest) -> HttpResponse:
    """Begin the issue with the next number for `publish_at` (ISO 8601), and open it.

    With `number`, which the button shows, an issue that was begun meanwhile is opened instead. With `sponsor`, the last
    issue's sponsor is booked.
    """
    if not request.user.has_perm("issues.add_issue"):
        raise PermissionDenied
    try:
        issue, is_new = _begin(request)
    except ValidationError as error:
        messages.error(request, "It was not begun. " + " ".join(error.messages))
        return redirect("admin:issues_issue_add")
    messages.success(request, format_html("{} is begun." if is_new else "{} was begun already.", issue))
    return redirect("admin:issues_issue_change", issue.pk)


def _begin(request: HttpRequest) -> tuple[Issue, bool]:
    """Return the issue, and whether it is new. Raise ValidationError if its address belongs to something else."""
    with changing([], request.user, "added") as change:
        latest = Issue.objects.lock_latest()
        number = Issue.objects.next_number()
        if latest and request.POST.get("number") == str(latest.number):
            return latest, False
        issue = Issue(number=number, publish_at=_time_of(request))
        issue.full_clean()
        issue.save()
        if "sponsor" in request.POST and latest and request.user.has_perm("sponsors.add_placement"):
            _book_sponsor_of(latest, issue)
        change.add(issue)
        LogEntry.objects.log_actions(request.user.pk, [issue], ADDITION, "Begun.")  # type: ignore[arg-type]
    return issue, True


@require_POST
def withdraw_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a scheduled issue a draft again, and return to the page from where that was asked."""
    if not may_publish(request.user):
        raise PermissionDenied
    with changing([pk], request.user, "made a draft again") as change:
        if not (issue := change.issues.get(pk)):
            raise Http404
        is_scheduled, in_time = issue.state == "scheduled", issue.is_cooling_off
        if is_scheduled:
            issue.withdraw()
            LogEntry.objects.log_actions(request.user.pk, [issue], CHANGE, "Now draft.")  # type: ignore[arg-type]
    if is_scheduled:
        messages.success(request, format_html("{} is a draft again.{}", issue, " Nothing was sent." if in_time else ""))
    else:
        messages.error(request, format_html("{} is {}, so it was not taken back.", issue, issue.state))
    return redirect("admin:index")


@require_POST
def announce_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Notify the hub of an issue for which the automatic notification came too late."""
    issue = get_object_or_404(Issue.objects.published(), pk=pk)
    if not may_publish(request.user):
        raise PermissionDenied
    announce.defer(issue_id=issue.pk)
    messages.success(request, format_html("The hub is being notified of {}.", issue))
    return redirect("admin:index")


def _time_of(request: HttpRequest) -> datetime:
    """Return the time that was asked for, or the next free one if it has passed, is taken, or is none."""
    try:
        asked = parse_datetime(request.POST.get("publish_at", ""))
    except ValueError:
        asked = None
    now = timezone.now()
    is_usable = asked and timezone.is_aware(asked) and now < asked < now + FORESEEABLE
    if asked and is_usable and not Issue.objects.filter(publish_at=asked).exists():
        return asked
    return Issue.objects.next_publication_time()


def _book_sponsor_of(latest: Issue, issue: Issue) -> None:
    if placement := latest.placements.first():
        Placement.objects.create(sponsor_id=placement.sponsor_id, issue=issue)
