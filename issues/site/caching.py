"""How long answers may be kept, by browsers and by what stands between."""

from django.views.decorators.cache import cache_control

DAY = 24 * 3600  # Seconds.
kept = cache_control(public=True, max_age=DAY, stale_if_error=7 * DAY)
kept_for_ever = cache_control(public=True, max_age=365 * DAY, immutable=True)
# Programs that run in readers' browsers, on whatever site, may read these.
FOR_ALL = {"Access-Control-Allow-Origin": "*"}


# Seconds. What was corrected is seen after six minutes at the latest; while we are down, a CDN may go on for a week.
cached = cache_control(public=True, max_age=300, s_maxage=300, stale_while_revalidate=60, stale_if_error=7 * 24 * 3600)
