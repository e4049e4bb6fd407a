"""Background jobs of what is printed. All times are UTC."""

import logging
from datetime import datetime
from http.client import HTTPException

from django.conf import settings
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from issues.feeds import websub
from issues.models.articles import Article
from issues.models.issues import Issue, IssueQuerySet
from issues.site.cards import stored_card

logger = logging.getLogger(__name__)


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


@app.periodic(cron="37 3 * * *")
@app.task(queueing_lock="refresh_canonical_urls")
def refresh_canonical_urls(timestamp: int) -> None:
    """So that a new version with a new rule, or new url-normalize, finds articles that were saved before it."""
    Article.objects.refresh_canonical_urls()
