"""Issues: numbered, with everything printed in them."""

import re
from datetime import datetime, timedelta
from itertools import batched
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import F, Max, Prefetch, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from issues.models.addresses import Address, url_of, validate_slug
from issues.models.articles import Article
from issues.models.publishing import is_published
from issues.models.revisions import IssueRevision, contents_of, known
from issues.schedule import next_publication_time
from sponsors.models import Placement
from text.fields import LineField, MarkdownField

# What is mended within the hour is not announced as a change.
GRACE = timedelta(hours=1)
# All attempts to tell a hub are over by then; and whom it tells a week later, knows.
LATE, TOO_LATE = timedelta(hours=4), timedelta(days=7)
# Nobody plans an issue for later than this.
FORESEEABLE = timedelta(days=2 * 366)


class IssueQuerySet(models.QuerySet["Issue"]):
    def published(self) -> Self:
        """Those that readers may see, the latest first."""
        return self.filter(is_published()).order_by("-publish_at", "-number")

    def unpublished(self) -> Self:
        """Drafts and scheduled ones, the next to come out first."""
        return self.exclude(is_published()).order_by("number")

    def listed(self) -> Self:
        """Load only what a list of issues prints."""
        return self.only("title", "slug", "publish_at")

    def before(self, issue: "Issue") -> "Issue | None":
        """Of published(): the one that came out just before that one."""
        return self.filter(
            Q(publish_at__lt=issue.publish_at) | Q(publish_at=issue.publish_at, number__lt=issue.number)
        ).first()

    def after(self, issue: "Issue") -> "Issue | None":
        """Of published(): the one that came out just after that one."""
        return self.filter(
            Q(publish_at__gt=issue.publish_at) | Q(publish_at=issue.publish_at, number__gt=issue.number)
        ).last()

    def with_contents(self) -> Self:
        """Load everything printed. Six queries for any number of issues."""
        return self.prefetch_related(
            Prefetch("placements", Placement.objects.select_related("sponsor")),
            Prefetch("articles", Article.objects.with_credits()),
            "corrections",
        )

    def count_up_versions(self, user: User | AnonymousUser | None, cause: str) -> None:
        """After a change: forms that were opened before are told, and a revision of each issue is kept.

        Nine queries for every hundred issues.
        """
        self.update(version=F("version") + 1)
        self.keep_revisions(user, cause)

    def keep_revisions(self, user: User | AnonymousUser | None = None, cause: str = "as it was") -> None:
        """Write down what they hold, unless it is known. Before a change, too: imported issues have none.

        One query where nothing is missing, else eight for every hundred issues.
        """
        known_already = IssueRevision.objects.filter(issue=models.OuterRef("pk"), version=models.OuterRef("version"))
        missing = self.filter(~models.Exists(known_already)).with_contents()
        for issues in batched(missing.iterator(chunk_size=100), 100, strict=False):
            latest = IssueRevision.objects.latest_of([issue.pk for issue in issues])
            contents = {issue: contents_of(issue) for issue in issues}
            IssueRevision.objects.bulk_create(
                [
                    IssueRevision(
                        issue=issue,
                        version=issue.version,
                        saved_at=timezone.now(),
                        saved_by=known(user),
                        cause=cause,
                        contents=contents[issue],
                    )
                    for issue in issues
                    if issue.pk not in latest or latest[issue.pk].contents != contents[issue]
                ],
                ignore_conflicts=True,  # Another request kept the same state in this moment.
            )

    def unannounced(self) -> Self:
        """Of published(): those of which the hub should have been told long ago, and was not, of this week."""
        now = timezone.now()
        return self.filter(announced_at=None, publish_at__gt=now - TOO_LATE, publish_at__lt=now - LATE)

    def next_number(self) -> int:
        return (self.aggregate(Max("number"))["number__max"] or 0) + 1

    def next_publication_time(self) -> datetime:
        """The first usual time that is still to come and later than every issue's."""
        now = timezone.now()
        # A slip in the year, saved years ago, is nothing to go by.
        last = self.filter(publish_at__lt=now + FORESEEABLE).aggregate(Max("publish_at"))["publish_at__max"]
        return next_publication_time(max(last, now) if last else now)


