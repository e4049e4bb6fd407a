"""Which address leads to what."""

from functools import lru_cache

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import Resolver404, resolve, reverse

# Beginnings of the site's own addresses that are no page themselves, today's and WordPress's.
RESERVED_SLUGS = {
    *("accounts", "search", "static"),
    *("author", "category", "comments", "page", "tag", "wp-admin", "wp-content", "wp-includes", "wp-json"),
}


class PreviousSlug(models.Model):
    """An address that an issue had. Answers with a redirect for ever."""

    slug = models.SlugField(max_length=100, db_index=False)
    issue = models.ForeignKey("issues.Issue", models.CASCADE, related_name="previous_slugs")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug"], name="previous_slug_unique")]

    def __str__(self):
        return self.slug


@lru_cache(maxsize=16_384)
def address_of(slug: str) -> str:
    """Of an issue or a page. Kept, because the archive prints all of them and reverse() takes 8 µs for each."""
    return reverse("issue", args=[slug])


def validate_slug_is_free(slug: str, instance: models.Model) -> None:
    """Issues, their previous addresses and pages share one place in the site's addresses."""
    try:
        is_free = slug not in RESERVED_SLUGS and resolve(f"/{slug}/").url_name in ("issue", "elsewhere")
    except Resolver404:
        return  # No slug at all, which the field says itself.
    if not is_free:
        raise ValidationError({"slug": "The site itself uses this address. Choose another."})
    Issue, Page = apps.get_model("issues", "Issue"), apps.get_model("issues", "Page")
    for taken in (
        Issue.objects.filter(slug=slug),
        Page.objects.filter(slug=slug),
        Issue.objects.filter(previous_slugs__slug=slug),
    ):
        other = taken.first()
        if other is not None and other != instance:
            raise ValidationError({"slug": f"“{other}” has or had this address. Choose another."})
