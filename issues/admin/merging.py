"""Merge rows that were entered twice, and show at each what uses it and what may be the same."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from desk.posted import is_number
from desk.uses import hide_closed
from issues.admin.printed import PrintedAdmin
from issues.changes import Change, changing
from text.names import alike, similar_names

# On the page of a row.
SHOWN_USES = 25
# Rows that the page offers besides those that were chosen, rows that it merges at once, and pairs of names.
OFFERED, AT_ONCE, PAIRS = 10, 100, 50


class Choice(NamedTuple):
    row: Any
    total: int  # Of its articles or messages.
    is_chosen: bool
    detail: Any = ""  # What else tells rows with the same name apart.


class MergesRows(PrintedAdmin):
    """Admin class for rows with a name: authors, publications, tags, sponsors and feeds."""

    change_form_template = "admin/issues/used_form.html"
    counted = "article"  # What each row has a number of, as an annotation.
    named_by = "name"

    def absorb(self, kept: Any, other: Any) -> None:
        """Merge one row into another."""
        kept.absorb(other)

    def preference(self, row: Any) -> tuple[Any, ...]:
        """Return what sorts the row first that should be kept: by default the one with the most uses."""
        return (-self._count(row),)

    def detail(self, row: Any) -> Any:
        """Return what the page that merges says of a row besides its name."""
        return ""

    def spellings(self) -> Iterable[tuple[str, int]]:
        """Return the names of all rows with their keys. One query."""
        return self.model._default_manager.values_list(self.named_by, "pk")

    def find_alike(self, request: HttpRequest, rows: Sequence[Any]) -> list[Any]:
        """Return other rows that may mean the same: first those that differ in case, accents and signs. Two queries."""
        chosen = {row.pk for row in rows}
        spellings = list(self.spellings())
        others = _group((name, pk) for name, pk in spellings if pk not in chosen)
        names = [name for name, pk in spellings if pk in chosen]
        found = list(dict.fromkeys(pk for name in names for other in alike(name, others) for pk in others[other]))[
            :OFFERED
        ]
        loaded = self.get_queryset(request).in_bulk(found) if found else {}
        return [loaded[pk] for pk in found if pk in loaded]

    def has_merge_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and self.has_delete_permission(request)

    def merge_address(self, request, rows):
        if not self.has_merge_permission(request):
            return ""
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_merge")
        return f"{address}?{urlencode({'row': [row.pk for row in rows]}, doseq=True)}"

    def get_urls(self):
        merge = self.admin_site.admin_view(self.merge_view)
        return [
            path("merge/", merge, name=f"{self.opts.app_label}_{self.opts.model_name}_merge"),
            *super().get_urls(),
        ]

    @admin.action(description="Merge rows that were entered twice", permissions=["merge"])
    def merge(self, request, queryset):
        return redirect(self.merge_address(request, list(queryset)))

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Merge the rows `row` into `kept` (POST), or offer them with what may be the same (GET).

        Without a row, offer all names that are like another. `q` finds more rows by name.
        """
        if not self.has_merge_permission(request):
            raise PermissionDenied
        data = request.POST if request.method == "POST" else request.GET
        kept_key = data.get("kept", "")
        rows = list(self.get_queryset(request).filter(pk__in=_keys([*data.getlist("row"), kept_key])))
        kept = next((row for row in rows if str(row.pk) == kept_key), None)
        if request.method == "POST":
            if kept and len(rows) > 1:
                return self._merge(request, kept, [row for row in rows if row != kept])
            self.message_user(request, "Select two or more, and which of them to keep.", messages.ERROR)
            return redirect(self.merge_address(request, rows))
        words = data.get("q", "").replace("\0", "").strip()
        context = {
            **self.admin_site.each_context(request),
            "title": f"Merge {self.opts.verbose_name_plural}",
            "opts": self.opts,
            "counted": self.counted,
            "words": words,
            "choices": self._choices(request, rows, words) if rows else [],
            "pairs": [] if rows else self.find_pairs(request),
        }
        return TemplateResponse(request, "admin/issues/merge.html", context)

    def _merge(self, request: HttpRequest, kept: Any, others: list[Any]) -> HttpResponse:
        keys = [kept.pk, *(other.pk for other in others)]
        with changing(set(self.issues_of([kept, *others])), request.user, f"merged into “{kept}”") as change:
            into, merged = self.merge_inside(request, change, kept.pk, keys)
        self.tell(request, change)
        if not merged:
            self.message_user(request, "Somebody else has merged or deleted them meanwhile.", messages.ERROR)
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        names = ", ".join(f"“{other}”" for other in merged)
        self.message_user(request, format_html("Merged into “{}”: {}.", into, names), messages.SUCCESS)
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", into.pk)

    def merge_inside(
        self, request: HttpRequest, change: Change, kept: int, keys: Iterable[int]
    ) -> tuple[Any, list[Any]]:
        """Merge the rows with these keys into the kept one, within a change. Return it, and those that were merged."""
        # Read again: somebody else may have merged them, or put them into more issues, before they were locked.
        rows = self.model._default_manager.select_for_update().order_by("pk").in_bulk([kept, *keys])
        change.include(self.issues_of(list(rows.values())))
        into = rows.pop(kept, None)
        merged = list(rows.values()) if into else []
        for other in merged:
            self.log_change(request, into, f"Merged “{other}” into it.")
            self.absorb(into, other)
        return into, merged

    def _choices(self, request: HttpRequest, rows: list[Any], words: str) -> list[Choice]:
        """Return the chosen rows, the one to keep first, then what has these words, then what may be the same.

        At most three queries.
        """
        chosen = sorted(rows, key=self.preference)
        named = self.get_queryset(request).filter(**{f"{self.named_by}__finds": words}).order_by(self.named_by)
        found = named[:OFFERED] if words else []
        offered = {row.pk: row for row in [*found, *self.find_alike(request, rows)]}
        others = [row for pk, row in offered.items() if pk not in {one.pk for one in rows}]
        return [
            Choice(row, self._count(row), is_chosen, self.detail(row))
            for some, is_chosen in ((chosen, True), (others, False))
            for row in some
        ]

    def find_pairs(self, request: HttpRequest) -> list[tuple[Any, Any, str]]:
        """Return pairs of rows that may mean the same, with the address where they are merged. Two queries."""
        keys = _group(self.spellings())
        same = [(one, other) for rows in keys.values() for one, other in pairwise(dict.fromkeys(rows))]
        nearly = [(keys[one][0], keys[other][0]) for one, other in similar_names(keys)]
        shown = [pair for pair in dict.fromkeys(same + nearly) if pair[0] != pair[1]][:PAIRS]
        loaded = self.get_queryset(request).in_bulk({pk for pair in shown for pk in pair})
        found = [(loaded[one], loaded[other]) for one, other in shown if one in loaded and other in loaded]
        return [(one, other, self.merge_address(request, [one, other])) for one, other in found]

    def _count(self, row: Any) -> int:
        return getattr(row, f"{self.counted}_count")

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj and not context["is_popup"]:
            context["uses"] = hide_closed(self.admin_site, request, self.uses_of([obj], SHOWN_USES))
            context["merge_address"] = self.merge_address(request, [obj])
            found = self.find_alike(request, [obj])
            context["alike"] = [(row, self._count(row), self.merge_address(request, [obj, row])) for row in found]
            context["counted"] = self.counted
        return super().render_change_form(request, context, add, change, form_url, obj)

    def changelist_view(self, request, extra_context=None):
        address = self.merge_address(request, [])
        return super().changelist_view(request, {"merge_address": address, **(extra_context or {})})


def _group(spellings: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    """Return the keys of the rows by name: two may have the same, such as the other name of an author."""
    keys: dict[str, list[int]] = {}
    for name, pk in spellings:
        keys.setdefault(name, []).append(pk)
    return keys


def _keys(values: Iterable[str]) -> set[int]:
    """Return the primary keys among these values."""
    return {int(value) for value in list(values)[:AT_ONCE] if is_number(value)}
