"""Telling a hub that the feeds have changed: https://www.w3.org/TR/websub/"""

from datetime import datetime, timedelta
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings

from issues.feeds.documents import Format, feed_address

# The feeds that name the hub.
ROUTES = ("feed", "feed-articles")
# After publication: when clocks that are a little apart agree that it is out, and again when a cache in front of us
# that handed the hub what it had has asked anew (issues.views.cached).
DELAYS = (timedelta(seconds=5), timedelta(minutes=10))
TIMEOUT = 20  # Seconds.


class _NoRedirects(HTTPRedirectHandler):
    """A redirect would turn the POST into a GET, and whatever that answers into a success."""

    def redirect_request(self, *args, **kwargs):
        return None


def ping(hub: str) -> None:
    """One request for each feed. Raises OSError or HTTPException where one is not answered with 2xx."""
    opener = build_opener(_NoRedirects)
    for route in ROUTES:
        for format in Format:
            address = feed_address(route, format=format)
            # The standard leaves this to hubs: some read hub.url, as PubSubHubbub 0.4 has it, some hub.topic.
            body = urlencode({"hub.mode": "publish", "hub.url": address, "hub.topic": address})
            request = Request(hub, body.encode(), {"User-Agent": f"sreweekly (+{settings.SITE_URL}/)"})  # noqa: S310
            try:
                opener.open(request, timeout=TIMEOUT).close()
            except HTTPError as error:
                error.close()  # It holds the connection.
                raise


def ping_times(publish_at: datetime) -> list[datetime]:
    return [publish_at + delay for delay in DELAYS]
