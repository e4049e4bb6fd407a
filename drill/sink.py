"""A small SMTP server that accepts everything and remembers who got what. For drills and benchmarks."""

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Sink:
    """Runs in a thread of its own until stop(). `accepted` has the addresses, and how many messages each got."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.message_ids: Counter[bytes] = Counter()
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sink", daemon=True)
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        server = self._loop.run_until_complete(self._loop.create_server(lambda: _Session(self), "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        server.close()


@contextmanager
def running_sink() -> Iterator[Sink]:
    sink = Sink()
    try:
        yield sink
    finally:
        sink.stop()


class _Session(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.received = b""
        self.recipient = ""
        self.is_data = False

    def connection_made(self, transport) -> None:
        self.transport = transport
        self._say("220 sink")

    def data_received(self, data: bytes) -> None:
        self.received += data
        while True:
            end = b"\r\n.\r\n" if self.is_data else b"\r\n"
            piece, found, rest = self.received.partition(end)
            if not found:
                return
            self.received = rest
            if self.is_data:
                self._take(piece)
            else:
                self._answer(piece.decode("ascii", "replace"))

    def _answer(self, line: str) -> None:
        command = line[:4].upper()
        if command == "RCPT":
            self.recipient = line[line.index("<") + 1 : line.index(">")]
        self.is_data = command == "DATA"
        answers = {"DATA": "354 Go on", "QUIT": "221 Bye", "EHLO": "250-sink\r\n250 PIPELINING"}
        self._say(answers.get(command, "250 Ok"))
        if command == "QUIT":
            self.transport.close()

    def _take(self, message: bytes) -> None:
        self.is_data = False
        found = re.search(rb"^message-id:\s*(\S+)", message, re.IGNORECASE | re.MULTILINE)
        self.sink.message_ids[found[1] if found else b""] += 1
        self.sink.accepted[self.recipient] += 1
        self._say("250 Ok: queued as DRILL")

    def _say(self, line: str) -> None:
        if not self.transport.is_closing():
            self.transport.write(f"{line}\r\n".encode())
