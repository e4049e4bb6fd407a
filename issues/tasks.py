"""What follows when an issue comes out. All times are UTC."""

from datetime import datetime
from http.client import HTTPException

from django.conf import settings
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from issues.cards import stored_card
from issues.feeds import websub
from issues.models import Issue


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
@app.task(retry=RetryStrategy(max_attempts=8, exponential_wait=3, retry_exceptions=(OSError, HTTPException)))
def ping_hub(issue_id: int, publish_at: str) -> None:
    """Tell the hub, if the issue really came out then. A hub that is told twice finds nothing new."""
    published = Issue.objects.published().filter(pk=issue_id, publish_at=datetime.fromisoformat(publish_at))
    if settings.WEBSUB_HUB and published.exists():
        websub.ping(settings.WEBSUB_HUB)
