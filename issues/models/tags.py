"""Tags are taggit's. What was merged here keeps its name and its address."""

from collections.abc import Iterable

from django.db import models
from django.db.models import F
from taggit.models import Tag

from issues.models.articles import Article, Tagging


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
    slug = models.SlugField(max_length=100, allow_unicode=True)
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
