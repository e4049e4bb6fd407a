"""Where pictures are used: in every Markdown field, in kept versions, and in what editors have not saved."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst

from desk.uses import MOST, Place, Use
from pictures.models import Picture
from text.fields import MarkdownField
from text.pictures import PREFIX, names_in

# Models that keep texts in JSON: their field, the row that they belong to, and the name of such a use.
KEPT = {
    "issues.IssueRevision": ("contents", "issue", "Versions of issues"),
    "issues.PageRevision": ("contents", "page", "Versions of pages"),
    "desk.UnsavedForm": ("fields", "user", "What is not saved"),
}


def uses_of(pictures: Sequence[Picture], most: int = MOST) -> list[Use]:
    """Return what uses any of these pictures. Each use keeps them from being deleted, because none could do without.

    A kept version counts: it may be restored. One query for each kind, and one more for each that is used.
    """
    uses = [_use(rows, capfirst(rows.model._meta.verbose_name_plural), most) for rows in _printed(pictures)]
    for label, (field, owner, title) in KEPT.items():
        rows = apps.get_model(label).objects.alias(text=Cast(field, TextField())).select_related(owner)
        uses.append(_use(rows.filter(_holds("text", pictures)).order_by("-pk"), title, most, owner))
    if names_in(settings.NEWSLETTER_FOOTER) & {str(picture.name) for picture in pictures}:
        uses.append(Use("Settings", 1, [Place("NEWSLETTER_FOOTER", "")]))
    return [use for use in uses if use.total]


def count_uses() -> Counter[str]:
    """Return how many texts of today print each picture, by its name. One query for each Markdown field."""
    counts: Counter[str] = Counter()
    for model, field in _markdown_fields():
        texts = model._default_manager.filter(**{f"{field}__contains": PREFIX}).order_by()
        for text in texts.values_list(field, flat=True).iterator():
            counts.update(names_in(text))
    return counts


def _markdown_fields() -> Iterator[tuple[type[Model], str]]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, MarkdownField):
                yield model, field.name


def _printed(pictures: Sequence[Picture]) -> Iterator[QuerySet[Any]]:
    for model, field in _markdown_fields():
        # Of what __str__() may name.
        keys = [key.name for key in model._meta.concrete_fields if key.many_to_one and not key.null]
        rows = model._default_manager.select_related(*keys) if keys else model._default_manager.all()
        yield rows.filter(_holds(field, pictures)).order_by("-pk")


def _holds(field: str, pictures: Sequence[Picture]) -> Q:
    found = Q(pk__in=[])
    for picture in pictures:
        found |= Q(**{f"{field}__contains": picture.get_absolute_url()})
    return found


def _use(rows: QuerySet[Any], title: str, most: int, owner: str = "") -> Use:
    total = rows.count()
    return Use(title, total, [_place(row, owner) for row in rows[:most]] if total else [])


def _place(row: Any, owner: str) -> Place:
    """Return name and address of a row, or of the row that a kept text belongs to."""
    subject = getattr(row, owner) if owner else row
    detail = str(row) if owner else ""
    try:
        name = f"admin:{subject._meta.app_label}_{subject._meta.model_name}_change"
        return Place(str(subject), reverse(name, args=[subject.pk]), detail)
    except NoReverseMatch:
        return Place(str(subject), "", detail)
