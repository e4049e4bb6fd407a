"""Issues: numbered, with everything printed in them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Max, Prefetch, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from issues.models.addresses import Address, url_of, validate_slug
from issues.models.articles import Article
from issues.models.publishing import IS_PUBLISHED, is_published
from issues.schedule import next_publication_time, publication_times
from sponsors.models import Placement
from text.fields import BackstopConstraint, LineField, MarkdownField
from text.validators import validate_printable

# A change within the first hour after publication is not shown as one.
GRACE = timedelta(hours=1)
# After LATE, all attempts to notify the hub have ended. After TOO_LATE, its subscribers have polled the feed anyway.
LATE, TOO_LATE = timedelta(hours=4), timedelta(days=7)
# An issue that is planned further ahead than this probably has a typo in the year.
FORESEEABLE = timedelta(days=2 * 366)

# In SQL, because Django would take 2 ms to build this query: a third of the time of a page whose contents are kept.
_NEIGHBOURS = f"""
    (SELECT id, number, title, slug, 'before' AS step FROM issues_issue
     WHERE {IS_PUBLISHED} AND (publish_at, number) < (%(time)s, %(number)s)
     ORDER BY publish_at DESC, number DESC LIMIT 1)
    UNION ALL
    (SELECT id, number, title, slug, 'after' FROM issues_issue
     WHERE {IS_PUBLISHED} AND (publish_at, number) > (%(time)s, %(number)s)
     ORDER BY publish_at, number LIMIT 1)
