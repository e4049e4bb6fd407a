"""Background jobs for issues and articles. All times are UTC."""

import logging
from datetime import datetime
from http.client import HTTPException

from django.conf import settings
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from fetching.keys import refresh_keys
from issues.feeds import websub
from issues.models.articles import Article
from issues.models.issues import Issue, IssueQuerySet
from issues.models.site_version import SiteVersion
from issues.search.index import reindex_outdated
from issues.site.cards import stored_card
from issues.site.downloads import make_downloads

logger = logging.getLogger(__name__)


def defer_publication(issue: Issue) -> None:
    """Defer the jobs that publication needs, in the transaction that approves or reschedules the issue."""
    if issue.publish_at is not None:
        draw_card.configure(schedule_at=issue.publish_at).defer(issue_id=issue.pk)
        store_downloads.configure(schedule_at=issue.publish_at).defer()
    defer_pings(issue)


@app.task
def draw_card(issue_id: int) -> None:
    """Draw the card at publication, so that no reader waits for it. Without the job, the first request draws it."""
    if issue := Issue.objects.published().with_contents().filter(pk=issue_id).first():
        stored_card(issue)


@app.task
def store_downloads() -> None:
    """Make the files of /data/ at publication, so that no reader waits for them."""
    make_downloads()


def defer_pings(issue: Issue) -> None:
    """Defer notifications of the hub, if there is one. If the time changes, jobs for the former time do nothing."""
    if not settings.WEBSUB_HUB or issue.publish_at is None:
        return
    for moment in websub.ping_times(issue.publish_at):
        ping_hub.configure(schedule_at=moment).defer(issue_id=issue.pk, publish_at=issue.publish_at.isoformat())


# Eight attempts in almost three hours: after 3, 9, 27 … seconds.
RETRY = RetryStrategy(max_attempts=8, exponential_wait=3, retry_exceptions=(OSError, HTTPException))


@app.task(retry=RETRY)
def ping_hub(issue_id: int, publish_at: str) -> None:
    """Notify the hub if the issue was published at this time (ISO 8601). A second notification does no harm.

    A job that runs too late does not notify: the desk asks the editor instead (IssueQuerySet.unannounced).
    """
    published = Issue.objects.published().filter(pk=issue_id, publish_at=datetime.fromisoformat(publish_at))
    if not settings.WEBSUB_HUB or not published.exists():
        return
    if published.unannounced().exists():
        logger.warning("The hub was not notified of issue %s: it was published long ago, at %s.", issue_id, publish_at)
        return
    _notify_hub(published)


@app.task(retry=RETRY)
def announce(issue_id: int) -> None:
    """Notify the hub at the request of the editor, however late."""
    published = Issue.objects.published().filter(pk=issue_id)
    if settings.WEBSUB_HUB and published.exists():
        _notify_hub(published)


def _notify_hub(published: IssueQuerySet) -> None:
    websub.ping(settings.WEBSUB_HUB)
    published.update(announced_at=timezone.now())


@app.periodic(cron="37 3 * * *")
@app.task(queueing_lock="refresh_canonical_urls")
def refresh_canonical_urls(timestamp: int) -> None:
    """Update keys of articles that were saved before an upgrade changed the rules of canonicalize()."""
    refresh_keys(Article)


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="reindex_outdated_issues")
def reindex_outdated_issues(timestamp: int) -> None:
    """Rebuild search rows of the version before. `migrate` does, too, but that version may go on serving after it."""
    reindex_outdated()


@app.periodic(cron="47 3 * * *")
@app.task(queueing_lock="compact_site_version")
def compact_site_version(timestamp: int) -> None:
    SiteVersion.objects.compact()
