"""Set up all tests: a real PostgreSQL, and settings that the developer's environment cannot change."""

import os
from random import Random

import hypothesis
import pytest

from sreweekly.development.database import DIRECTORY, NOT_DURABLE, ensure_database_url

pytest_plugins = ["tests.web", "tests.databases"]

PREFIXES = ("NEWSLETTER_", "ISSUE_", "PUBLICATION_", "SMTP_", "DATABASE_SECONDS_", "METRICS_", "HEARTBEAT_", "SENTRY_")
for name in [name for name in os.environ if name.startswith(PREFIXES)]:
    del os.environ[name]
os.environ |= {
    # Not in pyproject.toml: pytest-django would read the settings before this file.
    "DJANGO_SETTINGS_MODULE": "sreweekly.settings",
    "DEBUG": "off",
    "SECRET_KEY": "for-tests-only",
    "SITE_URL": "https://sreweekly.example",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1,sreweekly.example",
    "HTTPS_REDIRECT": "off",
    "DATABASE_POOL": "0",
    # A busy machine must not fail a test.
    "DATABASE_SECONDS_PAGES": "60",
    "DATABASE_SECONDS_DESK": "60",
    "TIME_ZONE": "America/New_York",
}
# Not the server of `make run`: this one is faster, and may lose data when the machine crashes.
ensure_database_url(DIRECTORY.with_name("postgresql-tests"), NOT_DURABLE)
# A busy machine must not fail a test here either. In CI the examples are the same in every run. New ones are tried on
# developers' machines, which keep those that fail.
hypothesis.settings.register_profile(
    "ours",
    deadline=None,
    # The fixtures that such tests use hold nothing that an example leaves behind.
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
    derandomize="CI" in os.environ,
)
hypothesis.settings.load_profile("ours")


def pytest_configure():
    from django.conf import settings

    # Tests run without collectstatic. tests/sreweekly/test_deployment.py runs it, with the production storage.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES["pictures"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Run the tests in random order if TEST_ORDER_SEED is set, and browser tests last in any case.

    Shuffles the files, and the tests in each file, so that fixtures of a file are still made once.
    """
    if seed := os.environ.get("TEST_ORDER_SEED"):
        rank = {item: Random(f"{seed} {item.nodeid}").random() for item in items}
        items.sort(key=lambda item: (Random(f"{seed} {item.path}").random(), rank[item]))
    # asyncio.run() fails in a process in which Playwright's event loop runs.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Cache what each process asks the database once, so that query counts do not depend on the order of tests."""
    from issues.site.versions import printed_since
    from tests.databases import empty_database

    with django_db_blocker.unblock():
        printed_since()
        empty_database()


@pytest.fixture
def desk(db):
    """Return a test client that is signed in as an editor."""
    from django.test import Client

    from tests.make import make_editor

    client = Client()
    client.force_login(make_editor())
    return client
