"""Previews of an issue at the desk: page, feed entry, HTML mail and text mail, side by side.

Each frame has a view of its own. Light and dark frames have the same address: the color-scheme of the frame decides
(CSS Color Adjustment, section 2.4), as a reader's settings would.
"""

from typing import NamedTuple

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from issues.models.issues import Issue
from issues.printing.html import render_html, summarize
from issues.printing.mail import render_mail
from issues.printing.page import print_page
from issues.printing.text import render_text
from text.validators import strip_control_characters

FRAMED = {"frame-ancestors": [CSP.SELF]}
# For the feed entry and the mail, which load nothing. The mail has its styles in its elements.
NOTHING = {"default-src": [CSP.NONE], "base-uri": [CSP.NONE], "form-action": [CSP.NONE]}


class Frame(NamedTuple):
    name: str
    classes: str  # From static/desk/previews.css: width and colours.
    route: str = ""  # Empty for the text mail, which needs no frame.


PAGE, FEED, MAIL = (f"admin:issues_issue_{name}" for name in ("preview", "preview_feed", "preview_mail"))
# The four forms first, then other widths and colours.
FRAMES = (
    Frame("Page on a phone, light", "phone light", PAGE),
    Frame("Feed entry", "phone light", FEED),
    Frame("HTML mail on a phone", "phone light", MAIL),
    Frame("Text mail", "window"),
    Frame("Page on a phone, dark", "phone dark", PAGE),
    Frame("HTML mail, light", "window light", MAIL),
    Frame("HTML mail, dark", "window dark", MAIL),
    Frame("Page on a desktop, light", "desktop light", PAGE),
    Frame("Page on a desktop, dark", "desktop dark", PAGE),
)


class ShowsPreviews(admin.ModelAdmin):
    """Admin class that adds previews to issues."""

    def get_urls(self):
        return [
            path(f"<int:pk>/{address}/", self.admin_site.admin_view(view), name=f"issues_issue_{name}")
            for address, view, name in (
                ("previews", previews, "previews"),
                ("preview", page_preview, "preview"),
                ("previews/feed", feed_preview, "preview_feed"),
                ("previews/mail", mail_preview, "preview_mail"),
            )
        ] + super().get_urls()


@require_safe
@csp_override({**settings.SECURE_CSP, "frame-src": [CSP.SELF]})
def previews(request: HttpRequest, pk: int) -> HttpResponse:
    issue = _issue(request, pk)
    context = {
        **admin.site.each_context(request),
        "title": f"Previews of {issue}",
        "opts": Issue._meta,
        "issue": issue,
        "frames": FRAMES,
        "is_nav_sidebar_enabled": False,
        "text": render_text(issue),
    }
    return render(request, "admin/issues/issue/previews.html", context)


@require_safe
@xframe_options_sameorigin
@csp_override({**settings.SECURE_CSP, **FRAMED})
def page_preview(request: HttpRequest, pk: int) -> HttpResponse:
    issue = _issue(request, pk)
    context = {"issue": issue, "printed": print_page(issue, preview=True), "preview": True}
    return render(request, "issues/issue.html", context)


@require_safe
@xframe_options_sameorigin
@csp_override({**NOTHING, **FRAMED})
def feed_preview(request: HttpRequest, pk: int) -> HttpResponse:
    issue = _issue(request, pk)
    context = {"issue": issue, "summary": strip_control_characters(summarize(issue)), "contents": render_html(issue)}
    return render(request, "admin/issues/issue/preview_feed.html", context)


@require_safe
@xframe_options_sameorigin
@csp_override({**NOTHING, **FRAMED, "style-src": [CSP.UNSAFE_INLINE]})
def mail_preview(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(render_mail(_issue(request, pk)))


def _issue(request: HttpRequest, pk: int) -> Issue:
    """Load the saved issue. Raises PermissionDenied for users who may not see issues at the desk."""
    if not (request.user.has_perm("issues.view_issue") or request.user.has_perm("issues.change_issue")):
        raise PermissionDenied
    return get_object_or_404(Issue.objects.with_contents(), pk=pk)
