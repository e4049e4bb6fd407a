"""Identifiers that must never be used again, though their rows are gone: ids of articles, guids of issues."""

from typing import Any

from django.db import DataError, connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from archive.directory import ABOUT
from archive.documents import Record
from archive.records import fields_of
from issues.models.issues import Issue

_RETIRED = {"guid": str, "number": int, "title": str}
_SEQUENCE = "pg_get_serial_sequence('issues_article', 'id')::regclass"
_LAST = f"coalesce(pg_sequence_last_value({_SEQUENCE}), 1)"


def identities() -> dict[str, object]:
    """Return them for archive.json, with two queries."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_LAST}")
        last_article_id = cursor.fetchone()[0]
    retired = (
        Issue.history.exclude(guid=None)
        .exclude(Exists(Issue.objects.filter(guid=OuterRef("guid"))))
        .order_by("guid", "-history_date", "-history_id")
        .distinct("guid")
        .values(*_RETIRED)
    )
    return {"last_article_id": last_article_id, "retired_guids": sorted(retired, key=lambda row: row["guid"])}


def keep_identities(about: dict[str, Any]) -> None:
    """Reserve them after the rows were inserted. Retired guids go to the history, where Issue._new_guid() looks.

    Raises ArchiveError.
    """
    record = Record(ABOUT, about, ABOUT)
    last, retired = about.get("last_article_id"), about.get("retired_guids", [])
    if type(last) is not int or not 0 < last < 2**63:
        raise record.error("give the highest id that an article ever had.", "last_article_id")
    if not isinstance(retired, list) or not all(map(_is_retired, retired)):
        raise record.error(f"give a list of objects with {', '.join(_RETIRED)}.", "retired_guids")
    values = {name: field.get_default() for name, field in fields_of(Issue).items()}
    tracked = {field.name for field in Issue.history.model.tracked_fields}
    now = timezone.now()
    rest = {name: value for name, value in values.items() if name in tracked} | {"id": 0, "created_at": now}
    rows = [Issue.history.model(**{**rest, **row}, history_date=now, history_type="-") for row in retired]
    try:
        with transaction.atomic():
            Issue.history.bulk_create(rows)
    except DataError as error:
        raise record.error("a number or a text in it is too long.", "retired_guids") from error
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT setval({_SEQUENCE}, greatest(%s, {_LAST}, (SELECT max(id) FROM issues_article)))",  # noqa: S608
            [last],
        )


def _is_retired(row: object) -> bool:
    return isinstance(row, dict) and {key: type(value) for key, value in row.items()} == _RETIRED
