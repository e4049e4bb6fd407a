"""Search in the lists of the desk, and in Django's autocompletes, which ask the same admin classes."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from text.folding import fold


class FindsSpellings(admin.ModelAdmin):
    """Admin class that finds words in any spelling, in the fields of `search_fields`: see text/matching.py."""

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Return the fields with our own lookup in place of Django's `icontains`. “=number” stays."""
        return [field if field[0] in "^=@" else f"{field}__finds" for field in super().get_search_fields(request)]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        # Django would take two apostrophes for quotation marks, and words between them for one.
        words = fold(search_term).replace("\0", "").replace("'", "")
        return super().get_search_results(request, queryset, words)
