"""The application, served as in production, on a free port of 127.0.0.1."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"
# The image's, without the application.
COMMAND = json.loads(re.findall(r"^CMD (.*granian.*)$", Path("Dockerfile").read_text(), re.MULTILINE)[0])[:-1]


class ServerError(Exception):
    """The server did not start, or a response was wrong."""


@contextmanager
def serve(environment: dict[str, str], application: str = "sreweekly.wsgi:application") -> Iterator[int]:
    """Start the server, and yield its port when it accepts connections."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    granian = Path(sys.executable).with_name(COMMAND[0])
    command = [str(granian), *COMMAND[1:], "--log-level", "warning", "--host", HOST, "--port", str(port), application]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            if not _answers(process, port):
                output.seek(0)
                raise ServerError(f"The server did not start: {output.read().strip() or 'no output'}")
            yield port
        finally:
            process.terminate()
            process.wait(timeout=60)  # More than the --workers-kill-timeout of the image.


def fetch(port: int, path: str, status: int = 200, headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
    """Request a path and return the response, with its size in bytes in `length`. Raises ServerError if it is wrong."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        answer.length = len(answer.read())
    finally:
        connection.close()
    check(path, answer.status, answer.length, status)
    return answer


def check(path: str, status: int, size: int, expected: int) -> None:
    if status != expected:
        raise ServerError(f"{path} answered {status} instead of {expected}.")
    if not size and status != http.HTTPStatus.NOT_MODIFIED:
        raise ServerError(f"{path} answered with an empty body.")


def _answers(process: subprocess.Popen, port: int) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if is_listening(port):
            return True
        time.sleep(0.1)
    return False


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
