"""Imports at the desk: permissions, errors of files, and the report."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from importing.admin import BUSY
from importing.runs import run_import
from issues.models.issues import Issue
from tests.desk_forms import errors
from tests.make import sign_in
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


def shown(response):
    """The messages on a page."""
    return [str(message) for message in response.context["messages"]]


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
    assert (job.args["import_id"], job.queueing_lock) == (run.pk, "wordpress_import")


def test_upload_may_be_imported_at_once(desk):
    start(desk, upload(), is_reload="on")
    run = WordPressImport.objects.get()
    assert (run.is_rehearsal, run.is_reload) == (False, True)


def test_archive_of_uploads_is_kept_with_the_exports(desk):
    start(desk, upload("a.xml", EXPORT), uploads=upload("uploads.ZIP", b"x"))
    assert [file.name for file in WordPressImport.objects.get().files.order_by("pk")] == ["a.xml", "uploads.ZIP"]


@pytest.mark.parametrize(
    ("name", "size", "field", "code"),
    [("uploads.rar", 1, "uploads", "no_archive"), ("uploads.zip", 9000, "exports", "too_large")],
)
def test_wrong_uploads_are_refused(desk, settings, name, size, field, code):
    settings.WORDPRESS_IMPORT_LIMIT = 8000
    form = start(desk, upload("a.xml", EXPORT), uploads=upload(name, b"x" * size)).context["adminform"].form
    assert [error.code for error in form.errors.as_data()[field]] == [code]
    assert not ExportFile.objects.exists()


@pytest.mark.parametrize(
    ("uploads", "code"),
    [
        ([], "required"),
        ([("a.xml", b"")], "format"),
        ([("a.zip", b"PK")], "format"),
        ([("a.xml", b"<html>")], "format"),
        ([("ghost.json", b'{"db": [{"data": {"posts": []}}]}')], "format"),
        ([("a.json", b'{"number": 1')], "format"),
        ([("members.csv", b"Email Address,Name\na@a.example,Ada\n")], "format"),
        ([("a.xml", EXPORT), ("a.xml", EXPORT)], "same_name"),
        ([(f"{i}.xml", EXPORT) for i in range(3)], "too_large"),
    ],
)
def test_wrong_files_are_refused_at_the_field(desk, settings, uploads, code):
    settings.WORDPRESS_IMPORT_LIMIT = len(EXPORT) * 2
    form = start(desk, *(upload(*given) for given in uploads)).context["adminform"].form
    assert [error.code for error in form.errors.as_data()["exports"]] == [code]
    assert not ExportFile.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_text_instead_of_a_file_is_refused_at_the_field(desk):
    assert "exports" in errors(desk.post(f"{URL}add/", {"exports": "text"}))


@pytest.mark.parametrize(
    ("given", "kept"),
    [("../../etc/x.xml", "x.xml"), ("C:\\Users\\x.xml", "x.xml"), ("O’Brien & <b>.XML", "O’Brien & <b>.XML")],
)
def test_folders_are_removed_from_names(desk, given, kept):
    file = upload()
    file._name = given  # As a hostile client sends it: the class removes folders itself.
    start(desk, file)
    assert ExportFile.objects.get().name == kept
    assert desk.get(f"{URL}{WordPressImport.objects.get().pk}/change/").status_code == 200


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_second_import_is_refused_while_one_is_active(desk, state):
    first = make_run(state=state)
    assert errors(start(desk, upload()))["__all__"] == [BUSY]
    response = desk.get(f"{URL}add/", follow=True)
    assert response.redirect_chain[0][0] == f"{URL}{first.pk}/change/"
    assert shown(response) == [BUSY]


def test_second_import_at_the_same_moment_is_refused_by_the_database(desk, monkeypatch):
    make_run()
    monkeypatch.setattr("wordpress.models.WordPressImportQuerySet.active", lambda self: self.none())
    assert shown(desk.post(f"{URL}add/", {"exports": [upload()]}, follow=True)) == [BUSY]
    assert WordPressImport.objects.count() == 1
    assert not ExportFile.objects.exists()


def test_import_follows_a_rehearsal(desk):
    rehearsal = make_run(upload(), state="done")
    assert desk.get(f"{URL}{rehearsal.pk}/change/").context["can_be_run_again"]
    response = desk.post(f"{URL}{rehearsal.pk}/again/")
    imported = WordPressImport.objects.get(is_rehearsal=False)
    assert response.url == f"{URL}{imported.pk}/change/"
    assert imported.files.get() == rehearsal.files.get()


def test_failure_is_shown_and_can_be_tried_again(desk):
    failed = make_run(upload(), state="failed")
    page = desk.get(f"{URL}{failed.pk}/change/").content.decode()
    assert "The disk is full." in page
    assert f'value="{failed.next_step}"' in page
    desk.post(f"{URL}{failed.pk}/again/")
    assert WordPressImport.objects.active().get().is_rehearsal


def test_run_without_its_files_is_not_started_again(desk):
    done = make_run(upload(), state="done")
    ExportChunk.objects.all().delete()
    assert not desk.get(f"{URL}{done.pk}/change/").context["can_be_run_again"]
    assert len(shown(desk.post(f"{URL}{done.pk}/again/", follow=True))) == 1
    assert WordPressImport.objects.get() == done


def test_run_is_not_started_again_while_one_is_active(desk):
    done, active = make_run(upload(), state="done"), make_run(upload(), state="running")
    for run in (done, active):
        assert shown(desk.post(f"{URL}{run.pk}/again/", follow=True)) == [BUSY]
    assert WordPressImport.objects.count() == 2


def test_nothing_is_started_by_a_link(desk):
    done = make_run(upload(), state="done")
    assert desk.get(f"{URL}{done.pk}/again/").status_code == 405


@pytest.mark.parametrize("state", ["waiting", "running", "done", "failed"])
def test_status_is_shown_and_polled(desk, state):
    run = make_run(state=state)
    has_ended = state in ("done", "failed")
    assert desk.get(f"{URL}{run.pk}/status/").json() == {
        "percent": 0,
        "sentence": run.sentence,
        "has_ended": has_ended,
    }
    assert desk.get(f"{URL}{run.pk}/change/").status_code == 200


def test_progress_is_spoken_by_tens(desk):
    run = make_run(state="running")
    WordPressImport.objects.update(percent=47)
    status = desk.get(f"{URL}{run.pk}/status/").json()
    assert (status["percent"], "40" in status["sentence"]) == (47, True)


def test_missing_worker_is_noticed(desk):
    run = make_run(requested_at=timezone.now() - timedelta(minutes=5))
    assert "5 minutes" in desk.get(f"{URL}{run.pk}/status/").json()["sentence"]


def report_of(tmp_path, *items):
    return import_wordpress([write(tmp_path, *items)])


@pytest.fixture
def reported(tmp_path):
    """A run with notices, problems and posts left out."""
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
    assert "post 7 has #14" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("is_rehearsal", [True, False])
def test_report_of_an_import_leads_to_the_credits_to_look_at(desk, is_rehearsal):
    run = make_run(upload(), state="done", is_rehearsal=is_rehearsal)
    assert ("/admin/issues/author/doubts/" in desk.get(f"{URL}{run.pk}/change/").text) != is_rehearsal


def test_issues_of_files_are_imported_as_those_of_wordpress(desk, tmp_path):
    entries = [{"url": "https://lamps.example/", "title": "<b>Lamps</b>", "colour": "red"}]
    given = {"number": 12, "time": "2016-02-28", "sections": [{"entries": entries}]}
    start(desk, upload("12.json", json.dumps(given).encode()), upload())
    run = WordPressImport.objects.get()
    run_import(run.pk)
    page = desk.get(f"{URL}{run.pk}/change/").content.decode()
    issue = Issue.objects.get(number=12)
    assert "issues added: 2" in page
    assert "unknown field: 1" in page
    assert f'<a href="/admin/issues/issue/{issue.pk}/change/">Open {issue}</a>' in page


def test_report_is_downloaded_as_the_command_writes_it(desk, reported):
    response = desk.get(f"{URL}{reported.pk}/report.json")
    assert response["Content-Disposition"] == f'attachment; filename="import-{reported.pk}.json"'
    report = json.loads(response.content)
    assert list(report)[:3] == ["dry_run", "counts", "left_out"]
    assert report == WordPressImport.objects.get().report


def test_report_of_an_active_run_is_not_found(desk):
    assert desk.get(f"{URL}{make_run().pk}/report.json").status_code == 404


def test_unreadable_files_are_listed_and_not_imported(desk):
    run = make_run(upload(), state="done")
    WordPressImport.objects.update(report=run.report | {"failed_files": ["export.xml is empty."]})
    response = desk.get(f"{URL}{run.pk}/change/")
    assert "export.xml is empty." in response.content.decode()
    assert not response.context["can_be_run_again"]


def test_import_that_a_second_worker_finished_says_so(desk):
    run = make_run(upload(), state="done", is_rehearsal=False)
    WordPressImport.objects.update(attempts=2)
    assert "One worker was killed" in desk.get(f"{URL}{run.pk}/change/").content.decode()


def test_long_lists_are_shortened_on_the_page(desk, monkeypatch, tmp_path):
    monkeypatch.setattr("importing.admin.SHOWN", 2)
    report = report_of(tmp_path, *(item(i, i, html="<p>Words.</p>") for i in range(1, 6)))
    run = make_run(upload(), state="done")
    WordPressImport.objects.update(report=report.as_plain())
    assert "And 3 more." in desk.get(f"{URL}{run.pk}/change/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_report_takes_the_same_queries_for_any_number_of_posts(desk, tmp_path, django_assert_num_queries, count):
    report = report_of(tmp_path, *(item(i, i, html="<p>Words.</p>") for i in range(1, count + 1)))
    run = make_run(upload(), state="done")
    WordPressImport.objects.update(report=report.as_plain())
    with django_assert_num_queries(7):
        desk.get(f"{URL}{run.pk}/change/")


@pytest.mark.parametrize("count", [1, 3])
def test_report_on_issues_of_files_takes_the_same_queries_for_any_number(desk, django_assert_num_queries, count):
    entries = [{"url": "", "title": "Lamps", "colour": "red"}]
    given = [{"number": n, "time": "2016-02-28", "sections": [{"entries": entries}]} for n in range(1, count + 1)]
    start(desk, upload("issues.json", json.dumps(given).encode()))
    run = WordPressImport.objects.get()
    run_import(run.pk)
    with django_assert_num_queries(7):
        desk.get(f"{URL}{run.pk}/change/")


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_the_same_queries_for_any_number(desk, django_assert_num_queries, count):
    for _ in range(count):
        make_run(upload(), state="done")
    with django_assert_num_queries(7):
        desk.get(URL)


def test_user_without_permission_sees_and_starts_nothing(db):
    client = sign_in("add_issue", "view_issue")
    run = make_run(upload(), state="done")
    for path in ("", "add/", f"{run.pk}/change/", f"{run.pk}/status/", f"{run.pk}/report.json"):
        assert client.get(f"{URL}{path}").status_code == 403, path
    for path in ("add/", f"{run.pk}/again/"):
        assert client.post(f"{URL}{path}", {"exports": upload()}).status_code == 403, path
    assert WordPressImport.objects.count() == 1


@pytest.mark.parametrize("permission", ["add_wordpressimport", "view_wordpressimport"])
def test_user_who_may_not_add_issues_starts_no_import(db, permission):
    client = sign_in(permission)
    done = make_run(upload(), state="done")
    assert start(client, upload()).status_code == 403
    assert client.post(f"{URL}{done.pk}/again/").status_code == 403


def test_user_with_both_permissions_imports_and_reads_the_report(db):
    client = sign_in("add_issue", "add_wordpressimport")
    assert start(client, upload()).status_code == 302
    run = WordPressImport.objects.get()
    assert client.get(f"{URL}{run.pk}/change/").status_code == 200


def test_anonymous_visitor_is_sent_to_the_sign_in(client):
    run = make_run(upload(), state="done")
    for path in ("add/", f"{run.pk}/change/", f"{run.pk}/status/", f"{run.pk}/report.json"):
        assert client.get(f"{URL}{path}").status_code == 302


def test_runs_are_not_deleted_or_changed(desk):
    run = make_run(state="done")
    assert desk.post(f"{URL}{run.pk}/delete/", {"post": "yes"}).status_code == 403
    desk.post(f"{URL}{run.pk}/change/", {"is_reload": "on"})
    assert not WordPressImport.objects.get().is_reload


def test_missing_run_is_not_found(desk):
    for key in ("999999", "x", "9" * 40, "²"):
        for path in ("change/", "status/", "report.json"):
            assert desk.get(f"{URL}{key}/{path}", follow=True).status_code == 404, path


def test_hostile_form_causes_no_server_error(desk):
    response = desk.post(f"{URL}add/", {"exports": [upload("\u202ex.xml")], "is_rehearsal": "\0", "state": "done"})
    assert response.status_code == 302
    assert WordPressImport.objects.get().state == "waiting"
