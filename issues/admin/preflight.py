"""Preflight at the desk: a panel in the issue's form, and what it keeps from being published."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from fetching.models import FetchedPage
from issues.models.issues import Issue
from issues.preflight import Finding, Level, links_of, preflight

# The buttons that bring an issue out, with what they do and what was then not done.
BUTTONS = {"_approve": ("Approve", "approved"), "_publish": ("Publish", "published")}


@dataclass(frozen=True)
class Panel:
    """What preflight.html shows."""

    groups: list[tuple[str, list[Finding]]]  # “2 stops” with them, and so on, where there are any.
    notes: list[Finding]
    button: str = ""  # The one that was pressed, where it needs to be confirmed.
    confirmation: str = ""  # Its value.
    label: str = ""

    @property
    def summary(self) -> str:
        counts = [name for name, _ in self.groups]
        if self.notes:
            counts.append(count_of(Level.NOTE, self.notes))
        return ", ".join(counts) or "nothing found"


class ChecksBeforePublishing(admin.ModelAdmin):
    """For issues."""

    class Media:
        css = {"all": ("desk/preflight.css",)}
        js = ("desk/preflight.js",)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        """With the panel where it is asked for; else a script brings it, so that nobody waits for it to write."""
        if obj is not None:
            pressed = request.GET.get("confirm", "")
            if pressed in BUTTONS and not obj.is_published:
                context["preflight"] = _panel(obj, pressed)
            elif "preflight" in request.GET:
                context["preflight"] = _panel(obj)
            context["preflight_address"] = reverse("admin:issues_issue_preflight", args=[obj.pk])
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self):
        panel = self.admin_site.admin_view(self.preflight_view)
        return [path("<int:pk>/preflight/", panel, name="issues_issue_preflight"), *super().get_urls()]

    def preflight_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The panel alone."""
        issue = get_object_or_404(Issue, pk=pk)
        if not self.has_view_permission(request, issue):
            raise PermissionDenied
        may_change = self.has_change_permission(request, issue)
        context = {"preflight": _panel(issue), "has_change_permission": may_change}
        return render(request, "admin/issues/issue/preflight.html", context)

    def hold_back(self, request: HttpRequest, issue: Issue, publish_at: datetime) -> HttpResponseRedirect | None:
        """To the form, where something stops the issue, or warns and is not confirmed; None where it may come out."""
        button = next(name for name in BUTTONS if name in request.POST)
        action, done = BUTTONS[button]
        findings = _findings(issue, publish_at)
        stops, warnings = ([each for each in findings if each.level == level] for level in (Level.STOP, Level.WARNING))
        address = reverse("admin:issues_issue_change", args=[issue.pk])
        if stops:
            what = "1 thing stops it" if len(stops) == 1 else f"{len(stops)} things stop it"
            self.message_user(request, f"Saved, but not {done}: {what}. See preflight below.", messages.ERROR)
            return HttpResponseRedirect(f"{address}?preflight=1#preflight")
        if warnings and request.POST[button] != fingerprint(warnings):
            label = confirm_label(action, warnings)
            text = f"Saved, but not {done} yet: read what preflight found, then press “{label}” there."
            self.message_user(request, text, messages.WARNING)
            return HttpResponseRedirect(f"{address}?confirm={button}#preflight")
        return None


def request_links(issue: Issue) -> None:
    """Have its links asked in the background, those that were not in the last day."""
    saved = Issue.objects.with_contents().get(pk=issue.pk)
    FetchedPage.objects.request(link.address for link in links_of(saved))


def withdraw_stopped(modeladmin: admin.ModelAdmin, request: HttpRequest, issues: list[int]) -> bool:
    """Make those drafts again that are scheduled and that something stops; they would come out by the clock."""
    scheduled = Issue.objects.unpublished().filter(pk__in=issues, status=Issue.Status.APPROVED)
    stopped = {issue: stops for issue in scheduled.with_contents() if (stops := _stops(preflight(issue)))}
    for issue, stops in stopped.items():
        issue.withdraw(request.user)
        more = f" (and {len(stops) - 1} more in its preflight)" if len(stops) > 1 else ""
        sentence = "{} is a draft again, because something stops it: {}{}"
        modeladmin.message_user(request, format_html(sentence, issue, stops[0].text, more), messages.WARNING)
    return bool(stopped)


def count_of(level: Level, findings: list[Finding]) -> str:
    return f"{len(findings)} {level.label if len(findings) == 1 else level.plural}"


def confirm_label(action: str, warnings: list[Finding]) -> str:
    """“Publish with 3 warnings”."""
    return f"{action} with {count_of(Level.WARNING, warnings)}"


def fingerprint(findings: list[Finding]) -> str:
    """So that who confirms some warnings does not confirm others that came up since."""
    return hashlib.sha256("\n".join(each.text for each in findings).encode()).hexdigest()[:16]


def _panel(issue: Issue, pressed: str = "") -> Panel:
    findings = _findings(issue, timezone.now() + settings.COOLING_OFF if pressed == "_publish" else None)
    by_level = {level: [each for each in findings if each.level == level] for level in Level}
    shown = {level: by_level[level] for level in (Level.STOP, Level.WARNING) if by_level[level]}
    groups = [(count_of(level, found), found) for level, found in shown.items()]
    warnings = by_level[Level.WARNING]
    if not pressed or by_level[Level.STOP] or not warnings:
        return Panel(groups, by_level[Level.NOTE])
    label = confirm_label(BUTTONS[pressed][0], warnings)
    return Panel(groups, by_level[Level.NOTE], pressed, fingerprint(warnings), label)


def _findings(issue: Issue, publish_at: datetime | None) -> list[Finding]:
    """Of what is saved; as if it came out at that time, where one is given."""
    saved = Issue.objects.with_contents().get(pk=issue.pk)
    saved.publish_at = publish_at or saved.publish_at
    return preflight(saved)


def _stops(findings: list[Finding]) -> list[Finding]:
    return [each for each in findings if each.level == Level.STOP]
