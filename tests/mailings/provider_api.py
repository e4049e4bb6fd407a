"""An HTTP server on 127.0.0.1 in the place of a provider's API. It keeps what it gets, and answers as a test says."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl


class Request(NamedTuple):
    path: str
    headers: dict[str, str]
    body: Any  # JSON, or the fields of a form.


class Answer(NamedTuple):
    code: int = 200
    body: Any = ""
    headers: dict[str, str] = {}
    wait: float = 0  # Seconds.


DROP = Answer(0)  # The connection is closed without an answer.


class Api:
    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self):
                self.send_response(404)
                self.end_headers()

            def do_POST(self):
                content = self.rfile.read(int(self.headers["Content-Length"]))
                request = Request(self.path, dict(self.headers), _parsed(self.headers["Content-Type"] or "", content))
                api.requests.append(request)
                code, body, headers, wait = api.answer(request)
                time.sleep(wait)
                if not code:
                    self.close_connection = True
                    self.connection.close()
                    return
                written = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(code)
                for name, value in {"Content-Length": str(len(written)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(written)

            def log_message(self, *arguments):
                return

        return Handler


def _parsed(kind: str, content: bytes) -> Any:
    if kind.startswith("application/json"):
        return json.loads(content)
    fields: dict[str, str] = {}
    for name, value in parse_qsl(content.decode(), keep_blank_values=True):
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields
