"""The live server of the tests, which can wait until it has answered every request."""

import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from contextlib import suppress

from django.core.servers.basehttp import WSGIServer
from django.db import connections
from django.test.testcases import LiveServerThread

_servers: list["LiveServer"] = []


class LiveServer(WSGIServer):
    """Answer each request in a thread of its own, and close the connection after it.

    Django keeps a connection open for further requests only if the server is a `ThreadingMixIn`, which this is not. So
    a thread serves exactly one request, and when the thread has ended, the request has been answered.
    """

    request_queue_size = 100

    def __init__(self, *args, connections_override: None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.open: dict[threading.Thread, socket.socket] = {}
        _servers.append(self)

    def process_request(self, request, client_address):
        thread = threading.Thread(target=self._answer, args=(request, client_address), daemon=True)
        thread.start()
        # Added after the start, because wait() cannot join a thread that has not started. It does not come too early:
        # its own connection is accepted after this one.
        self.open = {other: its for other, its in self.open.items() if other.is_alive()} | {thread: request}

    def _answer(self, request, client_address) -> None:
        try:
            self.finish_request(request, client_address)
        except Exception:
            self.handle_error(request, client_address)
        finally:
            self.shutdown_request(request)
            connections.close_all()

    def server_close(self):
        super().server_close()
        _servers.remove(self)

    def wait(self, seconds: float) -> None:
        """Return when every request that has been sent is answered. Raise AssertionError after `seconds`."""
        # Connections are accepted in turn. Once this one is closed, all that a browser opened before are in `open`.
        with socket.create_connection((str(self.server_address[0]), self.server_port), timeout=seconds) as last:
            last.shutdown(socket.SHUT_WR)
            last.recv(1)
        waiting, self.open = self.open, {}
        deadline = time.monotonic() + seconds
        _join(waiting, time.monotonic() + 1)
        for thread, connection in waiting.items():
            if thread.is_alive():
                # Chromium opens connections in advance, and does not always close those that it has not used.
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
        _join(waiting, deadline)
        running = {thread.ident for thread in waiting if thread.is_alive()}
        stacks = [traceback.format_stack(frame) for ident, frame in sys._current_frames().items() if ident in running]
        assert not stacks, f"Not answered after {seconds} seconds:\n\n" + "\n".join("".join(stack) for stack in stacks)


def _join(threads: Iterable[threading.Thread], deadline: float) -> None:
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def wait_for_requests(seconds: float) -> None:
    for server in _servers:
        server.wait(seconds)


LiveServerThread.server_class = LiveServer  # type: ignore[assignment]
