"""A real SMTP server on 127.0.0.1 that keeps what it gets, and answers as a test says."""

import asyncio
import email
import email.policy
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


class Sink:
    """Answers each RCPT and each DATA with what `answer` returns; None drops the connection."""

    def __init__(self, answer: Callable[[str, str], str | None] = lambda step, address: "250 2.0.0 Ok: queued as A1"):
        self.answer = answer
        self.messages: list[tuple[str, bytes]] = []  # The address and the bytes of each that was accepted.
        self.handed_over: list[str] = []  # The address of each whose contents came, also if it was refused then.
        self.senders: list[str] = []  # Of MAIL FROM.
        self.connections = 0
        self._lock = threading.Lock()

    @property
    def counts(self) -> Counter[str]:
        return Counter(address for address, _ in self.messages)

    def parsed(self, place: int = 0) -> EmailMessage:
        return email.message_from_bytes(self.messages[place][1], policy=email.policy.default)

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = await asyncio.to_thread(self.answer, "RCPT", address)
        if answer is None:
            return await self._drop(server)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        self.senders.append(envelope.mail_from)
        self.handed_over.append(address)
        answer = await asyncio.to_thread(self.answer, "DATA", address)
        if answer is None:
            return await self._drop(server)
        if answer.startswith("250"):
            with self._lock:
                self.messages.append((address, envelope.original_content))
        return answer

    async def _drop(self, server: SMTP) -> str:
        server.transport.abort()  # type: ignore[union-attr]
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0.1)
        return "421 Closing"


class SmtpController(Controller):
    def __init__(self, sink: Sink) -> None:
        super().__init__(sink, hostname="127.0.0.1", port=0)

    def _trigger_server(self) -> None:
        """Learn which port is free before the first connection to it."""
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        super()._trigger_server()
