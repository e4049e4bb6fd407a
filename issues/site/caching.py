"""How long browsers, proxies and CDNs may keep an answer (RFC 9111; stale-…: RFC 5861). Feeds use these rules too."""

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

# Scripts in readers' browsers may read the answer from any site (Fetch standard, “CORS protocol”).
READABLE_FROM_ANY_SITE = {"Access-Control-Allow-Origin": "*"}
