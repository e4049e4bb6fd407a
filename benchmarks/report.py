"""The report, printed as plain text."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from django.db import connection
from django.utils import timezone

from benchmarks.load import CONNECTIONS, client_name
from benchmarks.pages import DeskResult, PageResult
from benchmarks.server import COMMAND
from issues.models.articles import Article
from issues.models.issues import Issue


def print_facts() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgresql = cursor.fetchone()[0]
    print(f"{timezone.localdate()}, {os.process_cpu_count()} cores, {_processor()}")
    print(f"Python {platform.python_version()}, Django {version('django')}, PostgreSQL {postgresql}")
    print(f"{' '.join(COMMAND)} ({version('granian')})")
    print(f"Load average of the last minute: {os.getloadavg()[0]:.1f}")
    print(f"Requests come over {CONNECTIONS} connections from {client_name()}, on the same machine.")


def print_pages(results: list[PageResult]) -> None:
    print(f"\n{Issue.objects.count():,} issues, {Article.objects.count():,} articles and outages; nothing is stored\n")
    print(f"{'page':22}{'requests/s':>12}{'median ms':>12}{'p99 ms':>10}{'bytes':>12}{'queries':>9}", flush=True)
    for page, load, size, queries in results:
        print(f"{page:22}{load.per_second:12,.0f}{load.median_ms:12.1f}{load.p99_ms:10.1f}{size:12,}{queries:9}")


def print_desk(results: list[DeskResult]) -> None:
    print("\nThe form of an issue at the desk, within one process\n")
    print(f"{'articles':22}{'':12}{'median ms':>12}{'':10}{'bytes':>12}{'queries':>9}")
    for articles, median_ms, size, queries in results:
        print(f"{articles:<22}{'':12}{median_ms:12.1f}{'':10}{size:12,}{queries:9}")


def print_capture(median_ms: float, slowest_ms: float) -> None:
    print(f"\nSaving a link from a phone, within one process: median {median_ms:.1f} ms, slowest {slowest_ms:.1f} ms")


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    names = [line for line in facts.read_text().splitlines() if line.startswith("model name")] if facts.exists() else []
    return names[0].partition(": ")[2] if names else platform.processor() or platform.machine()
