"""Every address that readers and their programs find by following links, as the server answers it."""

import http.client
import re
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import NamedTuple

from benchmarks.server import HOST
from drill.newsletter import DrillError

# Nothing links to these, or not every newsletter does.
ENTRANCES = ("/", "/sitemap.xml", "/robots.txt", "/feed/", "/opensearch.xml", "/search/?q=database", "/data/")
LINK = re.compile(r"""(?:href|src|content|url)=["']([^"'<>]+)["']|<(?:loc|link|id)>([^<]+)<|"(https?://[^"\s]+)\"""")
# The desk, and files that are not from the database.
LEFT_OUT = ("/admin/", "/accounts/", "/static/", "/health/")
MOST = 10_000
THREADS = 4


class Page(NamedTuple):
    status: int
    headers: tuple[str | None, ...]
    body: bytes

    @property
    def kind(self) -> str:
        return (self.headers[0] or "").partition(";")[0] or "no content"


def fetch_site(port: int, site_url: str) -> dict[str, Page]:
    """Request ENTRANCES and all that they lead to. Raise DrillError for a server error, and for more than MOST."""
    _wait_for_stores(port)
    pages: dict[str, Page] = {}
    wanted = set(ENTRANCES)
    with ThreadPoolExecutor(THREADS) as threads:
        while wanted:
            paths = sorted(wanted)
            pages |= zip(paths, threads.map(lambda path: fetch(port, path), paths), strict=True)
            wanted = {link for path in paths for link in links(pages[path].body, site_url)} - pages.keys()
            if len(pages) + len(wanted) > MOST:
                raise DrillError(f"There are more than {MOST} addresses. Take fewer issues.")
    if wrong := {path: page.status for path, page in pages.items() if page.status >= 500}:
        raise DrillError(f"Server errors: {wrong}")
    return pages


def _wait_for_stores(port: int) -> None:
    """Wait until each web process knows the version of the site: before it does, pages have no ETag from the store."""
    in_a_row, end = 0, time.monotonic() + 60
    while in_a_row < 20:
        if time.monotonic() > end:
            raise DrillError("The web processes stored no page within a minute.")
        in_a_row = in_a_row + 1 if fetch(port, "/robots.txt").headers[1] else 0


def fetch(port: int, path: str) -> Page:
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        headers = tuple(answer.headers[name] for name in ("Content-Type", "ETag", "Last-Modified", "Location"))
        return Page(answer.status, headers, answer.read())
    finally:
        connection.close()


def links(body: bytes, site_url: str) -> Iterable[str]:
    """Yield the paths on this site, with their queries, that HTML, XML, JSON or text links to."""
    for found in LINK.findall(body.decode(errors="replace")):
        path = unescape("".join(found)).strip().partition("#")[0].removeprefix(site_url) or "/"
        if path.startswith("/") and not path.startswith(("//", *LEFT_OUT)) and path.isascii() and " " not in path:
            yield path
