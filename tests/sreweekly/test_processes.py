"""Processes side by side, with `sleep` in place of the site and the worker."""

import os
import signal
import socket
import sys
from contextlib import contextmanager

import psutil
import pytest

from sreweekly.development.processes import is_port_free
from tests.sreweekly.conftest import ROOT, have_ended, running, wait_until

# One of the two has a child, as runserver has.
RUN = """
from sreweekly.development.processes import exit_on_signals, run_until_one_ends
exit_on_signals()
print(run_until_one_ends({"site": ["sh", "-c", "sleep 60; true"], "worker": ["sleep", "60"]}), "ended")
"""


@contextmanager
def started(**options):
    """Yield the process that runs them, and its three descendants."""

    def descendants():
        found = psutil.Process(process.pid).children(recursive=True)
        return found if sorted(child.name() for child in found) == ["sh", "sleep", "sleep"] else None

    with running([sys.executable, "-c", RUN], cwd=ROOT, **options) as process:
        yield process, wait_until(descendants, process)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_ends_all_processes(number):
    with started() as (process, descendants):
        process.send_signal(number)
        assert process.wait(20) == 0
        assert have_ended(descendants)


def test_closing_the_terminal_ends_all_processes():
    near, far = os.openpty()
    with started(stdin=far) as (process, descendants):
        os.close(far)
        os.close(near)
        assert process.wait(20) == 0
        assert have_ended(descendants)


def test_end_of_one_process_ends_the_others():
    with started() as (process, descendants):
        next(child for child in descendants if child.ppid() == process.pid and child.name() == "sleep").kill()
        assert process.communicate(timeout=20)[0] == "worker ended\n"
        assert have_ended(descendants)


def test_port_in_use_is_not_free():
    ports = []
    for _ in range(5):
        with socket.create_server(("127.0.0.1", 0)) as server:
            ports.append(server.getsockname()[1])
            assert not is_port_free(ports[-1])
    assert any(map(is_port_free, ports))  # Another process may take one as soon as it is free.
