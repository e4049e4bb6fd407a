"""The rules of the house that a reader of the code relies on."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# What each may import of the others. sreweekly.urls, which mounts everything, stands above all.
ALLOWED = {
    "sponsors": {"sponsors", "sreweekly"},
    "issues": {"issues", "sponsors", "sreweekly"},
    "sreweekly": {"sreweekly"},
}


def python_files(package):
    return [path for path in sorted((ROOT / package).rglob("*.py")) if path != ROOT / "sreweekly" / "urls.py"]


def imported_names(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield node.module or ""


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_point_one_way(package):
    ours = {*ALLOWED, "tests"}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files(package)
        for name in imported_names(path)
        if name.split(".")[0] in ours - ALLOWED[package]
    ]
    assert wrong == []


def test_only_markup_calls_mark_safe():
    callers = [
        str(path.relative_to(ROOT))
        for package in ALLOWED
        for path in python_files(package)
        if "mark_safe" in path.read_text() or "SafeString(" in path.read_text()
    ]
    assert callers == ["sreweekly/markup.py"]


def test_no_template_prints_unescaped_text():
    offenders = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "templates").rglob("*.*"))
        if "|safe" in path.read_text() or "autoescape off" in path.read_text()
    ]
    assert offenders == []
