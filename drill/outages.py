"""Take the database and the web processes away while readers read, and count the requests that fail."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg

from benchmarks.server import fetch, is_listening, serve
from drill.cluster import Cluster
from drill.newsletter import DrillError, load
from drill.readers import Connect, Readers, ask, wait_until_ready

# Seconds of each outage. DRILL_OUTAGE_SECONDS=600 for a long one.
SECONDS = float(os.environ.get("DRILL_OUTAGE_SECONDS", "15"))
CALM = 3  # Seconds before and after.
WORKERS = {"GRANIAN_RESPAWN_FAILED_WORKERS": "true", "DATABASE_POOL": "8", "TRUSTED_PROXIES": "1"}


def run(server_url: str, issues: int) -> None:
    """Raise DrillError if a reader of something published got anything but 200."""
    if not shutil.which("nginx"):
        raise DrillError("This drill needs nginx. On Debian: apt-get install nginx-light")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cluster = Cluster(folder / "var" / "postgresql")
        stack.callback(cluster.server.leave)
        os.environ["DATABASE_URL"] = cluster.server.url
        load(issues)
        paths = _published()
        ports = [stack.enter_context(serve(WORKERS)) for _ in range(2)]
        connect = stack.enter_context(_proxying(folder / "proxy", ports))
        connection = connect()
        if wrong := {path: status for path in paths if (status := ask(connection, path)) != "200"}:
            raise DrillError(f"Before anything was taken away: {wrong}")
        print(f"{len(paths)} pages and feeds, two web services of {_count(ports)} processes, four readers\n")
        print(f"{'fault':<36}{'requests':>10}{'failed':>8}{'slowest':>10}{'ready after':>13}")
        faults = _faults(cluster, ports) | {"each web service restarted": lambda: _restart(ports, stack)}
        failed = {name: _rehearse(name, fault, connect, paths) for name, fault in faults.items()}
    if any(failed.values()):
        raise DrillError(f"Requests failed: {', '.join(f'{name}: {count}' for name, count in failed.items() if count)}")


def _faults(cluster: Cluster, ports: list[int]) -> dict[str, Callable[[], None]]:
    """Return functions that cause a fault, and end it where it does not end by itself."""

    def take_away(outage: str) -> None:
        cluster.begin(outage)
        time.sleep(SECONDS)
        cluster.end()

    def lock_tables() -> None:
        with psycopg.connect(cluster.server.url) as session:
            session.execute("LOCK TABLE issues_issue, issues_article, issues_author IN ACCESS EXCLUSIVE MODE")
            time.sleep(SECONDS)

    def kill(count: int) -> None:
        for process in [process for port in ports for process in _web_processes(port)][:count]:
            process.kill()
        time.sleep(CALM)

    return {
        f"database stopped for {SECONDS:g} s": lambda: take_away("stopped"),
        f"database suspended for {SECONDS:g} s": lambda: take_away("suspended"),
        f"tables locked for {SECONDS:g} s": lock_tables,
        "one web process killed": lambda: kill(1),
        "all web processes killed": lambda: kill(100),
    }


def _restart(ports: list[int], stack: ExitStack) -> None:
    """Replace the web services one after the other, as an update does."""
    for port in ports:
        (watching,) = _watching(port)
        command = watching.cmdline()
        watching.terminate()
        watching.wait(60)
        process = subprocess.Popen(
            command, env=os.environ | WORKERS, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        stack.callback(process.wait, 60)
        stack.callback(process.terminate)
        while not _is_live(port):
            time.sleep(0.1)


def _rehearse(name: str, fault: Callable[[], None], connect: Connect, paths: list[str]) -> int:
    with Readers(connect, paths) as readers:
        time.sleep(CALM)
        fault()
        ready = wait_until_ready(connect)
        time.sleep(CALM)
        requests, failed, slowest = readers.count()
    print(f"{name:<36}{requests:>10,}{failed.total():>8}{slowest:>8.2f} s{ready:>11.2f} s", flush=True)
    if failed:
        print(f"    {dict(failed)}")
    return failed.total()


def _published() -> list[str]:
    from issues.models.issues import Issue

    issues = [issue.get_absolute_url() for issue in Issue.objects.published()]
    return ["/", "/archive/", "/feed/", "/feed/atom/", "/feed/json/", "/authors/", "/tags/", "/about/", *issues]


def _count(ports: list[int]) -> int:
    return len(_web_processes(ports[0]))


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


@contextmanager
def _proxying(folder: Path, ports: list[int]) -> Iterator[Connect]:
    """Start the proxy in front of these ports. Yield a function that connects to it."""
    from tests.deploy.proxy import proxying

    folder.mkdir()
    with proxying(folder, *ports, SITE_URL=os.environ["SITE_URL"], PROXY_CONNECTIONS="1000") as proxy:
        yield proxy.connect
