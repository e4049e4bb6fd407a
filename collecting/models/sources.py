"""Sources: feeds of other sites that are polled for candidates. All times are UTC."""

from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Q, When
from django.utils import timezone

from fetching.addresses import host_of
from fetching.identity import canonicalize
from text.fields import BackstopConstraint, HttpAddressField, LineField

# The shortest and the longest wait between two polls of a feed that works.
MIN_WAIT, MAX_WAIT = timedelta(hours=1), timedelta(days=1)
# After failures, the wait doubles each time, from 1 hour up to this.
MAX_WAIT_AFTER_FAILURES = timedelta(days=7)


class SourceQuerySet(models.QuerySet["Source"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def due(self) -> Self:
        """Active sources that should be polled now."""
        return self.active().filter(next_poll_at__lte=timezone.now())


class Source(models.Model):
    """A feed that is polled for new items."""

    title = LineField(max_length=200, blank=True, help_text="Leave empty to use the title in the feed.")
    url = HttpAddressField("address", help_text="The address of an RSS, Atom or JSON feed.")
    canonical_url = models.TextField(editable=False)
    site_url = HttpAddressField("website", blank=True)
    is_active = models.BooleanField("active", default=True)
    next_poll_at = models.DateTimeField(default=timezone.now, editable=False)
    polled_at = models.DateTimeField("last polled", null=True, editable=False)
    failures = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Failures since the last good answer."
    )
    problem = models.TextField(blank=True, editable=False, help_text="What went wrong last time, as a sentence.")
    found = models.TextField(
        blank=True,
        db_default="",
        editable=False,
        help_text="What the last poll that got a feed brought, and why it brought no more.",
    )
    # Validators from the last answer, for a conditional request: RFC 9110, sections 8.8 and 13.1.
    etag = models.TextField(blank=True, editable=False)
    last_modified = models.TextField(blank=True, editable=False)

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["title", "url"]
        constraints = [
            # Instead of a unique constraint, because its index cannot hold the longest addresses.
            ExclusionConstraint(
                name="source_once",
                expressions=[("canonical_url", RangeOperators.EQUAL)],
                index_type="hash",
            ),
            BackstopConstraint(condition=Q(url__regex=r"^https?://\S+$"), name="source_url_is_http"),
        ]

    def __str__(self):
        return self.title or host_of(self.url)

    def save(self, **kwargs):
        self.canonical_url = canonicalize(self.url)
        if "url" in (kwargs.get("update_fields") or ()):
            kwargs["update_fields"] = {*kwargs["update_fields"], "canonical_url"}
        super().save(**kwargs)

    def clean(self):
        # The constraint refuses this too, but its error belongs to no field.
        if Source.objects.exclude(pk=self.pk).filter(canonical_url=canonicalize(self.url)).exists():
            raise ValidationError({"url": ValidationError("This feed is already in the list.", code="unique")})

    @property
    def name(self) -> str:
        """What tells two feeds with the same title apart."""
        return f"{self.title} ({host_of(self.url)})" if self.title else self.url

    def absorb(self, other: "Source") -> None:
        """Take over what another feed has brought and what was decided about it, and delete that feed. Seven queries.

        A link that both have brought stays once: taken, else declined, else waiting.
        """
        other.candidates.update(source=self)
        candidates = self.candidates.order_by()
        best_first = Case(When(state="taken", then=0), When(state="declined", then=1), default=2)
        kept = candidates.order_by("canonical_url", best_first, "-arrived_at", "-pk").distinct("canonical_url")
        candidates.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
        self.title, self.site_url = self.title or other.title, self.site_url or other.site_url
        self.save(update_fields=["title", "site_url"])
        other.delete()

    def note_answer(self, wait: timedelta) -> None:
        """Plan the next poll after a good answer: after `wait`, but within MIN_WAIT and MAX_WAIT. Saves nothing."""
        self.failures, self.problem = 0, ""
        self._plan(min(max(wait, MIN_WAIT), MAX_WAIT))

    def note_failure(self, problem: str, wait: timedelta) -> None:
        """Plan the next poll after a failure. Saves nothing.

        The wait doubles with each failure. It is at least `wait`, but never longer than MAX_WAIT_AFTER_FAILURES.
        """
        self.problem = problem
        self._plan(min(max(MIN_WAIT * 2 ** min(self.failures, 10), wait), MAX_WAIT_AFTER_FAILURES))
        self.failures = min(self.failures + 1, 1000)

    def _plan(self, wait: timedelta) -> None:
        now: datetime = timezone.now()
        self.polled_at, self.next_poll_at = now, now + wait
