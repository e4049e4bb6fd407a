"""Rows of a form that are made once for a page. Django makes them anew for its media, its scripts and its template."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import InlineAdminForm, InlineAdminFormSet
from django.forms import Media
from django.utils.functional import cached_property


class InlineRows(InlineAdminFormSet):
    def __init__(self, rows: InlineAdminFormSet) -> None:
        vars(self).update(vars(rows))

    @cached_property
    def _rows(self) -> list[InlineAdminForm]:
        return list(super().__iter__())

    def __iter__(self) -> Iterator[InlineAdminForm]:
        return iter(self._rows)

    @property
    def media(self) -> Media:
        """Return the scripts and styles of one row, which are those of every row."""
        return self.opts.media + self.formset.media


class MakesRowsOnce(admin.ModelAdmin):
    def get_inline_formsets(self, *args: Any, **kwargs: Any) -> list[Any]:
        return [InlineRows(rows) for rows in super().get_inline_formsets(*args, **kwargs)]
