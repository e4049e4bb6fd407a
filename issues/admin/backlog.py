"""The backlog at the desk: sorting and placing articles with keys or actions."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import Action, ActionLocation
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_POST

from desk.posted import is_number
from fetching.models import FetchedPage
from issues.admin.permissions import check_open, is_open_to, may_publish, why_closed
from issues.admin.printed import PrintedAdmin
from issues.changes import changing
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.placing import find_refusals
from issues.runs import count_recent_runs, describe_run, earlier_runs
from text.quotes import quote

# Labels of the actions, by the state that each gives.
SORTING = {
    Article.State.SHORTLISTED: "Shortlist",
    Article.State.HELD: "Hold",
    Article.State.DECLINED: "Decline",
    Article.State.SAVED: "Back to the inbox",
}
# Reasons that the answer to a key gives in full.
SHOWN_REFUSALS = 2
BOTH_PAGES = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class BacklogList(ChangeList):
    """List that adds to each article the sentences `recent_runs` and `earlier_runs`, and its fetched `page`."""

    def get_results(self, request):
        """Add them with four more queries, for any number of rows."""
        super().get_results(request)
        articles: list[Any] = list(self.result_list)
        recent = count_recent_runs(articles)
        earlier = earlier_runs(article.canonical_url for article in articles)
        pages = FetchedPage.objects.for_urls(article.url for article in articles)
        for article in articles:
            article.page = pages.get(article.url)
            article.recent_runs = recent.describe(article)
            runs = earlier.get(article.canonical_url, [])
            article.earlier_runs = [describe_run(run) for run in runs if run.pk != article.pk]
        self.result_list = articles


class BacklogActions(PrintedAdmin):
    """Admin class that adds the actions and keys of the backlog to the list of articles."""

    actions: tuple[str, ...] = ("return_to_backlog",)

    def get_changelist(self, request, **kwargs):
        return BacklogList

    def changelist_view(self, request, extra_context=None):
        issues = self._issues_to_fill(request)
        return super().changelist_view(request, {"issues_to_fill": issues} | (extra_context or {}))

    def get_actions(self, request, action_location=ActionLocation.CHANGE_LIST):
        actions = super().get_actions(request, action_location=action_location)
        if not self._may_change_issues(request):
            actions.pop("return_to_backlog", None)
        ours = []
        if self.has_change_permission(request):
            ours += [
                _action(f"sort_{state}", label, BacklogActions.sort, state=state) for state, label in SORTING.items()
            ]
        for issue in self._issues_to_fill(request):
            place = BacklogActions.place
            ours.append(_action(f"place_{issue.pk}", f"Place in {issue}", place, issue=issue))
            ours.append(
                _action(f"place_anyway_{issue.pk}", f"Place anyway in {issue}", place, issue=issue, anyway=True)
            )
        return {action.name: action for action in ours} | actions

    @admin.action(description="Send back to the backlog", permissions=["change"], location=BOTH_PAGES)
    def return_to_backlog(self, request, queryset):
        articles = list(queryset.exclude(issue=None))
        returned = []
        for article in articles:
            if article.issue.is_published:
                self.message_user(request, f"{quote(article)} stays: {article.issue} is published.", messages.ERROR)
            elif not is_open_to(request.user, article.issue):
                self.message_user(request, f"{quote(article)} stays: {why_closed(article.issue)}", messages.ERROR)
            else:
                returned.append(article)
        self._return_to_backlog(request, returned)
        if returned:
            self.message_user(request, f"{_count(returned)} sent back to the backlog.", messages.SUCCESS)

    def _return_to_backlog(self, request: HttpRequest, articles: list[Article]) -> None:
        """Take articles out of their issues, which are not published, in one change."""
        issues = {article.issue_id for article in articles if article.issue_id}
        if not issues:
            return
        with changing(issues, request.user, "article sent back to the backlog") as change:
            check_open(request.user, change.issues.values())
            keys = [article.pk for article in articles]
            # Read again: nobody can move them while their issues are locked.
            for article in Article.objects.filter(pk__in=keys, issue__in=issues).order_by("pk"):
                article.return_to_backlog()
        self.tell(request, change)

    def sort(self, request: HttpRequest, articles: QuerySet[Article], state: str) -> None:
        """Give articles of the backlog this state."""
        self._message(request, *self._sort(request, list(articles.values_list("pk", flat=True)), state))

    def _sort(self, request: HttpRequest, keys: list[int], state: str) -> tuple[str, list[str]]:
        """Return a sentence for what was done, or "", and one for each article that is in an issue."""
        with transaction.atomic():
            found = _lock(keys)
            done = [article for article in found if not article.issue]
            for article in done:
                article.state = state
                article.save(update_fields=["state"])
            where = "in the inbox" if state == Article.State.SAVED else Article.State(state).label
            if done:
                LogEntry.objects.log_actions(request.user.pk, done, CHANGE, f"Now {where}.")  # type: ignore[arg-type]
        kept = [f"{quote(article)} was not changed: it is in {article.issue}." for article in found if article.issue]
        return f"{_count(done)} {where} now." if done else "", kept

    def place(self, request: HttpRequest, articles: QuerySet[Article], issue: Issue, *, anyway: bool = False) -> None:
        """Place articles in the order of the list. The others are placed even if one cannot be."""
        keys = list(articles.values_list("pk", flat=True))
        with changing([issue], request.user, "article placed") as change:
            check_open(request.user, change.issues.values())
            placed = _place(change.issues[issue.pk], keys, anyway=anyway)
        self.tell(request, change)
        self._message(request, *_describe(placed, issue))

    def _message(self, request: HttpRequest, sentence: str, refusals: list[str]) -> None:
        for refusal in refusals:
            self.message_user(request, refusal, messages.ERROR)
        if sentence:
            self.message_user(request, sentence, messages.SUCCESS)

    def _issues_to_fill(self, request: HttpRequest) -> list[Issue]:
        """Return the next five issues to be published. One query for each request."""
        if not (self.has_change_permission(request) and self._may_change_issues(request)):
            return []
        if not hasattr(request, "issues_to_fill"):
            issues = Issue.objects.unpublished()
            if not may_publish(request.user):
                issues = issues.filter(status=Issue.Status.DRAFT)
            request.issues_to_fill = list(issues[:5])  # type: ignore[attr-defined]
        return request.issues_to_fill  # type: ignore[attr-defined]

    def _may_change_issues(self, request: HttpRequest) -> bool:
        return request.user.has_perm("issues.change_issue")

    # Views for the keys: each does the same as an action, for the articles of the field `article`, in one change. They
    # answer {"sentence", "rows"}; a row has "article" (its key), "done", "state" and "label". With the field `form`
    # they add what drawer.js needs: "issue", its "state" and its "versions" before and after, by which the script knows
    # whether its form saw the one before, and "row", the row of the article that was placed.

    def get_urls(self):
        wrap = self.admin_site.admin_view
        return [
            path("sort/<slug:state>/", wrap(require_POST(self.sort_view)), name="issues_article_sort"),
            path("place/<int:issue>/", wrap(require_POST(self.place_view)), name="issues_article_place"),
            *super().get_urls(),
        ]

    def sort_view(self, request, state):
        """Give the articles this state. With `undo`, those in an issue that is not published return to the backlog."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        keys, more = _keys(request), {}
        if state not in Article.State.values:
            raise Http404
        if "undo" in request.POST:
            placed = Article.objects.filter(pk__in=keys).exclude(issue=None).select_related("issue")
            returned: list[Any] = [article for article in placed if article.issue and not article.issue.is_published]
            if returned and not self._may_change_issues(request):
                raise PermissionDenied
            self._return_to_backlog(request, returned)
            if returned and "form" in request.POST:
                issue = Issue.objects.get(pk=returned[0].issue_id)
                more["issue"] = {"state": issue.state, "versions": [issue.version - 1, issue.version]}
        sentence, kept = self._sort(request, keys, state)
        articles = Article.objects.filter(pk__in=keys).select_related("issue")
        rows = [_row(article, not article.issue) for article in articles]
        return _answer(" ".join(filter(None, [sentence, *kept])), rows, **more)

    def place_view(self, request, issue):
        """Place the articles. A row that was refused has "may_insist": whether `anyway` would place it.

        With `form`, "row" is that of the first article.
        """
        if not (self.has_change_permission(request) and self._may_change_issues(request)):
            raise PermissionDenied
        keys, anyway = _keys(request), "anyway" in request.POST
        with changing([issue], request.user, "article placed") as change:
            if issue not in change.issues:
                raise Http404
            check_open(request.user, change.issues.values())
            place = change.issues[issue]
            before = place.version
            placed = _place(place, keys, anyway=anyway)
            change.load(place)
        self.tell(request, change)
        sentence, refusals = _describe(placed, place)
        may_insist = not anyway and not place.is_published
        rows = [
            _row(article, not refused, may_insist=bool(refused) and may_insist and article.issue is None)
            for article, refused in placed
        ]
        more: dict[str, object] = {}
        if "form" in request.POST:
            more["issue"] = {"state": place.state, "versions": [before, place.version]}
            if rows[0]["done"]:
                issues: Any = self.admin_site.get_model_admin(Issue)
                more["row"] = issues.render_row(request, place, keys[0])
        return _answer(" ".join(filter(None, [sentence, *_first(refusals)])), rows, **more)


