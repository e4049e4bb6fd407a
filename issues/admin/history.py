"""The history of an issue at the desk: lists, compares and restores its versions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from issues.admin.permissions import is_open_to
from issues.history import changes, restore, restore_article, tell
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.revisions import IssueRevision, Revision, contents_of

PER_PAGE = 50


class KeepsHistory(admin.ModelAdmin):
    """Admin class for issues that shows their revisions in place of Django's log."""

    def history_view(self, request, object_id, extra_context=None):
        issue = get_object_or_404(Issue.objects.with_contents(), pk=_number(unquote(object_id)))
        if not self.has_view_or_change_permission(request, issue):
            raise PermissionDenied
        revisions, present = list(issue.revisions.select_related("saved_by")), contents_of(issue)
        if not revisions or revisions[0].contents != present:
            # Nothing has saved this version at the desk: the issue was imported, or an author was renamed.
            now = {"version": issue.version, "saved_at": issue.updated_at, "contents": present}
            revisions.insert(0, IssueRevision(issue=issue, cause="as it is now", **now))
        pairs = list(zip(revisions, [*revisions[1:], None], strict=True))
        page = Paginator(pairs, PER_PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {issue}",
            "opts": self.opts,
            "issue": issue,
            "page": page,
            "revisions": revisions,
            "events": _events(issue, list(page)),
            "may_restore": self._may_restore(request, issue),
            "may_restore_all": self._may_restore_all(request, issue),
            **_compare(revisions, _number(request.GET.get("version")), _number(request.GET.get("before"))),
        }
        return render(request, "admin/issues/issue/history.html", context)

    def get_urls(self):
        view = self.admin_site.admin_view(require_POST(self.restore_view))
        return [path("<int:pk>/history/restore/", view, name="issues_issue_restore"), *super().get_urls()]

    def restore_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Restore the version that is posted, or only the posted article from it."""
        issue = get_object_or_404(Issue, pk=pk)
        article = _number(request.POST.get("article"))
        may = self._may_restore_article(request, issue, article) if article else self._may_restore_all(request, issue)
        if not may:
            raise PermissionDenied
        revision = get_object_or_404(IssueRevision, issue=issue, version=_number(request.POST.get("version")))
        try:
            lost = restore_article(revision, article, request.user) if article else restore(revision, request.user)
        except ValidationError as error:
            for sentence in error.messages:
                self.message_user(request, f"Nothing was restored: {sentence}", messages.ERROR)
        else:
            restored = "The article was" if article else "Everything was"
            self.message_user(request, f"{restored} restored from version {revision.version}.", messages.SUCCESS)
            for sentence in lost:
                self.message_user(request, sentence, messages.WARNING)
            self.log_change(request, issue, f"Restored from version {revision.version}.")
        return redirect("admin:issues_issue_history", issue.pk)

    def _may_restore(self, request: HttpRequest, issue: Issue) -> bool:
        """Return whether the user may restore the issue's articles."""
        may_change = request.user.has_perms(["issues.change_issue", "issues.change_article"])
        return may_change and self.has_change_permission(request, issue)

    def _may_restore_all(self, request: HttpRequest, issue: Issue) -> bool:
        """Return whether the user may restore everything: the sponsor's message, too, which may come or go by it."""
        sponsoring = [f"sponsors.{act}_placement" for act in ("add", "change", "delete")]
        return self._may_restore(request, issue) and request.user.has_perms(sponsoring)

    def _may_restore_article(self, request: HttpRequest, issue: Issue, key: int) -> bool:
        """Return the same for an article. It may be in another issue by now, which must be open to the user, too."""
        elsewhere = Article.objects.filter(pk=key).exclude(issue=issue).select_related("issue").first()
        return self._may_restore(request, issue) and is_open_to(request.user, elsewhere.issue if elsewhere else None)


class Event(NamedTuple):
    """One line of the history: a revision, or the publication, which nobody had to do."""

    when: datetime
    what: str
    revision: Revision | None = None


def tell_events(pairs: Iterable[tuple[Any, Any]]) -> list[Event]:
    """Return an event for each revision. `pairs` have a revision and the one before it, or None."""
    return [Event(new.saved_at, tell(new, old), new) for new, old in pairs]


def _events(issue: Issue, pairs: list[tuple[IssueRevision, IssueRevision | None]]) -> list[Event]:
    """Return the events of these revisions. A scheduled issue that came out has one more."""
    events, at = tell_events(pairs), issue.publish_at
    if at and issue.is_published:
        last = next((index for index, event in enumerate(events) if event.when <= at), None)
        if last is not None and pairs[last][0].contents["issue"]["status"] == Issue.Status.APPROVED:
            events.insert(last, Event(at, "came out"))
    return events


def _compare(revisions: list[IssueRevision], version: int, before: int) -> dict[str, Any]:
    """Compare two versions, by default the last two. Each change comes with versions that can restore its article."""
    by_version = {revision.version: revision for revision in reversed(revisions)}
    shown = by_version.get(version, revisions[0])
    earlier = by_version.get(before) or next(iter(revisions[revisions.index(shown) + 1 :]), None)
    sources = [revision for revision in (earlier, shown) if revision and revision.pk and revision != revisions[0]]
    articles = {source.pk: {article["id"] for article in source.contents["articles"]} for source in sources}
    found = changes(earlier.contents, shown.contents) if earlier else []
    rows = [(change, [source for source in sources if change.article in articles[source.pk]]) for change in found]
    return {"shown": shown, "before": earlier, "sources": sources, "changes": rows}


def _number(given: Any) -> int:
    """Return a number that a browser sent, or 0."""
    return int(given) if str(given).isdecimal() and len(str(given)) < 10 else 0
