"""What is printed: issues and their articles, and the pages beside them."""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import batched
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.postgres.indexes import HashIndex
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import F, Max, Prefetch, Q, Value
from django.db.models.functions import Cast, Concat
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from simple_history.models import HistoricalRecords
from taggit.managers import TaggableManager
from taggit.models import Tag, TaggedItemBase

from issues.links import canonicalize, host_of
from issues.models.credits import Author, Publication
from issues.models.publishing import is_published
from issues.models.saving import IssueRevision, contents_of, known
from issues.models.spacing import find_obstacles
from issues.schedule import next_publication_time
from sponsors.models import Placement
from sreweekly.fields import IS_HTTP_OR_EMPTY, HttpAddressField, LineField, MarkdownField
from sreweekly.validators import validate_printable

# Beginnings of the site's own addresses that are no page themselves, today's and WordPress's.
RESERVED_SLUGS = {
    *("accounts", "search", "static"),
    *("author", "category", "comments", "page", "tag", "wp-admin", "wp-content", "wp-includes", "wp-json"),
}

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
        return self.filter(
            announced_at=None, wordpress_post=None, publish_at__gt=now - TOO_LATE, publish_at__lt=now - LATE
        )

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
    history = HistoricalRecords(excluded_fields=["updated_at", "contents_digest", "announced_at", "version"])

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

    def get_absolute_url(self):
        return address_of(self.slug)

    def clean(self):
        if self.number:
            self.title = self.title or settings.ISSUE_TITLE.format(number=self.number)
            self.slug = self.slug or settings.ISSUE_SLUG.format(number=self.number)
            if not re.search(rf"#{self.number}(\D|$)", self.title):
                raise ValidationError({"title": f"The title must hold the issue’s number as “#{self.number}”."})
        if self.slug:
            validate_slug_is_free(self.slug, self)

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

    def keep_slug(self, slug: str) -> None:
        """Let an address that this issue had redirect to the one it has."""
        PreviousSlug.objects.filter(slug=self.slug).delete()
        PreviousSlug.objects.get_or_create(slug=slug, defaults={"issue": self})

    def _new_guid(self) -> str:
        """RFC 4151. A number that was given to another issue before gets a suffix."""
        guid = first = f"tag:{settings.GUID_AUTHORITY}:issue-{self.number}"
        count = 1
        while Issue.history.filter(guid=guid).exists():  # Of deleted ones too.
            count += 1
            guid = f"{first}-{count}"
        return guid


class PreviousSlug(models.Model):
    """An address that an issue had. Answers with a redirect for ever."""

    slug = models.SlugField(max_length=100, db_index=False)
    issue = models.ForeignKey(Issue, models.CASCADE, related_name="previous_slugs")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug"], name="previous_slug_unique")]

    def __str__(self):
        return self.slug


class PageQuerySet(models.QuerySet["Page"]):
    def published(self) -> Self:
        """Those that readers may see."""
        return self.filter(is_published=True)


class Page(models.Model):
    """What is no issue: /about/ and the like."""

    title = LineField(max_length=200)
    slug = models.SlugField("address", max_length=100, db_index=False, help_text="The page’s address on this site.")
    body = MarkdownField(help_text="Markdown.")
    is_published = models.BooleanField(
        "published", default=True, help_text="Without it, this is a draft: readers are told that there is no such page."
    )
    updated_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    objects = PageQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug"],
                name="page_slug_unique",
                violation_error_code="unique",
                violation_error_message="Another page has this address.",
            )
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return address_of(self.slug)

    def clean(self):
        validate_slug_is_free(self.slug, self)


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self) -> Self:
        """Those that readers may see, the latest issue's first, then in print order."""
        return self.filter(is_published("issue")).order_by(
            "-issue__publish_at", "-issue__number", "section", "position"
        )

    def listed(self) -> Self:
        """Load only what a list of articles prints, and with it the issue's. With with_credits(), three queries."""
        return (
            self.with_credits()
            .select_related("issue", "publication")
            .only(
                *("title", "url", "blurb", "byline", "publication__name", "publication__slug"),
                *("issue__title", "issue__slug", "issue__publish_at"),
            )
        )

    def backlog(self) -> Self:
        return self.filter(issue=None)

    def refresh_canonical_urls(self) -> None:
        """After a change of canonicalize(). One query, and one more for every thousand keys that changed."""
        stale = [
            article
            for article in self.only("url", "canonical_url")
            if article.canonical_url != canonicalize(article.url)
        ]
        for article in stale:
            article.canonical_url = canonicalize(article.url)
        Article.objects.bulk_update(stale, ["canonical_url"], batch_size=1000)

    def with_credits(self) -> Self:
        """Load publication, authors in order, and tags. Three queries for any number of articles."""
        return self.select_related("publication").prefetch_related(
            Prefetch("authorships", Authorship.objects.select_related("author")), "tags"
        )


