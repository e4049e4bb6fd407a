"""Jobs that poll the editor's feeds, and fill in what the pages of saved links say."""

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from collecting.capture import parse_page
from collecting.models.candidates import Candidate
from collecting.models.sources import Source
from collecting.polling import poll
from fetching.identity import canonicalize
from fetching.keys import refresh_keys
from fetching.models import FetchedPage, fetching_lock
from fetching.outcome import Outcome


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="poll_sources")
def poll_sources(timestamp: int) -> None:
    for source in Source.objects.due():
        defer_poll(source)


def defer_poll(source: Source) -> bool:
    """Defer a poll of this source, and return False if one is already waiting."""
    job = poll_source.configure(lock=fetching_lock(source.url), queueing_lock=f"poll source {source.pk}")
    try:
        with transaction.atomic():  # A refused insert must not end the caller's transaction.
            job.defer(source_id=source.pk)
    except AlreadyEnqueued:
        return False
    return True


@app.task
def poll_source(source_id: int) -> None:
    if source := Source.objects.active().filter(pk=source_id).first():
        poll(source)


@app.task
def learn_from_page(url: str) -> None:
    """Fill in title and credits of the links with this address, if its page was read. Safe to run twice."""
    page = FetchedPage.objects.filter(url=url, outcome=Outcome.OK).first()
    if page is None:
        return
    given = {"url": url, "title": page.title, "author": page.authors, "site": page.site_name}
    details = parse_page({**given, "canonical": page.canonical_url}).as_candidate(None, None)
    for candidate in Candidate.objects.filter(canonical_url=canonicalize(url)).exclude(state=Candidate.State.DECLINED):
        candidate.learn(details)


@app.periodic(cron="38 3 * * *")
@app.task(queueing_lock="refresh_keys_of_what_arrived")
def refresh_keys_of_what_arrived(timestamp: int) -> None:
    """Update keys of links and feeds that arrived before an upgrade changed the rules of canonicalize()."""
    refresh_keys(Candidate)
    refresh_keys(Source)
