"""The overview on the first page of the desk: the next issue, the waiting links, the last issue, and the site."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from collecting.models.candidates import Candidate
from issues.models.articles import Article
from issues.models.corrections import Correction
from issues.models.issues import Issue
from issues.preflight import Level, preflight
from sponsors.models import Placement
from sreweekly.certificates import Certificate, latest_check
from sreweekly.models import Backup

# A backup is made every night. One that failed is tried again in an hour.
LATE_BACKUP = timedelta(hours=30)
# The number of unpublished issues that are listed after the next one.
LATER_ISSUES = 4


@dataclass(frozen=True)
class Runway:
    """The values that templates/admin/_runway.html prints."""

    next_issue: Issue | None
    article_count: int
    usual_count: int
    placement: Placement | None
    findings: dict[str, int]  # Count by the plural of a preflight level. No zeros.
    later_issues: list[Issue]
    next_number: int
    backlog: dict[str, int]  # Count of articles by the label of their state. No zeros.
    candidate_count: int
    last_issue: Issue | None
    unannounced: list[Issue]
    offered_corrections: int
    failed_jobs: int
    # None if none is registered: it was never started, or was stopped.
    worker_seen_at: datetime | None
    is_worker_alive: bool
    certificate: Certificate | None
    # None if none was ever made.
    backup: Backup | None
    is_backup_late: bool
    failed_backup: Backup | None  # The latest attempt, if it failed.


def load_runway() -> Runway:
    """Load the overview in at most nineteen queries, and those of preflight."""
    coming = list(Issue.objects.unpublished()[: 1 + LATER_ISSUES])
    next_issue = Issue.objects.with_contents().filter(pk=coming[0].pk).first() if coming else None
    findings = preflight(next_issue) if next_issue else []
    counts = {level.plural: sum(found.level == level for found in findings) for level in Level}
    worker = ProcrastinateWorker.objects.order_by("-last_heartbeat").first()
    worker_seen_at = worker.last_heartbeat if worker else None
    attempt, backup = Backup.objects.first(), Backup.objects.good().first()
    oldest_sign = timezone.now() - timedelta(seconds=settings.WORKER_TIMEOUT)
    states = dict(Article.objects.backlog().order_by().values_list("state").annotate(Count("pk")))
    return Runway(
        next_issue=next_issue,
        article_count=len(next_issue.printed_articles) if next_issue else 0,
        usual_count=settings.USUAL_ARTICLES,
        placement=next(iter(next_issue.placements.all()), None) if next_issue else None,
        findings={name: count for name, count in counts.items() if count},
        later_issues=coming[1:],
        next_number=Issue.objects.next_number(),
        backlog={label: count for state, label in Article.State.choices if (count := states.get(state))},
        candidate_count=Candidate.objects.filter(state=Candidate.State.NEW).count(),
        last_issue=Issue.objects.published().first(),
        unannounced=list(Issue.objects.published().unannounced()) if settings.WEBSUB_HUB else [],
        offered_corrections=Correction.objects.offered().count(),
        failed_jobs=ProcrastinateJob.objects.filter(status="failed").count(),
        worker_seen_at=worker_seen_at,
        is_worker_alive=worker_seen_at is not None and worker_seen_at > oldest_sign,
        certificate=latest_check(),
        backup=backup,
        is_backup_late=backup is None or backup.made_at < timezone.now() - LATE_BACKUP,
        failed_backup=attempt if attempt and attempt.failure else None,
    )
