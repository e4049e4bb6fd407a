"""The documents name only what exists: files, links, commands, settings, names of code, examples and drawings of it."""

import re
import runpy
from collections import Counter
from functools import cache
from pathlib import Path

import environ
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import get_commands

from issues.models.articles import Tagging
from issues.models.credits import Authorship
from tests.make import OUR_APPS
from tests.test_architecture import ALLOWED, INSIDE_ISSUES

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (*ALLOWED, "templates", "static", "tests", "benchmarks", "drill", "deploy", "docs", ".ci")
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
# The changelog also names what is gone.
CURRENT = [path for path in DOCUMENTS if path.name != "CHANGELOG.md"]

# What looks like the name of a file here and is none.
NOT_FILES = {
    *("text/csv", "text/html", "text/plain", "text/xml"),
    # In an exported archive: docs/archive.md.
    *("issues/00012-sre-weekly-issue-12.md", "pages/about.md", "archive.json", "sponsors.jsonl", "publications.jsonl"),
    *("authors.jsonl", "tags.jsonl", "former_tags.jsonl", "settled_credits.jsonl", "pictures.jsonl"),
    *("former_pictures.jsonl", "backlog.jsonl", "wordpress.jsonl"),
    # Downloads: docs/data.md.
    *("articles.csv", "articles.jsonl", "issues.jsonl"),
}
# Other programs, and their variables.
NOT_OURS = {
    *("pg_dump", "pg_restore", "AWS_ACCESS_KEY_ID", "GRANIAN_WORKERS", "GRANIAN_LOG_ACCESS_ENABLED", "HTTP_PROXY"),
    # Django's operations of migrations, for those to come.
    *("AddIndexConcurrently", "AddConstraintNotValid", "ValidateConstraint", "db_default"),
}


def read(name):
    return (ROOT / name).read_text()


def without_blocks(text):
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)


def code_spans(text):
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", without_blocks(text))


def all_code(text):
    """Return what is between backticks, and the blocks of code."""
    return "\n".join([*code_spans(text), *re.findall(r"^ *```.*?^ *```", text, flags=re.MULTILINE | re.DOTALL)])


def test_files_that_documents_name_exist():
    in_folders = re.compile(rf"(?<![\w/.:-])((?:{'|'.join(map(re.escape, FOLDERS))})/[\w./*-]*)")
    alone = re.compile(r"[\w.-]+\.(?:py|md|html|css|js|toml|txt|yml|json|jsonl|csv|png|svg)|Dockerfile|Makefile")
    known = {path.name for folder in FOLDERS for path in (ROOT / folder).rglob("*")}
    known |= {path.name for path in ROOT.iterdir()}
    missing = set()
    for document in CURRENT:
        text = document.read_text()
        for name in {found.rstrip(".") for found in in_folders.findall(text)} - NOT_FILES:
            if not any(any(folder.glob(name)) for folder in (ROOT, ROOT / "templates", document.parent)):
                missing.add((document.name, name))
        names = {span for span in code_spans(text) if alone.fullmatch(span)}
        missing |= {(document.name, name) for name in names - known - NOT_FILES}
    assert missing == set()


def test_links_between_documents_lead_somewhere():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)\s]+)\)", without_blocks(document.read_text())):
            if not re.match(r"[a-z]+:", target):
                name, _, anchor = target.partition("#")
                path = document.parent / name if name else document
                assert path.exists(), (document.name, target)
                assert not anchor or anchor in anchors_of(path), (document.name, target)


