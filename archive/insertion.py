"""Rows into tables, many at a time. The database decides what it takes; what it refuses is told with file and line."""

from typing import Any, NamedTuple

from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.db.models import Model

from archive.documents import ArchiveError, Record
from archive.records import doubts


class Found(NamedTuple):
    row: Any
    record: Record


def insert(found: list[Found]) -> None:
    """Insert rows of one model. At most seven queries.

    Raises ArchiveError.
    """
    if not found:
        return
    rows = [row for row, _ in found]
    model: Any = type(rows[0])
    clocks = [field.name for field in model._meta.concrete_fields if _has_a_clock(field)]
    times = [[getattr(row, name) for name in clocks] for row in rows]
    try:
        with transaction.atomic():
            model._default_manager.bulk_create(rows)
    except (IntegrityError, DataError):
        for one in found:
            _insert_alone(one)
    if clocks:
        for row, given in zip(rows, times, strict=True):
            for name, time in zip(clocks, given, strict=True):
                setattr(row, name, time)
        model._default_manager.bulk_update(rows, clocks)


def _has_a_clock(field: Any) -> bool:
    """Such a field takes the time of day when a row is made, whatever it was given."""
    return getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)


def _insert_alone(found: Found) -> None:
    try:
        with transaction.atomic():
            type(found.row)._default_manager.bulk_create([found.row])
    except DataError as error:
        reasons = doubts(found.row, found.record)
        raise ArchiveError(reasons[0]) if reasons else found.record.error(_sentence(error)) from error
    except IntegrityError as error:
        raise _refusal(found.row, found.record, error) from error


def _refusal(row: Model, record: Record, error: DatabaseError) -> ArchiveError:
    """In the words of the constraint, at the field that it is about."""
    name = error.__cause__.diag.constraint_name  # type: ignore[union-attr]
    for constraint in row._meta.constraints:
        if constraint.name == name:
            key = next((key for key in getattr(constraint, "fields", ()) if key in record.lines), "")
            return record.error(str(constraint.get_violation_error_message()), key)
    return record.error(_sentence(error))


def _sentence(error: DatabaseError) -> str:
    diag = error.__cause__.diag  # type: ignore[union-attr]
    return " ".join(f"{part.rstrip('.')}." for part in (diag.message_primary, diag.message_detail) if part)
