from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse

from sreweekly import uploads
from sreweekly.bulkheads import Bulkhead
from sreweekly.uploads import read_to_the_end

CONTENT = b"text=" + bytes(100_000)


class Broken(BytesIO):
    def read(self, size=-1):
        raise OSError


def request(content: BytesIO) -> WSGIRequest:
    form = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(CONTENT))}
    return WSGIRequest({"REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.input": content, **form})


@pytest.mark.parametrize("view", [lambda request: None, lambda request: request.POST, lambda request: request.read(9)])
def test_content_is_read_to_its_end_and_no_further(view):
    content = BytesIO(CONTENT + b"next")
    response = HttpResponse()
    assert read_to_the_end(lambda request: view(request) or response)(request(content)) is not None
    assert content.read() == b"next"


def test_slow_clients_do_not_take_every_thread(monkeypatch):
    monkeypatch.setattr(uploads, "readings", Bulkhead(1, waiting=0, patience=0))
    content, response = BytesIO(CONTENT), HttpResponse()
    with uploads.readings.turn():
        assert read_to_the_end(lambda request: response)(request(content)) is response
    assert content.tell() == 0


def test_client_that_left_does_no_harm():
    response = HttpResponse()
    assert read_to_the_end(lambda request: response)(request(Broken())) is response
