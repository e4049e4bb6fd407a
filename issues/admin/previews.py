"""Previews of an issue at the desk: page, feed entry, HTML mail and text mail, one at a time.

Each form has a view of its own, for a frame. Light and dark frames have the same address: the color-scheme of the frame
decides (CSS Color Adjustment, section 2.4), as a reader's settings would.
"""

from typing import NamedTuple

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
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

# For pages with frames, and for what is in them.
FRAMING = {**settings.SECURE_CSP, "frame-src": [CSP.SELF]}
FRAMED = {"frame-ancestors": [CSP.SELF]}
# For the feed entry and the mail, which load pictures of this site alone. The mail has its styles in its elements.
PICTURES = {"default-src": [CSP.NONE], "img-src": [CSP.SELF], "base-uri": [CSP.NONE], "form-action": [CSP.NONE]}


class Form(NamedTuple):
    name: str
    classes: str  # From static/desk/previews.css: its width.
    route: str


_PAGE, _FEED, _MAIL, _TEXT = (f"admin:issues_issue_preview{name}" for name in ("", "_feed", "_mail", "_text"))
# By the word in addresses. Page and phone differ in width.
FORMS = {
    "page": Form("Page", "wide", _PAGE),
    "phone": Form("Phone", "phone", _PAGE),
    "feed": Form("Feed", "phone", _FEED),
    "mail": Form("Mail", "window", _MAIL),
    "text": Form("Text", "window", _TEXT),
}
COLOURS = {"light": "Light", "dark": "Dark"}


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
                ("previews/text", text_preview, "preview_text"),
            )
        ] + super().get_urls()


@require_safe
@csp_override(FRAMING)
def previews(request: HttpRequest, pk: int) -> HttpResponse:
    issue = _issue(request, pk, Issue.objects.all())
    shown, colours = request.GET.get("as", ""), request.GET.get("colours", "")
    shown, colours = shown if shown in FORMS else "page", colours if colours in COLOURS else "light"
    context = {
        **admin.site.each_context(request),
        "title": f"Previews of {issue}",
        "opts": Issue._meta,
        "issue": issue,
        "forms": FORMS,
        "shown": shown,
        "form": FORMS[shown],
        "all_colours": COLOURS,
        "colours": colours,
    }
    return render(request, "admin/issues/issue/previews.html", context)


def print_as(form: str, issue: Issue, request: HttpRequest) -> str:
    """Return the issue, which is loaded, as a whole document. `form` is a key of FORMS."""
    if form == "mail":
        return render_mail(issue)
    if form == "text":
        context = {"issue": issue, "text": strip_control_characters(render_text(issue))}
        return render_to_string("admin/issues/issue/preview_text.html", context, request)
    if form == "feed":
        summary = strip_control_characters(summarize(issue))
        context = {"issue": issue, "summary": summary, "contents": render_html(issue)}
        return render_to_string("admin/issues/issue/preview_feed.html", context, request)
    context = {"issue": issue, "printed": print_page(issue, preview=True), "preview": True}
    return render_to_string("issues/issue.html", context, request)


@require_safe
@xframe_options_sameorigin
@csp_override({**settings.SECURE_CSP, **FRAMED})
def page_preview(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(print_as("page", _issue(request, pk), request))


@require_safe
@xframe_options_sameorigin
@csp_override({**PICTURES, **FRAMED})
def feed_preview(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(print_as("feed", _issue(request, pk), request))


@require_safe
@xframe_options_sameorigin
@csp_override({**PICTURES, **FRAMED, "style-src": [CSP.UNSAFE_INLINE]})
def mail_preview(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(print_as("mail", _issue(request, pk), request))


@require_safe
@xframe_options_sameorigin
@csp_override({**PICTURES, **FRAMED, "style-src": [CSP.SELF]})
def text_preview(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(print_as("text", _issue(request, pk), request))


def _issue(request: HttpRequest, pk: int, issues: QuerySet[Issue] | None = None) -> Issue:
    """Return the saved issue, by default with its contents. Raises PermissionDenied if the user may not see issues."""
    if not (request.user.has_perm("issues.view_issue") or request.user.has_perm("issues.change_issue")):
        raise PermissionDenied
    return get_object_or_404(Issue.objects.with_contents() if issues is None else issues, pk=pk)
