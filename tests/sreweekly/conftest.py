"""Real processes on databases of their own."""

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit
from uuid import uuid4

import psutil
import psycopg
import pytest
from django.test import Client
from django.urls import clear_url_caches, path
from ruamel.yaml import YAML

from tests.databases import copy_of

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = YAML(typ="safe").load(ROOT / "docker-compose.yml")


def dockerfile(instruction: str) -> list[str]:
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    return [line.removeprefix(instruction).strip() for line in lines if line.startswith(f"{instruction} ")]


def compose_command(service: str) -> list[str]:
    return COMPOSE["services"][service].get("command") or json.loads(dockerfile("CMD")[0])


@pytest.fixture(scope="session")
def image(tmp_path_factory) -> Path:
    """Return a folder that holds what /app in the image holds: what .dockerignore allows, and what RUN adds."""
    app = tmp_path_factory.mktemp("image")
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        source = ROOT / line.removeprefix("!")
        if not line.startswith("!") or not source.exists():
            continue
        if source.is_dir():
            shutil.copytree(source, app / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, app)
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    run(["sh", "-c", next(line for line in dockerfile("RUN") if "collectstatic" in line)], app, environment)
    return app


@pytest.fixture(scope="session")
def empty_database() -> Iterator[str]:
    """Return the address of an empty database."""
    with copy_of("template0") as name:
        yield address_of(name)


@pytest.fixture(scope="session")
def database(template) -> Iterator[str]:
    """Return the address of a migrated database."""
    with copy_of(template) as name:
        yield address_of(name)


@pytest.fixture
def failing(settings):
    """Return a function that makes a client request an address, whose view raises an error, and returns the answer."""
    urls = ModuleType("urls")
    urls.__dict__["handler500"] = "sreweekly.outages.server_error"
    settings.ROOT_URLCONF = urls

    def request(error: Exception, method: str = "get"):
        def view(request):
            raise error

        urls.__dict__["urlpatterns"] = [path("", view)]
        clear_url_caches()
        return getattr(Client(raise_request_exception=False), method)("/")

    return request


def address_of(name: str) -> str:
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def environment_with(address: str) -> dict[str, str]:
    """Return what .env and Dockerfile set, with a free port, and nothing from the developer's environment."""
    fixed = dict(shlex.split(line)[0].split("=") for line in dockerfile("ENV")[0].split())
    return fixed | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "SECRET_KEY": uuid4().hex * 2,
        "SITE_URL": "https://newsletter.example",
        "TRUSTED_PROXIES": "1",
        "DATABASE_URL": address,
        "GRANIAN_HOST": "127.0.0.1",
        "GRANIAN_PORT": str(free_port()),
    }


@pytest.fixture(scope="session")
def environment(database, tmp_path_factory) -> dict[str, str]:
    """Return the environment for processes that use a migrated database, and a folder in place of the volume."""
    return environment_with(database) | {"PICTURES_DIR": str(tmp_path_factory.mktemp("pictures"))}


def run(command, folder, environment):
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, f"{command} failed:\n{result.stdout}{result.stderr}"


@contextmanager
def running(command, output=subprocess.PIPE, **options):
    """Run a process. Kill it and all that it has started when the test ends, even if it fails."""
    process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, text=True, process_group=0, **options)
    try:
        yield process
    finally:
        # Children may be in groups of their own. One that is left keeps the output open, and communicate() waits.
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.communicate()


def wait_until(condition, process, seconds=120):
    """Wait for a true result of `condition`, and return it. Fail with the output of the process if it ends before."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if process.poll() is not None:
            pytest.fail(f"{process.args} ended with {process.returncode}:\n{process.communicate()[0]}")
        assert time.monotonic() < deadline, f"{process.args} took more than {seconds} seconds"
        time.sleep(0.1)
    return result


def have_ended(processes: list[psutil.Process]) -> bool:
    return all(not process.is_running() or process.status() == psutil.STATUS_ZOMBIE for process in processes)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_working(address: str, process) -> bool:
    """Tell whether a worker that is this process, or a child, is registered. Killed workers leave their rows, too."""
    started = psutil.Process(process.pid).create_time()
    return bool(query(address, f"SELECT id FROM procrastinate_workers WHERE last_heartbeat > to_timestamp({started})"))


def query(address: str, sql: str) -> list[tuple]:
    with psycopg.connect(address, autocommit=True) as connection:
        return connection.execute(sql).fetchall()
