"""A worker in this process, for tests with transaction=True: it sees only what is committed."""

from threading import Thread

from django.db import connection
from procrastinate.contrib.django import app


def forget_jobs() -> None:
    """Of tests before: Django empties none of procrastinate's tables."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_periodic_defers; DELETE FROM procrastinate_jobs")


def work(queue: str) -> None:
    """Run every job that waits there, as a worker does. In a thread: asyncio.run() fails where Playwright's loop is."""
    worker = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    options = {"wait": False, "install_signal_handlers": False, "listen_notify": False, "queues": [queue]}
    thread = Thread(target=worker.run_worker, kwargs=options)
    thread.start()
    thread.join()
