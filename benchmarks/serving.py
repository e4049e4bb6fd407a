"""How much of what is possible we serve: through the shipped proxy, and by the application alone.

The limit of the proxy is nginx that serves the same bytes as files, with the same configuration. The limit of the
application is granian that returns the same bytes from a bare WSGI function. Each is measured right beside its limit,
because machines differ, and so do the minutes on one machine.
"""

import http.client
import pickle
import shutil
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from benchmarks.load import measure
from benchmarks.server import HOST, serve
from issues.models.issues import Issue
from tests.deploy.proxy import Proxy, proxying

ROUNDS = 3
LEFT_OUT = {"content-length", "transfer-encoding", "date", "server", "connection", "x-accel-expires"}
NOT_MODIFIED = 304


class Served(NamedTuple):
    page: str
    rates: dict[str, float]  # Requests a second, by server: the medians of ROUNDS.
    shares: dict[str, float]  # Of the limit, by server: the medians too.


def measure_serving(seconds: int) -> list[Served]:
    """Measure pages of the newsletter in the database. Needs nginx and wrk; returns nothing without them."""
    if not shutil.which("nginx") or not shutil.which("wrk"):
        return []
    site = urlsplit(settings.SITE_URL).netloc
    headers = {"Host": site, "X-Forwarded-Proto": "https", "Accept-Encoding": "br"}
    issues = Issue.objects.published()
    paths = {"issue": issues[issues.count() // 2].get_absolute_url(), "feed": reverse("feed"), "home": reverse("home")}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = stack.enter_context(serve({"DATABASE_POOL": "8", "TRUSTED_PROXIES": "1", "HTTPS_REDIRECT": "on"}))
        answers = {path: _fetch(port, path, headers) for path in paths.values()}
        (folder / "answers").write_bytes(pickle.dumps(answers))
        bare = stack.enter_context(serve({"BENCHMARK_ANSWERS": str(folder / "answers")}, "benchmarks.bare:application"))
        proxy = stack.enter_context(_proxying(folder / "proxy", port, answers))
        results = []
        for page, path, extra in _requests(paths, answers):
            alone, limit = f"http://{HOST}:{port}", f"http://{HOST}:{bare}"
            secure = f"https://{HOST}:{proxy.https_port}"
            file = f"/files{_file_of(path)}"
            # nginx makes the ETag of a file from its time and size.
            unchanged = {"If-None-Match": _etag(proxy, file)} if extra else {}
            requests = {
                "application": [(alone, path, extra), (limit, path, extra)],
                "proxy": [(secure, path, extra), (secure, file, unchanged)],
            }
            results.append(_compare(page, requests, headers, seconds))
        return results


def _requests(
    paths: dict[str, str], answers: dict[str, tuple[list[tuple[str, str]], bytes]]
) -> list[tuple[str, str, dict[str, str]]]:
    feed = dict(answers[paths["feed"]][0])
    unchanged = {"If-None-Match": feed["etag"]}
    return [*((page, path, {}) for page, path in paths.items()), ("feed, not modified", paths["feed"], unchanged)]


def _compare(
    page: str, requests: dict[str, list[tuple[str, str, dict[str, str]]]], headers: dict[str, str], seconds: int
) -> Served:
    """Measure ours and its limit in turn. `requests` has both for each server: origin, path, and more headers."""
    rates: dict[str, list[float]] = {}
    shares: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for server, pair in requests.items():
            ours, most = (
                measure(origin, [path], seconds, NOT_MODIFIED if more else 200, headers | more).per_second
                for origin, path, more in pair
            )
            rates.setdefault(server, []).append(ours)
            rates.setdefault(f"limit of the {server}", []).append(most)
            shares.setdefault(server, []).append(ours / most)
    medians = ({name: statistics.median(values) for name, values in each.items()} for each in (rates, shares))
    return Served(page, *medians)


def print_serving(results: list[Served]) -> None:
    if not results:
        print("\nThe proxy was not measured: that needs nginx and wrk.")
        return
    print(f"\nServing, and the share of what is possible (medians of {ROUNDS})\n")
    print(f"{'page':22}{'application':>12}{'bare WSGI':>12}{'share':>8}{'proxy':>12}{'files':>12}{'share':>8}")
    for page, rates, shares in results:
        print(
            f"{page:22}{rates['application']:12,.0f}{rates['limit of the application']:12,.0f}"
            f"{shares['application']:8.2f}{rates['proxy']:12,.0f}{rates['limit of the proxy']:12,.0f}"
            f"{shares['proxy']:8.2f}"
        )


def _fetch(port: int, path: str, headers: dict[str, str]) -> tuple[list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    kept = [(name.lower(), value) for name, value in answer.getheaders() if name.lower() not in LEFT_OUT]
    return [*kept, ("content-length", str(len(body)))], body


def _file_of(path: str) -> str:
    return f"{path.rstrip('/') or '/home'}.bytes"


def _proxying(folder: Path, port: int, answers: dict[str, tuple[list[tuple[str, str]], bytes]]):
    """Start the shipped proxy, with a folder of files beside what it proxies."""
    folder.mkdir()
    for path, (_, body) in answers.items():
        file = folder / f"files{_file_of(path)}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    names = {name: value for headers, _ in answers.values() for name, value in headers}
    added = [name for name in names if name not in {"etag", "content-length", "content-type", "last-modified"}]
    lines = "".join(f"add_header {name} {_quoted(names[name])};" for name in added)
    location = (
        f"location /files/ {{ root {folder}; types {{ }} default_type text/html; {lines} }}\n        location / {{"
    )

    def change(configuration: str) -> str:
        start, server, rest = configuration.partition("ssl http2;")
        return start + server + rest.replace("location / {", location, 1)

    environment = {"SITE_URL": settings.SITE_URL, "PROXY_CONNECTIONS": "1000"}
    return proxying(folder, port, change=change, **environment)


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "") + '"'


def _etag(proxy: Proxy, path: str) -> str:
    etag = proxy.ask(path, host=urlsplit(settings.SITE_URL).netloc).headers["ETag"]
    assert etag
    return etag
