"""Fill the disks of the database and of the proxy while readers read and an editor saves."""

import time
from collections import Counter
from contextlib import suppress
from functools import partial

import psycopg

from drill.disks import full
from drill.editor import Editor, draft
from drill.newsletter import DrillError
from drill.readers import ask
from drill.site import Site

SECONDS = 10
INTRO = "Words. " * 2000  # More than PostgreSQL and the proxy can keep without asking for space.


def run(site: Site) -> None:
    if not site.has_small_disks:
        print("The drill of full disks was skipped: only root on Linux can mount the small disks that it fills.")
        return
    site.rehearse("the database's disk full", partial(_fill_database, site))
    site.rehearse("the proxy's disk full", partial(_fill_proxy, site))


def _fill_database(site: Site) -> str:
    """Raise DrillError if a save gets anything but 503 meanwhile, or is refused afterwards."""
    _, path = draft()
    editor = Editor(site.proxy)
    form = editor.open(path)
    with full(site.database_folder):
        saves = _save_for(SECONDS / 2, editor, path, form)
        _use_up_write_ahead_log(site.cluster.server.url)
        saves += _save_for(SECONDS / 2, editor, path, form)
    has_ended = site.cluster.restart_if_ended()
    if saves.keys() != {"503"}:
        raise DrillError(f"Saves while the database's disk was full got {dict(saves)}.")
    seconds = _seconds_until_saved(editor, path)
    state = "ended, and was started again" if has_ended else "went on by itself"
    return f"{saves.total()} saves got 503. PostgreSQL {state}, and a save succeeded after {seconds:.1f} s"


def _use_up_write_ahead_log(url: str) -> None:
    """Use the files that PostgreSQL has prepared, so that it needs space for its next write."""
    with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True) as session:
        for _ in range(100):
            session.execute("SELECT pg_logical_emit_message(false, 'drill', 'drill'), pg_switch_wal()")


def _fill_proxy(site: Site) -> str:
    """Raise DrillError if a save is answered with 500, or with 503 afterwards.

    Pages that the proxy has not stored yet are only counted: nginx hangs up if it cannot store what it has begun to.
    """
    _, path = draft()
    editor = Editor(site.proxy)
    form = editor.open(path)
    reader = site.proxy.connect()
    with full(site.proxy_folder):
        pages = Counter(ask(reader, address) for address in _unread())
        saves = _save_for(SECONDS, editor, path, form)
    if saves.keys() - {"saved", "503"}:
        raise DrillError(f"Saves while the proxy's disk was full got {dict(saves)}.")
    seconds = _seconds_until_saved(editor, path)
    new = f"{pages['200']} of {pages.total()} pages that were not stored were sent"
    return f"{saves['saved']} of {saves.total()} saves succeeded, and one after {seconds:.1f} s; {new}"


def _unread() -> list[str]:
    """Return pages that readers do not read in drills."""
    from issues.models.credits import Author

    return [author.get_absolute_url() for author in Author.objects.all()[:20]]


def _save_for(seconds: float, editor: Editor, path: str, form: dict[str, list[str]]) -> Counter[str]:
    answers, end = Counter[str](), time.monotonic() + seconds
    while time.monotonic() < end:
        answers[editor.save(path, form, intro=INTRO)] += 1
        time.sleep(0.05)
    return answers


def _seconds_until_saved(editor: Editor, path: str, patience: float = 30) -> float:
    began, outcome = time.monotonic(), "no form"
    while time.monotonic() - began < patience:
        with suppress(DrillError):  # The form is not there yet.
            outcome = editor.save(path, editor.open(path), intro="Afterwards.")
        if outcome == "saved":
            return time.monotonic() - began
        time.sleep(0.1)
    raise DrillError(f"A save after the disk was free again got “{outcome}”.")
