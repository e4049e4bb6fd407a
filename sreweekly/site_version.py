"""Watch the version of the site, in a thread of each web process."""

import logging
import os
import threading
import time
from dataclasses import dataclass

from django.db import connection

from issues.models.site_version import Version, current_version
from sreweekly.postgresql.connections import Connection

logger = logging.getLogger(__name__)

# Seconds between two readings. A change is seen within a second, and the page has time to be made.
INTERVAL = 0.5
# Seconds without an answer from the database after which pages count as stale.
LATE = 5.0


@dataclass(frozen=True)
class Reading:
    """What the watcher knows: a version, and the time.monotonic() at which it was read."""

    version: Version
    at: float

    @property
    def age(self) -> float:
        """Seconds since the database said so."""
        return time.monotonic() - self.at

    @property
    def is_stale(self) -> bool:
        return self.age > LATE


class SiteVersionWatcher:
    """Reads the version over a connection of its own, so that no request waits for the database to learn it.

    The time limits are those of a page: a thread starts with them. `reading` is None until the first answer. While the
    database is away, it stays what it was.
    """

    def __init__(self) -> None:
        self.reading: Reading | None = None
        self._is_away = False
        self._process = 0
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the thread if this process has none: a server may load the application before it forks."""
        with self._lock:
            if self._process != os.getpid():
                self._process, self.reading = os.getpid(), None
                threading.Thread(target=self._watch, name="site version", daemon=True).start()

    @property
    def is_running(self) -> bool:
        return self._process == os.getpid()

    def _watch(self) -> None:
        while True:
            try:
                with Connection.connect(**connection.get_connection_params(), autocommit=True) as database:
                    while True:
                        self._read(database)
                        time.sleep(INTERVAL)
            except Exception as error:  # Whatever it is: if this thread ended, no reader would see a change again.
                if not self._is_away:
                    logger.warning("The version of the site cannot be read. Stored pages go on being served. %s", error)
                self._is_away = True
                time.sleep(INTERVAL)

    def _read(self, database: Connection) -> None:
        at = time.monotonic()
        self.reading = Reading(current_version(database), at)
        if self._is_away:
            logger.warning("The version of the site can be read again.")
        self._is_away = False
