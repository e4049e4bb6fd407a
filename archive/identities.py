"""Identifiers that must never be used again, though their rows are gone: ids of articles, guids of issues."""

from typing import Any

from django.db import DataError, IntegrityError, connection, transaction

from archive.directory import ABOUT
from archive.documents import Record
from issues.models.issues import RetiredGuid

_RETIRED = {"guid": str, "number": int, "title": str}
_SEQUENCE = "pg_get_serial_sequence('issues_article', 'id')::regclass"
_LAST = f"coalesce(pg_sequence_last_value({_SEQUENCE}), 1)"


def used_identities() -> dict[str, object]:
    """Return the identifiers of deleted rows for archive.json. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_LAST}")
        last_article_id = cursor.fetchone()[0]
    retired = RetiredGuid.objects.values(*_RETIRED)
    return {"last_article_id": last_article_id, "retired_guids": sorted(retired, key=lambda row: row["guid"])}


def reserve_identities(about: dict[str, Any]) -> None:
    """Reserve retired guids and the highest id, after the rows were inserted. Raises ArchiveError."""
    record = Record(ABOUT, about, ABOUT)
    last, retired = about.get("last_article_id"), about.get("retired_guids", [])
    if type(last) is not int or not 0 < last < 2**63:
        raise record.error("give the highest id that an article ever had.", "last_article_id")
    if not isinstance(retired, list) or not all(map(_is_retired, retired)):
        raise record.error(f"give a list of objects with {', '.join(_RETIRED)}.", "retired_guids")
    try:
        with transaction.atomic():
            RetiredGuid.objects.bulk_create([RetiredGuid(**row) for row in retired])
    except (DataError, IntegrityError) as error:
        raise record.error("a value in it is too long, or a guid is listed twice.", "retired_guids") from error
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT setval({_SEQUENCE}, greatest(%s, {_LAST}, (SELECT max(id) FROM issues_article)))",  # noqa: S608
            [last],
        )


def _is_retired(row: object) -> bool:
    return isinstance(row, dict) and {key: type(value) for key, value in row.items()} == _RETIRED
