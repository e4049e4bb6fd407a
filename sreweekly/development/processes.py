"""Processes that run side by side in one terminal, and end together."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence

STOP_SECONDS = 10
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def is_port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def exit_on_signals() -> None:
    """Exit with status 0, after all clean-up, on each of STOP_SIGNALS."""
    for number in STOP_SIGNALS:
        signal.signal(number, lambda number, frame: sys.exit(0))


def run_until_one_ends(commands: dict[str, Sequence[str]]) -> str:
    """Run commands side by side and return the name of the first that ends. Stop all of them, even on an exception.

    Exits with status 0 when the terminal is closed.
    """
    processes: dict[str, subprocess.Popen[bytes]] = {}
    has_terminal = os.isatty(0)
    try:
        for name, command in commands.items():
            # Each in a process group, because runserver has a child that must end with it.
            processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)  # noqa: S603
        while True:
            for name, process in processes.items():
                if process.poll() is not None:
                    return name
            if has_terminal and not os.isatty(0):
                sys.exit(0)  # When make leads the session (`ssh -t … make run`), only make receives SIGHUP.
            time.sleep(0.2)
    finally:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        _stop(processes.values())


def _stop(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    """Terminate each process group, and kill what is left of it after STOP_SECONDS."""
    for process in processes:
        _signal_group(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal_group(process, signal.SIGKILL)
            process.wait()
        # The leader of a group may end before its children.
        _signal_group(process, signal.SIGKILL)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return  # It has ended. macOS raises PermissionError until it is waited for.
