"""A PostgreSQL of its own, which may be stopped and suspended."""

import subprocess
from contextlib import suppress
from pathlib import Path

import psutil

from sreweekly.development.database import NOT_DURABLE, EmbeddedServer, EmbeddedServerError, find_programs


class Cluster:
    def __init__(self, folder: Path):
        self.server = EmbeddedServer(folder, find_programs(), NOT_DURABLE)
        self.server.join()

    def copy(self, address: str) -> None:
        """Copy the tables of another server."""
        dump = [str(self.server.programs / "pg_dump"), "--dbname", address]
        restore = [str(self.server.programs / "psql"), "--quiet", "--dbname", self.server.url]
        script = subprocess.run(dump, check=True, capture_output=True).stdout
        subprocess.run(restore, check=True, input=script, stdout=subprocess.DEVNULL)

    def begin(self, outage: str) -> None:
        """Begin an outage, which is "stopped" or "suspended"."""
        if outage == "stopped":
            self.server.leave()
        elif postmaster := self._postmaster():
            postmaster.suspend()  # First, so that it starts no other process.
            for process in postmaster.children():
                with suppress(psutil.NoSuchProcess):  # A session may just have ended.
                    process.suspend()

    def end(self) -> None:
        postmaster = self._postmaster()
        if postmaster is None:
            self.server.join()
            return
        for process in (*postmaster.children(), postmaster):
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def restart_if_ended(self) -> bool:
        """Start the server if it has ended by itself, as Docker does, and return whether it had."""
        if self._postmaster():
            return False
        with suppress(EmbeddedServerError):  # There is nothing to stop.
            self.server.leave()
        self.server.join()
        return True

    def _postmaster(self) -> psutil.Process | None:
        file = self.server.directory / "postmaster.pid"
        with suppress(FileNotFoundError, psutil.NoSuchProcess):
            return psutil.Process(int(file.read_text().split()[0]))
        return None
