"""An editor at the desk, who is signed in and comes through the proxy."""

import http.client
from types import SimpleNamespace
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from drill.newsletter import DrillError
from tests.deploy.proxy import Proxy
from tests.desk_forms import read_form

FORM = "issue_form"
CONFLICT = b'name="_saved_now"'  # In the page that shows both versions: templates/admin/_conflict.html.


class Editor:
    def __init__(self, proxy: Proxy):
        from django.contrib.auth.models import User
        from django.test import Client

        self._connection = proxy.connect()
        self._connection.timeout = 90  # The proxy gives up after 60 seconds.
        client = Client()
        client.force_login(User.objects.get_or_create(username="editor", is_staff=True, is_superuser=True)[0])
        self.cookies = {name: morsel.value for name, morsel in client.cookies.items()}

    def open(self, path: str) -> dict[str, list[str]]:
        """Return the fields of the form of an issue. Raise DrillError if there is none."""
        try:
            status, body = self._ask("GET", path)
        except (OSError, http.client.HTTPException) as error:
            raise DrillError(f"The form could not be opened: {type(error).__name__}.") from error
        if status != 200:
            raise DrillError(f"The form could not be opened: {status}.")
        return read_form(SimpleNamespace(content=body), FORM)

    def save(self, path: str, form: dict[str, list[str]], **changes: str) -> str:
        """Return "saved", "conflict", "refused", the status of another answer, or the name of the exception."""
        try:
            status, body = self._ask("POST", path, urlencode({**form, **changes, "_save": "1"}, doseq=True))
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        if status == 200:
            return "conflict" if CONFLICT in body else "refused"
        return "saved" if status == 302 else str(status)

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
        headers = {
            "Host": urlsplit(settings.SITE_URL).netloc,
            "Origin": settings.SITE_URL,
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, content


def draft() -> tuple[int, str]:
    """Make an issue that is not published. Return its key, and the path of its form."""
    from django.urls import reverse

    from benchmarks.data import make_draft
    from issues.models.issues import Issue

    issue = make_draft(Issue.objects.next_number(), articles=8)
    return issue.pk, reverse("admin:issues_issue_change", args=[issue.pk])
