"""Where an archive is written: beside the directory, which it then replaces as a whole."""

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from archive.contents import ALL_TABLES
from archive.documents import ArchiveError

ISSUES, PAGES, ABOUT, README = "issues", "pages", "archive.json", "README.md"
OURS = {ISSUES, PAGES, ABOUT, README, *(table.file for table in ALL_TABLES)}


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A new directory to write to. It takes the target's place at the end, or goes where the block fails.

    What else lies in the target (.git) is moved over. Nobody but its owner can read it: it holds drafts and contacts.
    Raises ArchiveError where the target holds something else, and OSError.
    """
    target = target.resolve()
    kept = _what_else_is_in(target)
    token = secrets.token_hex(4)
    new, old = (target.with_name(f".{target.name}-{word}-{token}") for word in ("new", "old"))
    new.mkdir(mode=0o700)
    try:
        yield new
        os.sync()  # Else a power cut could leave names without contents, after the old ones are gone.
        if target.exists():
            target.rename(old)
        try:
            new.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    for name in kept:
        (old / name).rename(target / name)
    if old.exists():
        shutil.rmtree(old)


def issue_file(number: int, slug: str) -> str:
    """Sorted by number; no slug can lead out of the directory."""
    return f"{number:05}-{_safe(slug)}.md"


def page_file(slug: str, taken: set[str]) -> str:
    """One that is not `taken` yet, on a file system to which “About” and “about” are the same; it is added to them."""
    name = first = _safe(slug)
    count = 1
    while name.lower() in taken:
        count += 1
        name = f"{first}-{count}"
    taken.add(name.lower())
    return f"{name}.md"


def read_about(directory: Path) -> dict[str, Any]:
    """What archive.json says. Raises ArchiveError where there is none."""
    path = directory / ABOUT
    if not directory.is_dir():
        raise ArchiveError(f"{directory} is no directory.")
    if not path.is_file():
        raise ArchiveError(f"{directory} is no archive: it holds no {ABOUT}.")
    try:
        about = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ArchiveError(f"{ABOUT}, line {error.lineno}: this is no JSON: {error.msg}.") from error
    except UnicodeDecodeError as error:
        raise ArchiveError(f"{ABOUT} is not in UTF-8: see byte {error.start + 1}.") from error
    if not isinstance(about, dict) or type(about.get("format")) is not int:
        raise ArchiveError(f"{ABOUT} does not say which format this archive has: “format” is missing.")
    return about


def _what_else_is_in(target: Path) -> list[str]:
    if not target.exists():
        if not target.parent.is_dir():
            raise ArchiveError(f"{target.parent} is no directory. Make it first.")
        return []
    if not target.is_dir():
        raise ArchiveError(f"{target} is a file, and nothing was written. Name a directory.")
    names = sorted(os.listdir(target))
    if not names:
        return []
    try:
        read_about(target)
    except ArchiveError as error:
        raise ArchiveError(
            f"{target} holds something else than an export ({names[0]}), and nothing was written. "
            "Name an empty directory, a new one, or one of an earlier export."
        ) from error
    for folder in (ISSUES, PAGES):
        for path in sorted((target / folder).glob("*")):
            if path.suffix != ".md" or path.is_dir():
                raise ArchiveError(f"{path} is no part of an export, and would be lost. Nothing was written; move it.")
    return [name for name in names if name not in OURS]


def _safe(slug: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", slug)[:100] or "-"
