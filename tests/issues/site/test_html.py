"""The Nu HTML Checker (validator.w3.org/nu) reads every kind of page. It comes as npm's vnu-jar, and needs Java 11."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.issues.printing.test_markup_contract import make_sample
from tests.make import make_article, make_issue, make_page

pytestmark = pytest.mark.django_db

INSTALLED = Path(__file__).resolve().parents[3] / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
JAR = Path(os.environ.get("VNU_JAR", INSTALLED))
PAGES = [
    *("/", "/archive/", "/sre-weekly-issue-437/", "/sre-weekly-issue-436/", "/about/", "/nothing/"),
    *("/authors/", "/authors/lorin-hochstein/", "/publications/", "/publications/acm-queue/", "/tags/", "/tags/slo/"),
    *("/search/", "/search/?q=mismatch", "/search/?q=%22", "/data/"),
]


@pytest.fixture
def checker():
    """The command that checks files."""
    java = shutil.which("java")
    if java and JAR.exists():
        return [java, "-jar", str(JAR), "--format", "json", "--exit-zero-always"]
    refuse = pytest.fail if "VNU_JAR" in os.environ else pytest.skip
    refuse("The Nu HTML Checker is not here: npm install vnu-jar, or give the jar's path in VNU_JAR; Java is needed.")


def test_pages_are_valid_html(client, checker, tmp_path, settings):
    make_article(
        issue=make_issue(number=436, intro="# A\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---"), title="", byline="X"
    )
    make_sample()
    make_page()
    settings.NEWSLETTER_LOGO, settings.NEWSLETTER_ACCENT = "/static/logo.svg", "#7a1f5c"
    for number, address in enumerate(PAGES):
        (tmp_path / f"{number}.html").write_bytes(client.get(address).content)
    command = [*checker, *map(str, sorted(tmp_path.glob("*.html")))]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    problems = [
        f"{PAGES[int(Path(message['url']).stem)]}: {message['message']} {message.get('extract', '')}"
        for message in json.loads(result.stderr)["messages"]
    ]
    assert problems == []