def _first(refusals: list[str]) -> list[str]:
    """Return the first reasons, and how many more there are: the answer stands in the bar above the list."""
    more = refusals[SHOWN_REFUSALS:]
    return refusals[:SHOWN_REFUSALS] + ([f"{len(more)} more for such reasons."] if more else [])


def _keys(request: HttpRequest) -> list[int]:
    """Return the keys of the articles that were posted, in their order. Raises Http404 for what is none."""
    keys = request.POST.getlist("article")
    if not all(map(is_number, keys)):
        raise Http404
    return [int(key) for key in keys]


def _lock(keys: list[int]) -> list[Article]:
    """Return the articles in the order of their keys, locked. Raises Http404 if there is none."""
    articles = Article.objects.select_related("issue", "publication").filter(pk__in=keys).order_by("pk")
    locked = {article.pk: article for article in articles.select_for_update(of=("self",))}
    if not locked:
        raise Http404
    return [locked[key] for key in dict.fromkeys(keys) if key in locked]


def _place(issue: Issue, keys: list[int], *, anyway: bool) -> list[tuple[Article, list[str]]]:
    """Place articles in a locked issue, in this order. Return each with the sentences that say why it stays."""
    placed = []
    for article in _lock(keys):
        refusals = find_refusals(article, issue, anyway=anyway)
        if not refusals:
            article.place(issue)
        placed.append((article, refusals))
    return placed


def _describe(placed: list[tuple[Article, list[str]]], issue: Issue) -> tuple[str, list[str]]:
    """Return a sentence for what was placed, or "", and the reasons why others were not."""
    done = [article for article, refusals in placed if not refusals]
    sentence = f"{_count(done)} in #{issue.number} now." if done else ""
    return sentence, [refusal for _, refusals in placed for refusal in refusals]


def _count(articles: list[Article]) -> str:
    return f"{quote(articles[0])} is" if len(articles) == 1 else f"{len(articles)} articles are"


def _row(article: Article, done: bool, **more: bool) -> dict[str, object]:
    state, label = article.state, article.get_state_display()
    if article.issue:
        state, label = "", f"in {article.issue}"
    return {"article": article.pk, "done": done, "state": state, "label": label, **more}


def _answer(sentence: str, rows: list[dict[str, object]], **more: object) -> JsonResponse:
    return JsonResponse({"sentence": sentence, "rows": rows, **more})


def _action(name: str, label: str, act: Callable[..., None], **options: object) -> Action:
    return Action(partial(act, **options), name, label, label, BOTH_PAGES)
