"""The checks before publishing. Each is a function of the issue and of what is known beside it."""

from django.db.models import Max, Q

from fetching.models import FetchedPage
from issues.models.issues import Issue
from issues.models.revisions import IssueRevision
from issues.preflight import contents, credits, forms, links, placements, words
from issues.preflight.findings import Finding, Known, Level
from issues.preflight.passages import links_of
from issues.runs import earlier_runs

__all__ = ["Finding", "Level", "preflight"]

CHECKS = (
    *contents.CHECKS,
    *placements.CHECKS,
    *links.CHECKS,
    *credits.CHECKS,
    *words.CHECKS,
    *forms.CHECKS,
)


# A week's saves. Each holds a whole issue.
RECENT_REVISIONS = 50


def preflight(issue: Issue) -> list[Finding]:
    """Stops, warnings, notes; within each what is about the issue first, then in print order.

    Takes issues from Issue.objects.with_contents(). Three or four queries for any number of articles.
    """
    known = look_up(issue)
    findings = [finding for check in CHECKS for finding in check(issue, known)]
    places = {article.pk: place for place, article in enumerate(issue.articles.all())}
    return sorted(findings, key=lambda each: (each.level, places[each.article.pk] if each.article else -1))


def look_up(issue: Issue) -> Known:
    """Three queries, and a fourth where a blurb points at another."""
    others = Issue.objects.exclude(pk=issue.pk)
    out_before = Q(status=Issue.Status.APPROVED, number__gt=issue.number)
    if issue.publish_at:
        out_before &= Q(publish_at__lt=issue.publish_at)
    numbers = others.aggregate(
        before=Max("number", filter=Q(number__lt=issue.number)), overtaken=Max("number", filter=out_before)
    )
    runs = earlier_runs(article.canonical_url for article in issue.articles.all())
    elsewhere = {key: [run for run in found if run.issue_id != issue.pk] for key, found in runs.items()}
    return Known(
        runs={key: found for key, found in elsewhere.items() if found},
        forms=forms.printed_forms(issue),
        neighbour_then=_neighbours_when_written(issue),
        pages=FetchedPage.objects.for_urls(link.address for link in links_of(issue)),
        number_before=numbers["before"] or 0,
        number_overtaken=numbers["overtaken"] or 0,
    )


def _neighbours_when_written(issue: Issue) -> dict[tuple[int, int], int]:
    if not words.points_at_neighbours(issue):
        return {}
    revisions = IssueRevision.objects.filter(issue=issue).order_by("-version")[:RECENT_REVISIONS]
    return words.neighbours_when_written(issue, revisions.values_list("contents__articles", flat=True))
