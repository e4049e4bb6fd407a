"""Set-up of all tests: a real PostgreSQL, settings that no environment of the developer's can change."""

import os

import hypothesis
import pytest

from sreweekly.development.database import ensure_database_url

pytest_plugins = ["tests.web"]

for name in [name for name in os.environ if name.startswith(("NEWSLETTER_", "ISSUE_", "PUBLICATION_", "SMTP_"))]:
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
    "TIME_ZONE": "America/New_York",
}
ensure_database_url()
if "CI" in os.environ:
    # The same examples at every run: a new one that fails is found on a developer's machine, where it is kept.
    hypothesis.settings.register_profile("ci", derandomize=True)
    hypothesis.settings.load_profile("ci")


def pytest_configure():
    from django.conf import settings

    # Tests run without collectstatic; `make test` proves the production storage by running it.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Note once since when issues are printed this way: the first feed of a process takes a query for it."""
    from issues.site.versions import printed_since

    with django_db_blocker.unblock():
        printed_since()


@pytest.fixture
def desk(db):
    """A client of an editor who is signed in."""
    from django.test import Client

    from tests.make import make_editor

    client = Client()
    client.force_login(make_editor())
    return client
