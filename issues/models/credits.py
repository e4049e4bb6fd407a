"""Credits: authors, and the publications that published their articles."""

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from issues.models.addresses import url_of
from issues.models.publishing import is_published
from sponsors.models import Sponsor
from text.fields import IS_HTTP_OR_EMPTY, BackstopConstraint, HttpAddressField, LineField, SlugField
from text.names import key_of
from text.slugs import slug_of


class CreditedQuerySet(models.QuerySet):
    def with_article_counts(self) -> Self:
        """Add article_count: how many of the row's articles are in published issues."""
        published = is_published("articles__issue")
        return self.annotate(article_count=models.Count("articles", filter=published, distinct=True))

    def published(self) -> Self:
        """Rows that have an article in a published issue, with article_count."""
        return self.with_article_counts().filter(article_count__gt=0)

    def at(self, slug: str) -> Any:
        """Return the row with this slug, or the one that used to have it, or None. At most two queries."""
        return self.filter(slug=slug).first() or self.filter(previous_slugs__contains=[slug]).first()


class Credited(models.Model):
    """The fields that authors and publications share, and how two rows are merged."""

    name = LineField(max_length=200)
    slug = SlugField("address", max_length=220, blank=True, help_text="Made from the name.")
    url = HttpAddressField("website", blank=True)
    previous_slugs = ArrayField(SlugField(max_length=220), default=list, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    aliases = ArrayField(
        LineField(max_length=200),
        default=list,
        db_default=[],
        blank=True,
        help_text="Other and former names and spellings, one on each line. Imports find it by these, too.",
    )

    objects = CreditedQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self):
        return self.name

    def save(self, **kwargs):
        if not self.slug:
            self.fill_slug()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "slug"}
        super().save(**kwargs)

    def get_absolute_url(self):
        return url_of(str(self._meta.model_name), self.slug)

    def fill_slug(self) -> None:
        """Make a slug that no other row has or had. At least one query."""
        self.slug = free_slug(type(self).objects.exclude(pk=self.pk), self.name, str(self._meta.model_name))

    def clean(self):
        self.name = " ".join(self.name.split())
        # The constraint refuses this too, but its error belongs to no field.
        if type(self).objects.exclude(pk=self.pk).filter(name__iexact=self.name).exists():
            sentence = f"There is a {self._meta.verbose_name} with this name already."
            raise ValidationError({"name": ValidationError(sentence, code="unique")})
        former = type(self).objects.exclude(pk=self.pk).filter(previous_slugs__contains=[self.slug]).first()
        if former:
            sentence = f"“{former}” had this address, and links to it still lead there."
            raise ValidationError({"slug": ValidationError(sentence, code="unique")})

    def rename_slug(self, previous: str) -> None:
        """Let the previous slug redirect to this row. Saves nothing."""
        self.previous_slugs = [slug for slug in {*self.previous_slugs, previous} if slug != self.slug]

    def keep_name(self, previous: str) -> None:
        """Let imports and captured pages find this row by its previous name, too. Saves nothing."""
        if key_of(previous) not in map(key_of, (self.name, *self.aliases)):
            self.aliases = sorted([*self.aliases, previous])

    def _replace(self, other: "Credited", *changed: str) -> None:
        """Take over names, slugs and website of `other`, delete it, and save these fields and those in `changed`."""
        self.aliases = sorted({*self.aliases, *other.aliases, other.name} - {self.name})
        self.previous_slugs = sorted({*self.previous_slugs, other.slug, *other.previous_slugs} - {self.slug})
        self.url = self.url or other.url
        self.version += 1  # A form of this row that is open elsewhere shows a conflict.
        other.delete()
        self.save(update_fields=["aliases", "previous_slugs", "url", "version", *changed])

    def namesake(self) -> "Credited | None":
        """Return the publication with a name of this author, or the author with a name of this publication, or None."""
        named = Q(name__iexact=self.name) | Q(aliases__contains=[self.name])
        found = self._other_kind().objects.filter(named)
        return min(found, key=lambda row: key_of(row.name) != key_of(self.name), default=None)

    def turn(self) -> "Credited":
        """Turn an author into a publication or back, and return that. See _turn_into() of both."""
        turned: Any = self.namesake() or self._other_kind()(name=self.name)
        turned.url = turned.url or self.url
        turned.aliases = sorted({*turned.aliases, *self.aliases} - {turned.name})
        turned.keep_name(self.name)
        others = type(turned).objects.exclude(pk=turned.pk)
        turned.slug = turned.slug or free_slug(others, self.slug, str(turned._meta.model_name))
        former = {*turned.previous_slugs, self.slug, *self.previous_slugs} - {turned.slug}
        taken = Q(slug__in=former) | Q(previous_slugs__overlap=list(former))
        for slug, slugs in others.filter(taken).values_list("slug", "previous_slugs"):
            former -= {slug, *slugs}
        turned.previous_slugs = sorted(former)
        turned.version += turned.pk is not None  # A form of it that is open elsewhere shows a conflict.
        turned.save()
        self._turn_into(turned)
        return turned

    def _other_kind(self) -> "type[Credited]":
        return Publication if isinstance(self, Author) else Author

    def _turn_into(self, turned: Any) -> None:
        raise NotImplementedError


