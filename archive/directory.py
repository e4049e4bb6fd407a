"""The directory of an archive: written beside the old one, which it then replaces as a whole."""

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from archive.contents import ALL_TABLES, WORDPRESS_FILE
from archive.documents import ArchiveError
from text.pictures import PictureName

ISSUES, PAGES, PICTURES, ABOUT, README = "issues", "pages", "pictures", "archive.json", "README.md"
OURS = {ISSUES, PAGES, PICTURES, ABOUT, README, WORDPRESS_FILE, *(table.file for table in ALL_TABLES)}


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a new directory to write to. It replaces the target at the end; if the block fails, it is deleted.

    Other files at the top of the target, such as .git, are moved over. Only the owner can read the directory, because
    it holds drafts and contacts. Raises OSError, and ArchiveError if the target is not an archive.
    """
    target = target.resolve()
    kept = _other_files_in(target)
    token = secrets.token_hex(4)
    new, old = (target.with_name(f".{target.name}-{word}-{token}") for word in ("new", "old"))
    new.mkdir(mode=0o700)
    try:
        yield new
        os.sync()  # Otherwise a power cut could leave the new files empty and the old ones gone.
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
    """Return a name that sorts by number. No slug can lead out of the directory."""
    return f"{number:05}-{_safe(slug)}.md"


def page_file(slug: str, taken: set[str]) -> str:
    """Return a name that is not `taken`, and add it there, in lower case: some file systems ignore case."""
    name = first = _safe(slug)
    count = 1
    while name.lower() in taken:
        count += 1
        name = f"{first}-{count}"
    taken.add(name.lower())
    return f"{name}.md"


def read_about(directory: Path) -> dict[str, Any]:
    """Return the contents of archive.json. Raises ArchiveError."""
    path = directory / ABOUT
    if not directory.is_dir():
        raise ArchiveError(f"{directory} is not a directory.")
    if not path.is_file():
        raise ArchiveError(f"{directory} is not an archive: it has no {ABOUT}.")
    try:
        about = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ArchiveError(f"{ABOUT}, line {error.lineno}: this is not JSON: {error.msg}.") from error
    except UnicodeDecodeError as error:
        raise ArchiveError(f"{ABOUT} is not in UTF-8. See byte {error.start + 1}.") from error
    if not isinstance(about, dict) or type(about.get("format")) is not int:
        raise ArchiveError(f"{ABOUT} does not give the archive’s format: “format” is missing.")
    return about


def _other_files_in(target: Path) -> list[str]:
    if not target.exists():
        if not target.parent.is_dir():
            raise ArchiveError(f"{target.parent} is not a directory. Create it first.")
        return []
    if not target.is_dir():
        raise ArchiveError(f"{target} is a file. Nothing was written. Give a directory.")
    names = sorted(os.listdir(target))
    if not names:
        return []
    try:
        read_about(target)
    except ArchiveError as error:
        raise ArchiveError(
            f"{target} is not an earlier export: it holds {names[0]}. Nothing was written. "
            "Give a directory that is new, empty, or an earlier export."
        ) from error
    for folder in (ISSUES, PAGES, PICTURES):
        for path in sorted((target / folder).glob("*")):
            is_ours = PictureName.parse(path.name) if folder == PICTURES else path.suffix == ".md"
            if not is_ours or path.is_dir():
                raise ArchiveError(f"{path} is not part of an export. Nothing was written. Move it elsewhere.")
    return [name for name in names if name not in OURS]


def _safe(slug: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", slug)[:100] or "-"
