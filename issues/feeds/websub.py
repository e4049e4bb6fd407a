"""Tell a WebSub hub that the feeds have changed: https://www.w3.org/TR/websub/"""

from datetime import datetime, timedelta
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings

from issues.feeds.documents import Format, feed_address

# The feeds that name the hub.
ROUTES = ("feed", "feed-articles")
# The times of the two pings after publication. The first allows for clocks that differ a little. After it, a cache in
# front of the site may give the hub an old feed. At the second, the cache has the new one (issues/site/caching.py).
DELAYS = (timedelta(seconds=5), timedelta(minutes=10))
TIMEOUT = 20  # Seconds.


class _NoRedirects(HTTPRedirectHandler):
    """Follow no redirect: it would turn the POST into a GET, and take any answer to that for a success."""

    def redirect_request(self, *args, **kwargs):
        return None


def ping(hub: str) -> None:
    """Send one request for each feed. Raises OSError or HTTPException if one is not answered with 2xx."""
    opener = build_opener(_NoRedirects)
    for route in ROUTES:
        for format in Format:
            address = feed_address(route, format=format)
            # The standard leaves the name to hubs: some read hub.url, as in PubSubHubbub 0.4, some hub.topic.
            body = urlencode({"hub.mode": "publish", "hub.url": address, "hub.topic": address})
            request = Request(hub, body.encode(), {"User-Agent": f"sreweekly (+{settings.SITE_URL}/)"})  # noqa: S310
            try:
                opener.open(request, timeout=TIMEOUT).close()
            except HTTPError as error:
                error.close()  # It holds the connection open.
                raise


def ping_times(publish_at: datetime) -> list[datetime]:
    return [publish_at + delay for delay in DELAYS]
