"""A file as numbered lines of text, whatever bytes are in it."""

import codecs
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from text.validators import FORBIDDEN_CHARACTERS

# Bytes. A longer line is cut, at a tag.
LINE_LIMIT = 1_000_000

_MAGIC = {
    b"PK\x03\x04": "is a zip archive: unpack it, and give the .xml file in it.",
    b"\x1f\x8b": "is compressed: unpack it, and give the .xml file in it.",
    b"%PDF": "is a PDF, not a WordPress export.",
}


class ExportError(Exception):
    """A file of which nothing can be read, as a sentence that names it."""


def _read_as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """What old posts hold where they are no UTF-8; five of its bytes mean nothing."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("windows-1252", _read_as_windows_1252)


class Source:
    """`notes` are (line, sentence): what had to be mended."""

    def __init__(self, path: Path):
        self.name = path.name
        self.notes: list[tuple[int, str]] = []
        self._told: set[str] = set()
        try:
            self._file = path.open("rb")
            self.size = os.fstat(self._file.fileno()).st_size
        except OSError as error:
            raise ExportError(f"{path.name} cannot be read: {error.strerror}.") from error
        try:
            self._encoding = self._recognize()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    @property
    def position(self) -> int:
        """Bytes that are read."""
        return self._file.tell()

    def lines(self) -> Iterator[tuple[int, str, str]]:
        """Number, line, and the next line that is not empty."""
        waiting: list[tuple[int, str]] = []
        for number, text in self._numbered():
            if text.strip():
                yield from ((*line, text) for line in waiting)
                waiting.clear()
            waiting.append((number, text))
        yield from ((*line, "") for line in waiting)

    def _recognize(self) -> str:
        """The encoding; the position is then behind a byte order mark."""
        if not self.size:
            raise ExportError(f"{self.name} is empty.")
        head = self._file.read(1000)
        for magic, sentence in _MAGIC.items():
            if head.startswith(magic):
                raise ExportError(f"{self.name} {sentence}")
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise ExportError(f"{self.name} is written in UTF-16: save it in UTF-8, as WordPress writes it.")
        if head.startswith(codecs.BOM_UTF8):
            self._file.seek(len(codecs.BOM_UTF8))
            return "utf-8"
        self._file.seek(0)
        declared = re.search(rb"""<\?xml[^>]*encoding=["']([\w.-]+)""", head)
        try:
            encoding = codecs.lookup(declared[1].decode()).name if declared else "utf-8"
        except LookupError:
            self._tell(1, f"the encoding “{declared[1].decode()}” is unknown; read as UTF-8." if declared else "")
            return "utf-8"
        return encoding if not encoding.startswith("utf") else "utf-8"

    def _numbered(self) -> Iterator[tuple[int, str]]:
        number = 1
        while chunk := self._chunk():
            try:
                text = chunk.decode(self._encoding)
            except UnicodeDecodeError:
                self._tell(number, f"not all of it is {self._encoding.upper()}; the rest was read as Windows-1252.")
                text = chunk.decode(self._encoding, "windows-1252")
            if FORBIDDEN_CHARACTERS.search(text):
                self._tell(number, "control characters, which no page can carry, were left out.")
                text = FORBIDDEN_CHARACTERS.sub("", text)
            yield number, text
            number += text.count("\n")

    def _chunk(self) -> bytes:
        chunk = self._file.readline(LINE_LIMIT)
        if len(chunk) < LINE_LIMIT or chunk.endswith(b"\n"):
            return chunk
        # Else before the last character of UTF-8, which may not be all there.
        end = chunk.rfind(b">") + 1 or len(re.sub(rb"[^\x80-\xbf][\x80-\xbf]*\Z", b"", chunk)) or len(chunk)
        self._file.seek(end - len(chunk), os.SEEK_CUR)
        return chunk[:end]

    def _tell(self, line: int, text: str) -> None:
        """Once for each kind: a file in another encoding would fill the report."""
        if text not in self._told:
            self._told.add(text)
            self.notes.append((line, text))
