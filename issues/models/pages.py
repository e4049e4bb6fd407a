"""Pages that are not issues, such as /about/."""

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models

from issues.models.addresses import Address, url_of, validate_slug
from pictures.models import validate_pictures
from text.fields import LineField, MarkdownField, SlugField
from text.slugs import slug_of


class PageQuerySet(models.QuerySet["Page"]):
    def published(self) -> Self:
        """Pages that readers may see."""
        return self.filter(is_published=True)


class Page(models.Model):
    title = LineField(max_length=200)
    slug = SlugField(
        "address",
        max_length=100,
        blank=True,
        help_text="The page’s address on this site. Made from the title if it is empty.",
    )
    body = MarkdownField(help_text="Markdown.")
    is_published = models.BooleanField(
        "published", default=True, help_text="Otherwise this page is a draft, which readers cannot see."
    )
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)

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

    def save(self, **kwargs):
        super().save(**kwargs)
        if kwargs.get("update_fields") is None or "slug" in kwargs["update_fields"]:
            Address.objects.make_current(self)

    def get_absolute_url(self):
        return url_of("issue", self.slug)

    def clean(self):
        self.slug = self.slug or slug_of(self.title)[:100].strip("-_")
        if not self.slug:
            raise ValidationError({"slug": ValidationError("Give the page an address.", code="required")})
        validate_slug(self.slug, self)
        if self.is_published:
            validate_pictures(self.body)
