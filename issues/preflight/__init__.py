"""The checks before publishing. Each is a function of a CheckedIssue that yields findings."""

from django.db.models import Max, Q

from fetching.models import FetchedPage
from issues.models.issues import Issue
from issues.models.revisions import IssueRevision
from issues.preflight import contents, credits, forms, links, neighbours, pictures, placements, words
from issues.preflight.checked import CheckedIssue
from issues.preflight.findings import Finding, Level
from issues.preflight.passages import Passage, links_of, passages_of
from issues.runs import earlier_runs
from pictures.models import Picture

__all__ = ["Finding", "Level", "links_of", "preflight"]

CHECKS = (
    *contents.CHECKS,
    *placements.CHECKS,
    *links.CHECKS,
    *credits.CHECKS,
    *pictures.CHECKS,
    *words.CHECKS,
    *neighbours.CHECKS,
    *forms.CHECKS,
)

# About a week of saves. Each revision holds a whole issue.
RECENT_REVISIONS = 50


def preflight(issue: Issue) -> list[Finding]:
    """Return stops, warnings and notes. Each level begins with findings on the whole issue, then follows print order.

    `issue` comes from Issue.objects.with_contents(). Three queries, and one more each if a text has pictures, and if a
    blurb points at a neighbour.
    """
    checked = prepare(issue)
    findings = [finding for check in CHECKS for finding in check(checked)]
    places = {article.pk: place for place, article in enumerate(issue.articles.all())}
    return sorted(findings, key=lambda each: (each.level, places[each.article.pk] if each.article else -1))


def prepare(issue: Issue) -> CheckedIssue:
    """Load everything else that the checks need. Queries: see preflight()."""
    passages = passages_of(issue)
    links = links_of(issue, passages)
    runs = earlier_runs(article.canonical_url for article in issue.articles.all())
    elsewhere = {key: [run for run in found if run.issue_id != issue.pk] for key, found in runs.items()}
    out_before = Q(status=Issue.Status.APPROVED, number__gt=issue.number)
    if issue.publish_at:
        out_before &= Q(publish_at__lt=issue.publish_at)
    numbers = Issue.objects.exclude(pk=issue.pk).aggregate(
        before=Max("number", filter=Q(number__lt=issue.number)), overtaken=Max("number", filter=out_before)
    )
    return CheckedIssue(
        issue=issue,
        passages=passages,
        links=links,
        forms=forms.printed_forms(issue),
        pictures=Picture.objects.named(name for name, _, _ in pictures.pictures_of(passages)),
        pages=FetchedPage.objects.for_urls(link.address for link in links),
        earlier_runs={key: found for key, found in elsewhere.items() if found},
        neighbours_when_written=_neighbours_when_written(issue, passages),
        number_before=numbers["before"] or 0,
        number_overtaken=numbers["overtaken"] or 0,
    )


def _neighbours_when_written(issue: Issue, passages: list[Passage]) -> dict[tuple[int, int], int]:
    if not neighbours.points_at_neighbours(passages):
        return {}
    revisions = IssueRevision.objects.filter(issue=issue).order_by("-version")[:RECENT_REVISIONS]
    return neighbours.neighbours_when_written(issue, revisions.values_list("contents__articles", flat=True))
