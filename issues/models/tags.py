"""Tags are taggit's. What was merged here keeps its name and its address."""

from collections.abc import Iterable

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import F
from taggit.models import Tag

from issues.models.articles import Article, Tagging
from text.fields import SlugField
from text.slugs import slug_of, validate_slug


def _slug_of_tag(tag: Tag, name: str, number: int | None = None) -> str:
    return slug_of(name) + (f"_{number}" if number is not None else "")


# taggit makes the slug in a method of its model, and has no setting for it. Its own makes “c” of C++ and C#.
Tag.slugify = _slug_of_tag
Tag._meta.get_field("slug").validators = [validate_slug, MaxLengthValidator(100)]


class FormerTagQuerySet(models.QuerySet["FormerTag"]):
    def tag_at(self, slug: str) -> Tag | None:
        """Return the tag into which the one with this address was merged, or None. One query."""
        former = self.filter(slug=slug).select_related("tag").order_by("-pk").first()
        return former.tag if former else None

    def current_names(self, names: Iterable[str]) -> list[str]:
        """Put the names of present tags in place of those that were merged. One query."""
        names = list(names)
        current = dict(self.filter(name__in=names).values_list("name", "tag__name"))
        return [current.get(name, name) for name in names]


class FormerTag(models.Model):
    """A tag that was merged into another: its address redirects, and its name still means that tag."""

    name = models.CharField(max_length=100)
    slug = SlugField(max_length=100, db_index=True)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="former")

    objects = FormerTagQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name"], name="former_tag_once")]

    def __str__(self):
        return self.name


def merge_tag(kept: Tag, other: Tag) -> None:
    """Merge a tag that means the same into `kept`: articles, and the former names and addresses."""
    # A form of such an article that is open elsewhere shows a conflict.
    Article.objects.filter(taggings__tag=other).update(version=F("version") + 1)
    Tagging.objects.filter(tag=other).exclude(content_object__taggings__tag=kept).update(tag=kept)
    FormerTag.objects.filter(tag=other).update(tag=kept)
    FormerTag.objects.filter(name=kept.name).delete()
    FormerTag.objects.update_or_create({"slug": other.slug, "tag": kept}, name=other.name)
    other.delete()
