"""Kill the worker in the middle of its jobs. The next worker must do each job once, or say why it cannot."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler
from threading import Event

import psycopg

from drill.newsletter import DrillError
from drill.site import Site
from drill.worker_process import FEED_HOST
from tests.web import Web

ITEMS = 3  # In the feed.
POSTS = 60  # In the export.
LOADED = 20  # Posts, after which the worker is killed.
PATIENCE = 180  # Seconds. A job of a killed worker is retried at the next full minute.
COMMAND = (sys.executable, "-m", "drill.worker_process")
ENVIRONMENT = {"WORKER_TIMEOUT": "5"}


def run(site: Site) -> None:
    site.rehearse("the worker killed in three jobs", partial(_kill, site))


def _kill(site: Site) -> str:
    """Raise DrillError if anything was not done, or done twice."""
    with closing(Web()) as web:
        environment = os.environ | ENVIRONMENT | {"DRILL_WEB_PORT": str(web.servers[0].server_port)}
        # The import comes last, because it gives up after three killed workers.
        checks = [job(site, web, environment) for job in (_draw_a_card, _poll_a_feed, _import_an_export)]
        began = time.monotonic()
        with _worker(environment) as process:
            _wait(process, lambda: not _unfinished(), "the jobs of the killed workers")
        seconds = time.monotonic() - began
        return f"each done once, {seconds:.0f} s after the last kill: {', '.join(check() for check in checks)}"


def _draw_a_card(site: Site, web: Web, environment: dict[str, str]) -> Callable[[], str]:
    from issues.models.cards import IssueCard
    from issues.models.issues import Issue
    from issues.tasks import draw_card

    issue = Issue.objects.published()[0]
    cards = IssueCard.objects.filter(issue=issue)
    cards.delete()
    waiting = "SELECT FROM pg_locks WHERE relation = 'issues_issuecard'::regclass AND NOT granted"
    with psycopg.connect(site.cluster.server.url) as session:
        session.execute("LOCK TABLE issues_issuecard IN SHARE MODE")  # The card is drawn, and cannot be stored.
        draw_card.defer(issue_id=issue.pk)
        with _worker(environment) as process:
            _wait(process, lambda: session.execute(waiting).fetchall(), "the card")
    return lambda: _expect("cards of the issue", cards.count(), 1)


def _poll_a_feed(site: Site, web: Web, environment: dict[str, str]) -> Callable[[], str]:
    from collecting.models.candidates import Candidate
    from collecting.models.sources import Source
    from collecting.tasks import defer_poll

    asked, address = Event(), f"http://{FEED_HOST}/feed"
    items = "".join(f"<item><title>Item {n}</title><link>http://{FEED_HOST}/{n}</link></item>" for n in range(ITEMS))

    def answer(request: BaseHTTPRequestHandler) -> None:
        is_first = not asked.is_set()
        asked.set()
        if is_first:
            time.sleep(5)  # The worker is killed meanwhile.
        body = f'<rss version="2.0"><channel><title>Feed</title>{items}</channel></rss>'.encode()
        request.send_response(200)
        request.send_header("Content-Type", "application/rss+xml")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    web.handle(address, answer)
    source = Source.objects.create(url=address)
    defer_poll(source)
    with _worker(environment) as process:
        _wait(process, asked.is_set, "the poll")
    return lambda: _expect("candidates of the feed", Candidate.objects.filter(source=source).count(), ITEMS)


def _import_an_export(site: Site, web: Web, environment: dict[str, str]) -> Callable[[], str]:
    from django.contrib.auth.models import User
    from django.core.files.uploadedfile import SimpleUploadedFile

    from importing.tasks import defer_import
    from issues.models.issues import Issue
    from tests.wordpress.wxr import FIRST, HEAD, TAIL, entry, item
    from wordpress.models import ExportFile, WordPressImport, WordPressPost

    first = Issue.objects.next_number()
    posts = [
        item(1000 + n, first + n, at=FIRST + timedelta(weeks=n), html=entry(url=f"https://lamps.example/{n}"))
        for n in range(POSTS)
    ]
    file = ExportFile.objects.store(SimpleUploadedFile("export.xml", "".join([HEAD, *posts, TAIL]).encode()))
    user = User.objects.get_or_create(username="editor", is_staff=True, is_superuser=True)[0]
    run = WordPressImport.objects.request([file], user, is_rehearsal=False)
    defer_import(run)
    with _worker(environment) as process:
        _wait(process, lambda: WordPressPost.objects.count() >= LOADED, "the import")
    if (loaded := WordPressPost.objects.count()) >= POSTS:
        raise DrillError("The import was done before the worker could be killed.")

    def check() -> str:
        run.refresh_from_db()
        if run.state == WordPressImport.State.FAILED:
            raise DrillError(f"The import failed. At the desk it says: “{run.sentence}”")
        issues = Issue.objects.filter(number__gte=first, wordpress_post__isnull=False)
        done = _expect("imported issues", issues.count(), POSTS)
        return f"{done} ({loaded} before the kill, {run.attempts} workers)"

    return check


def _expect(what: str, found: int, wanted: int) -> str:
    if found != wanted:
        raise DrillError(f"After the worker was killed there are {found} {what} instead of {wanted}.")
    return f"{what}: {found}"


def _unfinished() -> bool:
    from procrastinate.contrib.django.models import ProcrastinateJob

    names = ["issues.tasks.draw_card", "collecting.tasks.poll_source", "wordpress.tasks.run_wordpress_import"]
    jobs = ProcrastinateJob.objects.filter(task_name__in=names)
    if failed := jobs.filter(status="failed").values_list("task_name", flat=True):
        raise DrillError(f"Jobs of killed workers failed: {', '.join(failed)}.")
    return jobs.filter(status__in=["todo", "doing"]).exists()


@contextmanager
def _worker(environment: dict[str, str]) -> Iterator[subprocess.Popen]:
    """Start a worker, and kill it at the end."""
    process = subprocess.Popen(COMMAND, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen, condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if process.poll() is not None:
            raise DrillError(f"The worker ended with {process.returncode} before it had done {what}.")
        if time.monotonic() > deadline:
            raise DrillError(f"The worker did not come to {what} within {PATIENCE} seconds.")
        time.sleep(0.05)
