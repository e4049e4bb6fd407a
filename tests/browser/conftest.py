"""A real Chromium on a live server: `page` is a reader's, `desk` an editor's who is signed in.

Both fail their test when a page runs into an error, is refused something by the content security
policy, or fails to load something. Append a regular expression to `allowed_errors` to expect one.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

if TYPE_CHECKING:  # pytest reads this file before Django has its models.
    from django.contrib.auth.models import User

# Playwright's loop runs in the thread of the tests, where Django then refuses database queries.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

NAMES = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
MACOS = tuple(f"/Applications/{name}.app/Contents/MacOS/{name}" for name in ("Google Chrome", "Chromium"))
SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
REPORT_VIOLATIONS = """
    document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`Content-Security-Policy: ${event.violatedDirective} refused ${event.blockedURI}`))
"""


def pytest_collection_modifyitems(items):
    """Mark the tests of this folder, and run them last: asyncio.run() fails while Playwright's loop is there."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    paths = filter(None, map(shutil.which, filter(None, (*NAMES, *MACOS))))
    if path := next(paths, None):
        return {**browser_type_launch_args, "executable_path": path, "args": SWITCHES}
    refuse = pytest.fail if os.environ.get("CI") else pytest.skip
    refuse("No Chromium was found: install one, or give its path in the environment variable CHROMIUM.")


@pytest.fixture
def allowed_errors() -> list[str]:
    """Regular expressions of the console messages and errors that this test expects."""
    return []


@pytest.fixture
def make_page(new_context, live_server, transactional_db, allowed_errors) -> Iterator[Callable[..., Page]]:
    """make_page(**options) gives a page with cookies of its own; options are those of browser.new_context()."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # Chromium asks for a favicon once a run, in whichever test comes first.
        if message.type == "error" and not message.location["url"].endswith("/favicon.ico"):
            errors.append(f"{message.text} ({message.location['url']})")

    def open_page(**options) -> Page:
        context = new_context(base_url=live_server.url, **options)
        context.set_default_timeout(10_000)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on("console", note)
        contexts.append(context)
        return context.new_page()

    cache.clear()  # The limits of sign-in, which no rollback takes back.
    yield open_page
    for context in contexts:
        context.close()  # Which also waits for what the page still has to say.
    unexpected = [error for error in errors if not any(re.search(allowed, error) for allowed in allowed_errors)]
    assert not unexpected, "The page had errors:\n" + "\n".join(unexpected)


@pytest.fixture
def page(make_page) -> Page:
    """Somebody who is not signed in."""
    return make_page()


@pytest.fixture
def editor(transactional_db) -> "User":
    from tests.make import make_editor

    return make_editor()


@pytest.fixture
def desk(make_page, live_server, editor) -> Page:
    """A page on which `editor` is signed in; nothing is opened yet: desk.goto("/admin/")."""
    client = Client()
    client.force_login(editor)
    name = settings.SESSION_COOKIE_NAME
    page = make_page()
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    return page
