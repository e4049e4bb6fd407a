"""Turn rows into plain values, and back.

Every concrete field is written unless contents.py leaves it out, so a new field of a model is never forgotten.
"""

import re
from collections.abc import Mapping, Set
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Field, Model

from archive.contents import FIELDS_LEFT_OUT, KEYS, WITH_ID
from archive.documents import ArchiveError, Record

# Primary keys, by the value that stands for a row in an archive.
Keys = dict[type[Model], dict[Any, int]]

_REQUIRED = object()
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
# The type of a field's values in TOML, and its description. JSON has texts for times and days.
_KINDS: list[tuple[type[Field], type, str]] = [
    (models.DateTimeField, datetime, "a time with its zone, such as 2026-11-22T01:45:00Z"),
    (models.DateField, date, "a day, such as 2026-11-22"),
    (models.BooleanField, bool, "true or false"),
    (models.IntegerField, int, "a whole number"),
    (models.CharField, str, "text"),
    (models.TextField, str, "text"),
    (ArrayField, list, "a list of texts"),
]


def fields_of(model: type[Model]) -> dict[str, Field]:
    """Return the fields to write, by name. Raises NotImplementedError for a field that no archive can hold yet."""
    fields = {
        field.name: field
        for field in model._meta.concrete_fields
        if f"{model._meta.label}.{field.name}" not in FIELDS_LEFT_OUT
        and not (field.primary_key and model not in WITH_ID)
    }
    for field in fields.values():
        if field.related_model not in KEYS if field.is_relation else _kind_of(field) is None:
            raise NotImplementedError(f"An archive cannot hold {field}. See archive/contents.py.")
    return fields


def relations_of(model: type[Model]) -> list[str]:
    return [name for name, field in fields_of(model).items() if field.is_relation]


def record_of(row: Model) -> dict[str, object]:
    """Return a row's values by field. Makes no query if relations_of() were selected with it."""
    return {name: _plain(row, field) for name, field in fields_of(type(row)).items()}


def without_empties(values: Mapping[str, object], model: type[Model]) -> dict[str, object]:
    """Remove empty values that read_row() restores, because TOML has no null."""
    fields = fields_of(model)
    return {
        name: value
        for name, value in values.items()
        if not (value in (None, "", []) and (name not in fields or value == _when_missing(fields[name])))
    }


def read_row(model: type[Model], record: Record, keys: Keys, *, also: Set[str] = frozenset()) -> Model:
    """Return an unsaved row. `also` names values of the record that are not fields. Raises ArchiveError."""
    fields = fields_of(model)
    for name in record.values:
        if name not in fields and name not in also:
            raise record.error(f"there is no such value. Possible are {', '.join([*fields, *sorted(also)])}.", name)
    row = model()
    for name, field in fields.items():
        value = record.values[name] if name in record.values else _when_missing(field)
        if value is _REQUIRED:
            raise record.error(f"“{name}” is missing.")
        if value is not None or not field.null:
            value = _key(field, value, record, keys) if field.is_relation else _value(field, value, record)
        setattr(row, field.attname, value)
    return row


def read_list(record: Record, name: str) -> list[str]:
    """Return a list of different texts. Raises ArchiveError."""
    value: Any = record.values.get(name, [])
    if not _is_texts(value):
        raise record.error("give a list of texts.", name)
    if again := [text for place, text in enumerate(value) if text in value[:place]]:
        raise record.error(f"“{again[0]}” is listed twice.", name)
    return value


def find_key(model: type[Model], value: object, record: Record, name: str, keys: Keys) -> int:
    """Return the primary key for a name, slug or number. Raises ArchiveError if there is none."""
    if type(value) not in (int, str) or value not in keys[model]:  # True equals 1.
        raise record.error(f"there is no {model._meta.verbose_name} “{value}” in this archive.", name)
    return keys[model][value]


def objections_to(row: Model, record: Record) -> list[str]:
    """Return sentences on values that the database accepts, but the desk would refuse."""
    checked = {
        name
        for name, field in fields_of(type(row)).items()
        if not field.is_relation and not field.primary_key and getattr(row, name) is not None
    }
    try:
        row.clean_fields(exclude={field.name for field in row._meta.fields} - checked)
    except ValidationError as error:
        return [f"{record.place(name)}: {name}: {' '.join(found)}" for name, found in error.message_dict.items()]
    return []


def _plain(row: Model, field: Field) -> object:
    if not field.is_relation:
        return getattr(row, field.attname)
    other = getattr(row, field.name)
    return other and getattr(other, KEYS[type(other)])


def _kind_of(field: Field) -> tuple[type, str] | None:
    return next(((kind, words) for known, kind, words in _KINDS if isinstance(field, known)), None)


def _when_missing(field: Field) -> object:
    """Return the value for a record without the field: an older one, or one written by hand."""
    if field.null:
        return None
    if field.has_default() and (field.default is list or not callable(field.default)):
        default = field.get_default()
        return str(default) if isinstance(default, str) else default  # Not a member of TextChoices.
    if field.blank and isinstance(field, models.CharField | models.TextField):
        return ""
    return _REQUIRED


def _value(field: Field, value: object, record: Record) -> object:
    kind = _kind_of(field)
    assert kind is not None
    expected, words = kind
    if expected in (datetime, date) and isinstance(value, str):
        try:
            value = expected.fromisoformat(value)
        except ValueError:
            raise _refusal(record, field, words, value) from None
    if type(value) is not expected or (isinstance(value, datetime) and value.tzinfo is None):
        raise _refusal(record, field, words, value)
    if isinstance(value, list) and not _is_texts(value):
        raise _refusal(record, field, words, value)
    if any(_UNKEPT.search(text) for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)):
        raise record.error("it holds a character that PostgreSQL cannot store (NUL or a surrogate).", field.name)
    return value


def _refusal(record: Record, field: Field, words: str, value: object) -> ArchiveError:
    shown = str(value)
    return record.error(f"give {words}, not “{shown if len(shown) <= 60 else shown[:59] + '…'}”.", field.name)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _key(field: Field, value: object, record: Record, keys: Keys) -> int:
    model = field.related_model
    assert isinstance(model, type)
    return find_key(model, value, record, field.name, keys)
