"""Pages of other sites that are fetched in the background, with the last answer. All times are UTC."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.jobs import DEFAULT_QUEUE, Job

from fetching.addresses import host_of
from fetching.identity import suggest_address
from fetching.outcome import Outcome
from fetching.stand_ins import is_sign_in
from fetching.tracking import without_tracking

if TYPE_CHECKING:  # Web processes need no network code.
    from fetching.client import Fetched
    from fetching.reading import PageDetails

ANSWERS = [outcome.value for outcome in Outcome if outcome != Outcome.NOT_MODIFIED]
ANSWER = ("outcome", "sentence", "status", "final_url", "is_moved_permanently")
DETAILS = ("title", "authors", "site_name", "published_on", "canonical_url")


class FetchedPageQuerySet(models.QuerySet["FetchedPage"]):
    def for_urls(self, urls: Iterable[str]) -> dict[str, "FetchedPage"]:
        """Return the known pages by address. One query."""
        return {page.url: page for page in self.filter(url__in=set(urls))}

    def request(self, urls: Iterable[str], *, older_than: timedelta = timedelta(days=1)) -> None:
        """Request pages in the background, except pages that were requested within `older_than`.

        Takes one query if there are none, else five for any number of addresses, in the caller's transaction. If two
        processes request the same page at once, the second waits for the lock on the row, and then finds that it was
        requested.
        """
        wanted = set(urls) - {""}
        if not wanted:
            return
        now = timezone.now()
        recent = self.filter(url__in=wanted, requested_at__gt=now - older_than)
        wanted -= set(recent.values_list("url", flat=True))
        if not wanted:
            return
        with transaction.atomic(savepoint=False):
            self.bulk_create([self.model(url=url) for url in sorted(wanted)], ignore_conflicts=True)
            stale = Q(requested_at=None) | Q(requested_at__lte=now - older_than)
            locked = (
                self.filter(stale, url__in=wanted).order_by("url").select_for_update().values_list("url", flat=True)
            )
            if stale_urls := list(locked):
                self.filter(url__in=stale_urls).update(requested_at=now)
                app.job_manager.batch_defer_jobs([_job(url) for url in stale_urls])


class FetchedPage(models.Model):
    """The last answer for one address. The desk offers its details; only the editor copies them into an article."""

    url = models.TextField(help_text="As printed in the article.")
    requested_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)
    # From fetching.client.Fetched.
    outcome = models.CharField(max_length=20, choices=[(answer, answer) for answer in ANSWERS], blank=True)
    sentence = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    final_url = models.TextField(blank=True)
    is_moved_permanently = models.BooleanField(default=False)
    # From fetching.reading.PageDetails.
    title = models.TextField(blank=True)
    authors = ArrayField(models.TextField(), default=list)
    site_name = models.TextField(blank=True)
    published_on = models.DateField(null=True)
    canonical_url = models.TextField(blank=True)

    objects = FetchedPageQuerySet.as_manager()

    class Meta:
        constraints = [
            # Instead of a unique constraint: a B-tree index cannot hold more than 2704 bytes.
            ExclusionConstraint(name="fetched_page_url_unique", expressions=[("url", "=")], index_type="hash"),
            models.CheckConstraint(
                condition=Q(fetched_at=None, outcome="") | Q(fetched_at__isnull=False, outcome__in=ANSWERS),
                name="fetched_page_outcome_iff_fetched",
            ),
        ]

    def __str__(self):
        return self.url

    def record(self, fetched: "Fetched", details: "PageDetails") -> None:
        """Store an answer. Details of an earlier answer stay unless this one is a page that was read."""
        self.fetched_at = timezone.now()
        self.outcome = fetched.outcome
        self.sentence = fetched.sentence
        self.status = fetched.status
        self.final_url = fetched.final_address
        self.is_moved_permanently = fetched.is_moved_permanently
        if fetched.outcome == Outcome.OK:
            self.sentence = self.sentence or ("" if details.title else "The page has no title.")
            for name in DETAILS:
                setattr(self, name, getattr(details, name))
        self.save(update_fields=["fetched_at", *ANSWER, *DETAILS])

    @property
    def is_waiting(self) -> bool:
        """Whether a request is newer than the answer. An earlier answer, if any, can still be shown."""
        return self.fetched_at is None or (self.requested_at is not None and self.requested_at > self.fetched_at)

    def describe(self, title: str) -> str:
        """Return a sentence on a link with this title: that its page is read, why it was not, or that it says so."""
        if title:
            return "as read from the page" if title == self.title else ""
        return "Reading the page…" if self.is_waiting else self.sentence

    @property
    def is_ok(self) -> bool:
        """Whether readers can open it, as a page or as something else such as a PDF."""
        return self.outcome in {Outcome.OK, Outcome.NOT_A_PAGE}

    @property
    def is_dead(self) -> bool:
        """Whether the site itself says that the page is gone. An unreachable page is not dead."""
        return self.outcome == Outcome.GONE

    @property
    def suggested_url(self) -> str:
        """The address to publish: behind feed proxies, shorteners and permanent redirects, without tracking."""
        is_known = self.is_ok or (self.outcome == Outcome.REFUSED and not is_sign_in(self.final_url))
        if not is_known:
            return without_tracking(self.url)
        return suggest_address(self.url, self.final_url, self.canonical_url, is_moved=self.is_moved_permanently)


def fetching_lock(url: str) -> str:
    """Return the lock for jobs, so that each host gets one request at a time."""
    return f"fetch {host_of(url)}"


def _job(url: str) -> Job:
    """Name the task instead of importing it, because tasks import models."""
    return Job(
        queue=DEFAULT_QUEUE,
        task_name="fetching.tasks.fetch_page",
        lock=fetching_lock(url),
        queueing_lock=None,
        task_kwargs={"url": url},
    )
