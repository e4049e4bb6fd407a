"""The values of a desk form and of its rows, as a browser posts them."""

from math import inf
from typing import Any, NamedTuple

from django import forms
from django.contrib.admin.options import InlineModelAdmin
from django.forms.models import BaseInlineFormSet
from django.http import QueryDict
from django.utils.text import capfirst

# Lists of texts by name of the field.
Values = dict[str, list[str]]
# Rows in their order, by keys such as "articles-12" and "articles-new-3". The form itself is the first, by "".
Rows = dict[str, "Row"]
# An inline may set `ordered_by`: the names of the fields that order its rows, of which the last is the position.
Formsets = list[tuple[BaseInlineFormSet, InlineModelAdmin]]


class Row(NamedTuple):
    """The form itself, or one row of a formset."""

    form: forms.BaseForm
    values: Values  # Without the position.
    title: str = ""
    prefix: str = ""  # Of the formset; empty for the form itself.
    pk: str = ""  # Empty for a new row.
    position: str = ""  # The field with the position, if the rows have an order.


def is_values(given: Any) -> bool:
    return isinstance(given, dict) and all(
        isinstance(texts, list) and all(isinstance(text, str) for text in texts) for texts in given.values()
    )


def read_rows(form: forms.BaseForm, formsets: Formsets) -> Rows:
    """Read a form and its formsets, without new rows that were left empty.

    The row of a formset that has at most one gets the key "placements-0".
    """
    rows = {"": Row(form, _read_values(form))}
    for formset, inline in formsets:
        *groups, position = getattr(inline, "ordered_by", [""])
        found = []
        for index, part in enumerate(formset.forms if formset.is_bound else formset.initial_forms):
            pk = str(part["id"].value() or "")
            pk = pk if is_number(pk) else ""
            if not pk and not part.has_changed():
                continue
            values = _read_values(part)
            place = "".join(values.pop(position, []))
            order = [values.get(name, []) for name in groups], float(place) if is_number(place) else inf
            key = f"{formset.prefix}-{pk or f'new-{index}'}"
            title = "".join(next(iter(values.values()), [])) or "(no title)"
            if formset.max_num == 1:
                key, title = f"{formset.prefix}-0", capfirst(str(inline.verbose_name))
            found.append((order, key, Row(part, values, title, str(formset.prefix), pk, position)))
        rows |= {key: row for _, key, row in sorted(found, key=lambda item: item[0])}
    return rows


def write_rows(rows: Rows, saved: Rows, formsets: Formsets, data: QueryDict) -> QueryDict:
    """Return `data` with these rows, which are in their order, in place of its own.

    The names of those that are `saved` count from 0, as a formset expects, and in the order of `saved`.
    """
    prefixes = [formset.prefix for formset, _ in formsets]
    result = QueryDict(mutable=True)
    for name, texts in data.lists():
        if not name.startswith(tuple(f"{prefix}-" for prefix in prefixes)):
            result.setlist(name, texts)
    _write_values(result, "", rows[""])
    for prefix in prefixes:
        places = [key for key, row in rows.items() if row.prefix == prefix]
        first = [key for key in saved if key in places]
        keys = first + [key for key in places if key not in saved]
        result[f"{prefix}-INITIAL_FORMS"] = str(len(first))
        result[f"{prefix}-TOTAL_FORMS"] = str(len(keys))
        for index, key in enumerate(keys):
            row, start = rows[key], f"{prefix}-{index}-"
            _write_values(result, start, row)
            result[f"{start}id"] = row.pk
            if row.position:
                result[f"{start}{row.position}"] = str(places.index(key) + 1)
    return result


def describe(field: forms.Field, texts: list[str]) -> str:
    """Return what the editor sees in this field. One query if the texts are primary keys."""
    if isinstance(field, forms.ModelChoiceField):
        rows = field.queryset.filter(pk__in=filter(is_number, texts)) if texts else ()  # type: ignore[union-attr]
        labels = {str(row.pk): str(row) for row in rows}
        return ", ".join(labels.get(text, "(deleted)") for text in texts)
    if isinstance(field, forms.ChoiceField):
        labels = dict(field.choices)  # type: ignore[arg-type]
        return ", ".join(str(labels.get(text, text)) for text in texts)
    if isinstance(field, forms.BooleanField):
        return "yes" if texts else ""
    return (" " if isinstance(field, forms.MultiValueField) else ", ").join(filter(None, texts))


def _read_values(form: forms.BaseForm) -> Values:
    return {name: _read_field(form[name]) for name, field in form.fields.items() if not field.widget.is_hidden}


def _read_field(bound: forms.BoundField) -> list[str]:
    """Return the texts that a browser posts for this field, trimmed; a field in several parts has one for each part."""
    value: Any = bound.value()
    widget = bound.field.widget
    if isinstance(widget, forms.MultiWidget):
        parts: Any = value if isinstance(value, list) else widget.decompress(value)
        return [str(part.format_value(given) or "") for part, given in zip(widget.widgets, parts, strict=True)]
    given = value if isinstance(value, list) else [value]
    texts = [str(item).replace("\r\n", "\n").strip() for item in given if item is not None and item is not False]
    return (sorted if getattr(bound.field, "is_unordered", False) else list)(filter(None, texts))


def _write_values(result: QueryDict, start: str, row: Row) -> None:
    for name, texts in row.values.items():
        widget = row.form.fields[name].widget
        if isinstance(widget, forms.MultiWidget):
            for suffix, text in zip(widget.widgets_names, texts, strict=True):  # type: ignore[attr-defined]
                result[f"{start}{name}{suffix}"] = text
        else:
            result.setlist(f"{start}{name}", texts)


def is_number(text: str) -> bool:
    """Return whether a browser sent a whole number, such as a primary key. PostgreSQL's bigint holds it."""
    return text.isascii() and text.isdecimal() and len(text) < 19
