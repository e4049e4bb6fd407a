"""Read the files of an import: alone, in folders and in zip archives."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from django.conf import settings

from importing.curated import is_curated, is_list_without_contents, read_curated
from importing.feeds import read_feed
from importing.formats import (
    HEAD,
    LISTS,
    UNPACKING,
    Sample,
    is_json,
    is_read,
    is_wordpress,
    is_xml,
    issues_in,
    look_at,
    refusal_of,
    refusal_of_value,
)
from importing.given import GivenIssue, Wrong
from importing.json_issues import read_issue
from importing.values import Fields, NotJsonError, read_json
from wordpress.export import Problem
from wordpress.report import Report

# Bytes. 5,500 issues have 43 MB; the values of a file take about ten times its size in memory.
FILE_LIMIT = 50 * 2**20
# Bytes of JSON that a request reads, in a third of a second.
FORM_LIMIT = 10 * 2**20


class _File(NamedTuple):
    name: str
    content: bytes


def is_export_of_wordpress(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_wordpress(file.read(HEAD))
    except OSError:
        return False


def refusal_of_upload(name: str, file: IO[bytes], size: int) -> str:
    """Return why a file cannot be imported, for its form. The import itself reports what is wrong with longer JSON."""
    sample = look_at(name, file)
    if (why := refusal_of(sample)) or size > FORM_LIMIT or not is_json(sample.head):
        return why
    file.seek(0)
    try:
        return refusal_of_value(read_json(file.read()))
    except NotJsonError as error:
        return str(error)


def read_issues(paths: list[Path], report: Report) -> Iterator[GivenIssue]:
    """Yield all issues. The report gets what could not be read: files, and single issues with the place in the file."""
    for path in paths:
        for file in _files_of(path, report):
            count = 0
            for found in _read(file):
                if isinstance(found, GivenIssue):
                    count += 1
                    yield found
                elif not count and len(found) == 1 and not found[0].place:
                    report.failed_files.append(f"{file.name}: {found[0].sentence}")
                else:
                    report.problems += [Problem(file.name, 0, wrong.place, wrong.sentence) for wrong in found]


def _files_of(path: Path, report: Report) -> Iterator[_File]:
    """Yield the file, or those in the folder or archive. The report gets the others."""
    try:
        if path.is_dir():
            yield from _files_of_folder(path, report)
            return
        with path.open("rb") as file:
            sample = look_at(path.name, file)
            if why := refusal_of(sample):
                report.failed_files.append(f"{path.name} {why}")
            elif sample.members:
                yield from _files_of_archive(path, sample, report)
            elif path.stat().st_size > FILE_LIMIT:
                report.failed_files.append(_too_large(path.name))
            else:
                file.seek(0)
                yield _File(path.name, file.read())
    except OSError as error:
        report.failed_files.append(f"{path.name} cannot be read: {error.strerror or error}.")


def _files_of_folder(path: Path, report: Report) -> Iterator[_File]:
    found = sorted(file for file in path.rglob("*") if file.is_file())
    if not any(is_read(str(file.relative_to(path))) for file in found):
        report.failed_files.append(f"{path.name} holds no file that ends with .json, .xml, .rss or .atom.")
    for file in found:
        name = str(file.relative_to(path))
        if not is_read(name):
            report.left_out["another kind of file"].append(name)
        else:
            for inner in _files_of(file, report):
                yield _File(name, inner.content)


def _files_of_archive(path: Path, sample: Sample, report: Report) -> Iterator[_File]:
    with zipfile.ZipFile(path) as archive:
        members = sorted((member for member in archive.infolist() if not member.is_dir()), key=lambda one: one.filename)
        if sum(member.file_size for member in members) > settings.WORDPRESS_IMPORT_LIMIT:
            report.failed_files.append(f"{path.name} is too large when it is unpacked. Choose fewer files.")
            return
        for member in members:
            name = f"{path.name}/{member.filename}"
            if not is_read(member.filename):
                report.left_out["another kind of file"].append(name)
            elif member.file_size > FILE_LIMIT:
                report.failed_files.append(_too_large(name))
            elif (content := _unpack(archive, member)) is None:
                report.failed_files.append(f"{name} cannot be unpacked: the archive is broken or locked.")
            else:
                yield _File(name, content)


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes | None:
    """Return the contents, at most as many bytes as the archive says that there are. None if it is broken."""
    try:
        with archive.open(member) as file:
            return file.read(member.file_size)
    except UNPACKING:
        return None


def _read(file: _File) -> Iterator[GivenIssue | list[Wrong]]:
    """Yield each issue, or what is wrong with it. An error without a place is about the whole file."""
    head = file.content[:HEAD]
    if is_wordpress(head):
        yield [Wrong("", "this is an export of WordPress. Unpack the archive, and choose this file alone.")]
        return
    if why := refusal_of(Sample(file.name, head, [], [])):
        yield [Wrong("", f"this {why}")]
        return
    if is_xml(head):
        yield from read_feed(file.content, file.name)
        return
    try:
        value = read_json(file.content)
    except NotJsonError as error:
        yield [Wrong("", f"this {error}")]
        return
    if why := refusal_of_value(value):
        yield [Wrong("", f"this {why}")]
        return
    yield from _around(value)
    found = list(issues_in(value))
    if not found:
        yield [Wrong("", "this holds no issues: its list is empty.")]
    for place, issue in found:
        if is_curated(issue):
            yield read_curated(issue, file.name, place)
        elif is_list_without_contents(issue):
            yield [Wrong(place, "this is Curated’s list of issues, which has no contents. Export each issue itself.")]
        else:
            yield read_issue(issue, file.name, place)


def _around(value: Any) -> Iterator[list[Wrong]]:
    """Yield what is wrong with the object around a list of issues. Answers of Curated's API count their pages there."""
    list_name = next((name for name in LISTS if isinstance(value, dict) and isinstance(value.get(name), list)), "")
    if list_name:
        errors: list[Wrong] = []
        fields = Fields(value, "", errors)
        for name in (list_name, "$schema", "page", "total_pages", "total_results"):
            fields.value(name)
        errors += [Wrong(name, why) for name, why in fields.unknown()]
        yield from [errors] * bool(errors)


def _too_large(name: str) -> str:
    return f"{name} has more than {FILE_LIMIT // 2**20} MB. Write one file for each issue, or a few."
