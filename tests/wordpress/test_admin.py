"""Imports at the desk: who may, what is told about the files, and the report."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from issues.models.issues import Issue
from tests.desk_forms import errors
from tests.wordpress.wxr import HEAD, TAIL, item, write
from wordpress.load import import_wordpress
from wordpress.models import ExportChunk, ExportFile, WordPressImport

pytestmark = pytest.mark.django_db

URL = "/admin/wordpress/wordpressimport/"
EXPORT = (HEAD + item(7, 14) + TAIL).encode()


def upload(name="export.xml", content=EXPORT):
    return SimpleUploadedFile(name, content, "text/xml")


def start(client, *uploads, **fields):
    return client.post(f"{URL}add/", {"exports": uploads, "_save": "Start", **fields})


def make_run(*uploads, state="waiting", **fields):
    run = WordPressImport.objects.create(**fields)
    run.files.set([ExportFile.objects.store(given) for given in uploads])
    times = {"started_at": timezone.now(), "finished_at": timezone.now()}
    values: dict[str, dict] = {
        "waiting": {},
        "running": {"started_at": timezone.now()},
        "done": {**times, "report": import_wordpress([]).as_plain()},
        "failed": {**times, "failure": "The disk is full."},
    }
    WordPressImport.objects.filter(pk=run.pk).update(state=state, **values[state])
    return WordPressImport.objects.get(pk=run.pk)


def sign_in(*permissions):
    user = User.objects.create_user("helper", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_rehearsal_is_offered(desk):
    form = desk.get(f"{URL}add/").context["adminform"].form
    assert (form["is_rehearsal"].value(), form["is_reload"].value()) == (True, False)


def test_upload_is_stored_and_a_job_deferred(desk):
    response = start(desk, upload("one.xml"), upload("two.xml"), is_rehearsal="on")
    run = WordPressImport.objects.get()
    assert response.url == f"{URL}{run.pk}/change/"
    assert (run.state, run.is_rehearsal, str(run.requested_by)) == ("waiting", True, "editor")
    assert [file.name for file in run.files.order_by("pk")] == ["one.xml", "two.xml"]
    job = ProcrastinateJob.objects.get()
    assert (job.args, job.queueing_lock) == ({"import_id": run.pk}, "wordpress_import")


def test_upload_may_be_imported_at_once(desk):
    start(desk, upload(), is_reload="on")
    run = WordPressImport.objects.get()
    assert (run.is_rehearsal, run.is_reload) == (False, True)


@pytest.mark.parametrize(
    ("uploads", "sentence"),
    [
        ([], "Choose the file that WordPress exported, or all of them."),
        ([("a.xml", b"")], "“a.xml” is empty."),
        ([("a.zip", b"PK")], "“a.zip” is compressed: unpack it, and choose the .xml file in it."),
        ([("a.txt", b"x")], "“a.txt” is no .xml file, as WordPress exports them."),
        ([("a.html", b"<html>")], "“a.html” is no .xml file, as WordPress exports them."),
        (
            [("a.xml", b"x"), ("a.xml", b"y")],
            "Two files are named “a.xml”: the report could not tell which it speaks of. Rename one.",
        ),
    ],
)
def test_file_that_cannot_be_one_is_told_at_the_field(desk, uploads, sentence):
    response = start(desk, *(upload(*given) for given in uploads))
    assert errors(response) == {"exports": [sentence]}
    assert not ExportFile.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_what_is_no_file_is_told_at_the_field(desk):
    assert "exports" in errors(desk.post(f"{URL}add/", {"exports": "text"}))


def test_too_much_is_told_at_the_field(desk, settings):
    settings.WORDPRESS_IMPORT_LIMIT = len(EXPORT) * 2
    assert start(desk, upload("1.xml"), upload("2.xml")).status_code == 302
    WordPressImport.objects.all().delete()
    response = start(desk, *(upload(f"{i}.xml") for i in range(3)))
    (sentence,) = errors(response)["exports"]
    assert sentence.endswith("Choose fewer files; what was loaded before stays.")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("../../etc/x.xml", "x.xml"), ("C:\\Users\\x.xml", "x.xml"), ("O’Brien & <b>.XML", "O’Brien & <b>.XML")],
)
def test_folders_in_names_are_taken_off(desk, given, kept):
    file = upload()
    file._name = given  # Past the class, which takes them off itself, as a hostile client sends it.
    start(desk, file)
    assert ExportFile.objects.get().name == kept
    assert desk.get(f"{URL}{WordPressImport.objects.get().pk}/change/").status_code == 200


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_second_import_is_refused_while_one_waits_or_runs(desk, state):
    first = make_run(state=state)
    response = start(desk, upload())
    assert errors(response)["__all__"] == ["Another import waits or runs. Start this one when that has ended."]
    response = desk.get(f"{URL}add/", follow=True)
    assert response.redirect_chain[0][0] == f"{URL}{first.pk}/change/"
    assert "Another import waits or runs." in response.content.decode()


def test_second_import_of_one_moment_is_refused_by_the_database(desk, monkeypatch):
    make_run()
    monkeypatch.setattr("wordpress.models.WordPressImportQuerySet.active", lambda self: self.none())
    response = desk.post(f"{URL}add/", {"exports": [upload()]}, follow=True)
    assert "Another import waits or runs." in response.content.decode()
    assert WordPressImport.objects.count() == 1
    assert not ExportFile.objects.exists()


def test_import_follows_a_rehearsal(desk):
    rehearsal = make_run(upload(), state="done")
    page = desk.get(f"{URL}{rehearsal.pk}/change/").content.decode()
    assert "What an import would do" in page
    assert 'value="Import now"' in page
    response = desk.post(f"{URL}{rehearsal.pk}/again/")
    imported = WordPressImport.objects.get(is_rehearsal=False)
    assert response.url == f"{URL}{imported.pk}/change/"
    assert imported.files.get() == rehearsal.files.get()


def test_failed_run_is_told_and_can_be_tried_again(desk):
    failed = make_run(upload(), state="failed")
    page = desk.get(f"{URL}{failed.pk}/change/").content.decode()
    assert "The disk is full." in page
    assert 'value="Try again"' in page
    desk.post(f"{URL}{failed.pk}/again/")
    assert WordPressImport.objects.active().get().is_rehearsal


def test_files_that_are_not_kept_any_more_are_told(desk):
    done = make_run(upload(), state="done")
    ExportChunk.objects.all().delete()
    assert "Import now" not in desk.get(f"{URL}{done.pk}/change/").content.decode()
    response = desk.post(f"{URL}{done.pk}/again/", follow=True)
    assert "Its files are not kept any more: choose them again." in response.content.decode()


def test_importing_twice_at_once_is_refused(desk):
    done = make_run(upload(), state="done")
    make_run()
    response = desk.post(f"{URL}{done.pk}/again/", follow=True)
    assert "Another import waits or runs." in response.content.decode()


def test_run_that_goes_on_is_not_started_again(desk):
    response = desk.post(f"{URL}{make_run(upload(), state='running').pk}/again/", follow=True)
    assert "Another import waits or runs." in response.content.decode()
    assert WordPressImport.objects.count() == 1


def test_nothing_is_started_by_a_link(desk):
    done = make_run(upload(), state="done")
    assert desk.get(f"{URL}{done.pk}/again/").status_code == 405


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("waiting", {"percent": 0, "sentence": "It waits for a worker.", "has_ended": False}),
        ("running", {"percent": 0, "sentence": "It runs.", "has_ended": False}),
        ("done", {"percent": 0, "sentence": "It is done.", "has_ended": True}),
        ("failed", {"percent": 0, "sentence": "The disk is full.", "has_ended": True}),
    ],
)
def test_progress_is_told(desk, state, told):
    run = make_run(state=state)
    assert desk.get(f"{URL}{run.pk}/status/").json() == told
    assert desk.get(f"{URL}{run.pk}/change/").status_code == 200


def test_progress_is_told_by_tens(desk):
    run = make_run(state="running")
    WordPressImport.objects.update(percent=47)
    told = desk.get(f"{URL}{run.pk}/status/").json()
    assert (told["percent"], told["sentence"]) == (47, "It runs: more than 40 percent is done.")


def test_worker_that_does_not_come_is_told(desk):
    run = make_run(requested_at=timezone.now() - timedelta(minutes=5))
    assert "None has taken it for 5 minutes" in desk.get(f"{URL}{run.pk}/status/").json()["sentence"]


def report_of(tmp_path, *items):
    return import_wordpress([write(tmp_path, *items)])


@pytest.fixture
def reported(tmp_path):
    """A run over posts with something to look at."""
    report = report_of(
        tmp_path,
        item(7, 14, html="<p>Only words & <b>x</b>.</p>"),
        item(8, 14, slug="x"),
        item(9, title="<script>alert(1)</script>", post_type="attachment"),
    )
    run = make_run(upload(), state="done")
    WordPressImport.objects.update(report=report.as_plain())
    return run


def test_report_is_shown_with_links_to_what_was_made(desk, reported):
    page = desk.get(f"{URL}{reported.pk}/change/").content.decode()
    issue = Issue.objects.get()
    assert "issues added: 1" in page
    assert f'<a href="/admin/issues/issue/{issue.pk}/change/">Open SRE Weekly Issue #14</a>' in page
    assert "post 7 has #14 too, and was loaded instead." in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_report_is_downloaded_as_the_command_writes_it(desk, reported):
    response = desk.get(f"{URL}{reported.pk}/report.json")
    assert response["Content-Disposition"] == f'attachment; filename="wordpress-import-{reported.pk}.json"'
    report = json.loads(response.content)
    assert list(report)[:3] == ["dry_run", "counts", "left_out"]
    assert report == WordPressImport.objects.get().report


def test_report_that_is_not_there_yet_is_not_found(desk):
    assert desk.get(f"{URL}{make_run().pk}/report.json").status_code == 404


def test_files_of_which_nothing_was_read_are_told_first(desk):
    run = make_run(upload(), state="done")
    WordPressImport.objects.update(report=run.report | {"failed_files": ["export.xml is empty."]})
    page = desk.get(f"{URL}{run.pk}/change/").content.decode()
    assert "Of these files nothing was read" in page
    assert "export.xml is empty." in page
    assert "Import now" not in page


def test_import_that_a_second_worker_ended_says_so(desk):
    run = make_run(upload(), state="done", is_rehearsal=False)
    WordPressImport.objects.update(attempts=2)
    assert "A worker was lost in the middle" in desk.get(f"{URL}{run.pk}/change/").content.decode()


def test_long_lists_are_cut_on_the_page(desk, tmp_path):
    report = report_of(tmp_path, *(item(i, i, html="<p>Words.</p>") for i in range(1, 60)))
    run = make_run(upload(), state="done")
    WordPressImport.objects.update(report=report.as_plain())
    assert "And 9 more: the download has all." in desk.get(f"{URL}{run.pk}/change/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_report_takes_the_same_queries_for_any_number_of_posts(desk, tmp_path, django_assert_num_queries, count):
    report = report_of(tmp_path, *(item(i, i, html="<p>Words.</p>") for i in range(1, count + 1)))
    run = make_run(upload(), state="done")
    WordPressImport.objects.update(report=report.as_plain())
    with django_assert_num_queries(6):
        desk.get(f"{URL}{run.pk}/change/")


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_the_same_queries_for_any_number(desk, django_assert_num_queries, count):
    for _ in range(count):
        make_run(upload(), state="done")
    with django_assert_num_queries(6):
        desk.get(URL)


def test_whoever_may_not_import_sees_and_starts_nothing(db):
    client = sign_in("add_issue", "view_issue")
    run = make_run(upload(), state="done")
    for path in ("", "add/", f"{run.pk}/change/", f"{run.pk}/status/", f"{run.pk}/report.json"):
        assert client.get(f"{URL}{path}").status_code == 403, path
    for path in ("add/", f"{run.pk}/again/"):
        assert client.post(f"{URL}{path}", {"exports": upload()}).status_code == 403, path
    assert WordPressImport.objects.count() == 1


@pytest.mark.parametrize("permissions", [("add_wordpressimport",), ("view_wordpressimport",)])
def test_who_may_not_add_issues_starts_no_import(db, permissions):
    client = sign_in(*permissions)
    done = make_run(upload(), state="done")
    assert start(client, upload()).status_code == 403
    assert client.post(f"{URL}{done.pk}/again/").status_code == 403


def test_who_may_do_both_imports_and_reads_the_report(db):
    client = sign_in("add_issue", "add_wordpressimport")
    assert start(client, upload()).status_code == 302
    run = WordPressImport.objects.get()
    assert client.get(f"{URL}{run.pk}/change/").status_code == 200


def test_nobody_else_is_told_anything(client):
    run = make_run(upload(), state="done")
    for path in ("add/", f"{run.pk}/change/", f"{run.pk}/status/", f"{run.pk}/report.json"):
        assert client.get(f"{URL}{path}").status_code == 302


def test_runs_are_not_deleted_or_changed(desk):
    run = make_run(state="done")
    assert desk.post(f"{URL}{run.pk}/delete/", {"post": "yes"}).status_code == 403
    desk.post(f"{URL}{run.pk}/change/", {"is_reload": "on"})
    assert not WordPressImport.objects.get().is_reload


@pytest.mark.parametrize("key", ["999999", "x", "9" * 40, "²"])
def test_run_that_is_not_there_is_told(desk, key):
    for path in ("change/", "status/", "report.json"):
        assert desk.get(f"{URL}{key}/{path}", follow=True).status_code == 404, path


def test_hostile_form_is_no_error_of_the_server(desk):
    response = desk.post(f"{URL}add/", {"exports": [upload("\u202ex.xml")], "is_rehearsal": "\0", "state": "done"})
    assert response.status_code == 302
    assert WordPressImport.objects.get().state == "waiting"
