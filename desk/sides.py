"""What stands in a form and what is saved, side by side: for every admin class whose form is a SeenForm."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest

from desk.conflicts import SAVED_NOW, Conflict, SeenForm
from desk.posted import Field, Row, Values, rows_in, values_of, words_in


class TellsConflicts(admin.ModelAdmin):
    def conflict(self, request: HttpRequest, row: Any, mine: Values, choices: dict[str, str] | None = None) -> Conflict:
        """Between what was typed into a form and what is saved of that row, or what a new form offers."""
        now, fields = self._shown(request, row)
        form = self.form
        assert issubclass(form, SeenForm)
        state = form.state_of(row) if row else None
        rows_now = rows_in(now)
        base = rows_now if seen_in(mine) == state else self.rows_seen(request, row, seen_in(mine))
        saved_by, saved_at = self.last_save(row) if row else ("", None)
        return Conflict(rows_in(mine), rows_now, base, fields, state, saved_by, saved_at, choices or {})

    def _shown(self, request: HttpRequest, row: Any) -> tuple[Values, dict[str, dict[str, Field]]]:
        """What stands in the form of what is saved, and its fields by formset and name."""
        form_class: Any = self.get_form(request, row, change=row is not None)
        form = form_class(instance=row) if row else form_class(initial=self.get_changeform_initial_data(request))
        values = values_of(form)
        fields = {"": _fields(form.fields)}
        for formset_class, inline in self.get_formsets_with_inlines(request, row):
            prefix = formset_class.get_default_prefix()
            formset = formset_class(instance=form.instance, prefix=prefix, queryset=inline.get_queryset(request))
            fields[prefix] = _fields(formset.empty_form.fields)
            for part in (formset.management_form, *formset.initial_forms):
                values |= values_of(part)
        return values, fields

    def rows_seen(self, request: HttpRequest, row: Any, seen: int | None) -> dict[str, Row]:
        """What the editor saw, as far as the row's history knows it."""
        return {}

    def last_save(self, row: Any) -> tuple[str, Any]:
        """By whom, or "", and when."""
        last = (
            LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk))
            .select_related("user")
            .order_by("-action_time")
            .first()
        )
        return (str(last.user), last.action_time) if last else ("", None)

    def settle_conflict(self, request: HttpRequest, object_id: str) -> Conflict | None:
        """Let what the editor decided stand in for what was posted; else give the conflict that is to be shown."""
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_change_permission(request, row):
            return None
        self.model._default_manager.select_for_update().get(pk=row.pk)
        row = self.get_object(request, unquote(object_id))
        state = self.form.state_of(row)  # type: ignore[attr-defined]
        fields = words_in(request.POST)
        if seen_in(fields) == state:
            return None
        is_shown = request.POST.get(SAVED_NOW) == str(state)
        choices = {name: str(value) for name, value in request.POST.items() if name.startswith("choice-")}
        conflict = self.conflict(request, row, fields, choices if is_shown else {})
        conflict.is_incomplete = is_shown and not conflict.is_decided
        if not is_shown or conflict.is_incomplete:
            return conflict
        if self.bring_back(request, row, conflict):
            conflict = self.conflict(request, self.get_object(request, unquote(object_id)), fields, choices)
        request.POST = conflict.merged(request.POST)  # type: ignore[assignment]
        return None

    def bring_back(self, request: HttpRequest, row: Any, conflict: Conflict) -> bool:
        """Before rows are saved that were taken out elsewhere. Whether the row has changed by it."""
        return False


def _fields(fields: dict[str, Any]) -> dict[str, Field]:
    hidden = ("id", "seen", "issue")
    return {
        name: Field(name, field) for name, field in fields.items() if name not in hidden or not field.widget.is_hidden
    }


def seen_in(fields: Values) -> int | None:
    given = (fields.get("seen") or [""])[-1]
    return int(given) if given.isdecimal() and len(given) < 19 else None
