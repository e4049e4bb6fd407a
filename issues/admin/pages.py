from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from desk.autosave import KeepsWords
from desk.conflicts import SeenForm
from desk.uses import MOST, Place, ShowsUses, Use
from desk.widgets import DeskFields
from issues.admin.history import tell_events
from issues.admin.permissions import ProofreadsWords
from issues.admin.uses import article_uses, issue_uses
from issues.changes import changing_page
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.pages import Page
from text.differences import differences


@admin.register(Page)
class PageAdmin(ShowsUses, KeepsWords, ProofreadsWords, DeskFields):
    form = SeenForm
    when_empty = "Add “About” or the like. A published page is linked on every page of the site."
    counts_versions = False  # changing_page() does.
    fields = ("title", "slug", "body", "is_published", "seen")
    list_display = ("title", "state", "slug", "updated_at")
    list_filter = ("is_published",)
    search_fields = ("title", "body")
    beside_words = ("slug", "is_published")

    def get_readonly_fields(self, request, obj=None):
        """The address of a page does not change: other sites link to it."""
        fixed = {"slug"} if obj else set()
        return tuple(fixed.union(super().get_readonly_fields(request, obj)))

    def save_model(self, request, obj, form, change):
        """Do nothing: save_related(), which Django calls next, saves the page inside changing_page()."""

    def save_related(self, request, form, formsets, change):
        with changing_page(form.instance, request.user, "saved" if change else "added"):
            super().save_model(request, form.instance, form, change)
            super().save_related(request, form, formsets, change)

    def uses_of(self, rows, most=MOST):
        """Return the addresses at which readers find the pages, and what links there."""
        then = "The link stays, and leads nowhere."
        articles = Article.objects.filter(_links_to(rows, "blurb"))
        issues = Issue.objects.filter(_links_to(rows, "intro"))
        pages = Page.objects.filter(_links_to(rows, "body")).exclude(pk__in=[row.pk for row in rows])
        found = [Place(page.title, reverse("admin:issues_page_change", args=[page.pk])) for page in pages]
        public = [row.get_absolute_url() for row in rows if row.is_published]
        uses = [
            Use(
                "Addresses",
                len(public),
                [Place(path, path) for path in public[:most]],
                "",
                "Readers find nothing there.",
            ),
            *article_uses(articles, most, then, title="Articles that link there"),
            *issue_uses(issues, most, then, title="Issues that link there"),
            Use("Pages that link there", len(found), found[:most], "", then),
        ]
        return [use for use in uses if use.total]

    @admin.display(description="state", ordering="is_published")
    def state(self, page):
        return format_html('<span class="state state-{0}">{0}</span>', _state(page.is_published))

    def view_on_site(self, page):
        return page.get_absolute_url() if page.is_published else None

    def get_urls(self):
        preview = self.admin_site.admin_view(self.preview_view)
        restore = self.admin_site.admin_view(require_POST(self.restore_view))
        return [
            path("<int:pk>/preview/", preview, name="issues_page_preview"),
            path("<int:pk>/history/<int:version>/restore/", restore, name="issues_page_restore"),
            *super().get_urls(),
        ]

    def preview_view(self, request, pk):
        """Show the saved page as readers will see it, to users of the desk."""
        page = get_object_or_404(Page, pk=pk)
        if not self.has_view_permission(request, page):
            raise PermissionDenied
        return render(request, "issues/page.html", {"page": page, "preview": True})

    def history_view(self, request, object_id, extra_context=None):
        """List the revisions. Show the words of one, by default the latest, and how they differ from the one before."""
        page = self.get_object(request, unquote(object_id))
        if page is None:
            raise Http404
        if not self.has_view_or_change_permission(request, page):
            raise PermissionDenied
        revisions = list(page.revisions.select_related("saved_by"))
        versions = [str(revision.version) for revision in revisions]
        chosen = request.GET.get("version")
        index = versions.index(chosen) if chosen in versions else 0
        shown, *earlier = revisions[index : index + 2] or [None]
        now = _words(shown.contents) if shown else {}
        before = _words(earlier[0].contents) if earlier else now
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {page}",
            "opts": self.opts,
            "page": page,
            "events": tell_events(pairwise([*revisions, None])),
            "shown": shown,
            "words": [(label, differences(before[label], text)) for label, text in now.items()],
            "may_restore": index > 0 and self.has_change_permission(request, page),
        }
        return render(request, "admin/issues/page/history.html", context)

    def restore_view(self, request: HttpRequest, pk: int, version: int) -> HttpResponse:
        """Restore title and text from a revision. Address and state stay."""
        page = get_object_or_404(Page, pk=pk)
        if not self.has_change_permission(request, page):
            raise PermissionDenied
        former = get_object_or_404(page.revisions, version=version).contents
        try:
            with changing_page(page, request.user, f"restored from version {version}"):
                page.title, page.body = former["title"], former["body"]
                page.full_clean()
                page.save(update_fields=["title", "body", "updated_at"])
        except ValidationError as error:
            self.message_user(request, f"Nothing was restored: {' '.join(error.messages)}", messages.ERROR)
        else:
            self.log_change(request, page, f"Restored from version {version}.")
            self.message_user(request, f"The page was restored from version {version}.", messages.SUCCESS)
        return redirect("admin:issues_page_history", pk)


def _links_to(pages: Sequence[Page], field: str) -> Q:
    """Return the condition that the Markdown in this field links to one of the pages."""
    found = Q()
    for page in pages:
        path = page.get_absolute_url()
        for start in ("(", settings.SITE_URL):
            found |= Q(**{f"{field}__contains": start + path})
    return found


def _state(is_published: bool) -> str:
    return "published" if is_published else "draft"


def _words(contents: dict[str, Any]) -> dict[str, str]:
    """Return what a revision holds, as text by label."""
    return {
        "Title": contents["title"],
        "Address": contents["slug"],
        "State": _state(contents["is_published"]),
        "Body": contents["body"],
    }
