"""nginx, with the configuration of deploy/nginx, on two free ports of 127.0.0.1."""

import getpass
import http.client
import os
import re
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.sreweekly.conftest import COMPOSE, ROOT, free_port, running, wait_until

NGINX = ROOT / "deploy" / "nginx"
SITE = "newsletter.example"


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def cache(self) -> str | None:
        return self.headers["X-Cache"]


class Proxy(NamedTuple):
    folder: Path
    http_port: int
    https_port: int

    def ask(self, path="/", method="GET", body=None, *, host=SITE, encrypted=True, **headers) -> Answer:
        """Send one request. Names of headers have underscores."""
        with closing(self.connect(encrypted)) as connection:
            connection.request(method, path, body, {"Host": host} | with_hyphens(headers))
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def connect(self, encrypted=True) -> http.client.HTTPConnection:
        if not encrypted:
            return http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=30)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection("127.0.0.1", self.https_port, timeout=30, context=context)

    def log(self) -> str:
        return (self.folder / "log").read_text()


def with_hyphens(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def variables(**environment: str) -> dict[str, str]:
    """Return what the nginx image would put into the template."""
    script = ["sh", "-eu", "-c", ". ./16-variables.envsh && env"]
    given = {"SITE_URL": f"https://{SITE}", "PATH": os.environ["PATH"], **environment}
    output = subprocess.run(script, cwd=NGINX, env=given, capture_output=True, text=True, check=True).stdout
    return dict(re.findall(r"^(PROXY_\w+)=(.*)$", output, re.MULTILINE))


def fill_in(**environment: str) -> str:
    values = variables(**environment)
    return re.sub(r"\$\{(PROXY_\w+)\}", lambda match: values[match[1]], (NGINX / "nginx.conf.template").read_text())


@contextmanager
def proxying(folder: Path, *servers: int, change=str, **environment: str) -> Iterator[Proxy]:
    """Start nginx in front of these ports. `change` may change the configuration."""
    proxy = Proxy(folder, free_port(), free_port())
    addresses = {
        "PROXY_HTTP": f"127.0.0.1:{proxy.http_port}",
        "PROXY_HTTPS": f"127.0.0.1:{proxy.https_port}",
        "WEB_SERVERS": " ".join(f"127.0.0.1:{port}" for port in servers),
    }
    (folder / "nginx.conf").write_text(change(fill_in(**addresses, **environment)))
    (folder / "cache").mkdir()
    (folder / "pages").symlink_to(NGINX / "pages")
    with running(NGINX / "40-certificates.sh", env=os.environ | {"NGINX_PREFIX": str(folder)}) as certificates:
        certificates.wait(30)
        with (folder / "log").open("w") as log:
            time_zone = {"TZ": COMPOSE["services"]["proxy"]["environment"]["TZ"]}
            process = subprocess.Popen(
                nginx_command(folder), stdout=log, stderr=subprocess.STDOUT, env=os.environ | time_zone
            )
        try:
            wait_until(lambda: (folder / "nginx.pid").exists() and is_open(proxy), process)
            yield proxy
        finally:
            process.terminate()
            process.wait(30)


def nginx_command(folder: Path) -> list[str]:
    own = f"daemon off; pid nginx.pid; user {getpass.getuser()};"
    return ["nginx", "-p", str(folder), "-c", "nginx.conf", "-g", own]


def is_open(proxy: Proxy) -> bool:
    try:
        return proxy.ask(encrypted=False).status == 301
    except OSError:
        return False


def eventually(condition, seconds=20):
    """Wait for a true result of `condition`, and return it."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not true after {seconds} seconds"
        time.sleep(0.05)
    return result
