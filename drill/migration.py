"""Expand a table and contract it again with `migrate`, while readers read and an editor saves."""

import io
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.test import override_settings

from drill.editor import Editor, draft
from drill.newsletter import DrillError
from drill.site import Site

ROUNDS = 5
LAST_OF_DRILL = "9002_add_an_index"


def run(site: Site) -> None:
    site.rehearse(f"a table migrated {ROUNDS} times", partial(_migrate, site))


def _migrate(site: Site) -> str:
    """Raise DrillError if a migration failed, or a save of the editor."""
    _, path = draft()
    editor, stop, saves = Editor(site.proxy), Event(), Counter[str]()

    def save() -> None:
        while not stop.is_set():
            saves[editor.save(path, editor.open(path), intro=f"Save {saves.total()}.")] += 1

    with ThreadPoolExecutor(1) as threads:
        saving = threads.submit(save)
        try:
            slowest = max(_expand_and_contract() for _ in range(ROUNDS))
        finally:
            stop.set()
    saving.result()
    if saves.keys() != {"saved"}:
        raise DrillError(f"Saves while a table was migrated got {dict(saves)}.")
    return f"{saves.total()} saves of an editor, none refused; the slowest migration and its reverse: {slowest:.1f} s"


def _expand_and_contract() -> float:
    """Add a column and an index, then remove them. Return the seconds that this took."""
    from drill.migrations import LAST

    began = time.monotonic()
    for target in (LAST_OF_DRILL, LAST):
        connection.close()  # Its time limits are not those of migrations.
        output = io.StringIO()
        try:
            with override_settings(MIGRATION_MODULES={"issues": "drill.migrations"}):
                call_command("migrate", "issues", target, stdout=output)
        except (DatabaseError, CommandError) as error:
            raise DrillError(f"migrate failed: {error}{output.getvalue()}") from error
    return time.monotonic() - began
