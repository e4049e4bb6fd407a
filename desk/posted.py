"""What stands in a form of the desk with its rows, as a browser posts it: read, compared, put together anew."""

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.forms.utils import pretty_name
from django.http import QueryDict

# Lists of values by name.
Values = dict[str, list[str]]

# Names that are no words of the editor's: buttons, the choices of a conflict, and what the desk adds.
_NO_WORDS = re.compile(r"^(_.*|csrfmiddlewaretoken|choice-.*|(.*-)?action|.*__prefix__.*)$")
_ROW = re.compile(r"^(?P<formset>[a-z_]+)-(?P<index>\d+)-(?P<name>\w+)$")
_COUNTS = ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
_MAX_ROWS = 2_000  # As Django's own limit of a formset: absolute_max.


@dataclass
class Row:
    """The form itself, or one row of it."""

    formset: str = ""
    pk: str = ""
    index: int = -1
    values: Values = field(default_factory=dict)
    split: set[str] = field(default_factory=set)  # Fields whose two values are posted as NAME_0 and NAME_1.

    @property
    def key(self) -> str:
        """By which the same row is known in two forms. There is one sponsor's message at the most."""
        if self.formset == "placements":
            return "placements-0"
        return f"{self.formset}-{self.pk or f'new-{self.index}'}" if self.formset else ""

    @property
    def is_new(self) -> bool:
        return bool(self.formset) and not self.pk


class Field(NamedTuple):
    """How a field's values are shown and compared."""

    name: str
    field: forms.Field

    @property
    def label(self) -> str:
        return str(self.field.label or pretty_name(self.name))

    def are_same(self, one: list[str], other: list[str]) -> bool:
        if getattr(self.field, "is_unordered", False):
            return sorted(one) == sorted(other)
        return one == other or not any((*one, *other))

    def text(self, values: list[str]) -> str:
        if isinstance(self.field, forms.ModelChoiceField):
            keys = [value for value in values if value.isdecimal()]
            found = {str(row.pk): str(row) for row in self.field.queryset.filter(pk__in=keys)} if keys else {}  # type: ignore[union-attr]
            return ", ".join(found.get(value, "(gone)") for value in values if value)
        if isinstance(self.field, forms.ChoiceField):
            return ", ".join(dict(_flat(self.field.choices)).get(value, value) for value in values)
        if isinstance(self.field, forms.BooleanField):
            return "yes" if any(values) else ""
        between = " " if isinstance(self.field, forms.MultiValueField) else ", "
        return between.join(filter(None, values)).replace("\r\n", "\n")


def words_in(data: QueryDict) -> Values:
    """What is kept of a form. Values that a database refuses to hold are mended: null characters, half characters."""
    return {
        name: [value.replace("\0", "").encode("utf-8", "replace").decode() for value in data.getlist(name)]
        for name in data
        if not _NO_WORDS.match(name)
    }


def rows_in(values: Values) -> dict[str, Row]:
    """The form itself under "", then its rows by key, in the order of their numbers."""
    rows: dict[tuple[str, int], Row] = {("", -1): Row()}
    for name, given in values.items():
        if _NO_WORDS.match(name) or name == "seen" or name.split("-")[-1] in _COUNTS:
            continue
        match = _ROW.match(name)
        formset, index, name = (match["formset"], int(match["index"]), match["name"]) if match else ("", -1, name)
        if index >= min(_MAX_ROWS, _count(values, formset)) and formset:
            continue
        row = rows.setdefault((formset, index), Row(formset, index=index))
        if name == "id" and formset:
            row.pk = given[-1] if given and given[-1].isdecimal() else ""
        elif half := re.match(r"^(\w+)_([01])$", name):
            row.split.add(half[1])
            row.values.setdefault(half[1], ["", ""])[int(half[2])] = given[-1] if given else ""
        else:
            row.values[name] = [_plain(value) for value in given]
    return {row.key: row for _, row in sorted(rows.items(), key=lambda item: item[0])}


def is_empty(row: Row) -> bool:
    """A row that was added and left empty."""
    return row.is_new and not any(
        value
        for name, values in row.values.items()
        if name not in ("issue", "section", "order", "state")
        for value in values
    )


def values_of(form: forms.BaseForm) -> Values:
    """What a browser would post of a form that is shown as it is."""
    found: Values = {}
    for bound in form:
        widget = bound.field.widget
        if isinstance(widget, RelatedFieldWidgetWrapper):
            widget = widget.widget
        _collect(widget.get_context(bound.html_name, bound.value(), {})["widget"], found)
    return found


def put_together(rows: list[Row], data: QueryDict, counts: dict[str, int]) -> QueryDict:
    """`data` with these rows instead of its own. `counts` has each formset's number of saved rows, which come first."""
    result = QueryDict(mutable=True)
    for name, given in data.lists():
        if not _ROW.match(name) and name.split("-")[-1] not in _COUNTS and not name.startswith("choice-"):
            result.setlist(name, given)
    for formset, initial in counts.items():
        members = [row for row in rows if row.formset == formset]
        result[f"{formset}-TOTAL_FORMS"] = str(len(members))
        result[f"{formset}-INITIAL_FORMS"] = str(initial)
        for index, row in enumerate(sorted(members, key=lambda row: row.is_new)):
            _write(result, f"{formset}-{index}-", row)
    for row in rows:
        if not row.formset:
            _write(result, "", row)
    return result


def _write(result: QueryDict, prefix: str, row: Row) -> None:
    if prefix:
        result[f"{prefix}id"] = row.pk
    for name, values in row.values.items():
        if name in row.split:
            for half, value in enumerate(values):
                result[f"{prefix}{name}_{half}"] = value
        else:
            result.setlist(f"{prefix}{name}", values)


def _collect(widget: dict[str, Any], found: Values) -> None:
    if "subwidgets" in widget:
        for part in widget["subwidgets"]:
            _collect(part, found)
    elif "optgroups" in widget:
        options = [option for _, group, _ in widget["optgroups"] for option in group]
        found[widget["name"]] = [str(option["value"]) for option in options if option["selected"]]
    elif widget.get("type") == "checkbox":
        found[widget["name"]] = ["on"] if widget["attrs"].get("checked") else []
    else:
        value = widget["value"]
        found[widget["name"]] = ["" if value is None else _plain(str(value))]


def _plain(value: str) -> str:
    """As a form reads it: line breaks of one kind, nothing white around."""
    return value.replace("\r\n", "\n").strip()


def _count(values: Values, formset: str) -> int:
    given = values.get(f"{formset}-TOTAL_FORMS", ["0"])[-1:]
    return int(given[0]) if given and given[0].isdecimal() and len(given[0]) < 7 else 0


def _flat(choices: Any) -> list[tuple[str, str]]:
    return [(str(key), str(label)) for key, label in choices if not isinstance(label, (list, tuple))]
