"""The editor's feeds, which bring candidates."""

from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from fetching.addresses import canonicalize, host_of
from text.fields import HttpAddressField, LineField

# How soon a feed is asked again: never sooner than this, whatever it allows, and never later where all is well.
OFTEN, SELDOM = timedelta(hours=1), timedelta(days=1)
# A feed that fails is asked after 1, 2, 4 … hours, and never later than this.
LATEST = timedelta(days=7)


class SourceQuerySet(models.QuerySet["Source"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def due(self) -> Self:
        """Of active(): those that may be asked again."""
        return self.active().filter(next_poll_at__lte=timezone.now())


class Source(models.Model):
    """A feed that is asked for new items."""

    title = LineField(max_length=200, blank=True, help_text="The feed’s own when left empty.")
    url = HttpAddressField("address", help_text="Of the feed: RSS, Atom or JSON Feed.")
    canonical_url = models.TextField(editable=False)
    site_url = HttpAddressField("website", blank=True)
    is_active = models.BooleanField("ask it", default=True)
    next_poll_at = models.DateTimeField(default=timezone.now, editable=False)
    polled_at = models.DateTimeField("last asked", null=True, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False, help_text="One after the other, till now.")
    problem = models.TextField(blank=True, editable=False, help_text="What happened last, as a sentence.")
    # As the feed's last answer gave them, to be sent back: RFC 9110, sections 8.8 and 13.1.
    etag = models.TextField(blank=True, editable=False)
    last_modified = models.TextField(blank=True, editable=False)

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["title", "url"]
        verbose_name = "feed"
        constraints = [
            # No unique constraint, whose index cannot hold the longest addresses.
            ExclusionConstraint(
                name="source_once",
                expressions=[("canonical_url", RangeOperators.EQUAL)],
                index_type="hash",
            ),
            models.CheckConstraint(condition=Q(url__regex=r"^https?://\S+$"), name="source_url_is_http"),
        ]

    def __str__(self):
        return self.title or host_of(self.url)

    def save(self, **kwargs):
        self.canonical_url = canonicalize(self.url)
        if "url" in (kwargs.get("update_fields") or ()):
            kwargs["update_fields"] = {*kwargs["update_fields"], "canonical_url"}
        super().save(**kwargs)

    def clean(self):
        # The constraint says so too, but forms do not know its field.
        if Source.objects.exclude(pk=self.pk).filter(canonical_url=canonicalize(self.url)).exists():
            raise ValidationError({"url": "This feed is in the list already."})

    def note_answer(self, wait: timedelta) -> None:
        """All is well. `wait` is how long its answer is good for. Not saved."""
        self.failures, self.problem = 0, ""
        self._plan(min(max(wait, OFTEN), SELDOM))

    def note_failure(self, problem: str, wait: timedelta) -> None:
        """Ask later and later, and not before `wait` is over. Not saved."""
        self.problem = problem
        self._plan(min(max(OFTEN * 2 ** min(self.failures, 10), wait), LATEST))
        self.failures = min(self.failures + 1, 1000)

    def _plan(self, wait: timedelta) -> None:
        now: datetime = timezone.now()
        self.polled_at, self.next_poll_at = now, now + wait
