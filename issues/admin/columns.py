"""Columns for lists of authors, publications and sponsors: the number of articles or messages, and the last issue."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Count, F, Max


def count_column(counted: str) -> Callable[..., Any]:
    @admin.display(description=f"{counted}s", ordering=f"{counted}_count")
    def count(modeladmin: admin.ModelAdmin, row: Any) -> int:
        return getattr(row, f"{counted}_count")

    return count


class RunsAdmin(admin.ModelAdmin):
    """Annotate rows with `last_run`, the number of an issue, and with `article_count` or `placement_count`."""

    counted = "article"

    def get_queryset(self, request):
        relation = f"{self.counted}s"
        counts = {
            f"{self.counted}_count": Count(relation, distinct=True),
            "last_run": Max(f"{relation}__issue__number"),
        }
        return super().get_queryset(request).annotate(**counts)

    @admin.display(description="last in issue", ordering=F("last_run").desc(nulls_last=True))
    def last_run(self, row):
        return f"#{row.last_run}" if row.last_run else ""
