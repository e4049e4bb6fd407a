"""Articles: each is one link with its blurb."""

from typing import Any, Self

from django.contrib.postgres.indexes import HashIndex
from django.db import models, transaction
from django.db.models import F, Func, Max, Prefetch, Q, TextField, Value
from taggit.managers import TaggableManager
from taggit.models import Tag, TaggedItemBase

from fetching.addresses import host_of
from fetching.identity import canonicalize
from issues.models.credits import Author, Authorship, Publication
from issues.models.publishing import is_published
from text.fields import IS_HTTP_OR_EMPTY, BackstopConstraint, HttpAddressField, LineField, MarkdownField
from text.validators import validate_printable

# The key of the page, without the part of it that the address names: see fetching.identity.page_of().
PAGE = Func(F("canonical_url"), Value("#"), Value(1), function="split_part", output_field=TextField())


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self) -> Self:
        """Articles that readers may see: the latest issue first, and each issue in print order."""
        return self.filter(is_published("issue")).order_by(
            "-issue__publish_at", "-issue__number", "section", "position"
        )

    def listed(self) -> Self:
        """Load only what a list of articles and their issues prints. Three queries for any number of articles."""
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

    def inbox(self) -> Self:
        """Articles of the backlog that nobody has decided on."""
        return self.backlog().filter(state=Article.State.SAVED)

    def with_credits(self) -> Self:
        """Load publication, authors in the order of the byline, and tags. Three queries for any number of articles."""
        return self.select_related("publication").prefetch_related(
            Prefetch("authorships", Authorship.objects.select_related("author")),
            # Not "tags": taggit builds a manager and a query whenever the tags of an article are read.
            Prefetch("taggings", Tagging.objects.select_related("tag")),
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

    issue = models.ForeignKey("issues.Issue", models.PROTECT, null=True, blank=True, related_name="articles")
    section = models.CharField(max_length=10, choices=Section, default=Section.ARTICLES)
    position = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    url = HttpAddressField("address")
    pasted_url = models.TextField(
        "address as pasted", blank=True, editable=False, help_text="As first saved. Empty for imported articles."
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
        help_text="Printed in place of authors and publication, such as “A, with guest B — C”.",
    )
    disclosure = LineField(max_length=500, blank=True, help_text="Printed below the byline.")
    tags = TaggableManager(through=Tagging, blank=True)
    state = models.CharField(
        max_length=12,
        choices=State,
        default=State.SAVED,
        help_text="For sorting the backlog. “Held” does not keep an article out of an issue; the fields below do.",
    )
    not_before = models.DateField(
        null=True, blank=True, help_text="Keeps the article out of issues that are published before this day."
    )
    hold_one_per = models.CharField(
        "at most one of its",
        max_length=12,
        choices=HoldOnePer,
        blank=True,
        help_text="Keeps the article out of issues with another article of the same author, publication or series.",
    )
    series = LineField(max_length=200, blank=True, help_text="The series of the article, if any. Not printed.")
    notes = models.TextField(
        blank=True, validators=[validate_printable], help_text="Never printed, and never in a download."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    is_other_part = False  # Set by issues.runs.earlier_runs().

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["issue", "section", "position"]
        indexes = [
            HashIndex(fields=["canonical_url"], name="article_canonical_url"),
            HashIndex(PAGE, name="article_page"),
        ]
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
            BackstopConstraint(condition=IS_HTTP_OR_EMPTY, name="article_url_is_http"),
            BackstopConstraint(condition=Q(section__in=["articles", "outages"]), name="article_section_known"),
            BackstopConstraint(
                condition=Q(state__in=["saved", "shortlisted", "held", "declined"]), name="article_state_known"
            ),
            BackstopConstraint(
                condition=Q(hold_one_per__in=["", "author", "publication", "series"]),
                name="article_hold_one_per_known",
            ),
            models.CheckConstraint(
                condition=~Q(hold_one_per="series") | ~Q(series=""),
                name="article_hold_one_per_series_names_it",
                violation_error_message="Name the series: an issue may have only one article of it.",
            ),
        ]

    def __str__(self):
        return self.title or self.url

    def save(self, **kwargs):
        self.canonical_url = canonicalize(self.url)
        if self._state.adding:
            self.pasted_url = self.pasted_url or self.url
        else:
            self.version += 1  # A form of the article that is open elsewhere shows a conflict.
        if fields := kwargs.get("update_fields"):
            kwargs["update_fields"] = {*fields, "version", *(["canonical_url"] if "url" in fields else [])}
        super().save(**kwargs)

    def get_absolute_url(self):
        """Return the address of the entry on its issue's page. Articles in the backlog have no address."""
        assert self.issue is not None
        return f"{self.issue.get_absolute_url()}#article-{self.pk}"

    def validate_constraints(self, exclude=None):
        # Django checks one row at a time, and would refuse a swap of positions that the deferred constraint allows.
        super().validate_constraints({*(exclude or ()), "position"})

    @property
    def host(self) -> str:
        return host_of(self.url)

    @property
    def credited_authors(self) -> list[Author]:
        """Return the authors in the order of the byline. No query after with_credits()."""
        return [authorship.author for authorship in self.authorships.all()]

    @property
    def credits(self) -> str:
        """Return the editor's own words, or the names of everybody credited, for lists of the desk."""
        names = ", ".join(author.name for author in self.credited_authors)
        return self.byline or " — ".join(filter(None, (names, str(self.publication or ""))))

    @property
    def printed_tags(self) -> list[Tag]:
        """Return the tags sorted by name, so that their order in feeds never changes. No query after with_credits()."""
        return sorted((tagging.tag for tagging in self.taggings.all()), key=lambda tag: print_order(tag.name))

    def credit(self, authors: list[Author]) -> None:
        """Make these the authors, in this order."""
        with transaction.atomic():
            self.authorships.all().delete()
            for position, author in enumerate(dict.fromkeys(authors), 1):
                self.authorships.create(author=author, position=position)

    def place(self, issue: Any, section: str = Section.ARTICLES) -> None:
        """Put the article at the end of a section. If it has no disclosure, it gets its publication's."""
        last = issue.articles.filter(section=section).aggregate(Max("position"))["position__max"] or 0
        self.issue, self.section, self.position = issue, section, last + 1
        if not self.disclosure and self.publication:
            self.disclosure = self.publication.disclosure
        self.save()

    def leave_issue(self) -> None:
        """Move the article from its issue to the backlog. Saves nothing."""
        self.issue = self.position = None
        self.state = self.State.SHORTLISTED

    def return_to_backlog(self) -> None:
        self.leave_issue()
        self.save(update_fields=["issue", "position", "state"])


def print_order(tag: str) -> tuple[str, str]:
    return tag.lower(), tag
