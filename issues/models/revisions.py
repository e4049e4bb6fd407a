"""Revisions: every saved state of an issue or a page."""

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.pages import Page
from sponsors.models import Placement


class Revision(models.Model):
    """One saved state, who saved it and why."""

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
    """A whole issue. `contents` is what contents_of() gives."""

    issue = models.ForeignKey("issues.Issue", models.CASCADE, related_name="revisions")

    objects = IssueRevisionQuerySet.as_manager()

    class Meta(Revision.Meta):
        constraints = [models.UniqueConstraint(fields=["issue", "version"], name="issue_revision_once")]


class PageRevision(Revision):
    """The words of a page. `contents` is what contents_of_page() gives."""

    page = models.ForeignKey("issues.Page", models.CASCADE, related_name="revisions")

    class Meta(Revision.Meta):
        constraints = [models.UniqueConstraint(fields=["page", "version"], name="page_revision_once")]


def known(user: User | AnonymousUser | None) -> User | None:
    """Return the user to name for a change, or None for one that a command or task makes."""
    return user if isinstance(user, User) else None


def contents_of(issue: Issue) -> dict[str, Any]:
    """Return everything that the issue's form holds, as JSON. No query after with_contents().

    {"issue": {field: text, …, "publish_at": ISO 8601 in UTC or null},
     "placements": [{"slot": …, "sponsor": {"id": …, "name": …}, …}],
     "articles": [{"id": …, "authors": [{"id": …, "name": …}, …], "publication": null, "tags": [name, …], …}, …]}
    Articles are in print order.
    """
    return {
        "issue": {
            "number": issue.number,
            "title": issue.title,
            "slug": issue.slug,
            "publish_at": issue.publish_at and issue.publish_at.astimezone(UTC).isoformat(),
            "intro": issue.intro,
            "status": issue.status,
        },
        "placements": [_placement(placement) for placement in issue.placements.all()],
        "articles": [_article(article) for article in issue.printed_entries],
    }


def contents_of_page(page: Page) -> dict[str, Any]:
    """Return the words of a page, as JSON."""
    return {name: getattr(page, name) for name in ("title", "slug", "body", "is_published")}


def _placement(placement: Placement) -> dict[str, Any]:
    return {
        "slot": placement.slot,
        "sponsor": _named(placement.sponsor),
        "message": placement.message,
        "url": placement.url,
        "state": placement.state,
    }


def _article(article: Article) -> dict[str, Any]:
    return {
        "id": article.pk,
        "section": article.section,
        "position": article.position,
        "title": article.title,
        "url": article.url,
        "blurb": article.blurb,
        "authors": [_named(author) for author in article.credited_authors],
        "publication": article.publication and _named(article.publication),
        "byline": article.byline,
        "disclosure": article.disclosure,
        "tags": sorted(tag.name for tag in article.tags.all()),
    }


def _named(row: Any) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name}
