"""Connections to public addresses only, which end in time. For issues/fetching.py.

requests-hardened 1.3 looks a name up once, refuses private addresses, and connects to the very address it checked,
with the certificate and the Host header of the name. Not there, and so here: the IPv6 space outside of global unicast,
and an end to everything (its timeouts count between two bytes, and looking a name up has none). Its session is not
used: requests 2.34 reads the whole body of a redirect, keeps cookies, and asks the environment for proxies.
"""

import socket
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Lock, Thread, Timer
from time import monotonic
from typing import Any

from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

# https://www.iana.org/assignments/ipv6-address-space/: what is routed on the internet.
GLOBAL_UNICAST = IPv6Network("2000::/3")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """To be asked besides requests-hardened, which knows more of the special blocks inside 2000::/3."""
    return address.is_global and not address.is_multicast and (address.version == 4 or address in GLOBAL_UNICAST)


class Deadline:
    """Ends connections when the time is over, whatever they wait for. Use as a context."""

    def __init__(self, seconds: float):
        self._end = monotonic() + seconds
        self._timer = Timer(seconds, self._end_all)
        self._timer.daemon = True
        self._lock = Lock()
        self._sockets: list[socket.socket] = []

    def __enter__(self):
        self._timer.start()
        return self

    def __exit__(self, *exception):
        self._timer.cancel()
        with self._lock:
            while self._sockets:
                self._sockets.pop().close()

    @property
    def remaining(self) -> float:
        """Seconds, and never nothing: a socket would take 0 for "do not wait at all"."""
        return max(self._end - monotonic(), 0.001)

    @property
    def is_over(self) -> bool:
        return monotonic() >= self._end

    def watch(self, connection: socket.socket) -> None:
        """By a second descriptor, because TLS takes the first one over."""
        with self._lock:
            self._sockets.append(connection.dup())
        if self.is_over:
            self._end_all()

    def within(self, function: Callable[[], Any]) -> Any:
        """Call it in a thread, which is left alone when the time is over: TimeoutError."""
        future: Future = Future()
        Thread(target=_fulfil, args=(future, function), daemon=True).start()
        return future.result(timeout=self.remaining)

    def _end_all(self) -> None:
        with self._lock:
            for connection in self._sockets:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # The other side was faster.


def _fulfil(future: Future, function: Callable[[], Any]) -> None:
    try:
        future.set_result(function())
    except Exception as error:  # Whatever it is, it is raised where the result is asked for.
        future.set_exception(error)


class PublicAdapter(IPFilterAdapter):
    """For one request. Raises InvalidIPAddress, besides what requests does."""

    def __init__(self, scheme: str, deadline: Deadline):
        self._connection = _WatchedHTTPSConnection if scheme == "https" else _WatchedHTTPConnection
        self._deadline = deadline
        super().__init__(is_https_proto=scheme == "https")

    def build_connection_pool_key_attributes(self, *args, **kwargs):
        build = super().build_connection_pool_key_attributes
        host, options = self._deadline.within(partial(build, *args, **kwargs))
        if not is_public(ip_address(host["host"].strip("[]"))):
            raise InvalidIPAddress(host["host"])
        return host, options

    def get_connection_with_tls_context(self, *args, **kwargs):
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = partial(self._connection, deadline=self._deadline)
        return pool


class _Watched:
    """For the two classes below."""

    def __init__(self, *args, deadline: Deadline, **kwargs):
        super().__init__(*args, **kwargs)
        self._deadline = deadline

    def _new_conn(self):
        connection = super()._new_conn()  # type: ignore[misc]
        self._deadline.watch(connection)
        return connection


class _WatchedHTTPConnection(_Watched, HTTPConnection):
    pass


class _WatchedHTTPSConnection(_Watched, HTTPSConnection):
    pass
