"""Imports that were started at the desk: real jobs, real rows."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from procrastinate.contrib.django.models import ProcrastinateJob

from issues.models.issues import Issue
from tests.make import make_editor
from tests.wordpress.wxr import HEAD, SAMPLES, TAIL, entry, item, write
from tests.worker import forget_jobs, work
from wordpress import runs
from wordpress.load import import_wordpress
from wordpress.models import CHUNK_SIZE, ExportChunk, ExportFile, WordPressImport
from wordpress.report import Report
from wordpress.tasks import defer_import, run_wordpress_import, tidy_wordpress_imports

pytestmark = pytest.mark.django_db(transaction=True)

EXPORT = HEAD + item(7, 14) + TAIL
LAUGHS = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><rss><channel>&b;</channel></rss>'


@pytest.fixture(autouse=True)
def no_jobs(transactional_db):
    forget_jobs()


def store(content=EXPORT, name="export.xml"):
    return ExportFile.objects.store(
        SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    )


def request(*files, **options):
    requested = WordPressImport.objects.request(files or [store()], make_editor(), **options)
    defer_import(requested)
    return requested


def run(*files, **options):
    requested = request(*files, **options)
    work("imports")
    requested.refresh_from_db()
    return requested


def status_of_job():
    return ProcrastinateJob.objects.get(task_name=run_wordpress_import.name).status


def test_rehearsal_is_done_and_writes_nothing():
    done = run()
    assert (done.state, done.percent, done.report["counts"]["issues added"]) == ("done", 100, 1)
    assert done.report["dry_run"] is True
    assert not Issue.objects.exists()
    assert done.can_be_run_again


def test_import_is_done_and_its_files_are_dropped():
    done = run(is_rehearsal=False)
    assert (done.state, Issue.objects.get().number) == ("done", 14)
    assert not ExportChunk.objects.exists()
    assert not done.can_be_run_again
    assert done.requested_at <= done.started_at <= done.finished_at


def test_unchanged_posts_are_loaded_again_on_request():
    done = run(is_rehearsal=False)
    again = WordPressImport.objects.request([store()], done.requested_by, is_rehearsal=False, is_reload=True)
    defer_import(again)
    work("imports")
    again.refresh_from_db()
    assert Report.from_plain(again.report or {}).counts["issues loaded again"] == 1


def test_rehearsal_is_followed_by_the_import_of_the_same_files():
    rehearsal = run()
    imported = rehearsal.run_again(rehearsal.requested_by)
    defer_import(imported)
    work("imports")
    assert Issue.objects.count() == 1
    assert imported.files.get() == rehearsal.files.get()
    assert not rehearsal.can_be_run_again


def test_progress_of_a_rehearsal_is_seen_while_it_runs(monkeypatch):
    seen = []
    tell = WordPressImport.tell_progress

    def tell_and_look(self, part):
        told = tell(self, part)
        seen.append(WordPressImport.objects.values_list("state", "percent").get())
        return told

    monkeypatch.setattr(runs, "PAUSE", 0)
    monkeypatch.setattr(WordPressImport, "tell_progress", tell_and_look)
    run(store(HEAD + "".join(item(i, i) for i in range(1, 9)) + TAIL))
    assert {state for state, _ in seen} == {"running"}
    assert [percent for _, percent in seen] == sorted({percent for _, percent in seen})
    assert len(seen) > 10


def test_progress_is_written_once_a_second(monkeypatch):
    told = []

    def tell(self, part):
        told.append(part)
        return True

    monkeypatch.setattr(WordPressImport, "tell_progress", tell)
    run(store(HEAD + "".join(item(i, i) for i in range(1, 9)) + TAIL))
    assert len(told) < 3


def test_job_that_runs_twice_loads_everything_once():
    requested = request(is_rehearsal=False)
    runs.run_import(requested.pk)
    runs.run_import(requested.pk)
    requested.refresh_from_db()
    assert (requested.state, requested.attempts, Issue.objects.count()) == ("done", 1, 1)


def test_job_of_a_killed_worker_goes_on_with_the_rest(tmp_path):
    requested = request(store(HEAD + item(7, 14) + item(8, 15) + TAIL), is_rehearsal=False)
    assert WordPressImport.objects.claim(requested.pk)
    import_wordpress([write(tmp_path, item(7, 14))])  # What the first had loaded when it was killed.
    work("imports")
    requested.refresh_from_db()
    assert (requested.state, requested.attempts) == ("done", 2)
    assert (requested.report["counts"]["posts unchanged"], Issue.objects.count()) == (1, 2)


def test_worker_that_was_only_asleep_stops_when_another_has_taken_the_run(monkeypatch):
    requested = request(store(HEAD + "".join(item(i, i) for i in range(1, 9)) + TAIL), is_rehearsal=False)
    monkeypatch.setattr(runs, "PAUSE", 0)
    tell = WordPressImport.tell_progress

    def overtaken(self, part):
        WordPressImport.objects.filter(attempts=1).update(attempts=2)
        return tell(self, part)

    monkeypatch.setattr(WordPressImport, "tell_progress", overtaken)
    runs.run_import(requested.pk)
    requested.refresh_from_db()
    assert (requested.state, requested.report) == ("running", None)
    assert not Issue.objects.exists()


def test_import_that_kills_every_worker_fails():
    requested = request()
    for _ in range(3):
        assert WordPressImport.objects.claim(requested.pk)
    work("imports")
    requested.refresh_from_db()
    assert requested.state == "failed"
    assert requested.failure.startswith("The worker was lost 3 times while it ran.")


def test_unexpected_error_is_told_and_logged_and_can_be_tried_again(monkeypatch, caplog):
    def fall_over(*args, **options):
        raise KeyError("missing")

    monkeypatch.setattr(runs, "import_wordpress", fall_over)
    failed = run()
    assert (failed.state, failed.report, status_of_job()) == ("failed", None, "failed")
    assert failed.sentence == (
        "The program stopped with an error that the log of the worker tells (KeyError). Nothing was written."
    )
    assert "KeyError: 'missing'" in caplog.text
    assert failed.run_again(failed.requested_by).is_rehearsal


def test_import_whose_job_is_gone_is_ended(monkeypatch):
    lost = request()
    tidy_wordpress_imports(timestamp=0)
    lost.refresh_from_db()
    assert lost.state == "waiting"
    forget_jobs()
    tidy_wordpress_imports(timestamp=0)
    lost.refresh_from_db()
    assert (lost.state, lost.failure) == (
        "failed",
        "Its job is gone without a word: the log of the worker may tell why.",
    )


def test_file_that_is_not_all_there_stops_the_run():
    stored = store(b"x" * (CHUNK_SIZE + 1))
    stored.chunks.filter(number=1).delete()
    assert run(stored).failure.startswith("The program stopped with an error")


BAD: dict[str, tuple[str | bytes, str]] = {
    "empty": (b"", "owls.xml is empty."),
    "zip": (b"PK\x03\x04" + bytes(100), "owls.xml is a zip archive: unpack it, and give the .xml file in it."),
    "HTML": ("<!DOCTYPE html><html><body>Sign in</body></html>", "owls.xml is a web page, not a WordPress export."),
    "HTML without a type": ("<html><body>Sign in</body></html>", "owls.xml is a web page, not a WordPress export."),
    "text": ("Dear diary,\n", "owls.xml is not a WordPress export: it has no <rss>."),
    "bytes": (bytes(range(256)) * 9, "owls.xml is not a WordPress export: it has no <rss>."),
    "billion laughs": (LAUGHS, "owls.xml has a DOCTYPE, which no WordPress export has; nothing was read."),
    "UTF-16": (EXPORT.encode("utf-16"), "owls.xml is written in UTF-16: save it in UTF-8, as WordPress writes it."),
    "cut off": (
        HEAD + item(7, 14) + item(8, 15)[:300],
        "owls.xml, line 29: a post “SRE Weekly Issue #15”: it has no end (</item>), and was not read.",
    ),
    "wrong encoding": (
        (HEAD + item(7, 14, html=entry(description="Caf\xe9"))).encode("latin-1"),
        "owls.xml, line 16: not all of it is UTF-8; the rest was read as Windows-1252.",
    ),
    "two posts with one number": (
        HEAD + item(7, 14) + item(8, 14, slug="x") + TAIL,
        "owls.xml, line 29: post 8 “SRE Weekly Issue #14”: post 7 has #14 too, and was loaded instead.",
    ),
    "no post number": (
        HEAD + item(7, title="Owls").replace("<wp:post_id>7", "<wp:post_id>x") + TAIL,
        "owls.xml, line 9: a post “Owls”: it has no number (wp:post_id), and was not read.",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_file_is_told_by_name_line_and_post(kind):
    content, sentence = BAD[kind]
    done = run(store(content, "owls.xml"), store(), is_rehearsal=False)
    assert (done.state, done.failure) == ("done", "")
    told = [*done.report["failed_files"], *map(str, Report.from_plain(done.report).problems)]
    assert sentence in told
    assert Issue.objects.filter(number=14).exists()  # Of the other file.


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no exports beside the project (../shared/data/wordpress)")
def test_broken_samples_are_imported_as_far_as_they_can_be_read():
    files = [store(path.read_bytes(), path.name) for path in sorted((SAMPLES / "broken").glob("*.xml"))]
    done = run(*files)
    assert (done.state, done.report["failed_files"]) == ("done", [])
    assert any(problem["file"] == "malformed-simple.xml" for problem in done.report["problems"])
