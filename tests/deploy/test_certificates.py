"""The scripts that choose and obtain certificates. openssl is real; nginx, certbot and sleep are not."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.deploy.proxy import NGINX, eventually
from tests.sreweekly.conftest import running


@pytest.fixture
def programs(tmp_path, monkeypatch) -> Path:
    """Return the folder of the programs that the scripts find first. `sleep` waits for a tenth of a second."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("NGINX_PREFIX", str(tmp_path))
    add(folder, "sleep", 'echo "sleep $*" >>"$CALLS"; exec /bin/sleep 0.1')
    add(folder, "nginx", 'echo "nginx $*" >>"$CALLS"')
    return folder


def add(folder, name, line):
    (folder / name).write_text(f"#!/bin/sh\n{line}\n")
    (folder / name).chmod(0o755)


def issue(folder, name):
    """Make a certificate with its key, as any authority would."""
    key, certificate = folder / "privkey.pem", folder / "fullchain.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", f"/CN={name}", "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)


def subject(path) -> str:
    command = ["openssl", "x509", "-in", path, "-noout", "-subject"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def calls(tmp_path) -> str:
    path = tmp_path / "calls"
    return path.read_text() if path.exists() else ""


def test_self_signed_certificate_serves_until_there_is_another(programs, tmp_path):
    used = tmp_path / "tls" / "fullchain.pem"
    (tmp_path / "certificates").mkdir()
    with running(NGINX / "40-certificates.sh") as script:
        assert script.wait(30) == 0
        assert "self-signed" in subject(used)
        issue(tmp_path / "certificates", "first")
        eventually(lambda: "nginx -s reload" in calls(tmp_path))
        assert "first" in subject(used)


def test_nginx_reloads_a_certificate_that_was_renewed(programs, tmp_path):
    (tmp_path / "certificates").mkdir()
    issue(tmp_path / "certificates", "first")
    with running(NGINX / "40-certificates.sh") as script:
        assert script.wait(30) == 0
        eventually(lambda: calls(tmp_path).count("sleep") > 2)
        assert "reload" not in calls(tmp_path)
        issue(tmp_path / "certificates", "second")
        eventually(lambda: "nginx -s reload" in calls(tmp_path))


@pytest.fixture
def certbot(tmp_path) -> Path:
    """Return the script, with its folders below tmp_path."""
    for name in ("acme", "certificates", "etc/letsencrypt/live/site"):
        (tmp_path / name).mkdir(parents=True)
    text = (NGINX / "certbot.sh").read_text()
    script = tmp_path / "certbot.sh"
    script.write_text(re.sub(r"(?<=[ \"])/(?=acme|certificates|etc)", f"{tmp_path}/", text))
    return script


def test_certificate_is_obtained_and_handed_to_the_proxy(programs, certbot, tmp_path):
    add(programs, "certbot", 'echo "certbot $*" >>"$CALLS"')
    issue(tmp_path / "etc/letsencrypt/live/site", "issued")
    environment = os.environ | {"SITE_URL": "https://newsletter.example:443"}
    with running(["sh", certbot], env=environment):
        eventually(lambda: calls(tmp_path).count("sleep 12h") > 1)
    assert "issued" in subject(tmp_path / "certificates" / "fullchain.pem")
    assert "--domain newsletter.example\n" in calls(tmp_path)


def test_certificate_is_tried_for_again_after_an_hour(programs, certbot, tmp_path):
    add(programs, "certbot", 'echo "certbot $*" >>"$CALLS"; exit 1')
    environment = os.environ | {"SITE_URL": "https://newsletter.example", "CERTIFICATE_NAMES": "a.example,b.example"}
    with running(["sh", certbot], env=environment):
        eventually(lambda: calls(tmp_path).count("--domain a.example,b.example\n") > 1)
    assert "sleep 12h" not in calls(tmp_path)
    assert not list((tmp_path / "certificates").iterdir())
