"""Procrastinate's worker in this process, for tests with transaction=True. It sees only committed jobs."""

from threading import Thread

from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.periodic import PeriodicRegistry


def forget_jobs() -> None:
    """Delete all jobs. Not needed at the start of a test: it always starts without jobs."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_periodic_defers; DELETE FROM procrastinate_jobs")


def work(queue: str) -> None:
    """Run every job that waits in the queue, as a worker does.

    Runs in a thread, because asyncio.run() fails in the main thread of a browser test.
    """
    worker = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    worker.periodic_registry = PeriodicRegistry()  # Without periodic jobs, which would keep a session open.
    options = {"wait": False, "install_signal_handlers": False, "listen_notify": False, "queues": [queue]}
    thread = Thread(target=worker.run_worker, kwargs=options)
    thread.start()
    thread.join()
