"""An application that answers as a test tells it to, and notes what it was asked."""

import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from zlib import crc32

from tests.deploy.proxy import with_hyphens
from tests.sreweekly.conftest import free_port

CONTROL = "public, max-age=300, s-maxage=300, stale-while-revalidate=60, stale-if-error=604800"


class Request(NamedTuple):
    method: str
    path: str
    headers: Message
    body: bytes


class Stub:
    def __init__(self):
        self.port = free_port()
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.requests: list[Request] = []
        self.before: Callable[[Any], None] = lambda request: None
        self.start()

    def start(self):
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                stub.requests.append(Request(self.command, self.path, self.headers, body))
                stub.before(self)
                status, headers, body = stub.answers.get(self.path.partition("?")[0], (200, {}, b"Anything."))
                if status == 200 and headers.get("ETag") and self.headers["If-None-Match"] == headers["ETag"]:
                    status, body = 304, b""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 304:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_HEAD = answer

            def log_message(self, *args):
                """Write no log."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 100

            def handle_error(self, request, client_address):
                """nginx may go away first."""

        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    @contextmanager
    def stopped(self):
        """Close the port. Connections that are open already are not answered either."""
        self.before = _hang_up
        self.stop()
        try:
            yield
        finally:
            self.before = lambda request: None
            self.start()

    def publish(self, path: str, body: bytes = b"First.", status: int = 200, expired: int = -60, **headers: str):
        """Answer as the application does for readers. `expired` is for how many seconds nginx finds this too old."""
        fixed = {
            "Cache-Control": CONTROL,
            "ETag": f'W/"{crc32(body)}"',
            "Vary": "Accept-Encoding",
            "X-Accel-Expires": f"@{int(time.time()) - expired}",
        }
        given = fixed | with_hyphens(headers)
        self.answers[path] = status, {name: value for name, value in given.items() if value}, body

    def correct(self, path: str, body: bytes = b"Second.", **options: Any):
        self.publish(path, body, **options)


def _hang_up(request) -> None:
    request.close_connection = True
    raise ConnectionError
