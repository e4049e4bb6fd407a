"""Run an import that was requested at the desk, in a worker."""

import logging
import time
from collections.abc import Callable
from contextlib import closing

from mailings.models.imports import SubscriberImport
from mailings.moving.formats import BY_KEY
from mailings.moving.load import import_subscribers
from mailings.moving.report import Report

logger = logging.getLogger(__name__)

# Seconds between two updates of the progress.
PAUSE = 1


class SupersededError(Exception):
    """Another worker has taken over the run, because this one was silent for too long."""


def run_import(key: int) -> None:
    """Run the import to its end, or record why it failed. A second call continues after a killed worker."""
    run = SubscriberImport.objects.claim(key)
    if run is None:
        return
    try:
        with closing(run.open()) as file:
            report = import_subscribers(
                run.name,
                file,
                Report(is_rehearsal=run.is_rehearsal),
                form=BY_KEY.get(run.format),
                consent=run.consent,
                progress=_progress_of(run),
            )
        run.finish(report.as_plain())
    except SupersededError:
        logger.warning("%s is stopped here: another worker has taken over.", run)
        return
    except Exception as error:
        rest = "Nothing was written." if run.is_rehearsal else "What was imported before the error stays."
        run.fail(f"The import stopped with an unexpected error ({type(error).__name__}). See the worker’s log. {rest}")
        raise


def _progress_of(run: SubscriberImport) -> Callable[[float], None]:
    """Return what saves the progress, between the transactions of two batches."""
    saved_at = time.monotonic()

    def save_progress(part: float) -> None:
        nonlocal saved_at
        if time.monotonic() >= saved_at + PAUSE:
            saved_at = time.monotonic()
            if not run.save_progress(part):
                raise SupersededError

    return save_progress
