"""Measurements of the public pages through a server, and of the desk within this process."""

import statistics
import time
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from taggit.models import Tag

from benchmarks.data import make_draft
from benchmarks.load import Load, measure
from benchmarks.server import HOST, ServerError, check, fetch
from collecting.models.devices import Device
from issues.models.credits import Author, Publication
from issues.models.issues import Issue

WARM_UP_SECONDS = 1
DESK_ROUNDS = 10
CAPTURES = 50


class PageResult(NamedTuple):
    page: str
    load: Load
    size: int  # Bytes, uncompressed.
    queries: int


class DeskResult(NamedTuple):
    articles: int
    median_ms: float
    size: int
    queries: int


def measure_pages(port: int, seconds: int) -> list[PageResult]:
    feed = reverse("feed")
    unchanged = {"If-None-Match": fetch(port, feed).headers["ETag"]}
    results = [_measure_page(port, seconds, page, paths) for page, paths in _pages().items()]
    results.append(_measure_page(port, seconds, "feed, not modified", [feed], 304, unchanged))
    return results


def measure_desk(articles: int) -> DeskResult:
    """Measure GET requests of the form of an issue with that many articles, without network or connection pool."""
    issue = make_draft(Issue.objects.next_number(), articles)
    client = _client()
    client.force_login(User.objects.get_or_create(username="editor", is_staff=True, is_superuser=True)[0])
    path = reverse("admin:issues_issue_change", args=[issue.pk])
    size, queries = _ask(client, path)  # Also warms up.
    times = []
    for _ in range(DESK_ROUNDS):
        start = time.perf_counter()
        client.get(path)
        times.append(time.perf_counter() - start)
    return DeskResult(articles, statistics.median(times) * 1000, size, queries)


def measure_capture() -> tuple[float, float]:
    """Measure how a link from a phone is saved at /capture/. Return milliseconds: the median and the maximum."""
    user = User.objects.get_or_create(username="editor", is_staff=True, is_superuser=True)[0]
    _, token = Device.register(user, "Phone", Device.Kind.TOKEN)
    client, headers = _client(), {"Authorization": f"Bearer {token}"}
    times = []
    for number in range(CAPTURES):
        link = {"url": f"https://captured.example/{number}", "title": "Captured", "author": "Ann Lee", "text": "Words."}
        start = time.perf_counter()
        answer = client.post(reverse("capture"), link, content_type="application/json", headers=headers)
        times.append((time.perf_counter() - start) * 1000)
        check(reverse("capture"), answer.status_code, len(answer.content), 201)
    return statistics.median(times), max(times[1:])


def _pages() -> dict[str, list[str]]:
    """Return the paths of each kind of page. Author, publication and tag are those with the most articles."""
    issues = Issue.objects.published()
    middle = issues[issues.count() // 2]
    author = Author.objects.annotate(amount=Count("articles")).order_by("-amount", "pk")[0]
    publication = Publication.objects.annotate(amount=Count("articles")).order_by("-amount", "pk")[0]
    tag = Tag.objects.annotate(amount=Count("issues_tagging_items")).order_by("-amount", "pk")[0]
    return {
        "home": [reverse("home")],
        "issue": [middle.get_absolute_url()],
        "every issue in turn": [issue.get_absolute_url() for issue in issues],
        "archive": [reverse("archive")],
        "author": [author.get_absolute_url()],
        "publication": [publication.get_absolute_url()],
        "tag": [reverse("tag", args=[tag.slug])],
        "feed": [reverse("feed")],
    }


def _measure_page(
    port: int, seconds: int, page: str, paths: list[str], status: int = 200, headers: dict[str, str] | None = None
) -> PageResult:
    _, queries = _ask(_client(), paths[0], status, headers)
    origin = f"http://{HOST}:{port}"
    measure(origin, paths, WARM_UP_SECONDS, status, headers)
    load = measure(origin, paths, seconds, status, headers)
    if not load.per_second:
        raise ServerError(f"{page}: no response in {seconds} seconds.")
    # Requested again, because wrk does not report the size of a response.
    return PageResult(page, load, fetch(port, paths[0], status, headers).length or 0, queries)


def _client() -> Client:
    return Client(headers={"host": HOST})


def _ask(client: Client, path: str, status: int = 200, headers: dict[str, str] | None = None) -> tuple[int, int]:
    """Request the path, and return the size of the response in bytes and the number of queries."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path, headers=headers)
    check(path, answer.status_code, len(answer.content), status)
    return len(answer.content), len(queries)
