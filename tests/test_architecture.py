"""The rules of the house that a reader of the code relies on."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Each may import what its list names, and nothing else of the project. docs/architecture.md says why.
ALLOWED = {
    "text": [],
    "fetching": ["text"],
    "desk": ["text"],
    "sponsors": ["text"],
    "pictures": ["desk", "text"],
    "issues": ["pictures", "sponsors", "desk", "fetching", "text"],
    "collecting": ["issues", "pictures", "sponsors", "desk", "fetching", "text"],
    "archive": ["issues", "pictures", "sponsors", "desk", "fetching", "text"],
    "wordpress": ["issues", "pictures", "sponsors", "desk", "fetching", "text"],
    "importing": ["wordpress", "issues", "pictures", "sponsors", "desk", "fetching", "text"],
    "mailings": ["issues", "pictures", "sponsors", "desk", "fetching", "text"],
    "sreweekly": [
        *("mailings", "archive", "importing", "wordpress", "collecting", "issues", "pictures", "sponsors", "desk"),
        "fetching",
        "text",
    ],
}
# The same inside issues/, from the ground up: each may import what stands before it.
INSIDE_ISSUES = [
    *(
        "schedule",
        "models",
        "runs",
        "recognition",
        "doubts",
        "printing",
        "templatetags",
        "placing",
        "search",
        "preflight",
    ),
    *("site", "feeds", "tasks", "changes", "history", "admin", "demonstration", "management"),
]


def python_files(package):
    return sorted((ROOT / package).rglob("*.py"))


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for package in ALLOWED for path in python_files(package)}


def imported_modules(path):
    """Of the project, each as the module that is really read: "issues.site" for `from issues import site`."""
    tree = ast.parse(path.read_text())
    for_types = {
        inner
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name not in MODULES:
                name = name.rpartition(".")[0]
            if name in MODULES or name.partition(".")[0] in {*ALLOWED, "tests", "benchmarks", "drill"}:
                yield name


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_point_one_way(package):
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files(package)
        for name in imported_modules(path)
        if name.partition(".")[0] not in {package, *ALLOWED[package]}
    ]
    assert wrong == []


def test_imports_inside_issues_point_one_way():
    def floor(name):
        parts = name.split(".")
        return INSIDE_ISSUES.index(parts[1]) if len(parts) > 1 and parts[1] != "apps" else -1

    wrong = [
        f"{module} imports {name}"
        for module, path in MODULES.items()
        if module.startswith("issues.") and ".migrations" not in module
        for name in imported_modules(path)
        if name.startswith("issues.") and floor(name) > floor(module)
    ]
    assert wrong == []


def test_no_modules_import_each_other_in_a_circle():
    """A package's __init__ that only gathers its own modules is no part of one."""
    arrows = {
        module: {name for name in imported_modules(path) if name in MODULES and not name.startswith(f"{module}.")}
        for module, path in MODULES.items()
    }
    for direction in (lambda arrows: arrows, _turned):
        # Take away whatever imports nothing that is left, then whatever nothing that is left imports.
        while removable := [module for module, names in direction(arrows).items() if not names & arrows.keys()]:
            for module in removable:
                del arrows[module]
    assert {module: names & arrows.keys() for module, names in arrows.items()} == {}


def _turned(arrows):
    return {module: {other for other, names in arrows.items() if module in names} for module in arrows}


def test_only_markdown_calls_mark_safe():
    callers = [
        str(path.relative_to(ROOT))
        for path in MODULES.values()
        if "mark_safe" in path.read_text() or "SafeString(" in path.read_text()
    ]
    assert callers == ["text/markdown.py"]


def test_no_template_prints_unescaped_text():
    offenders = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "templates").rglob("*.*"))
        if "|safe" in path.read_text() or "autoescape off" in path.read_text()
    ]
    assert offenders == []
