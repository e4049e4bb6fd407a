"""One HTTP request through libcurl: to a public address only, and within limits on time and size.

libcurl looks names up, connects, checks certificates, decompresses and keeps the time. Before each connection it calls
`Answer.open_socket` with the very address that it will connect to. So no spelling of a host gets around the check, and
neither does a name that changes its address between two lookups.
"""

import re
import socket
from collections.abc import Callable
from contextlib import closing
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import certifi
import idna
import pycurl
from django.utils.encoding import iri_to_uri

from text.validators import strip_control_characters

PORTS = {80, 443}
# The only block that is routed on the internet: https://www.iana.org/assignments/ipv6-address-space/
GLOBAL_UNICAST = IPv6Network("2000::/3")
# Python 3.13 calls these global, wholly or in part, but no website is there: protocol assignments (RFC 6890, RFC 2928),
# 6to4 relays (RFC 7526) and documentation (RFC 9637).
SPECIAL_BLOCKS = [ip_network(block) for block in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20")]
# libcurl's CURLOPT_QUICK_EXIT, which pycurl 7.49 does not name: after a timeout, do not wait for a name lookup that is
# still running in its thread. Otherwise closing the handle takes 10 s if the name server does not answer.
QUICK_EXIT = 322
FAILURES = {
    pycurl.E_OPERATION_TIMEDOUT: "“{}” did not answer in time.",
    pycurl.E_PEER_FAILED_VERIFICATION: "“{}” has no valid certificate.",
    pycurl.E_COULDNT_RESOLVE_HOST: "The name “{}” is not known.",
}


class ForbiddenAddress(ValueError):
    """The address must not be requested. The message is a sentence for the editor."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether a website on the internet can have this address."""
    return (
        address.is_global
        and not address.is_multicast
        and (address.version == 4 or address in GLOBAL_UNICAST)
        and not any(address in block for block in SPECIAL_BLOCKS)
    )


class Answer:
    """What a site answered, with the callbacks through which libcurl hands it over."""

    def __init__(self, host: str, limit: int, is_wanted: "Callable[[Answer], bool]"):
        self.host = host
        self.status = 0  # 0 until the headers are complete.
        self.headers: dict[str, str] = {}  # By name in lower case. Values of repeated headers are joined by commas.
        self.has_wanted_body = False
        self.body = bytearray()  # Decompressed.
        self.is_cut = False  # The body is longer than the limit, or broke off.
        self.is_private = False  # The host has an address that is not public.
        self.failure = ""  # A sentence, if the transfer failed. The attributes hold what had arrived by then.
        self.sockets: list[socket.socket] = []
        self._limit = limit
        self._is_wanted = is_wanted
        self._status = 0

    def open_socket(self, purpose: int, target: Any) -> Any:
        family, kind, protocol, (host, port, *_) = target
        if is_public(ip_address(host)) and port in PORTS:
            self.sockets.append(socket.socket(family, kind, protocol))  # libcurl duplicates it.
            return self.sockets[-1]
        self.is_private = True
        return pycurl.SOCKET_BAD

    def read_header(self, line: bytes) -> int | None:
        """Take one line of the headers. Return -1 to end the transfer: after the last line, if the body is unwanted."""
        if start := re.match(rb"HTTP/[\d.]+ +(\d{3})", line):
            self._status, self.headers = int(start[1]), {}
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon:
            values = [self.headers.get(name.lower(), ""), strip_control_characters(value).strip()]
            self.headers[name.lower()] = ", ".join(filter(None, values))
        if line.strip() or self._status < 200:  # After 100 and 103 comes the real answer.
            return None
        self.status = self._status
        self.has_wanted_body = self._is_wanted(self)
        return None if self.has_wanted_body else -1

    def read_body(self, piece: bytes) -> int | None:
        """Take at most 64 kB. Return -1 to end the transfer: when the limit is passed."""
        self.body += piece
        self.is_cut = len(self.body) > self._limit
        del self.body[self._limit :]
        return -1 if self.is_cut else None


def request(
    address: str, headers: list[str], *, seconds: float, limit: int, is_wanted: Callable[[Answer], bool]
) -> Answer:
    """Send one GET request and follow no redirect. Raises ForbiddenAddress.

    `limit` is in bytes after decompression. `is_wanted` decides by status and headers if the body is read.
    """
    url = parse(address)
    answer = Answer(url.host, limit, is_wanted)
    options = {
        pycurl.URL: url.url,
        pycurl.HTTPHEADER: headers,
        pycurl.ACCEPT_ENCODING: "gzip",
        pycurl.TIMEOUT_MS: max(round(seconds * 1000), 1),  # 0 would mean no limit.
        pycurl.PROXY: "",  # None from the environment either.
        pycurl.CAINFO: certifi.where(),
        pycurl.NOSIGNAL: 1,  # Signals are not safe with threads.
        QUICK_EXIT: 1,
        pycurl.OPENSOCKETFUNCTION: answer.open_socket,
        pycurl.HEADERFUNCTION: answer.read_header,
        pycurl.WRITEFUNCTION: answer.read_body,
    }
    with closing(pycurl.Curl()) as curl:
        for option, value in options.items():
            curl.setopt(option, value)
        try:
            curl.perform()
        except pycurl.error as error:
            if error.args[0] != pycurl.E_WRITE_ERROR:  # That is how a callback ends the transfer.
                answer.failure = FAILURES.get(error.args[0], "The connection to “{}” failed.").format(url.host)
                answer.is_cut = True
        finally:
            for connection in answer.sockets:
                connection.close()
    return answer


def parse(address: str) -> pycurl.CurlUrl:
    """Return the address as libcurl understands it, with the host in ASCII. Raises ForbiddenAddress."""
    if not re.match(r"https?://[^/?#]", address, re.IGNORECASE):
        raise ForbiddenAddress("Only addresses that begin with http:// or https:// and a host are requested.")
    try:
        url = pycurl.CurlUrl(iri_to_uri(urlsplit(address).geturl()))  # What Python cannot parse is refused, too.
        if not url.host.isascii():
            url.host = idna.encode(url.host, uts46=True).decode()
    except (ValueError, pycurl.error) as error:
        raise ForbiddenAddress("This is not a valid web address: check how it is written.") from error
    if url.user is not None or url.password is not None:
        raise ForbiddenAddress("Addresses with a user name or a password are not requested.")
    if url.port is not None and int(url.port) not in PORTS:
        raise ForbiddenAddress(f"Only the ports 80 and 443 are requested, not {url.port}.")
    return url
