"""Real processes, as production runs them: the commands of Dockerfile and docker-compose.yml, outside a container."""

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psutil
import psycopg
import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = YAML(typ="safe").load(ROOT / "docker-compose.yml")


def dockerfile(instruction: str) -> list[str]:
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    return [line.removeprefix(instruction).strip() for line in lines if line.startswith(f"{instruction} ")]


def compose_command(service: str) -> list[str]:
    return COMPOSE["services"][service].get("command") or json.loads(dockerfile("CMD")[0])


@pytest.fixture(scope="session")
def image(tmp_path_factory) -> Path:
    """A folder with what the image's /app holds: what .dockerignore lets in, and what RUN adds."""
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
    run(["sh", "-c", dockerfile("RUN")[-1]], app, environment)
    return app


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """The address of an empty database of its own."""
    name = f"sreweekly_{uuid4().hex}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        address = urlsplit(os.environ["DATABASE_URL"])
        yield address._replace(path=f"/{name}").geturl()
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def environment(database) -> dict[str, str]:
    """What .env and Dockerfile give, with a port of its own, and nothing of the person's shell."""
    fixed = dict(shlex.split(line)[0].split("=") for line in dockerfile("ENV")[0].split())
    return fixed | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "SECRET_KEY": uuid4().hex * 2,
        "SITE_URL": "https://newsletter.example",
        "TRUSTED_PROXIES": "1",
        "DATABASE_URL": database,
        "GRANIAN_HOST": "127.0.0.1",
        "GRANIAN_PORT": str(free_port()),
    }


@pytest.fixture(scope="session")
def migrated(image, environment) -> dict[str, str]:
    """The environment, with the database as the compose file's one-shot service leaves it."""
    run(compose_command("migrate"), image, environment)
    return environment


def run(command, folder, environment):
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, f"{command} failed:\n{result.stdout}{result.stderr}"


@contextmanager
def running(command, **options):
    """A process that is killed, with its children, when the test ends, however it ends."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0, **options
    )
    try:
        yield process
    finally:
        try:
            os.killpg(process.pid, 9)
        except ProcessLookupError:
            assert process.poll() is not None
        process.communicate()


def wait_until(condition, process, seconds=30):
    """What `condition` returns, once it is true. Fails with the process's output when that ends before."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if process.poll() is not None:
            pytest.fail(f"{process.args} ended with {process.returncode}:\n{process.communicate()[0]}")
        assert time.monotonic() < deadline, f"{process.args} took more than {seconds} seconds"
        time.sleep(0.1)
    return result


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_working(address: str, process) -> bool:
    """Whether a worker that this process started has told the database of itself. Killed ones leave their rows."""
    started = psutil.Process(process.pid).create_time()
    return bool(query(address, f"SELECT id FROM procrastinate_workers WHERE last_heartbeat > to_timestamp({started})"))


def query(address: str, sql: str) -> list[tuple]:
    with psycopg.connect(address, autocommit=True) as connection:
        return connection.execute(sql).fetchall()
