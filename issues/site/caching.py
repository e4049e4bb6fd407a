"""How long browsers, proxies and CDNs may keep an answer (RFC 9111; stale-…: RFC 5861), and which sites may read it.

Feeds use these rules too.
"""

from collections.abc import Callable
from functools import wraps

from django.http import HttpResponseBase
from django.views.decorators.cache import cache_control

MINUTE, DAY = 60, 24 * 3600  # Seconds.
# If the site is down, a CDN may serve what it has for a week.
WEEK = 7 * DAY

# For pages and feeds: a correction is seen after six minutes at the latest.
cache_for_minutes = cache_control(
    public=True,
    max_age=5 * MINUTE,
    s_maxage=5 * MINUTE,
    stale_while_revalidate=MINUTE,
    stale_if_error=WEEK,
)
# For icons, manifests and addresses that are gone.
cache_for_a_day = cache_control(public=True, max_age=DAY, stale_if_error=WEEK)
# For addresses that change whenever their contents do.
cache_for_ever = cache_control(public=True, max_age=365 * DAY, immutable=True)


def readable_from_any_site[**P, R: HttpResponseBase](view: Callable[P, R]) -> Callable[P, R]:
    """Let scripts of any site read each answer of a view, also redirects and 304: Fetch standard, “CORS protocol”."""

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> R:
        response = view(*args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        return response

    return answer
