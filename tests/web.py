"""A small internet for tests: real servers on this machine, to which all public names and addresses lead.

The code under test runs libcurl as always. Only lookups of names are answered from a table, and a connection to PUBLIC
that the code has allowed ends at a local server.
"""

import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pycurl
import pytest

PUBLIC = "93.184.216.34"


class Web:
    def __init__(self):
        self.names: dict[str, list[str]] = {}  # By name, the address that each lookup gives. The last one stays.
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []  # Address and headers.
        self.connections: list[tuple[str, int]] = []  # Address and port of each connection, also of refused ones.
        self.servers: list[ThreadingHTTPServer] = []
        self.ports: dict[int, int] = {80: self._start(None).server_port}

    def answer(self, address: str, body: bytes | str = b"", status: int = 200, **headers: str) -> str:
        """Make an address answer this. Names of headers have underscores. The default content_type is text/html."""
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
        """Answer on port 443, too. `certificate` is the path of a file with a certificate and its key."""
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
                    self.close_connection = True  # The client has closed it.

            def log_message(self, *args):
                """Write no log."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.handle_error = lambda *args: None  # type: ignore[method-assign]
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        self.servers.append(server)
        return server

    def close(self) -> None:
        for server in self.servers:
            server.shutdown()
            server.socket.close()

    def open(self) -> pycurl.Curl:
        """Return a libcurl handle that looks names up in this web, and connects to its servers."""
        return _Curl(self)


class _Curl(pycurl.Curl):
    """Asks the code under test about each connection, as libcurl does, and then connects to the local server."""

    def __init__(self, web: Web):
        super().__init__()
        self._web = web
        self._is_known = True

    def setopt(self, option, value):
        if option == pycurl.URL:
            self._look_up(pycurl.CurlUrl(value).host)
        if option == pycurl.OPENSOCKETFUNCTION:
            super().setopt(pycurl.SOCKOPTFUNCTION, lambda *args: pycurl.SOCKOPT_ALREADY_CONNECTED)
            super().setopt(option, lambda purpose, target: self._connect(value(purpose, target), *target.addr[:2]))
        else:
            super().setopt(option, value)

    def perform(self):
        if not self._is_known:
            raise pycurl.error(pycurl.E_COULDNT_RESOLVE_HOST, "Could not resolve host")
        super().perform()

    def _look_up(self, host: str) -> None:
        if addresses := self._web.names.get(host):
            address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
            super().setopt(pycurl.RESOLVE, [f"{host}:{port}:{address}" for port in (80, 443)])
        else:
            self._is_known = bool(re.fullmatch(r"localhost|[\d.]+|\[.*\]", host))  # These need no lookup.

    def _connect(self, connection, host: str, port: int):
        if connection == pycurl.SOCKET_BAD:
            return connection
        self._web.connections.append((host, port))
        if host != PUBLIC or port not in self._web.ports:
            return pycurl.SOCKET_BAD
        connection.connect(("127.0.0.1", self._web.ports[port]))
        return connection


@pytest.fixture
def web(monkeypatch) -> Iterator[Web]:
    with closing(Web()) as web:
        monkeypatch.setattr(pycurl, "Curl", web.open)
        yield web