"""  # noqa: S608


class IssueQuerySet(models.QuerySet["Issue"]):
    def published(self) -> Self:
        """Issues that readers may see, latest first."""
        return self.filter(is_published()).order_by("-publish_at", "-number")

    def unpublished(self) -> Self:
        """Drafts and scheduled issues: first the next one by its time. Those without a time come last, by number."""
        return self.exclude(is_published()).order_by(F("publish_at").asc(nulls_last=True), "number")

    def listed(self) -> Self:
        """Load only what a list of issues prints."""
        return self.only("number", "title", "slug", "publish_at")

    def years(self) -> list[int]:
        """Return the years of publication on the clocks of TIME_ZONE, the latest first. One query."""
        return [first.year for first in self.datetimes("publish_at", "year", "DESC")]

    def neighbours_of(self, issue: "Issue") -> tuple["Issue | None", "Issue | None"]:
        """Return the issues published just before and just after this one. One query, whatever the queryset."""
        parameters = {"now": timezone.now(), "time": issue.publish_at, "number": issue.number}
        found = {row.step: row for row in self.raw(_NEIGHBOURS, parameters)}  # type: ignore[attr-defined]
        return found.get("before"), found.get("after")

    def with_contents(self) -> Self:
        """Load everything printed. Six queries for any number of issues."""
        return self.prefetch_related(*_contents())

    def load_contents(self, issues: Sequence["Issue"]) -> None:
        """Load everything printed into these issues, as with_contents() does. Five queries, or none for no issue."""
        models.prefetch_related_objects(issues, *_contents())

    def unannounced(self) -> Self:
        """Issues of this week that the hub should have been notified of by now. Call it on published()."""
        now = timezone.now()
        return self.filter(announced_at=None, publish_at__gt=now - TOO_LATE, publish_at__lt=now - LATE)

    def lock_latest(self) -> "Issue | None":
        """Return the issue with the highest number, locked, so that two editors cannot add the next number at once."""
        return self.select_for_update().order_by("number").last()

    def next_number(self) -> int:
        return (self.aggregate(Max("number"))["number__max"] or 0) + 1

    def next_publication_time(self) -> datetime:
        """Return the first usual time that is in the future and later than the time of every issue."""
        now = timezone.now()
        last = self.filter(publish_at__lt=now + FORESEEABLE).aggregate(Max("publish_at"))["publish_at__max"]
        return next_publication_time(max(last, now) if last else now)

    def first_free_time(self) -> datetime:
        """Return the first usual time that is in the future and that no issue has."""
        now = timezone.now()
        taken = set(self.filter(publish_at__gt=now).values_list("publish_at", flat=True))
        return next(moment for moment in publication_times(now) if moment.astimezone(UTC) not in taken)


class Issue(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        APPROVED = "approved", "approved"

    number = models.PositiveIntegerField(
        validators=[MinValueValidator(1, "Numbers begin at 1.")],
        help_text="Does not change once the issue is published.",
    )
    title = LineField(
        max_length=200,
        blank=True,
        help_text="Must contain the number as “#N”: programs look for it. Made from the number when left empty.",
    )
    slug = models.SlugField(
        "address",
        max_length=100,
        blank=True,
        db_index=False,
        help_text="The page’s address on this site. Made from the number when left empty.",
    )
    publish_at = models.DateTimeField(
        "publication time", null=True, blank=True, help_text=f"Time zone: {settings.TIME_ZONE}."
    )
    intro = MarkdownField(blank=True, help_text="Markdown. Printed before everything else.")
    notes = models.TextField(
        blank=True,
        default="",
        db_default="",
        validators=[validate_printable],
        help_text="Never printed, and never in a download.",
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    guid = models.CharField(max_length=200, null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text="When something printed changed; see issues/changes.py."
    )
    contents_digest = models.CharField(max_length=64, editable=False)
    announced_at = models.DateTimeField(
        null=True, editable=False, help_text="When the hub was notified; see issues/tasks.py."
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    notes_version = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Counts changes of the notes, which make no new version."
    )
    review_requested_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the draft was called ready for review. Not printed.",
    )
    review_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        # To add either to a table in use would lock it.
        db_constraint=False,
        db_index=False,
    )

    objects = IssueQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        permissions = [
            ("publish_issue", "Can approve, publish, take back and correct issues"),
            ("proofread_issue", "Can change the words of drafts, articles and pages, and nothing else"),
        ]
        indexes = [
            models.Index(fields=["-publish_at", "-number"], name="issue_published", condition=Q(status="approved")),
        ]
        constraints = [
            BackstopConstraint(condition=Q(number__gt=0), name="issue_number_positive"),
            models.UniqueConstraint(
                fields=["number"],
                name="issue_number_unique",
                violation_error_code="unique",  # Puts the error at the field.
                violation_error_message="There is an issue with this number already.",
            ),
            models.UniqueConstraint(
                fields=["slug"],
                name="issue_slug_unique",
                violation_error_code="unique",
                violation_error_message="Another issue has this address.",
            ),
            models.UniqueConstraint(fields=["guid"], name="issue_guid_unique"),
            BackstopConstraint(
                condition=Q(title__regex=Concat(Value("#"), Cast(F("number"), models.CharField()), Value(r"(\D|$)"))),
                name="issue_title_has_number",
            ),
            BackstopConstraint(condition=Q(status__in=["draft", "approved"]), name="issue_status_known"),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(publish_at__isnull=False),
                name="issue_approved_has_publish_at",
                violation_error_message="An approved issue needs a publication time.",
            ),
            models.CheckConstraint(condition=Q(status="draft") | Q(guid__isnull=False), name="issue_approved_has_guid"),
            BackstopConstraint(
                condition=Q(status="draft") | Q(review_requested_at__isnull=True), name="issue_in_review_is_draft"
            ),
        ]

    def __str__(self):
        return self.title

    def save(self, **kwargs):
        super().save(**kwargs)
        if kwargs.get("update_fields") is None or "slug" in kwargs["update_fields"]:
            Address.objects.make_current(self)

    def get_absolute_url(self):
        return url_of("issue", self.slug)

    def clean(self):
        if self.number:
            self.title = self.title or settings.ISSUE_TITLE.format(number=self.number)
            self.slug = self.slug or settings.ISSUE_SLUG.format(number=self.number)
            if not re.search(rf"#{self.number}(\D|$)", self.title):
                sentence = f"The title must contain the issue’s number as “#{self.number}”."
                raise ValidationError({"title": ValidationError(sentence, code="number")})
        if self.slug:
            validate_slug(self.slug, self)

    @property
    def is_approved(self) -> bool:
        return self.status == self.Status.APPROVED

    @property
    def is_published(self) -> bool:
        return self.is_approved and self.publish_at is not None and self.publish_at <= timezone.now()

    @property
    def is_cooling_off(self) -> bool:
        """Return whether the issue is about to be published, and can still be taken back."""
        if not self.is_approved or self.is_published or self.publish_at is None:
            return False
        return self.publish_at <= timezone.now() + settings.COOLING_OFF

    @property
    def state(self) -> str:
        """Return "draft", "scheduled" or "published"."""
        if not self.is_approved:
            return "draft"
        return "published" if self.is_published else "scheduled"

    @property
    def changed_at(self) -> datetime:
        """Return the time from which readers could see the present contents."""
        return max(self.publish_at, self.updated_at) if self.publish_at else self.updated_at

    @property
    def is_changed(self) -> bool:
        """Return whether something printed changed more than an hour after publication."""
        return self.publish_at is not None and self.updated_at > self.publish_at + GRACE

    @property
    def printed_placements(self) -> list[Placement]:
        return [placement for placement in self.placements.all() if placement.message or placement.url]

    @property
    def printed_articles(self) -> list["Article"]:
        return [article for article in self.articles.all() if article.section == Article.Section.ARTICLES]

    @property
    def printed_outages(self) -> list["Article"]:
        return [article for article in self.articles.all() if article.section == Article.Section.OUTAGES]

    @property
    def printed_entries(self) -> list["Article"]:
        """Return articles and outages, in print order."""
        return [*self.printed_articles, *self.printed_outages]

    def load_contents(self) -> None:
        """Load everything printed into this issue, as with_contents() does. Five queries."""
        self._prefetched_objects_cache: dict[str, Any] = {}
        Issue.objects.load_contents([self])

    def approve(self, publish_at: datetime) -> None:
        """Approve the issue for this time, or publish it if the time has passed. The first approval sets the guid."""
        self.status = self.Status.APPROVED
        self.publish_at = publish_at
        self.guid = self.guid or self.new_guid()
        self.review_requested_at = self.review_requested_by = None
        self.save(update_fields=["status", "publish_at", "guid", "review_requested_at", "review_requested_by"])

    def request_review(self, user: User) -> None:
        """Call the draft ready for review. If it is so already, who asked first stays."""
        if not self.is_approved and self.review_requested_at is None:
            self.review_requested_at, self.review_requested_by = timezone.now(), user
            self.save(update_fields=["review_requested_at", "review_requested_by"])

    def end_review(self) -> None:
        """Call the draft not ready for review."""
        self.review_requested_at = self.review_requested_by = None
        self.save(update_fields=["review_requested_at", "review_requested_by"])

    def withdraw(self) -> None:
        """Make the issue a draft again. Readers get 404.

        The publication time becomes the next usual one that is free if the issue was about to be published.
        """
        if self.is_cooling_off:
            self.publish_at = Issue.objects.exclude(pk=self.pk).first_free_time()
        self.status = self.Status.DRAFT
        self.save(update_fields=["status", "publish_at"])

    def new_guid(self) -> str:
        """Return a tag URI (RFC 4151), with a suffix if another issue had this number."""
        guid = first = f"tag:{settings.GUID_AUTHORITY}:issue-{self.number}"
        count = 1
        while Issue.objects.filter(guid=guid).exists() or RetiredGuid.objects.filter(guid=guid).exists():
            count += 1
            guid = f"{first}-{count}"
        return guid


def _contents() -> list[Prefetch]:
    return [
        # Their usual order begins with the issue's number, for which PostgreSQL would read the issue of each row.
        Prefetch("placements", Placement.objects.select_related("sponsor").order_by("slot")),
        Prefetch("articles", Article.objects.with_credits().order_by("section", "position")),
        Prefetch("corrections"),
    ]


class RetiredGuid(models.Model):
    """The guid of a deleted issue, which no other issue may get. A trigger adds it when an issue is deleted."""

    guid = models.CharField(max_length=200)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["guid"], name="retired_guid_unique")]

    def __str__(self):
        return self.guid
