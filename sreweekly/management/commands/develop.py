import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence

from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from sreweekly.development.database import is_embedded

STOP_SECONDS = 10
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    help = "Migrate, then run the site and the worker until Ctrl-C. `make run` calls it."

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, port, **options):
        refuse_port_in_use(port)
        for number in STOPPING:
            signal.signal(number, lambda number, frame: sys.exit(0))
        call_command("migrate", verbosity=0)
        address = f"http://127.0.0.1:{port}"
        os.environ.setdefault("SITE_URL", address)
        # Written before the children start, and at once: their lines come between ours otherwise.
        self.stdout.write(f"{self.prepare()}\n\nSite: {address}/   Desk: {address}/admin/   Stop: Ctrl-C\n")
        self.stdout.flush()
        failed = run_until_one_ends(
            {
                "site": ["runserver", f"127.0.0.1:{port}"],
                "worker": ["procrastinate", "worker"],
            }
        )
        raise CommandError(f"The {failed} ended, so the rest was stopped. Its last lines are above.")

    def prepare(self) -> str:
        """Fill an embedded database where it is empty. Returns how to sign in; changes no database that was given."""
        if is_embedded() and not apps.get_model("issues.Issue").objects.exists():
            call_command("load_demonstration", stdout=self.stdout)
        editor = User.objects.filter(Q(is_superuser=True) | Q(username="editor")).order_by("pk").first()
        manage = "DEBUG=on .venv/bin/python manage.py"
        if editor:
            name = editor.get_username()
            return f"Sign in as “{name}”. For a new password: {manage} changepassword {name}"
        if not is_embedded():
            return f"Nobody can sign in yet. To make an editor: {manage} createsuperuser"
        password = secrets.token_urlsafe(12)
        User.objects.create_superuser("editor", "editor@example.com", password)
        return f"Sign in as “editor” with the password {password} (told this once)."


def refuse_port_in_use(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is in use: stop the program that has it, or `make run PORT={port + 1}`."
            ) from error


def run_until_one_ends(commands: dict[str, Sequence[str]]) -> str:
    """Run commands of manage.py side by side; the name of the first that ends. Stops all, however it is left."""
    processes: dict[str, subprocess.Popen[bytes]] = {}
    has_terminal = os.isatty(0)
    try:
        for name, arguments in commands.items():
            # A group for each, because runserver has a child of its own that must end with it.
            processes[name] = subprocess.Popen(  # noqa: S603
                [sys.executable, sys.argv[0], *arguments], stdin=subprocess.DEVNULL, process_group=0
            )
        while True:
            for name, process in processes.items():
                if process.poll() is not None:
                    return name
            if has_terminal and not os.isatty(0):
                sys.exit(
                    0
                )  # It was closed; where make leads its session (`ssh -t … make run`), it keeps SIGHUP to itself.
            time.sleep(0.2)
    finally:
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        stop(processes.values())


def stop(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    """Asks each group to end, and kills what is left of it after STOP_SECONDS."""
    for process in processes:
        signal_group(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            signal_group(process, signal.SIGKILL)
            process.wait()
        # The leader may end before its children.
        signal_group(process, signal.SIGKILL)


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return  # Ended already; macOS says the second of a process that nobody waited for yet.
