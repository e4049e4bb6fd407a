"""Read a file as numbered lines of text, whatever its bytes are."""

import codecs
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from text.validators import FORBIDDEN_CHARACTERS

# Bytes. A longer line is split behind a tag.
LINE_LIMIT = 1_000_000

_OTHER_FORMATS = {
    b"PK\x03\x04": "is a zip archive. Unpack it and give the .xml file in it.",
    b"\x1f\x8b": "is compressed. Unpack it and give the .xml file in it.",
    b"%PDF": "is a PDF, not a WordPress export.",
}


class ExportError(Exception):
    """A file cannot be read at all. The message is a sentence that names the file."""


class ExportLines:
    """The lines of one file. `notes` holds (line number, sentence) for everything that had to be repaired."""

    def __init__(self, path: Path):
        self.name = path.name
        self.notes: list[tuple[int, str]] = []
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
        """The number of bytes read so far."""
        return self._file.tell()

    def lines(self) -> Iterator[tuple[int, str, str]]:
        """Yield each line's number, its text, and the text of the next line that is not blank."""
        waiting: list[tuple[int, str]] = []
        for number, text in self._numbered():
            if text.strip():
                yield from ((*line, text) for line in waiting)
                waiting.clear()
            waiting.append((number, text))
        yield from ((*line, "") for line in waiting)

    def _recognize(self) -> str:
        """Return the encoding, and move past a byte order mark."""
        if not self.size:
            raise ExportError(f"{self.name} is empty.")
        head = self._file.read(1000)
        for magic, sentence in _OTHER_FORMATS.items():
            if head.startswith(magic):
                raise ExportError(f"{self.name} {sentence}")
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise ExportError(f"{self.name} is in UTF-16. Save it in UTF-8, as WordPress does.")
        if head.startswith(codecs.BOM_UTF8):
            self._file.seek(len(codecs.BOM_UTF8))
            return "utf-8"
        self._file.seek(0)
        declared = re.search(rb"""<\?xml[^>]*encoding=["']([\w.-]+)""", head)
        if declared is None:
            return "utf-8"
        try:
            encoding = codecs.lookup(declared[1].decode()).name
        except LookupError:
            self._note(1, f"the encoding “{declared[1].decode()}” is unknown; the file was read as UTF-8.")
            return "utf-8"
        return encoding if not encoding.startswith("utf") else "utf-8"

    def _numbered(self) -> Iterator[tuple[int, str]]:
        number = 1
        while chunk := self._chunk():
            try:
                text = chunk.decode(self._encoding)
            except UnicodeDecodeError:
                self._note(number, f"some bytes are not {self._encoding.upper()}; they were read as Windows-1252.")
                codecs.register_error("windows-1252", _as_windows_1252)  # Registering again changes nothing.
                text = chunk.decode(self._encoding, "windows-1252")
            if FORBIDDEN_CHARACTERS.search(text):
                self._note(number, "control characters, which no page may contain, were left out.")
                text = FORBIDDEN_CHARACTERS.sub("", text)
            yield number, text
            number += text.count("\n")

    def _chunk(self) -> bytes:
        chunk = self._file.readline(LINE_LIMIT)
        if len(chunk) < LINE_LIMIT or chunk.endswith(b"\n"):
            return chunk
        # Without a tag, split before the last UTF-8 character, which may be incomplete.
        end = chunk.rfind(b">") + 1 or len(re.sub(rb"[^\x80-\xbf][\x80-\xbf]*\Z", b"", chunk)) or len(chunk)
        self._file.seek(end - len(chunk), os.SEEK_CUR)
        return chunk[:end]

    def _note(self, line: int, sentence: str) -> None:
        """Note each kind of repair once: a file in another encoding would fill the report."""
        if sentence not in (noted for _, noted in self.notes):
            self.notes.append((line, sentence))


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Decode bytes that are invalid in the file's encoding, for codecs.register_error().

    Windows-1252 does not define five bytes: they become U+FFFD.
    """
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end
