"""What follows when an issue comes out, and what is asked of other sites. All times are UTC."""

import logging
from datetime import datetime, timedelta
from http.client import HTTPException

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from issues.cards import stored_card
from issues.feeds import websub
from issues.fetching import Outcome, fetch
from issues.models import Article, FetchedPage, Issue, Source, UnsavedForm
from issues.models.contents import IssueQuerySet
from issues.models.fetched import fetching_lock
from issues.reading import read_page
from issues.sources import poll

# Nobody looks for these words any more.
UNSAVED_FORMS_KEPT = timedelta(days=180)

logger = logging.getLogger(__name__)

# Before an address that could not be reached is asked again, and once more. In seconds.
WAITS = (60, 15 * 60)


def defer_publication(issue: Issue) -> None:
    """To be called when an issue is approved, or gets another time: in the same transaction."""
    if issue.publish_at is not None:
        draw_card.configure(schedule_at=issue.publish_at).defer(issue_id=issue.pk)
    defer_pings(issue)


@app.task
def draw_card(issue_id: int) -> None:
    """At publication, so that no reader waits for it; who asks for a card that is not there yet has it drawn."""
    if issue := Issue.objects.published().with_contents().filter(pk=issue_id).first():
        stored_card(issue)


def defer_pings(issue: Issue) -> None:
    """Without a hub, nothing. Pings for a time that the issue had before find it changed, and do nothing."""
    if not settings.WEBSUB_HUB or issue.publish_at is None:
        return
    for moment in websub.ping_times(issue.publish_at):
        ping_hub.configure(schedule_at=moment).defer(issue_id=issue.pk, publish_at=issue.publish_at.isoformat())


# After 3, 9, 27 … seconds; eight times, in almost three hours.
RETRY = RetryStrategy(max_attempts=8, exponential_wait=3, retry_exceptions=(OSError, HTTPException))


@app.task(retry=RETRY)
def ping_hub(issue_id: int, publish_at: str) -> None:
    """Tell the hub, if the issue really came out then. A hub that is told twice finds nothing new.

    Who comes too late says nothing: the desk asks the editor (IssueQuerySet.unannounced).
    """
    published = Issue.objects.published().filter(pk=issue_id, publish_at=datetime.fromisoformat(publish_at))
    if not settings.WEBSUB_HUB or not published.exists():
        return
    if published.unannounced().exists():
        logger.warning("Issue %s came out at %s, which is too long ago to tell the hub unasked.", issue_id, publish_at)
        return
    _tell_hub(published)


@app.task(retry=RETRY)
def announce(issue_id: int) -> None:
    """Tell the hub however late it is, because the editor said so."""
    published = Issue.objects.published().filter(pk=issue_id)
    if settings.WEBSUB_HUB and published.exists():
        _tell_hub(published)


def _tell_hub(published: IssueQuerySet) -> None:
    websub.ping(settings.WEBSUB_HUB)
    published.update(announced_at=timezone.now())


@app.task
def fetch_page(url: str, attempt: int = 0) -> None:
    """Deferred by FetchedPage.objects.request(). A job that runs twice finds the answer there, and asks nobody."""
    page = FetchedPage.objects.filter(url=url).first()
    if page is None or not (page.is_waiting or (attempt and page.outcome == Outcome.UNREACHABLE)):
        return
    fetched = fetch(url)
    page.record(fetched, read_page(fetched))
    if fetched.outcome == Outcome.UNREACHABLE and attempt < len(WAITS):
        # With less priority than others: a job that waits for its time holds back those of its lock that are later.
        again = fetch_page.configure(lock=fetching_lock(url), priority=-1, schedule_in={"seconds": WAITS[attempt]})
        again.defer(url=url, attempt=attempt + 1)


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="poll_sources")
def poll_sources(timestamp: int) -> None:
    for source in Source.objects.due():
        defer_poll(source)


def defer_poll(source: Source) -> bool:
    """Whether it is asked now: not where it waits for that already."""
    job = poll_source.configure(lock=fetching_lock(source.url), queueing_lock=f"poll source {source.pk}")
    try:
        with transaction.atomic():  # A refused insert would else end the caller's transaction.
            job.defer(source_id=source.pk)
    except AlreadyEnqueued:
        return False
    return True


@app.task
def poll_source(source_id: int) -> None:
    if source := Source.objects.active().filter(pk=source_id).first():
        poll(source)


@app.periodic(cron="47 3 * * *")
@app.task(queueing_lock="remove_old_unsaved_forms")
def remove_old_unsaved_forms(timestamp: int) -> None:
    UnsavedForm.objects.filter(saved_at__lt=timezone.now() - UNSAVED_FORMS_KEPT).delete()


@app.periodic(cron="37 3 * * *")
@app.task(queueing_lock="refresh_canonical_urls")
def refresh_canonical_urls(timestamp: int) -> None:
    """So that a new version with a new rule, or new url-normalize, finds articles that were saved before it."""
    Article.objects.refresh_canonical_urls()
