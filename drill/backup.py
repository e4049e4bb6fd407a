"""Back up, destroy, restore, and compare every page."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.database import fresh_database
from benchmarks.server import serve
from drill.newsletter import DATABASE, DrillError, load, manage
from drill.pages import Page, fetch_site


def run(server_url: str, issues: int) -> None:
    """Raise DrillError if a backup cannot be made or restored, or if a page differs afterwards by a byte."""
    folder = Path(os.environ["BACKUP_DIR"])
    with fresh_database(server_url, DATABASE):
        with timed("load the newsletter"):
            load(issues)
        before = pages("fetch every page")
        with timed("back up"):
            manage("back_up")
    # Now the database is gone.
    with fresh_database(server_url, DATABASE):
        [file] = folder.glob("*.dump")
        with timed("restore"):
            manage("restore_backup", str(file))
        after = pages("fetch every page again")
    report(before, after)


@contextmanager
def timed(step: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    print(f"{step:<24}{time.monotonic() - start:7.1f} s")


def pages(step: str) -> dict[str, Page]:
    with timed(step), serve({"DATABASE_POOL": "8"}) as port:
        return fetch_site(port, os.environ["SITE_URL"])


def report(before: dict[str, Page], after: dict[str, Page]) -> None:
    """Print a table of the pages by their content type, and raise DrillError if any differ."""
    differing = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    number = Counter(page.kind for page in before.values())
    size = Counter[str]()
    for page in before.values():
        size[page.kind] += len(page.body)
    changed = Counter((before.get(path) or after[path]).kind for path in differing)
    print(f"\n{'content type':<38}{'addresses':>10}{'kB':>10}{'differing':>11}")
    for kind in sorted(number | changed):
        print(f"{kind:<38}{number[kind]:>10,}{size[kind] / 1000:>10,.0f}{changed[kind]:>11}")
    print(f"{'all':<38}{number.total():>10,}{size.total() / 1000:>10,.0f}{changed.total():>11}")
    if differing:
        raise DrillError(f"{len(differing)} addresses differ after the restore: {', '.join(differing[:10])} …")
