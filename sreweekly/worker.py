"""The worker: runs background jobs, through outages of the database of any length.

Procrastinate's own worker ends when it loses the database. This one starts it again when the database is back.
"""

import asyncio
import logging
import signal
import time
from contextlib import suppress

from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params

from sreweekly import metrics
from sreweekly.health import database
from sreweekly.outages import is_outage

logger = logging.getLogger(__name__)

# Seconds between two looks at the database, while it answers and while it does not.
WATCH, RETRY = 5, 1
# The connections of procrastinate: seconds to wait for one, and to try again before one is given up.
POOL_TIMEOUT, RECONNECT_TIMEOUT = 5, 1


async def work() -> None:
    """Run jobs until SIGTERM or SIGINT, then finish those that are running. Raises whatever is no outage."""
    metrics.serve()
    stop, is_answering = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    watch = asyncio.create_task(_watch_database(is_answering))
    while not stop.is_set():
        await _until_first(stop.wait(), is_answering.wait())
        if not stop.is_set():
            await _until_first(stop.wait(), _run_procrastinate())
            await _until_first(stop.wait(), asyncio.sleep(RETRY))
    watch.cancel()


async def _until_first(*coroutines) -> None:
    """Wait for one of them to end, then cancel the others and wait until they have ended, too."""
    tasks = {asyncio.ensure_future(coroutine) for coroutine in coroutines}
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    for task in (*done, *pending):
        with suppress(asyncio.CancelledError):
            await task


async def _watch_database(is_answering: asyncio.Event) -> None:
    """Keep the event up to date, and log the beginning and the end of each outage."""
    began = None
    while True:
        if await asyncio.to_thread(database.is_answering):
            if began is not None:
                logger.warning("The database answers again, after %d seconds.", time.monotonic() - began)
            began = None
            is_answering.set()
        else:
            if began is None:
                logger.error("The database does not answer. Jobs wait until it does.")
            began = began or time.monotonic()
            is_answering.clear()
        await asyncio.sleep(WATCH if is_answering.is_set() else RETRY)


async def _run_procrastinate() -> None:
    """Return when the database fails. Finish running jobs when cancelled."""
    connector = PsycopgConnector(kwargs=connector_params(), timeout=POOL_TIMEOUT, reconnect_timeout=RECONNECT_TIMEOUT)
    try:
        with app.replace_connector(connector):
            async with app.open_async():
                await app.run_worker_async(install_signal_handlers=False)
    except Exception as error:
        if not is_outage(error):
            raise