@cache
def anchors_of(path):
    """Return the anchors that GitHub gives to the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(path.read_text()), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_commands_that_documents_show_exist():
    shown = "\n".join(all_code(document.read_text()) for document in CURRENT)
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), flags=re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", shown)) - targets == set()
    assert set(re.findall(r"\bmanage\.py ([a-z_]+)", shown)) - get_commands().keys() == set()
    for path, test in re.findall(r"(\S+\.py)::(\w+)", shown):
        assert f"def {test}(" in read(path)


def test_names_of_code_in_documents_are_in_the_code():
    """Functions, classes, attributes, fields, tables, keys of JSON, variables of the environment."""
    paths = [path for folder in (*ALLOWED, "tests", "benchmarks", "drill") for path in (ROOT / folder).rglob("*.py")]
    paths += [path for path in ROOT.iterdir() if path.suffix in {".py", ".toml", ".yml"} or path.name == "Makefile"]
    paths += [path for path in (ROOT / "deploy").rglob("*") if path.is_file()]
    words = {word for path in paths if path != Path(__file__) for word in re.findall(r"\w+", path.read_text())}
    words |= {model._meta.db_table for model in apps.get_models()} | NOT_OURS
    for document in CURRENT:
        spans = [span.partition("(")[0] for span in code_spans(document.read_text())]
        named = {part for span in spans if re.fullmatch(r"[A-Za-z_][\w.]*", span) for part in span.split(".")}
        assert {name for name in named - words if not (ROOT / name).exists()} == set(), document.name


def test_examples_are_code_of_the_file_that_is_named_above_them():
    for document in CURRENT:
        blocks = re.findall(r"(\S*)\s*```python\n(.*?)```", document.read_text(), flags=re.DOTALL)
        for name, block in blocks:
            source = {line.strip(" ,") for line in read(name.strip("`:")).splitlines()}
            assert [line for line in block.splitlines() if line.strip(" ,") not in source] == []


# Settings


def settings_read(monkeypatch):
    """Return the variables that settings.py reads without DEBUG, with their defaults."""
    defaults = {}
    given = {"SITE_URL": "https://sreweekly.example", "SECRET_KEY": "secret", "DATABASE_URL": "postgresql:///"}

    def get_value(env, name, cast=None, default=environ.Env.NOTSET, parse_default=False):
        defaults[name] = default
        return given.get(name, default)

    monkeypatch.setattr(environ.Env, "get_value", get_value)
    runpy.run_path(str(ROOT / "sreweekly" / "settings.py"))
    return defaults


def variables_in(name):
    """Return the variables in the first column of the document's tables, with the second column."""
    rows = re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|([^|]*)\|", read(name), flags=re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a variable is there twice"
    return {variable: default.strip() for variable, default in rows}


def test_configuration_has_each_variable_with_its_default(monkeypatch):
    documented, defaults = variables_in("docs/configuration.md"), settings_read(monkeypatch)
    of_compose = set(re.findall(r"\$\{([A-Z0-9_]+)", read("docker-compose.yml")))
    assert documented.keys() == defaults.keys() | of_compose
    paths = {"BACKUP_DIR", "PICTURES_DIR", "STATIC_ROOT"}
    for name in defaults.keys() - paths - {"ALLOWED_HOSTS", "DATABASE_URL", "MAIL_FROM", "SECRET_KEY_FALLBACKS"}:
        assert documented[name] == shown(defaults[name]), name


def shown(default):
    if default in ("", environ.Env.NOTSET):
        return ""
    if isinstance(default, bool):
        return "`on`" if default else "`off`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def test_readme_keeps_ten_variables():
    assert len(variables_in("README.md")) == 10
    assert variables_in("README.md").items() <= variables_in("docs/configuration.md").items()


# Drawings


def test_architecture_has_the_table_of_directions():
    text = read("docs/architecture.md")
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", text, flags=re.MULTILINE))
    assert {name: re.findall(r"`(\w+)`", rows[name]) for name in ALLOWED} == ALLOWED
    order = re.search(r"^`schedule`,.*?\n\n", text, flags=re.MULTILINE | re.DOTALL)
    assert order
    assert re.findall(r"`(\w+)`", order[0]) == INSIDE_ISSUES


def test_architecture_draws_the_relations_of_the_models():
    """All foreign keys, but those to users. How many rows stand at each end is not compared."""
    drawn = re.findall(r"^ +(\w+) [|}][|o]--[|o][|{] (\w+) :", read("docs/architecture.md"), flags=re.MULTILINE)
    keys = [
        (model.__name__, field.related_model.__name__)
        for model in apps.get_models()
        if model._meta.app_label in OUR_APPS
        for field in model._meta.get_fields()
        if field.related_model and not field.auto_created and field.related_model != User
        if getattr(field, "remote_field", None)
        and getattr(field.remote_field, "through", None) not in (Authorship, Tagging)
    ]
    assert Counter(map(frozenset, drawn)) == Counter(map(frozenset, keys))
