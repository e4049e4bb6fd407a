"""A small internet for tests: real servers and sockets, with names and routes that lead to this machine.

Names are looked up in a table, and connections to public addresses end at a local server. All checks stay as they are.
"""

import errno
import socket
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

PUBLIC = "93.184.216.34"
REAL_CONNECT = socket.socket.connect
REAL_GETADDRINFO = socket.getaddrinfo


class Web:
    def __init__(self):
        self.names: dict[str, list[str]] = {}  # Of a name, the address of each look-up; the last one stays.
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []  # Address and headers.
        self.connections: list[tuple[str, int]] = []  # What was really connected to, or tried.
        self.ports: dict[int, int] = {80: self._start(None).server_port}

    def answer(self, address: str, body: bytes | str = b"", status: int = 200, **headers: str) -> str:
        """Have that address answer this. Headers with underscores; text/html unless content_type is given."""
        content = body.encode() if isinstance(body, str) else body
        headers = {"content_type": "text/html; charset=utf-8", "content_length": str(len(content)), **headers}

        def write(request: BaseHTTPRequestHandler):
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            request.end_headers()
            request.wfile.write(content)

        return self.handle(address, write)

    def redirect(self, address: str, location: str, status: int = 301) -> str:
        return self.answer(address, b"Moved.", status, location=location)

    def handle(self, address: str, write: Callable[[BaseHTTPRequestHandler], None]) -> str:
        self.answers[address] = write
        self.names.setdefault(urlsplit(address).hostname or "", [PUBLIC])
        return address

    def serve_tls(self, certificate: str) -> None:
        """`certificate` is the path of a file with that and its key."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.ports[443] = self._start(context).server_port

    def _start(self, context: ssl.SSLContext | None) -> ThreadingHTTPServer:
        web, scheme = self, "https" if context else "http"

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                address = f"{scheme}://{self.headers['Host']}{self.path}"
                web.requests.append((address, dict(self.headers)))
                try:
                    web.answers[address](self)
                except OSError:
                    self.close_connection = True  # The fetcher had enough.

            def log_message(self, *args):
                """Nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.handle_error = lambda *args: None  # type: ignore[method-assign]
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return server

    def look_up(self, host, port, *args, **kwargs):
        host.encode("idna")  # As the real one, which raises UnicodeError for a label of more than 63 letters.
        if host in self.names:
            addresses = self.names[host]
            host = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        elif not any(map(str.isdigit, host)) and host != "localhost":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return REAL_GETADDRINFO(host, port, *args, **kwargs)

    def connect(self, connection, address):
        self.connections.append(address[:2])
        if address[0] != PUBLIC or address[1] not in self.ports:
            raise OSError(errno.ENETUNREACH, "Nothing but this web is connected to in tests")
        return REAL_CONNECT(connection, ("127.0.0.1", self.ports[address[1]]))


@pytest.fixture
def web(monkeypatch) -> Web:
    web = Web()
    monkeypatch.setattr(socket, "getaddrinfo", web.look_up)
    monkeypatch.setattr(socket.socket, "connect", lambda connection, address: web.connect(connection, address))
    return web
