"""Read the files of an archive one after the other. Makes no queries."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from archive import FORMAT
from archive.contents import ALL_TABLES
from archive.directory import ABOUT, ISSUES, PAGES, read_about
from archive.documents import ArchiveError, Record, read_document

# The values of archive.json.
_KNOWN = ("format", "counts", "last_article_id", "retired_guids")


def check(directory: Path) -> dict[str, Any]:
    """Check the format, and that no file is missing. Return the contents of archive.json. Raises ArchiveError.

    A directory that a person wrote has no archive.json, or one without counts: then its issues are all that it needs.
    """
    about: dict[str, Any] = {"format": FORMAT} if _has_issues_alone(directory) else read_about(directory)
    if unknown := sorted(about.keys() - _KNOWN):
        raise ArchiveError(f"{ABOUT}: “{unknown[0]}” is not known. Possible are {', '.join(_KNOWN)}.")
    written = about["format"]
    if written != FORMAT:
        raise ArchiveError(
            f"{ABOUT}: this archive has format {written}, but this version of the software reads format {FORMAT}. "
            "Import it with the version that wrote it, or a newer one."
        )
    if is_by_hand(about):
        return {"last_article_id": 1} | about
    for table in ALL_TABLES:
        if not table.is_optional and not (directory / table.file).is_file():
            raise ArchiveError(f"{table.file} is missing.")
    compare_counts(about, {folder: len(files_in(directory, folder)) for folder in (PAGES, ISSUES)})
    if unknown := about["counts"].keys() - {
        PAGES,
        ISSUES,
        *(table.file.removesuffix(".jsonl") for table in ALL_TABLES),
    }:
        raise ArchiveError(f"{ABOUT}: this installation cannot read {', '.join(sorted(unknown))}. Is an app missing?")
    return about


def is_by_hand(about: dict[str, Any]) -> bool:
    """Return whether a person wrote the archive: an export always counts what it holds."""
    return "counts" not in about


def _has_issues_alone(directory: Path) -> bool:
    """Return whether there are issues, and neither archive.json nor all the files of an export that has lost it."""
    files = [ABOUT, *(table.file for table in ALL_TABLES if not table.is_optional)]
    found = [(directory / file).exists() for file in files]
    return bool(files_in(directory, ISSUES)) and not found[0] and not all(found[1:])


def compare_counts(about: dict[str, Any], found: dict[str, int]) -> None:
    """Compare the numbers found with those in archive.json, to notice lost files. Raises ArchiveError."""
    counts = about.get("counts")
    if not isinstance(counts, dict):
        raise ArchiveError(f"{ABOUT} does not give the number of rows: “counts” is missing.")
    counts = {table.file.removesuffix(".jsonl"): 0 for table in ALL_TABLES if table.is_optional} | counts
    for name, count in found.items():
        if counts.get(name) != count:
            raise ArchiveError(
                f"This archive has {count} {name}, but {ABOUT} counts {counts.get(name)}. "
                "If you added or removed some on purpose, change the count there."
            )


def files_in(directory: Path, folder: str) -> list[Path]:
    return sorted((directory / folder).glob("*.md"))


def read_files(directory: Path, folder: str, kind: str, *, by_hand: bool = False) -> Iterator[list[Record]]:
    """Yield the records of each file. Raises ArchiveError."""
    for path in files_in(directory, folder):
        name = f"{folder}/{path.name}"
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError as error:
            raise _not_utf8(name, error) from error
        yield read_document(text, name, kind, by_hand=by_hand)


def read_lines(directory: Path, file: str) -> Iterator[Record]:
    """Yield a record for each line, which is a JSON object. Raises ArchiveError."""
    if not (directory / file).is_file():
        return  # check() has accepted that.
    with (directory / file).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            place = f"{file}, line {number}"
            try:
                values = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except UnicodeDecodeError as error:
                raise _not_utf8(place, error) from error
            except json.JSONDecodeError as error:
                raise ArchiveError(f"{place}: this is not JSON: {error.msg} at character {error.colno}.") from error
            except (ValueError, RecursionError) as error:
                raise ArchiveError(f"{place}: this JSON cannot be read: {error}.") from error
            if not isinstance(values, dict):
                raise ArchiveError(f'{place}: write an object here, such as {{"name": "…"}}.')
            yield Record(file, values, file, number)


def _not_utf8(place: str, error: UnicodeDecodeError) -> ArchiveError:
    return ArchiveError(f"{place}: this is not in UTF-8. See byte {error.start + 1}.")
