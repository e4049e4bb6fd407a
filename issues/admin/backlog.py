"""The backlog at the desk: sorting and placing articles with keys or actions."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import Action, ActionLocation
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.http import require_POST

from issues.admin.printed import PrintedAdmin
from issues.changes import changing
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.placing import find_refusals
from issues.runs import count_recent_runs, describe_run, earlier_runs

# Labels of the actions, by the state that each gives.
SORTING = {
    Article.State.SHORTLISTED: "Shortlist",
    Article.State.HELD: "Hold",
    Article.State.DECLINED: "Decline",
    Article.State.SAVED: "Back to the inbox",
}
BOTH_PAGES = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class BacklogList(ChangeList):
    """List that adds two sentences for the editor to each article: `recent_runs` and `earlier_runs`."""

    def get_results(self, request):
        """Add the sentences with three more queries, for any number of rows."""
        super().get_results(request)
        articles: list[Any] = list(self.result_list)
        recent = count_recent_runs(articles)
        earlier = earlier_runs(article.canonical_url for article in articles)
        for article in articles:
            article.recent_runs = recent.describe(article)
            runs = earlier.get(article.canonical_url, [])
            article.earlier_runs = [describe_run(run) for run in runs if run.pk != article.pk]
        self.result_list = articles


class BacklogActions(PrintedAdmin):
    """Admin class that adds the actions and keys of the backlog to the list of articles."""

    actions = ("return_to_backlog",)

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
        for article in queryset.exclude(issue=None):
            if article.issue.is_published:
                self.message_user(request, f"“{article}” stays: {article.issue} is published.", messages.ERROR)
                continue
            self._return_to_backlog(request, article)
            self.message_user(request, f"“{article}” was sent back to the backlog.", messages.SUCCESS)

    def _return_to_backlog(self, request: HttpRequest, article: Article) -> None:
        issue = article.issue
        assert issue is not None
        with changing([issue], request.user, "article sent back to the backlog") as change:
            if issue.articles.filter(pk=article.pk).exists():  # Nobody can move it while the issue is locked.
                article.return_to_backlog()
        self.tell(request, change)

    def sort(self, request: HttpRequest, articles: QuerySet[Article], state: str) -> None:
        """Give articles of the backlog this state."""
        for article in articles:
            done, sentence = self._sort(request, article, state)
            self.message_user(request, sentence, messages.SUCCESS if done else messages.ERROR)

    def _sort(self, request: HttpRequest, article: Article, state: str) -> tuple[bool, str]:
        """Return whether the article got this state, and a sentence for the editor."""
        if article.issue:
            return False, f"“{article}” was not changed: it is in {article.issue}."
        article.state = state
        article.save(update_fields=["state"])
        where = "in the inbox" if state == Article.State.SAVED else article.get_state_display()
        self.log_change(request, article, f"Now {where}.")
        return True, f"“{article}” is {where} now."

    def place(self, request: HttpRequest, articles: QuerySet[Article], issue: Issue, *, anyway: bool = False) -> None:
        """Place articles in the order of the list. The others are placed even if one cannot be."""
        keys = list(articles.values_list("pk", flat=True))
        with changing([issue], request.user, "article placed") as change:
            for key in keys:
                article, refusals = self._place(change.issues[issue.pk], key, anyway=anyway)
                for sentence in refusals:
                    self.message_user(request, sentence, messages.ERROR)
                if not refusals:
                    self.message_user(request, f"“{article}” is in {issue} now.", messages.SUCCESS)
        self.tell(request, change)

    def _place(self, issue: Issue, key: int, *, anyway: bool) -> tuple[Article, list[str]]:
        """Place an article in a locked issue, or return the sentences that say why it cannot be placed."""
        articles = Article.objects.select_related("issue", "publication").select_for_update(of=("self",))
        article = articles.get(pk=key)
        refusals = find_refusals(article, issue, anyway=anyway)
        if not refusals:
            article.place(issue)
        return article, refusals

    def _issues_to_fill(self, request: HttpRequest) -> list[Issue]:
        """Return the next five issues to be published. One query for each request."""
        if not (self.has_change_permission(request) and self._may_change_issues(request)):
            return []
        if not hasattr(request, "issues_to_fill"):
            request.issues_to_fill = list(Issue.objects.unpublished()[:5])  # type: ignore[attr-defined]
        return request.issues_to_fill  # type: ignore[attr-defined]

    def _may_change_issues(self, request: HttpRequest) -> bool:
        return request.user.has_perm("issues.change_issue")

    # Views for the keys: each does the same as an action, for one article.

    def get_urls(self):
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/sort/<slug:state>/", wrap(require_POST(self.sort_view)), name="issues_article_sort"),
            path("<int:pk>/place/<int:issue>/", wrap(require_POST(self.place_view)), name="issues_article_place"),
            *super().get_urls(),
        ]

    def sort_view(self, request, pk, state):
        """Answer {"done", "sentence", "state", "label"}. With `undo`, an article in an issue returns to the backlog."""
        article = self._changeable(request, pk)
        if state not in Article.State.values:
            raise Http404
        if "undo" in request.POST and article.issue and not article.issue.is_published:
            if not self._may_change_issues(request):
                raise PermissionDenied
            self._return_to_backlog(request, article)
        done, sentence = self._sort(request, article, state)
        return _answer(article, done, sentence)

    def place_view(self, request, pk, issue):
        """Answer as sort_view() does; if refused, with "may_insist", which says whether `anyway` would place it."""
        if not (self.has_change_permission(request) and self._may_change_issues(request)):
            raise PermissionDenied
        anyway = "anyway" in request.POST
        with changing([issue], request.user, "article placed") as change:
            if issue not in change.issues:
                raise Http404
            place = change.issues[issue]
            try:
                article, refusals = self._place(place, pk, anyway=anyway)
            except Article.DoesNotExist as error:
                raise Http404 from error
            change.load(place)
        self.tell(request, change)
        if refusals:
            may_insist = not anyway and article.issue is None and not place.is_published
            return _answer(article, False, " ".join(refusals), may_insist=may_insist)
        return _answer(article, True, f"“{article}” is in {place} now.")

    def _changeable(self, request: HttpRequest, pk: int) -> Article:
        article = get_object_or_404(Article.objects.select_related("issue"), pk=pk)
        if not self.has_change_permission(request, article):
            raise PermissionDenied
        return article


def _answer(article: Article, done: bool, sentence: str, **more: bool) -> JsonResponse:
    label = f"in {article.issue}" if article.issue else article.get_state_display()
    return JsonResponse(
        {"done": done, "sentence": sentence, "state": "" if article.issue else article.state, "label": label, **more}
    )


def _action(name: str, label: str, act: Callable[..., None], **options: object) -> Action:
    return Action(partial(act, **options), name, label, label, BOTH_PAGES)
