"""Take the database and the web processes away while readers read."""

import os
import subprocess
import time
from contextlib import suppress
from functools import partial

import psutil
import psycopg

from benchmarks.server import fetch, is_listening
from drill.site import CALM, WEB, Site

# Seconds of each outage. DRILL_OUTAGE_SECONDS=600 for a long one.
SECONDS = float(os.environ.get("DRILL_OUTAGE_SECONDS", "10"))


def run(site: Site) -> None:
    site.rehearse(f"database stopped for {SECONDS:g} s", partial(_take_away, site, "stopped"))
    site.rehearse(f"database suspended for {SECONDS:g} s", partial(_take_away, site, "suspended"))
    site.rehearse(f"tables locked for {SECONDS:g} s", partial(_lock_tables, site))
    site.rehearse("one web process killed", partial(_kill, site, 1))
    site.rehearse("all web processes killed", partial(_kill, site, 100))
    site.rehearse("each web service restarted", partial(_restart, site))


def _take_away(site: Site, outage: str) -> None:
    site.cluster.begin(outage)
    time.sleep(SECONDS)
    site.cluster.end()


def _lock_tables(site: Site) -> None:
    with psycopg.connect(site.cluster.server.url) as session:
        session.execute("LOCK TABLE issues_issue, issues_article, issues_author IN ACCESS EXCLUSIVE MODE")
        time.sleep(SECONDS)


def _kill(site: Site, count: int) -> None:
    for process in [process for port in site.ports for process in _web_processes(port)][:count]:
        process.kill()
    time.sleep(CALM)


def _restart(site: Site) -> None:
    """Replace the web services one after the other, as an update does."""
    for port in site.ports:
        (watching,) = _watching(port)
        command = watching.cmdline()
        watching.terminate()
        watching.wait(60)
        process = subprocess.Popen(command, env=os.environ | WEB, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        site.stack.callback(process.wait, 60)
        site.stack.callback(process.terminate)
        while not _is_live(port):
            time.sleep(0.1)


def _web_processes(port: int) -> list[psutil.Process]:
    """Return granian's processes that answer at this port, without the one that watches them."""
    return [child for process in _watching(port) for child in process.children() if "granian" in _command(child)]


def _is_live(port: int) -> bool:
    with suppress(OSError):
        return is_listening(port) and fetch(port, "/health/live/").status == 200
    return False


def _watching(port: int) -> list[psutil.Process]:
    return [process for process in psutil.Process().children() if f" --port {port} " in _command(process)]


def _command(process: psutil.Process) -> str:
    return " ".join(process.cmdline()) if process.status() != psutil.STATUS_ZOMBIE else ""
