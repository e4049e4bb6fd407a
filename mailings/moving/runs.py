"""Run an import that was requested at the desk, in a worker."""

from contextlib import closing

from desk.runs import once_in_a_while, recording_failure
from mailings.models.imports import SubscriberImport
from mailings.moving.formats import BY_KEY
from mailings.moving.load import import_subscribers
from mailings.moving.report import Report


def run_import(key: int) -> None:
    """Run the import to its end, or record why it failed. A second call continues after a killed worker."""
    run = SubscriberImport.objects.claim(key)
    if run is None:
        return
    with recording_failure(run, "What was imported before the error stays."), closing(run.open()) as file:
        report = import_subscribers(
            run.name,
            file,
            Report(is_rehearsal=run.is_rehearsal),
            form=BY_KEY.get(run.format),
            consent=run.consent,
            progress=once_in_a_while(run.save_progress),  # Between the transactions of two batches.
        )
        run.finish(report.as_plain())
