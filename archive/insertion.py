"""Insert many rows at a time. An error of the database is raised again with the file and line of the row."""

from typing import Any, NamedTuple

from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.db.models import Model

from archive.documents import ArchiveError, Record
from archive.records import objections_to


class NewRow(NamedTuple):
    row: Any
    record: Record


def insert_rows(new_rows: list[NewRow]) -> None:
    """Insert rows of one model. At most seven queries.

    Raises ArchiveError.
    """
    if not new_rows:
        return
    rows = [row for row, _ in new_rows]
    model: Any = type(rows[0])
    clocks = [field.name for field in model._meta.concrete_fields if _has_a_clock(field)]
    times = [[getattr(row, name) for name in clocks] for row in rows]
    try:
        with transaction.atomic():
            model._default_manager.bulk_create(rows)
    except (IntegrityError, DataError):
        for new_row in new_rows:
            _insert_alone(new_row)
    if clocks:
        for row, given in zip(rows, times, strict=True):
            for name, time in zip(clocks, given, strict=True):
                setattr(row, name, time)
        model._default_manager.bulk_update(rows, clocks)


def _has_a_clock(field: Any) -> bool:
    """Return whether Django replaces the field's value by the current time when a row is inserted."""
    return getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)


def _insert_alone(new_row: NewRow) -> None:
    row, record = new_row
    try:
        with transaction.atomic():
            type(row)._default_manager.bulk_create([row])
    except DataError as error:
        objections = objections_to(row, record)
        raise ArchiveError(objections[0]) if objections else record.error(_sentence(error)) from error
    except IntegrityError as error:
        raise _refusal(row, record, error) from error


def _refusal(row: Model, record: Record, error: DatabaseError) -> ArchiveError:
    """Return the message of the violated constraint, with the place of its field."""
    name = error.__cause__.diag.constraint_name  # type: ignore[union-attr]
    for constraint in row._meta.constraints:
        if constraint.name == name:
            key = next((key for key in getattr(constraint, "fields", ()) if key in record.lines), "")
            return record.error(str(constraint.get_violation_error_message()), key)
    return record.error(_sentence(error))


def _sentence(error: DatabaseError) -> str:
    diag = error.__cause__.diag  # type: ignore[union-attr]
    return " ".join(f"{part.rstrip('.')}." for part in (diag.message_primary, diag.message_detail) if part)
