"""Imports that were requested at the desk, with real jobs and rows."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from procrastinate.contrib.django.models import ProcrastinateJob

from desk.runs import CHUNK_SIZE
from importing import runs
from importing.tasks import defer_import, run_wordpress_import, tidy_wordpress_imports
from issues.models.issues import Issue
from pictures.models import Picture
from tests.make import make_editor
from tests.pictures.files import make_file
from tests.wordpress.wxr import HEAD, TAIL, entry, item, write
from tests.worker import forget_jobs, work
from wordpress.load import import_wordpress
from wordpress.models import ExportChunk, ExportFile, WordPressImport
from wordpress.report import Report

pytestmark = pytest.mark.django_db(transaction=True)

EXPORT = HEAD + item(7, 14) + TAIL


@pytest.fixture(autouse=True)
def no_jobs(transactional_db):
    forget_jobs()


def store(content=EXPORT, name="export.xml", **options):
    file = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    return ExportFile.objects.store(file, **options)


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


def zipped(*files):
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return file.getvalue()


def test_pictures_are_brought_in_from_the_archive_of_uploads():
    image = '<img src="/wp-content/uploads/2021/05/graph.png" alt="a">'
    export = HEAD + item(7, 14, html=entry(description=image)) + TAIL
    uploads = zipped(("uploads/2021/05/graph.png", make_file()))
    done = run(store(export), store(uploads, "uploads.zip", is_uploads=True), is_rehearsal=False)
    assert (done.state, done.report["counts"]["pictures"]) == ("done", 1)
    assert Picture.objects.get().get_absolute_url() in Issue.objects.get().articles.get().blurb


def test_archive_that_cannot_be_read_is_said():
    done = run(store(), store(b"no archive", "uploads.zip", is_uploads=True), is_rehearsal=False)
    assert (done.state, "uploads.zip" in done.failure) == ("failed", True)
    assert not Issue.objects.exists()


def test_import_is_done_and_its_files_are_deleted():
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


def test_progress_of_a_rehearsal_is_visible_while_it_runs(monkeypatch):
    seen = []
    save = WordPressImport.save_progress

    def save_and_look(self, part):
        is_saved = save(self, part)
        seen.append(WordPressImport.objects.values_list("state", "percent").get())
        return is_saved

    monkeypatch.setattr("desk.runs.PAUSE", 0)
    monkeypatch.setattr(WordPressImport, "save_progress", save_and_look)
    run(store(HEAD + "".join(item(i, i) for i in range(1, 9)) + TAIL))
    assert {state for state, _ in seen} == {"running"}
    assert [percent for _, percent in seen] == sorted({percent for _, percent in seen})
    assert len(seen) > 10


def test_progress_is_saved_once_a_second(monkeypatch):
    saved: list[float] = []

    def save(self, part):
        saved.append(part)
        return True

    monkeypatch.setattr(WordPressImport, "save_progress", save)
    run(store(HEAD + "".join(item(i, i) for i in range(1, 9)) + TAIL))
    assert len(saved) < 3


def test_job_that_runs_twice_loads_everything_once():
    requested = request(is_rehearsal=False)
    runs.run_import(requested.pk)
    runs.run_import(requested.pk)
    requested.refresh_from_db()
    assert (requested.state, requested.attempts, Issue.objects.count()) == ("done", 1, 1)


def test_job_of_a_killed_worker_continues_with_the_rest(tmp_path):
    requested = request(store(HEAD + item(7, 14) + item(8, 15) + TAIL), is_rehearsal=False)
    assert WordPressImport.objects.claim(requested.pk)
    import_wordpress([write(tmp_path, item(7, 14))])  # What the first had loaded when it was killed.
    work("imports")
    requested.refresh_from_db()
    assert (requested.state, requested.attempts) == ("done", 2)
    assert (requested.report["counts"]["posts unchanged"], Issue.objects.count()) == (1, 2)


def test_worker_that_was_only_asleep_stops_when_another_has_taken_over(monkeypatch):
    requested = request(store(HEAD + "".join(item(i, i) for i in range(1, 9)) + TAIL), is_rehearsal=False)
    monkeypatch.setattr("desk.runs.PAUSE", 0)
    save = WordPressImport.save_progress

    def overtaken(self, part):
        WordPressImport.objects.filter(attempts=1).update(attempts=2)
        return save(self, part)

    monkeypatch.setattr(WordPressImport, "save_progress", overtaken)
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
    assert "3 times" in requested.failure


def test_unexpected_error_is_shown_and_logged_and_can_be_tried_again(monkeypatch, caplog):
    def fall_over(*args, **options):
        raise KeyError("missing")

    monkeypatch.setattr(runs, "import_files", fall_over)
    failed = run()
    assert (failed.state, failed.report, status_of_job()) == ("failed", None, "failed")
    assert "KeyError" in failed.sentence
    assert "KeyError: 'missing'" in caplog.text
    assert failed.run_again(failed.requested_by).is_rehearsal


def test_import_without_a_job_is_ended():
    lost = request()
    tidy_wordpress_imports(timestamp=0)
    lost.refresh_from_db()
    assert lost.state == "waiting"
    forget_jobs()
    tidy_wordpress_imports(timestamp=0)
    lost.refresh_from_db()
    assert lost.state == "failed"


def test_incomplete_file_stops_the_run():
    stored = store(b"x" * (CHUNK_SIZE + 1))
    stored.chunks.filter(number=1).delete()
    failed = run(stored)
    assert (failed.state, "OSError" in failed.failure) == ("failed", True)


# The problems of each kind of file have tests in test_export.py.
BAD = {
    "empty.xml": (b"", "empty.xml "),
    "cut.xml": ((HEAD + item(7, 14) + item(8, 15)[:300]).encode(), "cut.xml, line 29: a post “SRE Weekly Issue #15”: "),
    "latin.xml": (
        (HEAD + item(9, 16, html=entry(description="Caf\xe9")) + TAIL).encode("latin-1"),
        "latin.xml, line 16: ",
    ),
    "two.xml": ((HEAD + item(7, 19) + TAIL).encode(), "two.xml, line 9: post 7 “SRE Weekly Issue #19”: "),
}


def test_problems_are_reported_by_file_line_and_post():
    files = [store(content, name) for name, (content, _) in BAD.items()]
    done = run(*files, store(HEAD + item(10, 18) + TAIL), is_rehearsal=False)
    assert (done.state, done.failure) == ("done", "")
    reported = [*done.report["failed_files"], *map(str, Report.from_plain(done.report).problems)]
    for _, place in BAD.values():
        assert any(line.startswith(place) for line in reported), place
    assert set(Issue.objects.values_list("number", flat=True)) == {14, 16, 18}
