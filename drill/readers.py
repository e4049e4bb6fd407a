"""Readers who go on reading published pages and feeds through the proxy, and what they get."""

import http.client
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

type Connect = Callable[[], http.client.HTTPConnection]

TIMEOUT = 30  # Seconds that an answer may take: tests.deploy.proxy.Proxy.connect().


class Count(NamedTuple):
    requests: int
    failed: Counter[str]  # By status, or by the name of the exception.
    slowest: float  # Seconds.
    p95: float  # Seconds, within which 95 of 100 requests were answered.


class Readers:
    """Threads that request the paths in turn, over connections that stay open. An answer other than 200 has failed."""

    def __init__(self, connect: Connect, paths: list[str], number: int = 4):
        self._connect, self._paths = connect, paths
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._failed, self._seconds = Counter[str](), list[float]()
        self._threads = [threading.Thread(target=self._read, args=(start,), daemon=True) for start in range(number)]

    def __enter__(self) -> "Readers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT + 1)

    def count(self) -> Count:
        """Return what has happened so far."""
        with self._lock:
            seconds, failed = list(self._seconds), Counter(self._failed)
        return Count(len(seconds), failed, max(seconds), statistics.quantiles(seconds, n=20)[-1])

    def _read(self, position: int) -> None:
        connection = self._connect()
        while not self._stop.is_set():
            path = self._paths[position % len(self._paths)]
            position += 1
            began = time.monotonic()
            outcome = ask(connection, path)
            with self._lock:
                self._seconds.append(time.monotonic() - began)
                if outcome != "200":
                    self._failed[outcome] += 1
            self._stop.wait(0.005)
        connection.close()


def ask(connection: http.client.HTTPConnection, path: str) -> str:
    """Return the status of the answer, or the name of the exception. Ask once more if the connection had been closed.

    A server may close a connection that is idle, and every client asks again (RFC 9110, section 9.2.2).
    """
    headers = {"Host": urlsplit(settings.SITE_URL).netloc, "Accept-Encoding": "br"}
    for _ in range(2):
        was_open = connection.sock is not None
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if was_open and isinstance(error, (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)):
                continue
            return type(error).__name__
        return str(answer.status)
    return "closed twice"


def wait_until_ready(connect: Connect, seconds: float = 60) -> float:
    """Wait until the desk could work again, and return the seconds that this took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        with suppress(OSError):
            connection = connect()
            status = ask(connection, "/health/ready/")
            connection.close()
            if status == "200":
                break
        time.sleep(0.05)
    return time.monotonic() - began
