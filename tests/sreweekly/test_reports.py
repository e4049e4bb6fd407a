import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import brotli
import pytest
from django.db import OperationalError

from sreweekly.reports import leave_out
from tests.sreweekly.conftest import ROOT, environment_with, run

FAULTY_REQUEST = """
import django
django.setup()
import sentry_sdk
from django.conf import settings
from django.test import Client

settings.MIDDLEWARE = settings.MIDDLEWARE[:2]
settings.ROOT_URLCONF = "tests.sreweekly.faulty_urls"
Client(raise_request_exception=False).post("/?query=secret", {"words": "secret"}, HTTP_COOKIE="sessionid=secret")
sentry_sdk.flush()
"""


@pytest.fixture
def service():
    """Return the address of a service, and the bodies of the requests that it gets."""
    bodies = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(brotli.decompress(body) if self.headers["Content-Encoding"] == "br" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            """Write no log."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://key@127.0.0.1:{server.server_port}/1", bodies
    server.shutdown()
    server.server_close()


def test_fault_is_reported_without_what_was_sent(service):
    address, bodies = service
    environment = environment_with("postgresql:///none") | {
        "SENTRY_DSN": address,
        "DJANGO_SETTINGS_MODULE": "sreweekly.settings",
        "ALLOWED_HOSTS": "testserver",
        "HTTPS_REDIRECT": "off",
    }
    run([sys.executable, "-c", FAULTY_REQUEST], ROOT, environment)
    (report,) = (line for body in bodies for line in body.splitlines() if b'"exception"' in line)
    assert json.loads(report)["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    assert b"secret" not in report


def test_outage_is_not_reported():
    error = OperationalError()
    assert leave_out({}, {"exc_info": (type(error), error, None)}) is None
    assert leave_out({}, {}) == {}


@pytest.mark.parametrize(
    ("path", "reported"),
    [
        ("/accounts/password/reset/key/1a-secret/", "/accounts/password/reset/key/…"),
        ("/subscription/secret/leave/", "/subscription/…/leave/"),
    ],
)
def test_links_that_are_secrets_are_left_out(path, reported):
    event = leave_out({"request": {"url": f"https://host{path}"}}, {})
    assert event
    assert event["request"]["url"] == f"https://host{reported}"
