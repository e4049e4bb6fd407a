import shutil
from collections.abc import Iterator

import pytest

from tests.deploy.proxy import Proxy, eventually, proxying
from tests.deploy.stub import Stub
from tests.sreweekly.conftest import database, environment, image

__all__ = ["database", "environment", "image"]


@pytest.fixture(scope="session", autouse=True)
def nginx():
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed. On Debian: apt-get install nginx-light")


@pytest.fixture(scope="session")
def session_stub() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    stub.stop()


@pytest.fixture
def stub(session_stub, cached) -> Stub:
    """Return the application behind the proxy of `cached`, as new."""
    session_stub.answers.clear()
    # After a test that stopped it, nginx needs some seconds to find it again.
    for path in ("/not-stored", "/health/"):
        eventually(lambda path=path: cached.ask(path).status == 200)
    session_stub.requests.clear()
    return session_stub


@pytest.fixture(scope="session")
def cached(session_stub, tmp_path_factory) -> Iterator[Proxy]:
    """Run the proxy in front of the stub. Tests use addresses of their own, because they share the cache."""
    with proxying(tmp_path_factory.mktemp("proxy"), session_stub.port, WORDPRESS_IMPORT_MB="40") as proxy:
        yield proxy
