"""The first page of the desk: the next issue, the coming weeks, what waits, the last issue, and the site's health."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count, Min
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from collecting.models.candidates import Candidate
from collecting.models.sources import Source
from issues.models.articles import Article
from issues.models.corrections import Correction
from issues.models.issues import Issue
from issues.preflight import Level, preflight
from issues.preflight.advice import Advice, load_advice
from issues.schedule import coming_publication_times
from mailings.models.mailings import Counts, Mailing
from sponsors.models import Placement
from sreweekly.certificates import Certificate, latest_check
from sreweekly.models import Backup

# A backup is made every night. One that failed is tried again in an hour.
LATE_BACKUP = timedelta(hours=30)
WEEKS = 6
# Unpublished issues that are loaded. More would be a mistake.
MOST_ISSUES = 50


@dataclass(frozen=True)
class Week:
    """One of the coming weeks, which ends with a usual time of publication."""

    publish_at: datetime
    issue: Issue | None
    placement: Placement | None
    is_first_gap: bool  # The next issue to begin is for this week.


@dataclass(frozen=True)
class Runway:
    """The values that templates/admin/_runway.html prints."""

    next_issue: Issue | None
    is_late: bool  # The time of the next issue has passed, and it is a draft.
    article_count: int
    usual_count: int
    placement: Placement | None
    findings: dict[str, int]  # Count by the plural of a preflight level. No zeros.
    advice: dict[str, list[Advice]]  # Warnings of what follows the publication, by heading. Empty lists: none.
    in_review: list[Issue]  # Drafts that are ready for review, the next one first.
    weeks: list[Week]
    later_issues: list[Issue]  # Those that are neither first nor in a week.
    next_number: int
    last_sponsor: str  # Of the issue with the highest number; empty if it has none.
    backlog: dict[str, int]  # Count of articles that wait, by the label of their state. No zeros, and not the inbox.
    inbox_count: int
    oldest_candidate: datetime | None
    sources_with_problems: int
    last_issue: Issue | None
    last_mailing: Mailing | None  # Of the last issue.
    last_mail: Counts | None  # None until the mail is prepared.
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


def load_runway(user: User | AnonymousUser) -> Runway:
    """Load the first page in at most 24 queries, and those of preflight and of its advice to this user."""
    unpublished = Issue.objects.unpublished().select_related("review_requested_by")
    coming = list(unpublished.prefetch_related("placements__sponsor")[:MOST_ISSUES])
    next_issue = Issue.objects.with_contents().filter(pk=coming[0].pk).first() if coming else None
    findings = preflight(next_issue) if next_issue else []
    counts = {level.plural: sum(found.level == level for found in findings) for level in Level}
    weeks = list(_weeks(coming))
    shown = {next_issue, *(week.issue for week in weeks)}
    candidates = Candidate.objects.waiting().aggregate(Count("pk"), Min("arrived_at"))
    last_issue = Issue.objects.published().first()
    last_mailing = Mailing.objects.without_words().filter(issue=last_issue).first() if last_issue else None
    last = Placement.objects.select_related("sponsor", "issue").order_by("-issue__number").first()
    next_number = Issue.objects.next_number()
    waiting = Article.objects.backlog().exclude(state=Article.State.DECLINED)
    states = dict(waiting.order_by().values_list("state").annotate(Count("pk")))
    in_inbox = states.pop(Article.State.SAVED, 0)
    return Runway(
        next_issue=next_issue,
        is_late=bool(next_issue and next_issue.publish_at and next_issue.publish_at <= timezone.now()),
        article_count=len(next_issue.printed_articles) if next_issue else 0,
        usual_count=settings.USUAL_ARTICLES,
        placement=next(iter(next_issue.placements.all()), None) if next_issue else None,
        findings={name: count for name, count in counts.items() if count},
        advice=_warnings(next_issue, user) if next_issue else {},
        in_review=[issue for issue in coming if issue.review_requested_at],
        weeks=weeks,
        later_issues=[issue for issue in coming if issue not in shown],
        next_number=next_number,
        last_sponsor=last.sponsor.name if last and last.issue.number == next_number - 1 else "",
        backlog={label: count for state, label in Article.State.choices if (count := states.get(state))},
        inbox_count=candidates["pk__count"] + in_inbox,
        oldest_candidate=candidates["arrived_at__min"],
        sources_with_problems=Source.objects.exclude(problem="").count(),
        last_issue=last_issue,
        last_mailing=last_mailing,
        last_mail=last_mailing.counts() if last_mailing and last_mailing.prepared_at else None,
        unannounced=list(Issue.objects.published().unannounced()) if settings.WEBSUB_HUB else [],
        offered_corrections=Correction.objects.offered().count(),
        **_health(),
    )


def _warnings(issue: Issue, user: User | AnonymousUser) -> dict[str, list[Advice]]:
    advice = load_advice(issue, user)
    return {heading: [one for one in given if one.level == Level.WARNING] for heading, given in advice.items()}


def _health() -> dict[str, Any]:
    """Return the fields of Runway on jobs, worker, certificate and backups."""
    worker = ProcrastinateWorker.objects.order_by("-last_heartbeat").first()
    worker_seen_at = worker.last_heartbeat if worker else None
    attempt, backup = Backup.objects.first(), Backup.objects.good().first()
    oldest_sign = timezone.now() - timedelta(seconds=settings.WORKER_TIMEOUT)
    return {
        "failed_jobs": ProcrastinateJob.objects.filter(status="failed").count(),
        "worker_seen_at": worker_seen_at,
        "is_worker_alive": worker_seen_at is not None and worker_seen_at > oldest_sign,
        "certificate": latest_check(),
        "backup": backup,
        "is_backup_late": backup is None or backup.made_at < timezone.now() - LATE_BACKUP,
        "failed_backup": attempt if attempt and attempt.failure else None,
    }


def _weeks(coming: list[Issue]) -> Iterator[Week]:
    """Yield the coming weeks. An issue stands in the week in which it is to come out, at the usual time or another."""
    begins, has_gap = timezone.now(), False
    for ends in coming_publication_times(WEEKS):
        issue = next((one for one in coming if one.publish_at and begins < one.publish_at <= ends), None)
        placement = next(iter(issue.placements.all()), None) if issue else None
        yield Week(ends, issue, placement, is_first_gap=not issue and not has_gap)
        begins, has_gap = ends, has_gap or not issue
