"""Preflight at the desk: a panel in the form of an issue, and the confirmation before publishing."""

import copy
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

from issues.admin.permissions import may_publish
from issues.changes import Change
from issues.models.issues import Issue
from issues.preflight import Finding, Level, preflight

# The buttons that publish an issue: the verb for the label, and the participle for “Saved, but not approved”.
BUTTONS = {"_approve": ("Approve", "approved"), "_publish": ("Publish", "published")}


@dataclass(frozen=True)
class Panel:
    """The contents of templates/admin/issues/issue/preflight.html."""

    groups: list[tuple[str, list[Finding]]]  # By headings such as “2 stops”; without empty groups.
    notes: list[Finding]
    button: str = ""  # The pressed button, if it needs to be confirmed.
    confirmation: str = ""  # Its value.
    label: str = ""

    @property
    def summary(self) -> str:
        counts = [name for name, _ in self.groups]
        if self.notes:
            counts.append(count_of(Level.NOTE, self.notes))
        return ", ".join(counts) or "nothing found"


class ChecksBeforePublishing(admin.ModelAdmin):
    """Admin class that adds preflight to the form of an issue."""

    class Media:
        js = ("desk/preflight.js",)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        """Add the panel if it is asked for. Otherwise a script loads it, so that the form does not wait for it."""
        if obj is not None:
            pressed = request.GET.get("confirm", "")
            if pressed in BUTTONS and not obj.is_published and may_publish(request.user):
                context["preflight"] = _panel(obj, pressed)
            elif "preflight" in request.GET:
                context["preflight"] = _panel(obj)
            context["preflight_address"] = reverse("admin:issues_issue_preflight", args=[obj.pk])
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self):
        panel = self.admin_site.admin_view(self.preflight_view)
        return [path("<int:pk>/preflight/", panel, name="issues_issue_preflight"), *super().get_urls()]

    def preflight_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer with the panel as HTML, for preflight.js."""
        issue = get_object_or_404(Issue, pk=pk)
        if not self.has_view_permission(request, issue):
            raise PermissionDenied
        may_change = self.has_change_permission(request, issue)
        context = {"preflight": _panel(issue), "has_change_permission": may_change}
        return render(request, "admin/issues/issue/preflight.html", context)

    def hold_back(
        self, request: HttpRequest, change: Change, issue: Issue, publish_at: datetime
    ) -> HttpResponseRedirect | None:
        """Return a redirect to the form if a stop or an unconfirmed warning keeps the issue from being published."""
        button = next(name for name in BUTTONS if name in request.POST)
        action, done = BUTTONS[button]
        findings = preflight(_as_if(change.load(issue), publish_at))
        stops, warnings = ([each for each in findings if each.level == level] for level in (Level.STOP, Level.WARNING))
        address = reverse("admin:issues_issue_change", args=[issue.pk])
        if stops:
            found = count_of(Level.STOP, stops)
            self.message_user(request, f"Saved, but not {done}: preflight found {found}. See below.", messages.ERROR)
            return HttpResponseRedirect(f"{address}?preflight=1#preflight")
        if warnings and request.POST[button] != fingerprint(warnings):
            label = confirm_label(action, warnings)
            text = f"Saved, but not {done} yet. Read what preflight found, then press “{label}” there."
            self.message_user(request, text, messages.WARNING)
            return HttpResponseRedirect(f"{address}?confirm={button}#preflight")
        return None


def count_of(level: Level, findings: list[Finding]) -> str:
    return f"{len(findings)} {level.label if len(findings) == 1 else level.plural}"


def confirm_label(action: str, warnings: list[Finding]) -> str:
    """Return the label of a button: “Publish with 3 warnings”."""
    return f"{action} with {count_of(Level.WARNING, warnings)}"


def fingerprint(findings: list[Finding]) -> str:
    """Return a digest of the warnings that the editor has read: a confirmation holds for these only."""
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
    """Check the saved issue as if it were published at this time, if one is given."""
    saved = Issue.objects.with_contents().get(pk=issue.pk)
    return preflight(_as_if(saved, publish_at) if publish_at else saved)


def _as_if(issue: Issue, publish_at: datetime) -> Issue:
    """Return a copy of a loaded issue with another publication time."""
    other = copy.copy(issue)
    other.publish_at = publish_at
    return other
