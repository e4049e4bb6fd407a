"""The digest of the code that prints: it moves with every file that decides which bytes come out."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.test.signals import template_rendered

from issues.printing import version
from issues.printing.version import PRINTING_CODE, PRINTING_FILES, digest_of_code
from tests.issues.feeds import FEEDS
from tests.issues.printing.test_markup_contract import make_sample
from tests.test_architecture import MODULES, imported_modules

# Modules that the views import, and that decide on no byte of a feed, a text or JSON.
PRINT_NOTHING = {
    *("issues.schedule", "issues.site.caching", "issues.site.cards", "issues.site.forms", "issues.site.versions"),
    *("fetching.identity", "fetching.tracking", "pictures.models", "pictures.reading", "pictures.storage"),
}


@pytest.fixture
def code(tmp_path):
    """A copy of everything that prints."""
    for path in printing_files():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(settings.BASE_DIR / path, tmp_path / path)
    assert digest_of_code(tmp_path) == PRINTING_CODE
    return tmp_path


def printing_files() -> set[Path]:
    folder = Path(settings.BASE_DIR)
    return {path.relative_to(folder) for pattern in PRINTING_FILES for path in folder.glob(pattern)}


@pytest.mark.parametrize(
    "name",
    [
        *("templates/issues/_contents.html", "templates/issues/feeds/_article.html", "issues/printing/text.py"),
        *("issues/feeds/xml.py", "text/markdown.py", "issues/models/articles.py"),
    ],
)
def test_changed_template_or_module_changes_the_digest(code, name):
    (code / name).write_text((code / name).read_text() + " ")
    assert digest_of_code(code) != PRINTING_CODE


def test_new_version_of_a_library_changes_the_digest(code, monkeypatch):
    monkeypatch.setattr(version, "version", lambda name: "99.0")
    assert digest_of_code(code) != PRINTING_CODE


def test_other_files_do_not_change_the_digest(code):
    for name in ("templates/issues/archive.html", "issues/printing/notes.md", "issues/changes.py"):
        (code / name).write_text("changed")
    assert digest_of_code(code) == PRINTING_CODE


def test_every_module_that_prints_is_part_of_the_digest():
    found, waiting = set(), ["issues.feeds.views", "issues.site.editions", "issues.site.downloads"]
    waiting += ["issues.templatetags.printing"]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += [name for name in imported_modules(MODULES[module]) if name in MODULES]
    known = {path.with_suffix("") for path in printing_files()}
    missing = {name for name in found if MODULES[name].relative_to(settings.BASE_DIR).with_suffix("") not in known}
    assert missing == PRINT_NOTHING


@pytest.mark.django_db
def test_every_template_that_prints_is_part_of_the_digest(client):
    make_sample()
    printed = set()
    remember = lambda template, **kwargs: printed.add(Path("templates", template.name))  # noqa: E731
    template_rendered.connect(remember)
    for address in (*FEEDS, "/sre-weekly-issue-437.txt", "/sre-weekly-issue-437.json"):
        client.get(address)
    assert Path("templates/issues/_contents.html") in printed
    assert printed <= printing_files()
