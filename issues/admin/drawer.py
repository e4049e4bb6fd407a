"""The drawer of an issue's page: what waits in the backlog, to search and to place, and the row of what was placed."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import path
from django.utils.formats import date_format
from django.views.decorators.http import require_GET

from desk.autosave import KeepsWords
from desk.conflicts import dump_opened
from desk.posted import read_rows
from issues.admin.permissions import is_open_to
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.placing import find_obstacles
from issues.runs import describe_run, earlier_runs

ROWS = 40
LONGEST = 200  # Characters.


class OffersBacklog(admin.ModelAdmin):
    """Admin class of articles that answers the requests of drawer.js."""

    def get_urls(self):
        view = self.admin_site.admin_view(require_GET(self.waiting_view))
        return [path("waiting/<int:issue>/", view, name="issues_article_waiting"), *super().get_urls()]

    def waiting_view(self, request: HttpRequest, issue: int) -> HttpResponse:
        """Answer with the articles that wait and have the words of `q`, as HTML: shortlisted ones, then the others."""
        if not (self.has_change_permission(request) and request.user.has_perm("issues.change_issue")):
            raise PermissionDenied
        place = get_object_or_404(Issue, pk=issue)
        if place.is_published or not is_open_to(request.user, place):
            raise PermissionDenied
        words = request.GET.get("q", "").replace("\0", "")[:LONGEST]
        found, _ = self.get_search_results(request, _waiting(), words)
        articles = list(found.with_credits()[: ROWS + 1])  # type: ignore[attr-defined]
        context = {
            "articles": _describe(articles[:ROWS], place),
            "has_more": len(articles) > ROWS,
            "words": words,
        }
        return render(request, "admin/issues/issue/_waiting.html", context)


class ShowsPlacedRows(KeepsWords):
    """Admin class of issues that renders one row of its form, which drawer.js adds to the form that is open."""

    class Media:
        css = {"all": ("desk/drawer.css",)}

    def render_row(self, request: HttpRequest, issue: Issue, article: int) -> dict[str, str]:
        """Return the row of an article of this issue as HTML, and what it holds as `opened` does.

        At most eight queries.
        """
        form, formsets = self._build(request, issue)
        formset: Any
        formset, inline = next(pair for pair in formsets if pair[0].model is Article)
        formset.queryset = formset.queryset.filter(pk=article)
        (rows,) = self.get_inline_formsets(request, [formset], [inline], issue)
        html = render_to_string("admin/issues/issue/article_rows.html", {"inline_admin_formset": rows}, request)
        return {"html": html, "opened": dump_opened(read_rows(form, [(formset, inline)]))}


def describe_holds(article: Article) -> str:
    """Return “not before 31 Jan 2027, one per author”, or ""."""
    holds = []
    if article.not_before:
        holds.append(f"not before {date_format(article.not_before)}")
    if article.hold_one_per:
        holds.append(f"one per {article.series or article.get_hold_one_per_display()}")
    return ", ".join(holds)


def _waiting() -> QuerySet[Article]:
    """Return the backlog without what was declined: shortlisted articles first, then the others, latest first."""
    is_likely = Case(When(state=Article.State.SHORTLISTED, then=0), default=1)
    return Article.objects.backlog().exclude(state=Article.State.DECLINED).order_by(is_likely, "-created_at", "-pk")


def _describe(articles: list[Any], issue: Issue) -> list[Any]:
    """Give each article the sentences `holds`, `obstacles` and `runs`. Four queries, for any number of articles."""
    others = list(issue.articles.with_credits())
    runs = earlier_runs(article.canonical_url for article in articles)
    for article in articles:
        article.holds = describe_holds(article)
        article.obstacles = find_obstacles(article, issue, others)
        article.runs = [describe_run(run) for run in runs.get(article.canonical_url, [])]
    return articles
