"""Import a file of subscribers, or rehearse that."""

from collections.abc import Callable
from itertools import batched
from typing import IO

from mailings.moving.arrival import Arrival, Seen, Source
from mailings.moving.files import SubscriberList, open_lists
from mailings.moving.formats import OWN, PLAIN_OF_GONE, Format
from mailings.moving.report import Outcome, Report
from mailings.moving.tables import TableError

# Lines that are written in one transaction.
BATCH = 1000
type Progress = Callable[[float], None]


def import_subscribers(
    name: str,
    file: IO[bytes],
    report: Report,
    *,
    form: Format | None = None,
    consent: str = "",
    encoding: str = "",
    progress: Progress = lambda part: None,
) -> Report:
    """Import all lists of a file into the report, in flat memory. What was written before an error stays.

    It may be run again: what was imported is known then. `progress` is called with the part that is done, from 0 to 1.
    """
    seen = Seen()
    try:
        for given in open_lists(name, file, form, encoding):
            report.lists.append(f"{given.name}: {given.description}")
            _add_notes(given, report)
            source = Source(given.name, given.format.name, consent, is_own=given.format is OWN)
            arrival = Arrival(source, report, seen)
            for batch in batched(given.lines, BATCH, strict=False):
                arrival.take(list(batch))
                progress(given.part)
            if report.counts[Outcome.NO_CONSENT] and not given.reader.has_dates:
                report.failures.append(
                    f"{given.name} does not say when its people agreed. State what they agreed to, and import it again."
                )
    except TableError as error:
        report.failures.append(str(error))
    finally:
        seen.close()
    return report


def _add_notes(given: SubscriberList, report: Report) -> None:
    if given.format.note:
        report.notes.append(given.format.note)
    if given.format in PLAIN_OF_GONE:
        report.notes.append(
            f"By its name, {given.name} is {given.format.name.removeprefix('a plain ')}: nobody in it is mailed. "
            "If that is wrong, rename the file."
        )
