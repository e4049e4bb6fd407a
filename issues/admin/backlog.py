"""The backlog: sorted by keys or by actions, and placed in an issue."""

from collections.abc import Callable
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

from issues.admin.preflight import withdraw_stopped
from issues.changes import note_changes
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.placing import place_unless_hindered
from issues.runs import count_recent_runs, describe_run, earlier_runs

# As an action is called, by the state that it gives.
SORTING = {
    Article.State.SHORTLISTED: "Shortlist",
    Article.State.HELD: "Hold",
    Article.State.DECLINED: "Decline",
    Article.State.SAVED: "Back to the inbox",
}
BOTH_PAGES = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class BacklogList(ChangeList):
    """Each article of the page with two attributes: recent_runs and earlier_runs, sentences for the editor."""

    def get_results(self, request):
        """Three queries more, for any number of rows."""
        super().get_results(request)
        articles: list[Any] = list(self.result_list)
        recent = count_recent_runs(articles)
        earlier = earlier_runs(article.canonical_url for article in articles)
        for article in articles:
            article.recent_runs = recent.describe(article)
            runs = earlier.get(article.canonical_url, [])
            article.earlier_runs = [describe_run(run) for run in runs if run.pk != article.pk]
        self.result_list = articles


class BacklogActions(admin.ModelAdmin):
    """For the admin class of articles."""

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
            ours += [_action(f"sort_{state}", label, _sorting(state)) for state, label in SORTING.items()]
        for issue in self._issues_to_fill(request):
            ours.append(_action(f"place_{issue.pk}", f"Place in {issue}", _placing(issue)))
            insist = _placing(issue, anyway=True)
            ours.append(_action(f"place_anyway_{issue.pk}", f"Place anyway in {issue}", insist))
        return {action.name: action for action in ours} | actions

    @admin.action(description="Send back to the backlog", permissions=["change"], location=BOTH_PAGES)
    def return_to_backlog(self, request, queryset):
        for article in queryset.exclude(issue=None):
            if article.issue.is_published:
                self.message_user(request, f"“{article}” stays: {article.issue} is published.", messages.ERROR)
                continue
            _return_to_backlog(self, request, article)
            self.message_user(request, f"“{article}” is in the backlog.", messages.SUCCESS)

    def _issues_to_fill(self, request: HttpRequest) -> list[Issue]:
        """The next five. One query for a request."""
        if not (self.has_change_permission(request) and self._may_change_issues(request)):
            return []
        if not hasattr(request, "issues_to_fill"):
            request.issues_to_fill = list(Issue.objects.unpublished()[:5])  # type: ignore[attr-defined]
        return request.issues_to_fill  # type: ignore[attr-defined]

    def _may_change_issues(self, request: HttpRequest) -> bool:
        return request.user.has_perm("issues.change_issue")

    # For the keys: what an action does to many, to one article.

    def get_urls(self):
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/sort/<slug:state>/", wrap(require_POST(self.sort_view)), name="issues_article_sort"),
            path("<int:pk>/place/<int:issue>/", wrap(require_POST(self.place_view)), name="issues_article_place"),
            *super().get_urls(),
        ]

    def sort_view(self, request, pk, state):
        """{"done", "sentence", "state", "label"}. With `undo`, an article that was placed comes back, too."""
        article = self._changeable(request, pk)
        if state not in Article.State.values:
            raise Http404
        if "undo" in request.POST and article.issue and not article.issue.is_published:
            if not self._may_change_issues(request):
                raise PermissionDenied
            _return_to_backlog(self, request, article)
        done, sentence = sort_article(article, state)
        if done:
            self.log_change(request, article, sentence)
        return _answer(article, done, sentence)

    def place_view(self, request, pk, issue):
        """As sort_view, and "may_insist": whether `anyway` would place it."""
        article = self._changeable(request, pk)
        if not self._may_change_issues(request):
            raise PermissionDenied
        place = get_object_or_404(Issue, pk=issue)
        anyway = "anyway" in request.POST
        refusals = place_unless_hindered(article, place, anyway=anyway, user=request.user)
        if refusals:
            may_insist = not anyway and article.issue is None and not place.is_published
            return _answer(article, False, " ".join(refusals), may_insist=may_insist)
        _follow_up(self, request, place.pk)
        return _answer(article, True, f"“{article}” is in {place} now.")

    def _changeable(self, request: HttpRequest, pk: int) -> Article:
        article = get_object_or_404(Article.objects.with_credits().select_related("issue"), pk=pk)
        if not self.has_change_permission(request, article):
            raise PermissionDenied
        return article


def sort_article(article: Article, state: str) -> tuple[bool, str]:
    """Give an article of the backlog that state. Whether it has it, and a sentence for the editor."""
    if article.issue:
        return False, f"“{article}” stays as it is: it is in {article.issue}."
    article.state = state
    article.save(update_fields=["state"])
    where = "back in the inbox" if state == Article.State.SAVED else article.get_state_display()
    return True, f"“{article}” is {where} now."


def _return_to_backlog(modeladmin: admin.ModelAdmin, request: HttpRequest, article: Article) -> None:
    assert article.issue is not None
    issue = article.issue.pk
    article.return_to_backlog(user=request.user)
    _follow_up(modeladmin, request, issue)


def _follow_up(modeladmin: admin.ModelAdmin, request: HttpRequest, issue: int) -> None:
    """After articles came into that issue, or left it."""
    withdraw_stopped(modeladmin, request, [issue])
    note_changes(Issue.objects.filter(pk=issue))


def _answer(article: Article, done: bool, sentence: str, **more: bool) -> JsonResponse:
    label = f"in {article.issue}" if article.issue else article.get_state_display()
    return JsonResponse(
        {"done": done, "sentence": sentence, "state": "" if article.issue else article.state, "label": label, **more}
    )


def _action(name: str, label: str, act: Callable[..., None]) -> Action:
    return Action(act, name, label, label, BOTH_PAGES)


def _sorting(state: str) -> Callable[..., None]:
    def sort(modeladmin: admin.ModelAdmin, request: HttpRequest, articles: QuerySet[Article]) -> None:
        for article in articles:
            done, sentence = sort_article(article, state)
            if done:
                modeladmin.log_change(request, article, sentence)
            modeladmin.message_user(request, sentence, messages.SUCCESS if done else messages.ERROR)

    return sort


def _placing(issue: Issue, *, anyway: bool = False) -> Callable[..., None]:
    def place(modeladmin: admin.ModelAdmin, request: HttpRequest, articles: QuerySet[Article]) -> None:
        """In the order of the list. What is held back stays, and the others are placed."""
        for article in articles:
            refusals = place_unless_hindered(article, issue, anyway=anyway, user=request.user)
            for sentence in refusals:
                modeladmin.message_user(request, sentence, messages.ERROR)
            if not refusals:
                modeladmin.message_user(request, f"“{article}” is in {issue} now.", messages.SUCCESS)
        _follow_up(modeladmin, request, issue.pk)

    return place
