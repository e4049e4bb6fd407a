"""A PostgreSQL of its own, which may be stopped and suspended."""

import subprocess
from pathlib import Path

import psutil

from sreweekly.development.database import NOT_DURABLE, EmbeddedServer, find_programs


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
        for process in self._processes():
            process.suspend()

    def end(self) -> None:
        processes = self._processes()
        for process in processes:
            process.resume()
        if not processes:
            self.server.join()

    def _processes(self) -> list[psutil.Process]:
        file = self.server.directory / "postmaster.pid"
        if not file.exists():
            return []
        postmaster = psutil.Process(int(file.read_text().split()[0]))
        return [postmaster, *postmaster.children()]
