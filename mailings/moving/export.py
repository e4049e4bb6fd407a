"""Export subscribers as CSV that the import reads back without loss."""

import csv
from collections.abc import Iterator, Sequence
from itertools import batched

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from mailings.models.subscribers import Subscriber
from mailings.models.suppressions import Suppression
from mailings.moving.own import export_rows

# Lines in one piece of an answer.
PIECE = 500


class _Echo:
    """A file for csv.writer, which returns what was written."""

    def write(self, text: str) -> str:
        return text


def lines_of(subscribers: QuerySet[Subscriber], suppressions: QuerySet[Suppression]) -> Iterator[str]:
    """Yield the lines of the file, each with its end."""
    writer = csv.writer(_Echo())
    rows: Iterator[Sequence[str]] = export_rows(subscribers, suppressions)
    return (writer.writerow(row) for row in rows)


def answer_with_csv(subscribers: QuerySet[Subscriber], suppressions: QuerySet[Suppression]) -> StreamingHttpResponse:
    """Return a download. With a byte order mark, by which Excel knows UTF-8."""
    name = f"subscribers-{timezone.localdate()}.csv"

    def pieces() -> Iterator[str]:
        yield "\ufeff"
        for lines in batched(lines_of(subscribers, suppressions), PIECE, strict=False):
            yield "".join(lines)

    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(pieces(), content_type="text/csv; charset=utf-8", headers=headers)
