"""Every state of an issue that was saved."""

from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models

if TYPE_CHECKING:
    from issues.models.articles import Article
    from issues.models.issues import Issue
    from sponsors.models import Placement


class Revision(models.Model):
    """What an issue and a page have in common: one saved state, with who saved it and why."""

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
    def latest_of(self, issues: list[int]) -> dict[int, "IssueRevision"]:
        """The last one of each of those issues that has one, by the issue's key. One query."""
        last = self.filter(issue__in=issues).order_by("issue_id", "-version").distinct("issue_id")
        return {revision.issue_id: revision for revision in last}

    def as_seen(self, version: int) -> Self:
        """Those that were there when that version was: the first is what it held."""
        return self.filter(version__lte=version).order_by("-version")


class IssueRevision(Revision):
    """An issue with everything in it. `contents` is what contents_of() gives."""

    issue = models.ForeignKey("issues.Issue", models.CASCADE, related_name="revisions")

    objects = IssueRevisionQuerySet.as_manager()

    class Meta(Revision.Meta):
        constraints = [models.UniqueConstraint(fields=["issue", "version"], name="issue_revision_once")]


class PageRevision(Revision):
    """The words of a page. `contents` is {"title", "slug", "body", "is_published"}."""

    page = models.ForeignKey("issues.Page", models.CASCADE, related_name="revisions")

    class Meta(Revision.Meta):
        constraints = [models.UniqueConstraint(fields=["page", "version"], name="page_revision_once")]


def known(user: User | AnonymousUser | None) -> User | None:
    """Who is written down for a change: nobody for a command's or a task's."""
    return user if isinstance(user, User) else None


def contents_of(issue: "Issue") -> dict[str, Any]:
    """Everything that a form of the issue holds, as JSON. No query after with_contents().

    {"issue": {field: text, …, "publish_at": ISO 8601 or null},
     "placements": [{"slot": …, "sponsor": {"id": …, "name": …}, …}],
     "articles": [{"id": …, "authors": [{"id": …, "name": …}, …], "publication": null, "tags": [name, …], …}, …]}
    Articles are in print order.
    """
    return {
        "issue": {
            "number": issue.number,
            "title": issue.title,
            "slug": issue.slug,
            "publish_at": issue.publish_at and issue.publish_at.isoformat(),
            "intro": issue.intro,
            "status": issue.status,
        },
        "placements": [_placement(placement) for placement in issue.placements.all()],
        "articles": [_article(article) for article in issue.printed_entries],
    }


def _placement(placement: "Placement") -> dict[str, Any]:
    return {
        "slot": placement.slot,
        "sponsor": _named(placement.sponsor),
        "message": placement.message,
        "url": placement.url,
        "state": placement.state,
    }


def _article(article: "Article") -> dict[str, Any]:
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
