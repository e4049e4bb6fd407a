"""The history of an issue at the desk: every saved state, what differs, and the way back to it."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from desk.posted import Row
from issues.history import Change, changes, restore, restore_article, summarize_changes
from issues.models.issues import Issue
from issues.models.revisions import IssueRevision, contents_of

PER_PAGE = 50


class KeepsHistory(admin.ModelAdmin):
    """For issues: replaces Django's list of log entries."""

    def history_view(self, request, object_id, extra_context=None):
        issue = get_object_or_404(Issue.objects.with_contents(), pk=_number(unquote(object_id)))
        if not self.has_view_or_change_permission(request, issue):
            raise PermissionDenied
        revisions = list(issue.revisions.select_related("saved_by"))
        if not revisions or revisions[0].contents != contents_of(issue):
            revisions.insert(0, _present(issue))
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {issue}",
            "opts": self.opts,
            "issue": issue,
            "revisions": _page(request, revisions),
            "may_restore": self.has_change_permission(request, issue),
            **_comparison(request, revisions),
        }
        return render(request, "admin/issues/issue/history.html", context)

    def get_urls(self):
        restore = self.admin_site.admin_view(require_POST(self.restore_view))
        return [path("<int:pk>/history/restore/", restore, name="issues_issue_restore"), *super().get_urls()]

    def restore_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Of the posted version everything, or the posted article alone."""
        issue = get_object_or_404(Issue, pk=pk)
        if not self.has_change_permission(request, issue):
            raise PermissionDenied
        revision = get_object_or_404(IssueRevision, issue=issue, version=_number(request.POST.get("version")))
        article = _number(request.POST.get("article"))
        if article and article not in {former["id"] for former in revision.contents["articles"]}:
            article = 0
            self.message_user(request, f"This article is not in version {revision.version}.", messages.ERROR)
            return _history(issue)
        try:
            lost = restore_article(revision, article, request.user) if article else restore(revision, request.user)
        except ValidationError as error:
            for sentence in error.messages:
                self.message_user(request, f"Nothing was restored: {sentence}", messages.ERROR)
            return _history(issue)
        what = "The article is" if article else "Everything is"
        self.message_user(request, format_html("{} as in version {} again.", what, revision.version), messages.SUCCESS)
        for sentence in lost:
            self.message_user(request, sentence, messages.WARNING)
        self.log_change(request, issue, f"Restored from version {revision.version}.")
        return _history(issue)


def rows_of(contents: dict[str, Any]) -> dict[str, Row]:
    """The rows of an issue's form, as it stood with these contents."""
    issue = contents["issue"]
    moment = issue["publish_at"] and timezone.localtime(datetime.fromisoformat(issue["publish_at"]))
    own = {name: [str(issue[name]).strip()] for name in ("number", "title", "slug", "intro")}
    own["publish_at"] = [moment.strftime("%Y-%m-%d"), moment.strftime("%H:%M:%S")] if moment else ["", ""]
    rows = [Row(values=own, split={"publish_at"})]
    for placement in contents["placements"]:
        words = {name: [placement[name].strip()] for name in ("message", "url", "state")}
        rows.append(Row("placements", values={"sponsor": [str(placement["sponsor"]["id"])], **words, "DELETE": []}))
    for article in contents["articles"]:
        words = {name: [article[name].strip()] for name in ("title", "url", "blurb", "byline", "disclosure", "section")}
        others = {
            "author_list": [str(author["id"]) for author in article["authors"]],
            "publication": [str(article["publication"]["id"]) if article["publication"] else ""],
            "tag_list": article["tags"],
            "order": [str(article["position"])],
            "to_backlog": [],
        }
        rows.append(Row("articles", str(article["id"]), values=words | others))
    return {row.key: row for row in rows}


def _present(issue: Issue) -> IssueRevision:
    """What no save at the desk has kept yet: an imported issue, or an author who was renamed since."""
    return IssueRevision(
        issue=issue, version=issue.version, saved_at=issue.updated_at, cause="as it is now", contents=contents_of(issue)
    )


def _page(request: HttpRequest, revisions: list[IssueRevision]) -> Any:
    """Of the revisions, each with a summary of what it changed."""
    page = Paginator(revisions, PER_PAGE).get_page(request.GET.get("p"))
    for place, revision in enumerate(page.object_list, page.start_index()):
        before = revisions[place].contents if place < len(revisions) else None
        revision.summary = summarize_changes(before, revision.contents)  # type: ignore[attr-defined]
    return page


def _comparison(request: HttpRequest, revisions: list[IssueRevision]) -> dict[str, Any]:
    """Of the chosen version with the chosen one before it: by default the last two."""
    by_version = {revision.version: revision for revision in reversed(revisions)}
    shown = by_version.get(_number(request.GET.get("version")), revisions[0])
    earlier = revisions[revisions.index(shown) + 1 :]
    before = by_version.get(_number(request.GET.get("before")), earlier[0] if earlier else None)
    found = changes(before.contents, shown.contents) if before else []
    return {
        "shown": shown,
        "before": before,
        "sources": [source for source in (before, shown) if source and source.pk and source != revisions[0]],
        "changes": [(change, _sources(change, before, shown, revisions[0])) for change in found],
    }


def _sources(change: Change, before: Any, shown: IssueRevision, present: IssueRevision) -> list[IssueRevision]:
    """The versions of the two from which that article can be restored."""
    if change.article is None:
        return []
    held = {"added": [shown], "removed": [before]}.get(change.kind, [before, shown])
    return [source for source in held if source.pk and source != present]


def _history(issue: Issue) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:issues_issue_history", args=[issue.pk]))


def _number(given: Any) -> int:
    return int(given) if given and str(given).isdecimal() and len(str(given)) < 10 else 0
