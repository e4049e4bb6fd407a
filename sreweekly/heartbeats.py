"""Calls to a service that sends an alarm when they stop: https://healthchecks.io/docs/http_api/

The operator chooses the addresses, which may be in a private network and on any port, so these calls do not go through
fetching/, which refuses both.
"""

import logging
from datetime import datetime, timedelta
from http.client import HTTPException
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.cache import cache

from issues.models.issues import Issue
from issues.schedule import next_publication_time

logger = logging.getLogger(__name__)

TIMEOUT = 10  # Seconds.
WEEK = timedelta(days=7)
# An issue of this week may come out as long before its usual time.
EARLY = timedelta(days=6)
# Older issues were published before the heartbeats were set up, or imported.
RECENT = timedelta(days=1)
# Keys of the cache, which all workers share. If they are lost, the last call is made once more.
ANNOUNCED, MISSED = "heartbeat-of-publication", "missed-publication"


def send(name: str, outcome: str = "") -> None:
    """Call the address of a heartbeat: a key of HEARTBEATS. `outcome` is "start", "fail", or empty for success.

    Does nothing if the operator has set no address. Raises nothing: a failure is logged.
    """
    address = settings.HEARTBEATS[name]
    if not address:
        return
    target = "/".join(filter(None, [address.rstrip("/"), outcome]))
    try:
        request = Request(target, headers={"User-Agent": f"sreweekly (+{settings.SITE_URL}/)"})  # noqa: S310
        urlopen(request, timeout=TIMEOUT).close()  # noqa: S310
    except (OSError, HTTPException, ValueError) as error:
        # Without the address, because whoever has it can send the heartbeat.
        logger.warning("The heartbeat “%s” could not be sent: %s", name, error)


def note_publication(now: datetime) -> None:
    """Send the heartbeat of publications once for each issue that has been published."""
    last = Issue.objects.published().first()
    if last is None or last.publish_at is None or last.publish_at < now - RECENT:
        return
    if cache.get(ANNOUNCED) != last.pk:
        send("publication")
        cache.set(ANNOUNCED, last.pk, timeout=None)


def check_deadline(now: datetime) -> None:
    """Report once that the week's issue has not come out within PUBLICATION_DEADLINE after its usual time."""
    deadline = timedelta(hours=settings.PUBLICATION_DEADLINE)
    usual = next_publication_time(now - deadline - WEEK)
    if not deadline or usual + deadline > now:
        return
    if Issue.objects.published().filter(publish_at__gt=usual - EARLY).exists() or cache.get(MISSED) == usual:
        return
    logger.error("No issue was published within %g hours after %s.", settings.PUBLICATION_DEADLINE, usual)
    send("publication", "fail")
    cache.set(MISSED, usual, timeout=None)