class Issue(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        APPROVED = "approved", "approved"

    number = models.PositiveIntegerField(
        validators=[MinValueValidator(1, "Numbers begin at 1.")],
        help_text="Given once. The highest plus one is offered.",
    )
    title = LineField(
        max_length=200,
        blank=True,
        help_text="Must hold the number as “#N”, which feed readers’ programs look for. Made from it when left empty.",
    )
    slug = models.SlugField(
        "address",
        max_length=100,
        blank=True,
        db_index=False,
        help_text="The page’s address on this site. Made from the number when left empty.",
    )
    publish_at = models.DateTimeField(
        "publication time", null=True, blank=True, help_text=f"On the clocks of {settings.TIME_ZONE}."
    )
    intro = MarkdownField(blank=True, help_text="Markdown. Printed before everything else.")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    guid = models.CharField(max_length=200, null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text="When something printed changed; see rendering.note_changes."
    )
    contents_digest = models.CharField(max_length=64, editable=False)
    announced_at = models.DateTimeField(null=True, editable=False, help_text="When hubs were told; see tasks.ping_hub.")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = IssueQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        indexes = [
            models.Index(fields=["-publish_at", "-number"], name="issue_published", condition=Q(status="approved")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(number__gt=0),
                name="issue_number_positive",
            ),
            models.UniqueConstraint(
                fields=["number"],
                name="issue_number_unique",
                violation_error_code="unique",  # Puts the sentence at the field.
                violation_error_message="There is an issue with this number already.",
            ),
            models.UniqueConstraint(
                fields=["slug"],
                name="issue_slug_unique",
                violation_error_code="unique",  # Puts the sentence at the field.
                violation_error_message="Another issue has this address.",
            ),
            models.UniqueConstraint(fields=["guid"], name="issue_guid_unique"),
            models.CheckConstraint(
                condition=Q(title__regex=Concat(Value("#"), Cast(F("number"), models.CharField()), Value(r"(\D|$)"))),
                name="issue_title_has_number",
            ),
            models.CheckConstraint(condition=Q(status__in=["draft", "approved"]), name="issue_status_known"),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(publish_at__isnull=False),
                name="issue_approved_has_publish_at",
                violation_error_message="An approved issue needs a publication time.",
            ),
            models.CheckConstraint(condition=Q(status="draft") | Q(guid__isnull=False), name="issue_approved_has_guid"),
        ]

    def __str__(self):
        return self.title

    def save(self, **kwargs):
        super().save(**kwargs)
        if kwargs.get("update_fields") is None or "slug" in kwargs["update_fields"]:
            Address.objects.make_current(self)

    def get_absolute_url(self):
        return url_of(self.slug)

    def clean(self):
        if self.number:
            self.title = self.title or settings.ISSUE_TITLE.format(number=self.number)
            self.slug = self.slug or settings.ISSUE_SLUG.format(number=self.number)
            if not re.search(rf"#{self.number}(\D|$)", self.title):
                raise ValidationError({"title": f"The title must hold the issue’s number as “#{self.number}”."})
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
        """Whether it comes out in a moment, and can still be taken back."""
        if not self.is_approved or self.is_published or self.publish_at is None:
            return False
        return self.publish_at <= timezone.now() + settings.COOLING_OFF

    @property
    def state(self) -> str:
        """draft, scheduled or published."""
        if not self.is_approved:
            return "draft"
        return "published" if self.is_published else "scheduled"

    @property
    def changed_at(self) -> datetime:
        """When readers could first see what they see now."""
        return max(self.publish_at, self.updated_at) if self.publish_at else self.updated_at

    @property
    def is_changed(self) -> bool:
        """Whether something printed was changed more than an hour after it came out."""
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
        """All of both sections, in print order."""
        return [*self.printed_articles, *self.printed_outages]

    def approve(self, publish_at: datetime, user: User | AnonymousUser | None = None) -> None:
        """Publish at that time, or at once where it has come. The guid is given here, once."""
        self.status = self.Status.APPROVED
        self.publish_at = publish_at
        self.guid = self.guid or self._new_guid()
        cause = "published" if self.is_published else "approved for its time"
        self._save_with_new_version("status", "publish_at", "guid", user=user, cause=cause)

    def withdraw(self, user: User | AnonymousUser | None = None) -> None:
        """Make it a draft again. Readers who ask for it are told that there is no such page.

        Taken back at the last moment, it is offered the next usual time.
        """
        if self.is_cooling_off:
            self.publish_at = Issue.objects.exclude(pk=self.pk).next_publication_time()
        self.status = self.Status.DRAFT
        self._save_with_new_version("status", "publish_at", user=user, cause="made a draft again")

    def _save_with_new_version(self, *fields: str, user: User | AnonymousUser | None, cause: str) -> None:
        """So that a form which was opened before is told."""
        saved = Issue.objects.filter(pk=self.pk)
        with transaction.atomic():
            saved.select_for_update().get()
            saved.keep_revisions()
            self.save(update_fields=fields)
            saved.count_up_versions(user, cause)
            self.refresh_from_db(fields=["version"])

    def _new_guid(self) -> str:
        """RFC 4151. A number that was given to another issue before gets a suffix."""
        guid = first = f"tag:{settings.GUID_AUTHORITY}:issue-{self.number}"
        count = 1
        while Issue.objects.filter(guid=guid).exists() or RetiredGuid.objects.filter(guid=guid).exists():
            count += 1
            guid = f"{first}-{count}"
        return guid


class RetiredGuid(models.Model):
    """The guid of a deleted issue, which no other issue may get. The database adds one whenever it deletes an issue."""

    guid = models.CharField(max_length=200)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["guid"], name="retired_guid_unique")]

    def __str__(self):
        return self.guid
