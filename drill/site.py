"""The site of a drill: a database, two web services, the shipped proxy in front, and readers who never stop."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

from benchmarks.server import serve
from drill.cluster import Cluster
from drill.disks import small_disk
from drill.newsletter import DrillError, load
from drill.readers import Readers, ask, wait_until_ready
from sreweekly.postgresql.limits import time_limits
from tests.deploy.proxy import Proxy, proxying

CALM = 2  # Seconds before and after a fault.
# Disks that are filled quickly. The database needs 100 MB.
DATABASE_MB, PROXY_MB = 400, 64
NEWEST = 40  # Issues that are read again and again.
WEB = {"DATABASE_POOL": "8", "TRUSTED_PROXIES": "1"}


@dataclass
class Site:
    folder: Path
    cluster: Cluster
    proxy: Proxy
    ports: list[int]  # Of the web services.
    paths: list[str]  # Published pages and feeds.
    stack: ExitStack  # Ends what a drill starts.
    has_small_disks: bool
    only: str  # Faults with other names are left out.
    problems: list[str] = field(default_factory=list)

    @property
    def database_folder(self) -> Path:
        return self.folder / "database"

    @property
    def proxy_folder(self) -> Path:
        return self.folder / "proxy"

    def rehearse(self, name: str, fault: Callable[[], str | None]) -> None:
        """Cause a fault while readers read. Print what they got, and the sentence that the fault returns.

        The fault ends before it returns. "Ready after" is how long it then takes until the desk works. A problem ends
        neither this nor the next fault.
        """
        if self.only not in name:
            return
        connection.close()  # Another fault may have ended it.
        with Readers(self.proxy.connect, self.paths) as readers:
            time.sleep(CALM)
            try:
                note = fault()
            except DrillError as error:
                note = f"FAILED: {error}"
                self.problems.append(f"{name}: {error}")
            ready = wait_until_ready(self.proxy.connect)
            time.sleep(CALM)
            count = readers.count()
        failed = count.failed.total()
        slowest = f"{count.p95 * 1000:>8.0f} ms{count.slowest:>8.2f} s"
        print(f"{name:<36}{count.requests:>10,}{failed:>8}{slowest}{ready:>11.2f} s", flush=True)
        for line in filter(None, [note, str(dict(count.failed)) if failed else ""]):
            print(f"    {line}", flush=True)
        if failed:
            self.problems.append(f"{name}: {failed} requests of readers failed.")


@contextmanager
def running_site(issues: int, only: str) -> Iterator[Site]:
    """Start everything. Raise DrillError at the end if there was a problem, or a reader got anything but 200."""
    if not shutil.which("nginx"):
        raise DrillError("This drill needs nginx. On Debian: apt-get install nginx-light")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        disks = {"database": DATABASE_MB, "proxy": PROXY_MB}
        are_small = [stack.enter_context(small_disk(folder / name, size)) for name, size in disks.items()]
        cluster = Cluster(folder / "database" / "postgresql")
        stack.callback(cluster.server.leave)
        os.environ["DATABASE_URL"] = cluster.server.url
        load(issues)
        # Now, because Django keeps the address of the database that it reads here.
        import django

        django.setup()
        stack.enter_context(time_limits("import"))  # Those of manage.py, not those of a page.
        ports = [stack.enter_context(serve(WEB)) for _ in range(2)]
        proxy = stack.enter_context(proxying(folder / "proxy", *ports, SITE_URL=os.environ["SITE_URL"]))
        site = Site(folder, cluster, proxy, ports, _published(), stack, all(are_small), only)
        reader = proxy.connect()
        if wrong := {path: status for path in site.paths if (status := ask(reader, path)) != "200"}:
            raise DrillError(f"Before anything was taken away: {wrong}")
        print(f"{len(site.paths)} pages and feeds, two web services, four readers\n")
        print(f"{'fault':<36}{'requests':>10}{'failed':>8}{'95 %':>11}{'slowest':>10}{'ready after':>13}")
        yield site
    if site.problems:
        raise DrillError("\n".join(site.problems))


def _published() -> list[str]:
    from issues.models.issues import Issue

    issues = [issue.get_absolute_url() for issue in Issue.objects.published()[:NEWEST]]
    return ["/", "/archive/", "/feed/", "/feed/atom/", "/feed/json/", "/authors/", "/tags/", "/about/", *issues]