class Tagging(TaggedItemBase):
    content_object = models.ForeignKey("Article", models.CASCADE, related_name="taggings")


class Article(models.Model):  # type: ignore[django-manager-missing]  # taggit has no types.
    """One link with its blurb: an entry of an issue, or in the backlog while issue is null."""

    class Section(models.TextChoices):
        ARTICLES = "articles", "Articles"
        OUTAGES = "outages", "Outages"

    class State(models.TextChoices):
        SAVED = "saved", "inbox"
        SHORTLISTED = "shortlisted", "shortlisted"
        HELD = "held", "held"
        DECLINED = "declined", "declined"

    class HoldOnePer(models.TextChoices):
        AUTHOR = "author", "author"
        PUBLICATION = "publication", "publication"
        SERIES = "series", "series"

    issue = models.ForeignKey(Issue, models.PROTECT, null=True, blank=True, related_name="articles")
    section = models.CharField(max_length=10, choices=Section, default=Section.ARTICLES)
    position = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    url = HttpAddressField("address")
    pasted_url = models.TextField(
        "address as pasted", blank=True, editable=False, help_text="As first saved. Empty where nobody noted it."
    )
    canonical_url = models.TextField(editable=False)
    title = LineField(max_length=500)
    blurb = MarkdownField(blank=True, help_text="Markdown.")
    authors: "models.ManyToManyField[Author, Authorship]" = models.ManyToManyField(
        Author, through="Authorship", related_name="articles", blank=True
    )
    publication = models.ForeignKey(Publication, models.PROTECT, null=True, blank=True, related_name="articles")
    byline = LineField(
        max_length=500,
        blank=True,
        help_text="Printed instead of authors and publication where they cannot say it: “A, with guest B — C”.",
    )
    disclosure = LineField(max_length=500, blank=True, help_text="Printed below the byline.")
    tags = TaggableManager(through=Tagging, blank=True)
    state = models.CharField(
        max_length=12,
        choices=State,
        default=State.SAVED,
        help_text="While it is in the backlog. “Held” only puts it aside: what keeps it out of an issue is below.",
    )
    not_before = models.DateField(
        null=True, blank=True, help_text="Not in an issue that comes out before this day, whatever its state."
    )
    hold_one_per = models.CharField(
        "at most one of its",
        max_length=12,
        choices=HoldOnePer,
        blank=True,
        help_text="Not in an issue with another article of the same author, publication or series, whatever its state.",
    )
    series = LineField(max_length=200, blank=True, help_text="The series it belongs to, if any. Not printed.")
    notes = models.TextField(
        blank=True, validators=[validate_printable], help_text="For you alone: never printed, never in a download."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords(excluded_fields=["canonical_url"])

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["issue", "section", "position"]
        indexes = [HashIndex(fields=["canonical_url"], name="article_canonical_url")]
        constraints = [
            models.CheckConstraint(
                condition=Q(issue__isnull=True, position__isnull=True) | Q(issue__isnull=False, position__isnull=False),
                name="article_position_iff_issue",
            ),
            models.UniqueConstraint(
                fields=["issue", "section", "position"],
                name="article_position_unique",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(condition=IS_HTTP_OR_EMPTY, name="article_url_is_http"),
            models.CheckConstraint(condition=Q(section__in=["articles", "outages"]), name="article_section_known"),
            models.CheckConstraint(
                condition=Q(state__in=["saved", "shortlisted", "held", "declined"]), name="article_state_known"
            ),
            models.CheckConstraint(
                condition=Q(hold_one_per__in=["", "author", "publication", "series"]),
                name="article_hold_one_per_known",
            ),
            models.CheckConstraint(
                condition=~Q(hold_one_per="series") | ~Q(series=""),
                name="article_hold_one_per_series_names_it",
                violation_error_message="Name the series of which an issue is to hold at most one.",
            ),
        ]

    def __str__(self):
        return self.title or self.url

    def save(self, **kwargs):
        self.canonical_url = canonicalize(self.url)
        if self._state.adding:
            self.pasted_url = self.pasted_url or self.url
        if "url" in (kwargs.get("update_fields") or ()):
            kwargs["update_fields"] = {*kwargs["update_fields"], "canonical_url"}
        super().save(**kwargs)

    def get_absolute_url(self):
        """The entry on its issue's page. An article of the backlog has none."""
        assert self.issue is not None
        return f"{self.issue.get_absolute_url()}#article-{self.pk}"

    def validate_constraints(self, exclude=None):
        # Django looks at one row at a time, and so refuses a swap that the deferred constraint allows.
        super().validate_constraints({*(exclude or ()), "position"})

    @property
    def host(self) -> str:
        return host_of(self.url)

    @property
    def credited_authors(self) -> list[Author]:
        """In the order of the byline. No query after with_credits()."""
        return [authorship.author for authorship in self.authorships.all()]

    @property
    def printed_tags(self) -> list[Tag]:
        """By name, so that the feed is the same from request to request. No query after with_credits()."""
        return sorted(self.tags.all(), key=lambda tag: (tag.name.lower(), tag.name))

    def credit(self, authors: list[Author]) -> None:
        """Make these the authors, in this order."""
        with transaction.atomic():
            self.authorships.all().delete()
            for position, author in enumerate(dict.fromkeys(authors), 1):
                self.authorships.create(author=author, position=position)

    def place(self, issue: Issue, section: str = Section.ARTICLES, user: User | AnonymousUser | None = None) -> None:
        """Put it at the end of that section, and offer the publication's disclosure."""
        with transaction.atomic():
            Issue.objects.select_for_update().get(number=issue.number)
            Issue.objects.filter(pk=issue.pk).keep_revisions()
            last = issue.articles.filter(section=section).aggregate(Max("position"))["position__max"] or 0
            self.issue, self.section, self.position = issue, section, last + 1
            if not self.disclosure and self.publication:
                self.disclosure = self.publication.disclosure
            self.save()
            Issue.objects.filter(pk=issue.pk).count_up_versions(user, "article placed")

    def obstacles(self, issue: Issue) -> list[str]:
        """Why it should not be in that issue, a sentence each; those that are in it already are asked, too.

        No query after with_credits(), where the issue was loaded with_contents().
        """
        return list(find_obstacles(self, issue))

    def place_unless_hindered(
        self, issue: Issue, *, anyway: bool = False, user: User | AnonymousUser | None = None
    ) -> list[str]:
        """Place it, or say why not. `anyway` is for obstacles(); nothing else gives way to it."""
        with transaction.atomic():
            issue = Issue.objects.select_for_update(of=("self",)).get(pk=issue.pk)
            self.refresh_from_db(fields=["issue"], from_queryset=Article.objects.select_for_update(of=("self",)))
            if self.issue:
                return [f"“{self}” is in {self.issue} already."]
            if issue.is_published:
                return [f"“{self}” was not placed: {issue} is published."]
            if not anyway and (found := self.obstacles(Issue.objects.with_contents().get(pk=issue.pk))):
                return found
            self.place(issue, user=user)
        return []

    def return_to_backlog(self, user: User | AnonymousUser | None = None) -> None:
        if self.issue is None:
            return
        left = Issue.objects.filter(pk=self.issue.pk)
        with transaction.atomic():
            left.select_for_update().get()
            left.keep_revisions()
            self.search_texts.all().delete()  # At once: that issue may be published by the clock alone.
            self.issue = self.position = None
            self.state = self.State.SHORTLISTED
            self.save(update_fields=["issue", "position", "state"])
            left.count_up_versions(user, "article sent back to the backlog")


class Authorship(models.Model):
    article = models.ForeignKey(Article, models.CASCADE, related_name="authorships")
    author = models.ForeignKey(Author, models.PROTECT, related_name="authorships")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["article", "author"], name="authorship_author_once"),
            models.UniqueConstraint(
                fields=["article", "position"],
                name="authorship_position_unique",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self):
        return f"{self.author}: {self.article}"


@lru_cache(maxsize=16_384)
def address_of(slug: str) -> str:
    """Of an issue or a page. Kept, because the archive prints all of them and reverse() takes 8 µs for each."""
    return reverse("issue", args=[slug])


def validate_slug_is_free(slug: str, instance: Issue | Page) -> None:
    """Issues, their previous addresses and pages share one place in the site's addresses."""
    try:
        is_free = slug not in RESERVED_SLUGS and resolve(f"/{slug}/").url_name in ("issue", "elsewhere")
    except Resolver404:
        return  # No slug at all, which the field says itself.
    if not is_free:
        raise ValidationError({"slug": "The site itself uses this address. Choose another."})
    for taken in (
        Issue.objects.filter(slug=slug),
        Page.objects.filter(slug=slug),
        Issue.objects.filter(previous_slugs__slug=slug),
    ):
        other = taken.first()
        if other is not None and other != instance:
            raise ValidationError({"slug": f"“{other}” has or had this address. Choose another."})
