"""Asking other sites in the background. All times are UTC."""

from procrastinate.contrib.django import app

from fetching.client import fetch
from fetching.models import FetchedPage, fetching_lock
from fetching.outcome import Outcome
from fetching.reading import read_page

# Before an address that could not be reached is asked again, and once more. In seconds.
WAITS = (60, 15 * 60)


@app.task
def fetch_page(url: str, attempt: int = 0) -> None:
    """Deferred by FetchedPage.objects.request(). A job that runs twice finds the answer there, and asks nobody."""
    page = FetchedPage.objects.filter(url=url).first()
    if page is None or not (page.is_waiting or (attempt and page.outcome == Outcome.UNREACHABLE)):
        return
    fetched = fetch(url)
    page.record(fetched, read_page(fetched))
    if fetched.outcome == Outcome.UNREACHABLE and attempt < len(WAITS):
        # With less priority than others: a job that waits for its time holds back those of its lock that are later.
        again = fetch_page.configure(lock=fetching_lock(url), priority=-1, schedule_in={"seconds": WAITS[attempt]})
        again.defer(url=url, attempt=attempt + 1)
