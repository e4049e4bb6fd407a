"""Measurements of a mailing, into a server on this machine that accepts everything.

Postfix's smtp-sink if it is installed, else drill/sink.py.
"""

import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.core.mail import EmailMultiAlternatives, mailers
from django.db import connection
from django.test.utils import override_settings
from django.utils import timezone

from benchmarks.data import make_draft, subscribe
from benchmarks.server import ServerError, is_listening
from drill.sink import running_sink
from mailings.models.mailings import Mailing
from mailings.preparing import prepare
from mailings.sending.messages import Recipient, message_of

WORKERS, CONNECTIONS = 2, 2
# Messages that Django sends, and Postfix's smtp-source: enough for a rate.
SAMPLE, SOURCE_SAMPLE = 1000, 5000
SENDER = {"NEWSLETTER_FROM": "Bench <bench@example.com>", "NEWSLETTER_POSTAL_ADDRESS": "1 Example Street"}


class MailingResult(NamedTuple):
    sink: str
    recipients: int
    prepare_seconds: float
    send_seconds: float
    worker_mb: float  # Of the larger worker, at its most.
    django_per_second: float
    source_per_second: float | None  # None without smtp-source.
    source_size: int  # Bytes of its messages, as of ours.

    @property
    def per_second(self) -> float:
        return self.recipients / self.send_seconds


def measure_mailing(recipients: int) -> MailingResult:
    """Prepare and send a mailing to so many subscribers. Raises ServerError if not each of them got it."""
    with _sink() as (name, port), override_settings(**SENDER, MAILERS=_mailers(port)):
        issue = make_draft(100_000, articles=8)
        issue.approve(timezone.now())
        subscribe(recipients)
        connection.cursor().execute("VACUUM ANALYZE mailings_subscriber")
        began = time.perf_counter()
        mailing = prepare(issue)
        prepared = time.perf_counter() - began
        connection.cursor().execute("VACUUM ANALYZE mailings_delivery")
        seconds, memory = _send(port)
        if mailing.counts() != (0, 0, recipients, 0, 0, 0):
            raise ServerError(f"Not everybody got the mail: {mailing.counts()}.")
        size = len(message_of(mailing, _recipient(0)).as_bytes())
        source = _source_per_second(port, size) if shutil.which("smtp-source") else None
        return MailingResult(name, recipients, prepared, seconds, memory, _django_per_second(mailing), source, size)


def print_mailing(result: MailingResult) -> None:
    kilobytes, per_second = result.source_size // 1000, result.per_second
    print(f"\nA mailing to {result.recipients:,} subscribers, {kilobytes} kB each, into {result.sink}\n")
    times = result.send_seconds / result.prepare_seconds
    print(f"prepared in {result.prepare_seconds:.1f} s, {times:.0f} times faster than sent")
    print(f"sent in {result.send_seconds:.0f} s by {WORKERS} workers with {CONNECTIONS} connections each")
    print(f"{per_second:,.0f} a second; at most {result.worker_mb:.0f} MB a worker")
    django, source = result.django_per_second, result.source_per_second
    print(f"Django's send_messages over one connection: {django:,.0f} a second; ratio {per_second / django:.1f}")
    if source:
        print(f"Postfix's smtp-source, 4 sessions: {source:,.0f} a second; ratio {per_second / source:.2f}")


def _mailers(port: int) -> dict[str, object]:
    options = {"host": "127.0.0.1", "port": port, "timeout": 30}
    mailer = {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}
    return {"default": mailer, "newsletter": mailer}


def _send(port: int) -> tuple[float, float]:
    """Return the seconds that the workers took, without their start, and the MB of the larger one."""
    environment = os.environ | {**SENDER, "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port)}
    command = [sys.executable, "-m", "drill.mail_process", str(CONNECTIONS)]
    workers = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(WORKERS)]
    for worker in workers:
        worker.stdout.readline()  # type: ignore[union-attr]
    began, most = time.perf_counter(), 0.0
    while any(worker.poll() is None for worker in workers):
        most = max([most, *(_megabytes(worker.pid) for worker in workers if worker.poll() is None)])
        time.sleep(0.2)
    return time.perf_counter() - began, most


def _megabytes(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/status") as status:
            found = re.search(r"VmHWM:\s+(\d+)", status.read())
    except FileNotFoundError:
        return 0
    return int(found[1]) / 1000 if found else 0


def _django_per_second(mailing: Mailing) -> float:
    """Send messages of the same words as Django does: built one by one, over one connection."""
    messages = []
    for number in range(SAMPLE):
        message = EmailMultiAlternatives(mailing.subject, mailing.text, mailing.sender, [_recipient(number).address])
        message.attach_alternative(mailing.html, "text/html")
        messages.append(message)
    began = time.perf_counter()
    mailers["newsletter"].send_messages(messages)
    return SAMPLE / (time.perf_counter() - began)


def _source_per_second(port: int, size: int) -> float:
    command = ["smtp-source", "-s", "4", "-l", str(size), "-m", str(SOURCE_SAMPLE), "-t", "a@example.com"]
    began = time.perf_counter()
    subprocess.run([*command, f"127.0.0.1:{port}"], check=True)
    return SOURCE_SAMPLE / (time.perf_counter() - began)


def _recipient(number: int) -> Recipient:
    return Recipient(f"reader{number}@example.com", "t" * 22, "m" * 32)


@contextmanager
def _sink() -> Iterator[tuple[str, int]]:
    if not (program := shutil.which("smtp-sink")):
        with running_sink() as sink:
            yield "drill/sink.py", sink.port
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    user = pwd.getpwuid(os.getuid()).pw_name
    process = subprocess.Popen([program, "-u", "nobody" if user == "root" else user, f"127.0.0.1:{port}", "1000"])
    try:
        while not is_listening(port):
            time.sleep(0.1)
        yield "Postfix's smtp-sink", port
    finally:
        process.terminate()
        process.wait()
