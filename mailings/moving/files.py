"""Open a file of subscribers: a table, or a zip archive of tables, as Mailchimp and Substack give them."""

import codecs
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import PurePath
from typing import IO, cast

from mailings.moving.formats import PLAIN, PLAIN_OF_GONE, Format, There
from mailings.moving.lists import SAMPLE, Given, Reader, make_reader
from mailings.moving.tables import SEPARATORS, TableError, find_encoding, find_separator, name_of, read_rows

# Bytes, unpacked. A million lines of Mailchimp have about 300 MB.
LONGEST_FILE = 2**30
MOST_MEMBERS = 20_000  # Substack's archive has three for each post.
SUFFIXES = (".csv", ".tsv", ".txt")
HEAD = 2**12
_SAVE = "Save it as CSV, and choose that."
_UNPACK = "Unpack it, and choose what is in it."
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# So long that no address begins with them, but for those of people who like to be difficult.
_KINDS = [
    (rb"\x1f\x8b|BZh\d1AY&SY|\xfd7zXZ|7z\xbc\xaf|Rar!\x1a", f"is compressed. {_UNPACK}"),
    (rb"%PDF-\d\.", f"is a PDF. {_SAVE}"),
    (rb"\xd0\xcf\x11\xe0", f"is a document of Office. {_SAVE}"),
    (rb"SQLite format 3", f"is a database. {_SAVE}"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8[79]a", "is a picture."),
    (rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body)\b", f"is a web page. {_SAVE}"),
    (rb"\s*<\?xml", f"is XML. {_SAVE}"),
    (rb"\s*[{\[]\s*[\"{\[\]}]", f"is JSON. {_SAVE}"),
    (rb"BEGIN:VCARD", f"is a list of contacts (vCard). {_SAVE}"),
]
# What zipfile raises for archives that are broken, locked, or packed by a method that it does not know.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError)
_UNPACKING = (*_DAMAGED, NotImplementedError, RuntimeError, ValueError)


@dataclass
class SubscriberList:
    """One table, opened: what it is, and its lines."""

    name: str
    reader: Reader
    description: str  # Of its format, for the report.
    lines: Iterator[Given]
    tell: Callable[[], int]  # Bytes of it that were read.
    total: int  # Bytes of the file.
    before: int = 0  # Bytes of the lists before it.

    @property
    def part(self) -> float:
        """Return how much of the file is read, from 0 to 1."""
        return min((self.before + self.tell()) / max(self.total, 1), 1)

    @property
    def format(self) -> Format:
        return self.reader.format


def open_lists(name: str, file: IO[bytes], form: Format | None = None, encoding: str = "") -> Iterator[SubscriberList]:
    """Yield each list of a file: those of who left, bounced or complained first.

    Raises TableError. A list is read before the next is asked for.
    """
    file.seek(0)
    head = file.read(HEAD)
    if refusal := _refusal_of(name, head):
        raise TableError(refusal)
    if head.startswith(_ZIP):
        yield from _open_archive(name, file, form, encoding)
        return
    size = file.seek(0, io.SEEK_END)
    if size > LONGEST_FILE:
        raise TableError(f"{name} has more than {LONGEST_FILE // 2**30} GB. Split it.")
    file.seek(0)
    yield _open(name, lambda: cast("IO[bytes]", _Unclosed(file)), size, form, encoding)


def _open(name: str, start: Callable[[], IO[bytes]], size: int, form: Format | None, encoding: str) -> SubscriberList:
    """Open a table. `start` opens it at its beginning, as often as it is called."""
    if encoding:
        _check_encoding(encoding)
    else:
        encoding = find_encoding(start())
    separator = find_separator(_decode(start(), encoding))
    binary = start()
    rows = read_rows(_decode(binary, encoding), separator)
    first = list(islice(rows, SAMPLE + 1))
    reader = make_reader(first, name, form)
    rest = chain(first, rows)
    sound = next(row.line for row in first if not row.problem)
    lines = (reader.read(row) for row in rest if not (reader.has_header and row.line == sound))
    by = f", separated by {SEPARATORS.get(separator, f'“{separator}”')}" if reader.width > 1 else ""
    description = f"{reader.format.name} ({name_of(encoding)}{by})"
    return SubscriberList(name, reader, description, lines, lambda: size if binary.closed else binary.tell(), size)


def _decode(binary: IO[bytes], encoding: str) -> io.TextIOWrapper:
    # An address with a letter that cannot be read is refused by its line.
    return io.TextIOWrapper(binary, encoding, errors="replace", newline="")


def _check_encoding(encoding: str) -> None:
    try:
        "".encode(encoding)  # Not codecs.lookup(), which also finds what encodes no text.
        codecs.getincrementaldecoder(encoding)
    except (LookupError, ValueError) as error:
        raise TableError(f"There is no encoding “{encoding}”. Try utf-8, utf-16 or windows-1252.") from error


def _refusal_of(name: str, head: bytes) -> str:
    """Return why this is no table, as a sentence, or an empty text."""
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        return f"{name} is empty."
    plain = head.removeprefix(codecs.BOM_UTF8)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        plain = head[2:].replace(b"\0", b"")
    why = next((why for mark, why in _KINDS if re.match(mark, plain, re.IGNORECASE | re.DOTALL)), "")
    return f"{name} {why}" if why else ""


def _open_archive(name: str, file: IO[bytes], form: Format | None, encoding: str) -> Iterator[SubscriberList]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = _tables_in(name, archive)
            opened = [(member, _open_member(archive, member, form, encoding)) for member in members]
            found = [(member, table) for member, table in opened if table]
            known = [pair for pair in found if pair[1].format not in (PLAIN, *PLAIN_OF_GONE)]
            chosen = known or found
            if not chosen:
                raise TableError(f"{name} holds no list of addresses. {_UNPACK}")
            if not known and len(chosen) > 1:
                raise TableError(f"{name} holds several lists, and none is of a service that is known. {_UNPACK}")
            chosen.sort(key=lambda pair: pair[1].format.everybody in (None, There.SUBSCRIBED))
            before, total = 0, sum(table.total for _, table in chosen)
            for member, table in chosen:
                again = _open_member(archive, member, form, encoding) or table
                lines = _until_broken(again.lines, again.name)
                yield replace(again, lines=lines, before=before, total=total)
                before += table.total
    except _UNPACKING as error:
        raise TableError(f"{name} is a zip archive that is broken or locked. {_UNPACK}") from error


def _until_broken(lines: Iterator[Given], name: str) -> Iterator[Given]:
    """Yield the lines. Raises TableError where the archive is damaged."""
    try:
        yield from lines
    except _DAMAGED as error:
        raise TableError(f"{name} breaks off, because the archive is damaged. {_UNPACK}") from error


def _tables_in(name: str, archive: zipfile.ZipFile) -> Sequence[zipfile.ZipInfo]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    names = {member.filename for member in members}
    if "[Content_Types].xml" in names:
        raise TableError(f"{name} is a spreadsheet. {_SAVE}")
    if len(members) > MOST_MEMBERS:
        raise TableError(f"{name} holds more than {MOST_MEMBERS:,} files. {_UNPACK}")
    tables = [member for member in members if _is_table(member.filename)]
    if sum(member.file_size for member in tables) > LONGEST_FILE:
        raise TableError(f"{name} is too large when it is unpacked. {_UNPACK}")
    if not tables:
        raise TableError(f"{name} holds no table: nothing in it ends with {', '.join(SUFFIXES)}.")
    return tables


def _is_table(path: str) -> bool:
    parts = PurePath(path).parts
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
    # Substack's tables of who was sent which post, and who opened it.
    is_of_a_post = "posts" in parts[:-1] or PurePath(path).name == "posts.csv"
    return not is_hidden and not is_of_a_post and PurePath(path).suffix.lower() in SUFFIXES


def _open_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, form: Format | None, encoding: str
) -> SubscriberList | None:
    """Open a table of an archive. None if it has no addresses."""
    try:
        return _open(PurePath(member.filename).name, lambda: archive.open(member), member.file_size, form, encoding)
    except TableError:
        return None


class _Unclosed(io.RawIOBase):
    """A view of a file from its beginning, which stays open when the view is closed."""

    def __init__(self, file: IO[bytes]):
        self._file, self._place = file, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        self._file.seek(self._place)
        content = self._file.read(len(buffer))
        buffer[: len(content)] = content
        self._place += len(content)
        return len(content)

    def tell(self) -> int:
        return self._place
