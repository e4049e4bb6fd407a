"""The commands of Dockerfile and docker-compose.yml, run outside a container. `make check` lints both files."""

import http.client
import json
import re
import signal
import subprocess
from contextlib import closing
from functools import partial

import pytest

from tests.sreweekly.conftest import (
    COMPOSE,
    ROOT,
    compose_command,
    dockerfile,
    environment_with,
    is_working,
    query,
    run,
    running,
    wait_until,
)

HEALTH_CHECK = COMPOSE["services"]["web"]["healthcheck"]["test"]


def get(environment, path, **headers):
    """Return status, text and headers, or None if nothing listens."""
    with closing(http.client.HTTPConnection("127.0.0.1", int(environment["GRANIAN_PORT"]), timeout=10)) as connection:
        try:
            connection.request("GET", path, headers={"Host": "newsletter.example", **headers})
            response = connection.getresponse()
        except ConnectionError:
            return None
        return response.status, response.read().decode(), response.headers


@pytest.fixture(scope="module")
def migrated(image, empty_database) -> dict[str, str]:
    """Migrate by the command of the compose file. Return the environment."""
    environment = environment_with(empty_database)
    run(compose_command("migrate"), image, environment)
    return environment


@pytest.fixture(scope="module")
def web(image, migrated):
    """Run the web server, and check that it stops when told to."""
    with running(compose_command("web"), cwd=image, env=migrated) as process:
        wait_until(partial(get, migrated, "/health/"), process)
        yield process
        process.send_signal(signal.SIGTERM)
        # At once, but for granian's workers that are still starting: they do not hear it, and are killed.
        assert process.wait(40) == 0


def test_services_share_one_image_and_one_database():
    services = {name: COMPOSE["services"][name] for name in ("migrate", "web", "worker")}
    assert {(service["image"], service["env_file"]) for service in services.values()} == {("sreweekly", ".env")}
    assert len({service["environment"]["DATABASE_URL"] for service in services.values()}) == 1


def test_web_and_worker_wait_for_the_migrations():
    for name in ("web", "worker"):
        condition = COMPOSE["services"][name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"


def test_image_does_not_run_as_root():
    assert not dockerfile("USER")[0].startswith(("root", "0"))


def test_image_has_the_package_versions_that_are_tested():
    pinned = {
        name: set(re.findall(r"^(\S+==\S+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.txt", "requirements-dev.txt")
    }
    assert pinned["requirements.txt"] < pinned["requirements-dev.txt"]


def test_image_has_static_files_with_hashed_names(image):
    assert (image / "var/static/staticfiles.json").exists()
    assert list((image / "var/static").rglob("*.????????????.css.br"))


def test_health_check_passes(web, image, migrated):
    assert HEALTH_CHECK[0] == "CMD"
    result = subprocess.run(HEALTH_CHECK[1:], cwd=image, env=migrated, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_health_check_fails_if_nothing_listens(image):
    elsewhere = environment_with("postgresql:///none") | {"GRANIAN_PORT": "1"}
    assert subprocess.run(HEALTH_CHECK[1:], cwd=image, env=elsewhere, capture_output=True).returncode


def test_site_redirects_to_https_unless_the_proxy_has_tls(web, migrated):
    assert get(migrated, "/")[0] == 301
    assert get(migrated, "/", **{"X-Forwarded-Proto": "https"})[0] == 200


def test_static_files_of_the_desk_are_immutable(web, image, migrated):
    https = {"X-Forwarded-Proto": "https"}
    assert get(migrated, "/accounts/login/", **https)[0] == 200
    name = json.loads((image / "var/static/staticfiles.json").read_text())["paths"]["admin/css/base.css"]
    status, _, headers = get(migrated, f"/static/{name}", **https)
    assert (status, "immutable" in headers["Cache-Control"]) == (200, True)


def test_site_survives_a_restart_of_the_database(web, migrated):
    query(
        migrated["DATABASE_URL"],
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    assert {get(migrated, "/health/")[0] for _ in range(20)} == {200}


def test_health_is_503_without_a_database(image):
    nowhere = environment_with("postgresql://nobody@127.0.0.1:1/nothing")
    with running(compose_command("web"), cwd=image, env=nowhere) as process:
        status, *_ = wait_until(partial(get, nowhere, "/health/"), process)
    assert status == 503


def test_worker_starts_and_stops_when_told_to(image, migrated):
    with running(compose_command("worker"), cwd=image, env=migrated) as process:
        wait_until(partial(is_working, migrated["DATABASE_URL"], process), process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_backup_has_the_programs_of_the_version_of_the_database():
    [version] = re.findall(r"postgresql-client-(\d+)", (ROOT / "Dockerfile").read_text())
    assert COMPOSE["services"]["db"]["image"] == f"postgres:{version}"


def test_backup_is_made_as_soon_as_the_service_starts(image, migrated, tmp_path):
    with running(compose_command("backup"), cwd=image, env=migrated | {"BACKUP_DIR": str(tmp_path)}) as process:
        made = wait_until(
            partial(query, migrated["DATABASE_URL"], "SELECT file, failure FROM sreweekly_backup"), process
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == -signal.SIGTERM
    assert made == [(file.name, "") for file in tmp_path.iterdir()]
