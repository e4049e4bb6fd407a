"""Where rows are used: in articles and in issues."""

from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.timezone import localtime

from desk.uses import Place, Use
from issues.models.articles import Article
from issues.models.issues import Issue


def article_uses(
    articles: QuerySet[Any], most: int, then: str = "", filter: dict[str, str] | None = None, title: str = "Articles"
) -> list[Use]:
    """Return the articles as one use, if there are any: first those without a time, then the latest. Two queries.

    `filter` is the query that shows the same articles in the list.
    """
    if not (count := articles.count()):
        return []
    order = F("issue__publish_at").desc(nulls_first=True), "-created_at", "-pk"
    found = articles.select_related("issue").order_by(*order)[:most]
    address = reverse("admin:issues_article_changelist")
    query = urlencode({"place": "all", "state": "all", **filter}) if filter else ""
    return [Use(title, count, [_place(article) for article in found], query and f"{address}?{query}", then)]


def issue_uses(issues: QuerySet[Issue], most: int, then: str = "", title: str = "Issues") -> list[Use]:
    """Return the issues as one use, if there are any, the latest first. Two queries."""
    if not (count := issues.count()):
        return []
    found = issues.order_by(F("publish_at").desc(nulls_first=True), "-number")[:most]
    return [Use(title, count, [Place(str(issue), _address(issue), _when(issue)) for issue in found], "", then)]


def _place(article: Article) -> Place:
    address = reverse("admin:issues_article_change", args=[article.pk])
    if article.issue is None:
        return Place(str(article), address, f"backlog, {article.get_state_display()}")
    return Place(str(article), address, f"#{article.issue.number}, {_when(article.issue)}", _address(article.issue))


def _address(issue: Issue) -> str:
    return reverse("admin:issues_issue_change", args=[issue.pk])


def _when(issue: Issue) -> str:
    day = date_format(localtime(issue.publish_at)) if issue.publish_at else ""
    return day if issue.is_published else " ".join(filter(None, [issue.state, day]))
