"""Jobs that request pages from other sites."""

from procrastinate.contrib.django import app

from fetching.client import fetch
from fetching.models import FetchedPage, fetching_lock
from fetching.outcome import Outcome
from fetching.reading import read_details

# Seconds before the second and the third request to an address that could not be reached.
WAITS = (60, 15 * 60)


@app.task
def fetch_page(url: str, attempt: int = 0) -> None:
    """Fetch a page and store the answer. FetchedPage.objects.request() defers this job. Safe to run twice."""
    page = FetchedPage.objects.filter(url=url).first()
    if page is None or not (page.is_waiting or (attempt and page.outcome == Outcome.UNREACHABLE)):
        return
    fetched = fetch(url)
    page.record(fetched, read_details(fetched))
    if fetched.outcome == Outcome.UNREACHABLE and attempt < len(WAITS):
        # A scheduled job holds back later jobs with the same lock, unless its priority is lower.
        again = fetch_page.configure(lock=fetching_lock(url), priority=-1, schedule_in={"seconds": WAITS[attempt]})
        again.defer(url=url, attempt=attempt + 1)
