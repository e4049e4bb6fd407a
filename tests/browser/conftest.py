"""A real Chromium and a live server: use `page` as a reader, or `desk` as an editor who is signed in.

A test fails if its page logs an error: a JavaScript error, a violation of the content security policy, or a request
that failed. To expect an error, append a regular expression to `allowed_errors`.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

if TYPE_CHECKING:  # pytest imports this file before Django's models are loaded.
    from django.contrib.auth.models import User

# Playwright's event loop runs in the main thread, where Django would refuse database queries.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# Debian's build without windows needs two thirds of the time.
NAMES = (os.environ.get("CHROMIUM", ""), "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
MACOS = tuple(f"/Applications/{name}.app/Contents/MacOS/{name}" for name in ("Google Chrome", "Chromium"))
SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
TIMEOUT = 30_000  # Milliseconds. Long, because the machine may be slow or busy.
expect.set_options(timeout=TIMEOUT)
REPORT_VIOLATIONS = """
    document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`Content-Security-Policy: ${event.violatedDirective} refused ${event.blockedURI}`))
"""


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def connection_closed() -> None:
    """Close this thread's database connection before Playwright starts its event loop.

    While the loop runs, Django uses another connection in this thread, and nothing would close the one opened before.
    """
    connection.close()


@pytest.fixture(scope="session")
def playwright(connection_closed, playwright):
    """Start the event loop without an open connection."""
    return playwright


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    paths = filter(None, map(shutil.which, filter(None, (*NAMES, *MACOS))))
    if path := next(paths, None):
        return {**browser_type_launch_args, "executable_path": path, "args": SWITCHES}
    refuse = pytest.fail if os.environ.get("CI") else pytest.skip
    refuse("No Chromium was found. Install one, or set the environment variable CHROMIUM to its path.")


@pytest.fixture
def allowed_errors() -> list[str]:
    """Return a list to which the test appends regular expressions for the errors that it expects."""
    return []


@pytest.fixture
def make_page(new_context, live_server, transactional_db, allowed_errors) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page with its own cookies. It takes the options of browser.new_context().

    Closes every context at the end of the test, before the database waits for the server's last answers.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # Chromium requests the favicon once, in whichever test runs first.
        if message.type == "error" and not message.location["url"].endswith("/favicon.ico"):
            errors.append(f"{message.text} ({message.location['url']})")

    def open_page(**options) -> Page:
        context = new_context(base_url=live_server.url, **options)
        context.set_default_timeout(TIMEOUT)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on("console", note)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()  # Also waits for the last console messages.
    unexpected = [error for error in errors if not any(re.search(allowed, error) for allowed in allowed_errors)]
    assert not unexpected, "The page had errors:\n" + "\n".join(unexpected)


@pytest.fixture
def page(make_page) -> Page:
    """Return a page of a reader, who is not signed in."""
    return make_page()


@pytest.fixture
def editor(transactional_db) -> "User":
    from tests.make import make_editor

    return make_editor()


@pytest.fixture
def desk(make_page, live_server, editor) -> Page:
    """Return an empty page, in which `editor` is signed in."""
    client = Client()
    client.force_login(editor)
    name = settings.SESSION_COOKIE_NAME
    page = make_page()
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    return page
