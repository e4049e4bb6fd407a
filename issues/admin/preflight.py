"""Preflight at the desk: a panel beside the form of an issue, and the confirmation before publishing."""

import copy
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.csp import csp_override

from issues.admin.permissions import may_publish
from issues.admin.previews import FORMS, FRAMING
from issues.changes import Change
from issues.models.issues import Issue
from issues.preflight import Finding, Level, preflight
from issues.preflight.advice import Advice, load_advice

# The buttons that publish an issue: the verb for the label, and the participle for “Saved, but not approved”.
BUTTONS = {"_approve": ("Approve", "approved"), "_publish": ("Publish", "published")}


@dataclass(frozen=True)
class Panel:
    """The contents of templates/admin/issues/issue/preflight.html."""

    summary: str  # “2 stops, 1 warning, 3 notes”
    groups: list[tuple[str, list[Finding]]]  # Stops and warnings: by “The issue”, then by the titles of articles.
    notes: list[Finding]
    advice: dict[str, list[Advice]]  # By heading: what apps above say of what follows the publication.
    button: str = ""  # The pressed button, if it needs to be confirmed.
    confirmation: str = ""  # Its value.
    label: str = ""


class ChecksBeforePublishing(admin.ModelAdmin):
    """Admin class that adds preflight to the form of an issue."""

    class Media:
        js = ("desk/beside.js",)

    # It has the frame of the preview.
    @method_decorator(csp_override(FRAMING))
    def change_view(self, request, object_id, form_url="", extra_context=None):
        return super().change_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        """Add the panel if it is asked for. Otherwise a script loads it, so that the form does not wait for it."""
        if obj is not None:
            pressed = request.GET.get("confirm", "")
            if pressed in BUTTONS and not obj.is_published and may_publish(request.user):
                context["preflight"] = make_panel(_load(obj), request.user, pressed)
            elif "preflight" in request.GET:
                context["preflight"] = make_panel(_load(obj), request.user)
            context["pressed"] = pressed if pressed in BUTTONS else ""
            context["preview_forms"] = FORMS
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self):
        panel = self.admin_site.admin_view(self.preflight_view)
        return [path("<int:pk>/preflight/", panel, name="issues_issue_preflight"), *super().get_urls()]

    def preflight_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer with the panel as HTML, for beside.js."""
        issue = get_object_or_404(Issue, pk=pk)
        if not self.has_view_permission(request, issue):
            raise PermissionDenied
        may_change = self.has_change_permission(request, issue)
        context = {"preflight": make_panel(_load(issue), request.user), "has_change_permission": may_change}
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


def make_panel(
    issue: Issue,
    user: User | AnonymousUser,
    pressed: str = "",
    errors: Iterable[Finding] = (),
    at_home: Callable[[Finding], Finding] = lambda finding: finding,
) -> Panel:
    """Check a loaded issue. `pressed` is the button to be confirmed; what it publishes is checked for that time.

    `errors` are those of an unsaved form, and `at_home` leads each finding to its field in that form. `user` gets the
    advice of apps above, which is no part of what is confirmed: saving does not ask for it.
    """
    checked = _as_if(issue, timezone.now() + settings.COOLING_OFF) if pressed == "_publish" else issue
    found = [at_home(finding) for finding in preflight(checked)]
    stopped = {finding.anchor for finding in found if finding.level == Level.STOP}
    found += [error for error in errors if error.anchor not in stopped]
    places = {article.pk: place for place, article in enumerate(issue.articles.all(), 1)}
    found.sort(key=lambda each: _place(each, places))
    by_level = {level: [each for each in found if each.level == level] for level in Level}
    summary = ", ".join(count_of(level, some) for level, some in by_level.items() if some) or "nothing found"
    groups = [
        (str(article or "new article") if article else "The issue", list(some))
        for article, some in groupby((each for each in found if each.level != Level.NOTE), lambda each: each.article)
    ]
    panel = Panel(summary, groups, by_level[Level.NOTE], load_advice(issue, user))
    warnings = by_level[Level.WARNING]
    if pressed not in BUTTONS or issue.is_published or by_level[Level.STOP] or not warnings:
        return panel
    label = confirm_label(BUTTONS[pressed][0], warnings)
    return replace(panel, button=pressed, confirmation=fingerprint(warnings), label=label)


def _place(finding: Finding, places: dict[int, int]) -> tuple[int, int, int]:
    """Sort by print order. Errors of articles that leave the issue follow those of the issue itself."""
    key = finding.article.pk or 0 if finding.article else 0
    return places.get(key, 0), key, finding.level


def _load(issue: Issue) -> Issue:
    return Issue.objects.with_contents().get(pk=issue.pk)


def _as_if(issue: Issue, publish_at: datetime) -> Issue:
    """Return a copy of a loaded issue with another publication time."""
    other = copy.copy(issue)
    other.publish_at = publish_at
    return other