class Author(Credited):
    class Meta(Credited.Meta):
        constraints = [
            models.UniqueConstraint(Lower("name"), name="author_name_unique"),
            BackstopConstraint(condition=IS_HTTP_OR_EMPTY, name="author_url_is_http"),
            models.UniqueConstraint(
                fields=["slug"],
                name="author_slug_unique",
                violation_error_code="unique",
                violation_error_message="Another author has this address.",
            ),
        ]

    def absorb(self, other: "Author") -> None:
        """Merge an author that was entered twice into this one: articles, names and addresses."""
        other.authorships.exclude(article__authors=self).update(author=self)
        other.authorships.all().delete()
        self._replace(other)

    def articles_to_turn(self, publication: "Publication | None") -> models.QuerySet:
        """Return the articles that can get this publication in place of the author: those that have no other."""
        is_free = Q(publication=None)
        return self.articles.filter(is_free | Q(publication=publication) if publication else is_free)

    def _turn_into(self, turned: "Publication") -> None:
        """Credit the publication. An article of another one keeps this author, who is deleted if none is left."""
        articles = self.articles_to_turn(turned)
        rows = articles.model.objects.filter(pk__in=list(articles.values_list("pk", flat=True)))
        self.authorships.filter(article__in=rows).delete()
        # The forms of these articles that are open elsewhere show a conflict.
        rows.update(publication=turned, version=F("version") + 1)
        if not self.authorships.exists():
            self.delete()


class Publication(Credited):
    """The site or company that published an article."""

    hosts = ArrayField(
        LineField(max_length=253),
        default=list,
        blank=True,
        help_text="Hosts by which a link is recognised, one on each line, such as engineering.example.com.",
    )
    sponsor = models.ForeignKey(
        Sponsor,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="publications",
        help_text="The sponsor of the newsletter that publishes here, if any.",
    )
    disclosure = LineField(
        max_length=500,
        blank=True,
        help_text="Filled in when an article is placed, such as “Full disclosure: Example is my employer.”",
    )

    class Meta(Credited.Meta):
        constraints = [
            models.UniqueConstraint(Lower("name"), name="publication_name_unique"),
            BackstopConstraint(condition=IS_HTTP_OR_EMPTY, name="publication_url_is_http"),
            models.UniqueConstraint(
                fields=["slug"],
                name="publication_slug_unique",
                violation_error_code="unique",
                violation_error_message="Another publication has this address.",
            ),
        ]

    def absorb(self, other: "Publication") -> None:
        """Merge a publication that was entered twice into this one: articles, names, hosts and addresses."""
        other.articles.update(publication=self)
        self.hosts = sorted({*self.hosts, *other.hosts})
        self.sponsor = self.sponsor or other.sponsor
        self.disclosure = self.disclosure or other.disclosure
        self._replace(other, "hosts", "sponsor", "disclosure")

    def _turn_into(self, turned: Author) -> None:
        """Credit the author, last in the byline, and delete this publication."""
        added = self.articles.exclude(authors=turned).annotate(last=models.Max("authorships__position"))
        Authorship.objects.bulk_create(
            [Authorship(article=article, author=turned, position=(article.last or 0) + 1) for article in added]
        )
        self.articles.update(publication=None, version=F("version") + 1)
        self.delete()


def free_slug(taken: models.QuerySet, name: str, fallback: str) -> str:
    """Return a slug made from the name, which may be in any script, with a number if another row has or had it."""
    slug = first = slug_of(name)[:200].strip("-_") or fallback
    count = 1
    while taken.filter(Q(slug=slug) | Q(previous_slugs__contains=[slug])).exists():
        count += 1
        slug = f"{first}-{count}"
    return slug


class Authorship(models.Model):
    article = models.ForeignKey("issues.Article", models.CASCADE, related_name="authorships")
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
