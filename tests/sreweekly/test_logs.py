import io
import json
import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError, ProgrammingError
from structlog.contextvars import bound_contextvars, get_contextvars
from structlog.stdlib import ProcessorFormatter

from issues.tasks import draw_card
from sreweekly.logs import without_traceback
from tests.make import make_editor
from tests.worker import work


@pytest.fixture
def log(monkeypatch):
    """Return a function that returns what was logged, as a list of dictionaries."""
    stream = io.StringIO()
    for name in (None, "django", "django.request", "django.security"):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler.formatter, ProcessorFormatter):
                monkeypatch.setattr(handler, "stream", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.django_db
def test_request_is_logged_in_one_line(client, log):
    client.get("/archive/?query=left-out")
    (line,) = log()
    assert (line["method"], line["path"], line["status"]) == ("GET", "/archive/", 200)
    assert line["seconds"] >= 0
    assert datetime.now(UTC) - datetime.fromisoformat(line["time"]) < timedelta(minutes=1)
    assert "user" not in line


@pytest.mark.django_db
def test_user_is_logged_by_number(client, log):
    editor = make_editor()
    client.force_login(editor)
    client.get("/admin/")
    assert log()[-1]["user"] == editor.pk


@pytest.mark.parametrize("given", ["abc-123", "A" * 64])
def test_request_id_of_the_proxy_is_kept(client, log, settings, given):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    response = client.get("/health/live/", headers={"x-request-id": given})
    assert response["X-Request-ID"] == log()[0]["request_id"] == given


@pytest.mark.parametrize(("given", "proxies"), [("", 1), ("A" * 65, 1), ('a"b', 1), ("a b", 1), ("é", 1), ("abc", 0)])
def test_request_without_a_good_id_gets_one(client, log, settings, given, proxies):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    response = client.get("/health/live/", headers={"x-request-id": given})
    assert response["X-Request-ID"] == log()[0]["request_id"] != given
    assert re.fullmatch(r"[0-9a-f-]{36}", response["X-Request-ID"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "host", "status"),
    [("/nowhere/", "testserver", 404), ("/\u2028%0Aline/", "testserver", 404), ("/", "evil.example", 400)],
)
def test_bad_request_is_logged_in_one_line(client, log, address, host, status):
    assert client.get(address, headers={"host": host}).status_code == status
    (line,) = log()
    assert (line["status"], "exception" in line) == (status, False)
    assert ("evil" in line.get("reason", "")) == (status == 400)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["a b", "testserver:x", "[::1", "]", "..", "{{7*7}}", "user@testserver", "\r\nx", "a" * 10_000, "é.example"]
)
@pytest.mark.parametrize("path", ["/", "/admin/", "/health/", "/" + "x" * 10_000])
def test_malformed_host_takes_one_short_line(client, log, host, path):
    assert client.get(path, headers={"host": host}).status_code == 400
    (line,) = log()
    assert (line["level"], "exception" in line) == ("info", False)
    assert len(json.dumps(line)) < 2500


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/" + "x" * 10_000, "/search/" + "%F0%9F%98%80" * 2000, "/a" * 5000 + "/feed/"])
def test_long_path_is_logged_short(client, log, path):
    client.get(path)
    (line,) = log()
    assert "characters)" in line["path"]
    assert max(len(str(value)) for value in line.values()) < 530


def test_traceback_stays_whole(failing, log):
    failing(ProgrammingError("wrong " * 200))
    assert log()[0]["exception"].rstrip().endswith("wrong")


@pytest.mark.parametrize(("error", "status"), [(SuspiciousOperation("bad"), 400), (OperationalError("away"), 503)])
def test_what_is_no_fault_of_the_code_has_no_traceback(failing, log, error, status):
    assert failing(error).status_code == status
    (line,) = log()
    assert str(error) in line["reason"]
    assert "exception" not in line


def test_fault_of_the_code_has_a_traceback(failing, log):
    failing(ProgrammingError("wrong"))
    fault, request = log()
    assert "Traceback" in fault["exception"]
    assert fault["request_id"] == request["request_id"]


def test_outage_in_a_job_is_logged_in_one_line():
    error = OperationalError("connection\nlost")
    record = logging.LogRecord("worker", logging.ERROR, "", 0, "It %s", ("failed\n",), (type(error), error, None))
    assert without_traceback(record)
    assert (record.exc_info, "\n" in record.getMessage()) == (None, False)


@pytest.mark.django_db
def test_link_for_a_new_password_is_not_logged(client, log):
    client.get("/accounts/password/reset/key/1a-secret-key/")
    assert "secret" not in json.dumps(log())


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post", "put"])
@pytest.mark.parametrize("path", ["{}/leave/", "{}/", "{}", "{}/nothing/at/all/", "/{}/"])
def test_link_of_a_subscriber_is_not_logged(client, log, method, path):
    token = "secretsecretsecretsecr"
    getattr(client, method)(f"/subscription/{path.format(token)}")
    assert token not in json.dumps(log())


@pytest.mark.django_db(transaction=True)
def test_job_logs_the_request_that_deferred_it(monkeypatch):
    seen = []
    monkeypatch.setattr(draw_card, "func", lambda issue_id: seen.append((issue_id, get_contextvars())))
    with bound_contextvars(request_id="abc"):
        draw_card.defer(issue_id=1)
    draw_card.defer(issue_id=2)
    work("default")
    assert sorted(seen) == [(1, {"request_id": "abc"}), (2, {})]
