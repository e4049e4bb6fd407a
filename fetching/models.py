"""What other sites answered when they were asked in the background."""

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.jobs import DEFAULT_QUEUE, Job

from fetching.addresses import host_of, suggest_address, without_tracking
from fetching.client import Fetched
from fetching.outcome import Outcome
from fetching.reading import PageDetails
from fetching.stand_ins import is_sign_in

ANSWERS = [outcome.value for outcome in Outcome if outcome != Outcome.NOT_MODIFIED]
ANSWER = ("outcome", "sentence", "status", "final_url", "is_moved_permanently")
DETAILS = ("title", "authors", "site_name", "published_on", "canonical_url")


class FetchedPageQuerySet(models.QuerySet["FetchedPage"]):
    def for_urls(self, urls: Iterable[str]) -> dict[str, "FetchedPage"]:
        """Those that are known, by address. One query."""
        return {page.url: page for page in self.filter(url__in=set(urls))}

    def request(self, urls: Iterable[str], *, older_than: timedelta = timedelta(days=1)) -> None:
        """Have each asked in the background, unless it was requested within `older_than`.

        In the caller's transaction; five queries for any number of addresses. Of two requests at the same time, one
        gets the row and defers the job, and the other waits for it and finds the row taken.
        """
        wanted = sorted(set(urls) - {""})
        if not wanted:
            return
        now = timezone.now()
        with transaction.atomic():
            self.bulk_create([self.model(url=url) for url in wanted], ignore_conflicts=True)
            stale = Q(requested_at=None) | Q(requested_at__lte=now - older_than)
            taken = self.filter(stale, url__in=wanted).order_by("url").select_for_update().values_list("url", flat=True)
            if urls_to_ask := list(taken):
                self.filter(url__in=urls_to_ask).update(requested_at=now)
                app.job_manager.batch_defer_jobs([_job(url) for url in urls_to_ask])


class FetchedPage(models.Model):
    """One address, and the last answer. Details are offered to the editor, and written nowhere by themselves."""

    url = models.TextField(help_text="As it is or would be printed.")
    requested_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)
    # Of fetching.client.Fetched.
    outcome = models.CharField(max_length=20, choices=[(answer, answer) for answer in ANSWERS], blank=True)
    sentence = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    final_url = models.TextField(blank=True)
    is_moved_permanently = models.BooleanField(default=False)
    # Of fetching.reading.PageDetails.
    title = models.TextField(blank=True)
    authors = ArrayField(models.TextField(), default=list)
    site_name = models.TextField(blank=True)
    published_on = models.DateField(null=True)
    canonical_url = models.TextField(blank=True)

    objects = FetchedPageQuerySet.as_manager()

    class Meta:
        constraints = [
            # Unique, by a hash: a B-tree holds no more than 2704 bytes.
            ExclusionConstraint(name="fetched_page_url_unique", expressions=[("url", "=")], index_type="hash"),
            models.CheckConstraint(
                condition=Q(fetched_at=None, outcome="") | Q(fetched_at__isnull=False, outcome__in=ANSWERS),
                name="fetched_page_outcome_iff_fetched",
            ),
        ]

    def __str__(self):
        return self.url

    def record(self, fetched: Fetched, details: PageDetails) -> None:
        """Details that were read before stay where there are none to read this time."""
        self.fetched_at = timezone.now()
        self.outcome = fetched.outcome
        self.sentence = fetched.sentence
        self.status = fetched.status
        self.final_url = fetched.final_address
        self.is_moved_permanently = fetched.is_moved_permanently
        if fetched.outcome == Outcome.OK:
            self.sentence = self.sentence or ("" if details.title else "The page does not say its title.")
            for name in DETAILS:
                setattr(self, name, getattr(details, name))
        self.save(update_fields=["fetched_at", *ANSWER, *DETAILS])

    @property
    def is_waiting(self) -> bool:
        """There is a newer request than answer. The answer before, if any, is still there to show."""
        return self.fetched_at is None or (self.requested_at is not None and self.requested_at > self.fetched_at)

    @property
    def is_ok(self) -> bool:
        """Readers can open it: a page, or something else such as a PDF."""
        return self.outcome in {Outcome.OK, Outcome.NOT_A_PAGE}

    @property
    def is_dead(self) -> bool:
        """The site itself says that it is gone. What could not be reached from here is not dead."""
        return self.outcome == Outcome.GONE

    @property
    def suggested_url(self) -> str:
        """The address to publish instead: behind feed proxies, shorteners and permanent redirects, without tracking."""
        is_known = self.is_ok or (self.outcome == Outcome.REFUSED and not is_sign_in(self.final_url))
        if not is_known:
            return without_tracking(self.url)
        return suggest_address(self.url, self.final_url, self.canonical_url, is_moved=self.is_moved_permanently)


def fetching_lock(url: str) -> str:
    """For jobs: at most one request at a time to the same host."""
    return f"fetch {host_of(url)}"


def _job(url: str) -> Job:
    """By name, because tasks import models."""
    return Job(
        queue=DEFAULT_QUEUE,
        task_name="fetching.tasks.fetch_page",
        lock=fetching_lock(url),
        queueing_lock=None,
        task_kwargs={"url": url},
    )
