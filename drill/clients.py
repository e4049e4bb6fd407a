"""Many clients at once: slow ones, which hold connections open, and 256 who search.

The proxy limits the requests of one address (PROXY_CONNECTIONS), so they come from many addresses of 127.0.0.0/8.
"""

import asyncio
import resource
import socket
import ssl
import time
from collections import Counter
from itertools import islice, product
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from drill.newsletter import DrillError
from drill.site import Site

SECONDS = 15  # Longer than the proxy waits for headers.
PAUSE = 1  # Seconds between two pieces that a slow client sends or reads.
SLOW = {"headers": 1000, "bodies": 60, "downloads": 60}
SEARCHERS = 256
PATIENCE = 60  # Seconds that a searcher waits.
PIECE = 512  # Bytes that a slow client reads at once, and its system keeps for it.
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TLS.check_hostname, TLS.verify_mode = False, ssl.CERT_NONE  # The proxy signs its certificate itself.

type Reader = asyncio.StreamReader
type Writer = asyncio.StreamWriter


def run(site: Site) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    site.rehearse(f"{sum(SLOW.values()):,} slow clients", lambda: asyncio.run(_be_slow(site)))
    site.rehearse(f"{SEARCHERS} clients search at once", lambda: asyncio.run(_search(site)))


async def _be_slow(site: Site) -> str:
    """Keep all slow clients connected: whoever is cut off comes again."""
    acts = {"headers": _send_headers, "bodies": _send_body, "downloads": _download}
    connected, cut_off = Counter[str](), Counter[str]()

    async def stay(kind: str, number: int) -> None:
        while True:
            reader, writer = await _connect(site, number)
            connected[kind] += 1
            try:
                await acts[kind](reader, writer)
            except OSError:
                cut_off[kind] += 1
            finally:
                connected[kind] -= 1
                writer.transport.abort()

    tasks = [asyncio.create_task(stay(kind, number)) for kind, amount in SLOW.items() for number in range(amount)]
    await asyncio.sleep(SECONDS)
    at_the_end = connected.copy()
    for task in tasks:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    if errors := [error for error in outcomes if not isinstance(error, asyncio.CancelledError)]:
        raise DrillError(f"{len(errors)} slow clients failed: {errors[0]!r}")
    return f"connected at the end: {_listed(at_the_end)}; cut off before: {_listed(cut_off)}"


async def _send_headers(reader: Reader, writer: Writer) -> None:
    writer.write(_head("GET", "/").removesuffix(b"\r\n"))
    await _send_slowly(reader, writer, b"X-Slow: yes\r\n")


async def _send_body(reader: Reader, writer: Writer) -> None:
    writer.write(_head("POST", "/admin/issues/issue/add/", **{"Content-Length": "1000000"}))
    await _send_slowly(reader, writer, b"x" * 100)


async def _send_slowly(reader: Reader, writer: Writer, piece: bytes) -> None:
    while not reader.at_eof():
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(PAUSE)
    raise ConnectionResetError


async def _download(reader: Reader, writer: Writer) -> None:
    writer.write(_head("GET", "/data/articles.jsonl"))
    status = (await reader.readline()).split()[1:2]
    if status != [b"200"]:
        raise DrillError(f"A slow download was answered with {status}.")
    while await reader.read(PIECE):
        await asyncio.sleep(PAUSE)


async def _search(site: Site) -> str:
    """Raise DrillError if a searcher gets anything but results, or 503 and when to try again."""
    from benchmarks.data import WORDS

    paths = [
        f"/search/?{urlencode({'q': ' '.join(words)})}" for words in islice(product(WORDS, WORDS[::-1]), SEARCHERS)
    ]
    connections = await asyncio.gather(*(_connect(site, number, limit=2**20) for number in range(SEARCHERS)))
    seconds: list[float] = []

    async def ask(path: str, reader: Reader, writer: Writer) -> str:
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                writer.write(_head("GET", path, Connection="close"))
                head, _, _ = (await reader.read(-1)).partition(b"\r\n\r\n")
        except OSError as error:  # A timeout is one, too.
            return type(error).__name__
        finally:
            seconds.append(time.monotonic() - began)
            writer.transport.abort()
        status = head.split()[1].decode() if head else "no answer"
        return f"{status} with Retry-After" if b"\nretry-after:" in head.lower() else status

    answers = [ask(path, *connection) for path, connection in zip(paths, connections, strict=True)]
    found = Counter(await asyncio.gather(*answers))
    if found.keys() - {"200", "503 with Retry-After"}:
        raise DrillError(f"{SEARCHERS} clients who searched at once got {_listed(found)}.")
    return f"they got {_listed(found)}; the slowest after {max(seconds):.1f} s"


async def _connect(site: Site, number: int, limit: int = PIECE) -> tuple[Reader, Writer]:
    """Connect from an address that few others have."""
    connection = socket.socket()
    connection.setblocking(False)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, limit)
    connection.bind((f"127.0.1.{1 + number % 250}", 0))
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", site.proxy.https_port))
    return await asyncio.open_connection(sock=connection, ssl=TLS, server_hostname="", limit=limit)


def _head(method: str, path: str, **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(settings.SITE_URL).netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def _listed(counter: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counter.items()) or "none"
