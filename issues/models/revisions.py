"""Revisions: every saved version of an issue or a page."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import models

from issues.models.articles import Article
from issues.models.credits import Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from sponsors.models import Placement, Sponsor

# What a revision keeps of each row, in the order in which the history shows it.
FIELDS: dict[type[models.Model], tuple[str, ...]] = {
    Issue: ("number", "title", "slug", "publish_at", "intro", "status"),
    Placement: ("sponsor", "message", "url", "state"),
    Article: ("title", "url", "section", "position", "blurb", "authors", "publication", "byline", "disclosure", "tags"),
    Page: ("title", "slug", "body", "is_published"),
}


class Revision(models.Model):
    """One saved version, with the user and the cause."""

    version = models.PositiveIntegerField()
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    cause = models.CharField(max_length=200, help_text="“saved”, “article placed”, “restored from version 7”.")
    contents = models.JSONField()

    class Meta:
        abstract = True
        ordering = ["-version"]

    def __str__(self):
        return f"Version {self.version}"


class IssueRevisionQuerySet(models.QuerySet["IssueRevision"]):
    def latest_of(self, issues: Iterable[int]) -> dict[int, "IssueRevision"]:
        """Return the latest revision of each of these issues that has one, by the issue's key. One query."""
        last = self.filter(issue__in=list(issues)).order_by("issue_id", "-version").distinct("issue_id")
        return {revision.issue_id: revision for revision in last}


class IssueRevision(Revision):
    """One version of an issue. `contents` comes from contents_of()."""

    issue = models.ForeignKey("issues.Issue", models.CASCADE, related_name="revisions")

    objects = IssueRevisionQuerySet.as_manager()

    class Meta(Revision.Meta):
        constraints = [models.UniqueConstraint(fields=["issue", "version"], name="issue_revision_once")]


class PageRevision(Revision):
    """One version of a page. `contents` comes from contents_of_page()."""

    page = models.ForeignKey("issues.Page", models.CASCADE, related_name="revisions")

    class Meta(Revision.Meta):
        constraints = [models.UniqueConstraint(fields=["page", "version"], name="page_revision_once")]


def contents_of(issue: Issue) -> dict[str, Any]:
    """Return everything printed that the issue's form has, and the status. No query after with_contents().

    The values are ready for a JSONField. Articles are in print order.

    {"issue": {field: text, …, "publish_at": ISO 8601 in UTC or null},
     "placements": [{"slot": …, "sponsor": {"id": …, "name": …}, …}],
     "articles": [{"id": …, "authors": [{"id": …, "name": …}, …], "publication": null, "tags": [name, …], …}, …]}
    """
    return {
        "issue": _fields_of(issue),
        "placements": [{"slot": placement.slot, **_fields_of(placement)} for placement in issue.placements.all()],
        "articles": [{"id": article.pk, **_fields_of(article)} for article in issue.printed_entries],
    }


def contents_of_page(page: Page) -> dict[str, Any]:
    """Return everything that can be edited in the page's form, ready for a JSONField."""
    return _fields_of(page)


def _fields_of(row: Any) -> dict[str, Any]:
    return {name: _to_json(row, name) for name in FIELDS[type(row)]}


def _to_json(row: Any, name: str) -> Any:
    if name == "authors":
        return [{"id": author.pk, "name": author.name} for author in row.credited_authors]
    if name == "tags":
        return sorted(tag.name for tag in row.printed_tags)
    value = getattr(row, name)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return {"id": value.pk, "name": value.name} if isinstance(value, Publication | Sponsor) else value
