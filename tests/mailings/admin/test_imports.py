"""Imports of subscribers at the desk: the form, the run by a real job, its report, and its end."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from desk.runs import MAX_ATTEMPTS
from mailings.admin.imports import BUSY
from mailings.models.imports import SubscriberImport, SubscriberImportChunk
from mailings.models.subscribers import Subscriber
from mailings.moving import runs
from mailings.moving.report import Report
from mailings.tasks import tidy_subscriber_imports
from tests.desk_forms import error_codes
from tests.mailings.moving import files
from tests.make import sign_in_as
from tests.worker import forget_jobs, work

pytestmark = pytest.mark.django_db
URL = "/admin/mailings/subscriberimport/"


@pytest.fixture
def administrator(db):
    return sign_in_as("Administrator")


def start(client, content=files.MAILCHIMP, name="list.csv", **fields):
    upload = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    return client.post(f"{URL}add/", {"file": upload, "_save": "Start", **fields})


def make_run(state="waiting", content=files.MAILCHIMP, **fields):
    run = SubscriberImport.objects.create(name="list.csv", size=len(content), **fields)
    run.store(SimpleUploadedFile("list.csv", content.encode()))
    ended = {"finished_at": timezone.now()}
    values = {
        "done": {**ended, "report": Report().as_plain()},
        "failed": {**ended, "failure": "The disk is full."},
    }
    SubscriberImport.objects.filter(pk=run.pk).update(state=state, **values.get(state, {}))
    return SubscriberImport.objects.get(pk=run.pk)


@pytest.mark.django_db(transaction=True)
def test_list_is_rehearsed_then_imported_by_a_worker():
    forget_jobs()
    client = sign_in_as("Administrator")
    response: Any = start(client, is_rehearsal="on")
    work("imports")
    page = client.get(response.url)
    assert (page.context["report"].counts, page.context["next_step"]) == ({"new": 1}, "Import now")
    assert not Subscriber.objects.exists()
    response = client.post(response.url.replace("change", "again"))
    work("imports")
    assert client.get(response.url).context["report"].counts == {"new": 1}
    assert Subscriber.objects.get().source == "import: Mailchimp, list.csv"
    assert not SubscriberImportChunk.objects.exists()


def test_upload_is_stored_and_a_job_deferred(administrator):
    start(administrator, name="../../a.csv", is_rehearsal="on")
    run = SubscriberImport.objects.get()
    assert (run.state, run.is_rehearsal, run.name, str(run.requested_by)) == ("waiting", True, "a.csv", "Administrator")
    job = ProcrastinateJob.objects.get()
    assert (job.args["import_id"], job.queueing_lock) == (run.pk, "subscriber_import")
    with run.open() as file:
        assert file.read() == files.MAILCHIMP.encode()


@pytest.mark.parametrize(
    ("content", "fields", "wrong"),
    [
        ("", {}, {"file": ["format"]}),
        (b"PK\x03\x04", {}, {"file": ["format"]}),
        ("<html>", {}, {"file": ["format"]}),
        ("a,b\n1,2\n", {}, {"file": ["format"]}),
        ("\0" * 100, {}, {"file": ["format"]}),
        (files.SUBSTACK * 100, {}, {"file": ["too_large"]}),
        (files.SENDGRID, {}, {"consent": ["required"]}),
        ("ada@example.com", {}, {"consent": ["required"]}),
        (files.SUBSTACK, {"format": "mailchimp-cleaned"}, {}),
        ("mail\nada@example.com", {"format": "ghost"}, {"file": ["format"]}),
        (files.SUBSTACK, {"format": "nonsense"}, {"format": ["invalid_choice"]}),
        (files.SUBSTACK, {"consent": "x" * 301}, {"consent": ["max_length"]}),
    ],
)
def test_what_is_wrong_is_said_at_its_field(administrator, settings, content, fields, wrong):
    settings.WORDPRESS_IMPORT_LIMIT = 10_000
    response = start(administrator, content, **fields)
    assert (error_codes(response) if response.status_code == 200 else {}) == wrong
    assert SubscriberImport.objects.exists() != bool(wrong)


def test_form_without_a_file_says_so(administrator):
    assert error_codes(administrator.post(f"{URL}add/", {"file": "text"})) == {"file": ["required"]}


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_second_import_is_refused_while_one_is_active(administrator, state):
    first = make_run(state)
    assert error_codes(start(administrator))["__all__"] == ["busy"]
    response = administrator.get(f"{URL}add/", follow=True)
    assert response.redirect_chain[0][0] == f"{URL}{first.pk}/change/"
    assert [str(message) for message in response.context["messages"]] == [BUSY]


@pytest.mark.parametrize("state", ["waiting", "running", "done", "failed"])
def test_page_shows_each_state(administrator, state):
    run = make_run(state)
    page = administrator.get(f"{URL}{run.pk}/change/")
    assert (page.status_code, bool(page.context["next_step"])) == (200, state in ("done", "failed"))
    status = administrator.get(f"{URL}{run.pk}/status/").json()
    assert (status["has_ended"], status["percent"]) == (state in ("done", "failed"), 0)


def test_import_whose_file_is_gone_cannot_be_run_again(administrator):
    run = make_run("failed")
    run.chunks.all().delete()
    assert administrator.post(f"{URL}{run.pk}/again/").url == f"{URL}{run.pk}/change/"
    assert SubscriberImport.objects.count() == 1


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_a_fixed_number_of_queries(administrator, django_assert_num_queries, count):
    for _ in range(count):
        make_run("done")
    with django_assert_num_queries(8):
        administrator.get(URL)


def test_worker_that_is_killed_too_often_ends_the_import():
    run = make_run("running", attempts=MAX_ATTEMPTS)
    runs.run_import(run.pk)
    run.refresh_from_db()
    assert (run.state, bool(run.failure)) == ("failed", True)


def test_unexpected_error_is_said(monkeypatch):
    run = make_run()
    run.chunks.all().delete()
    with pytest.raises(OSError, match="no longer complete"):
        runs.run_import(run.pk)
    run.refresh_from_db()
    assert (run.state, "OSError" in run.failure) == ("failed", True)


def test_worker_that_was_silent_for_too_long_writes_no_more(monkeypatch):
    monkeypatch.setattr("desk.runs.PAUSE", 0)
    monkeypatch.setattr(SubscriberImport, "save_progress", lambda run, part: False)
    run = make_run()
    runs.run_import(run.pk)
    run.refresh_from_db()
    assert run.state == "running"


def test_import_without_a_job_is_ended_and_old_files_are_deleted():
    old = make_run("done", requested_at=timezone.now() - timedelta(days=3))
    lost = make_run()
    tidy_subscriber_imports(timestamp=0)
    lost.refresh_from_db()
    assert lost.state == "failed"
    assert [chunk.run_id for chunk in SubscriberImportChunk.objects.all()] == [lost.pk]
    assert old.has_files is False
