"""Read a table of text (CSV) line by line, in flat memory, whatever its encoding and whatever separates its columns."""

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import IO, NamedTuple, TextIO

# Characters of one line. The longest of an exporter have a few thousand.
LONGEST_LINE = 2**16
# Within so many lines a quotation mark must be closed. A stray one would swallow the rest of the file.
OPEN_LINES = 50
# Lines by which the separator is found.
SAMPLE = 20
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
CHUNK = 2**20
# Of UTF-32 first: its mark begins with that of UTF-16.
_MARKS = [
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
]
_NAMES = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252"}
# The first line that Excel writes and reads.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_ADDRESS = re.compile(r'[\s"]*[^@\s"]+@[^@\s"]+\.[^@\s"]+[\s"]*')
# Around the text of a cell. Disks that failed leave zeros.
_AROUND = " \t\r\n\0\ufeff\xa0"


class TableError(Exception):
    """A file that cannot be read at all. The message is a sentence that names it."""


class Row(NamedTuple):
    line: int  # Of the file, from 1: where it begins.
    cells: list[str]
    problem: str = ""  # Why it cannot be read, as a sentence.


class _Line(NamedTuple):
    number: int
    text: str
    is_cut: bool = False


def find_encoding(file: IO[bytes]) -> str:
    """Return the encoding: UTF-8, 16 or 32, or else Windows-1252, which takes any bytes. Reads the file once."""
    head = file.read(CHUNK)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    # Letters from a to z in UTF-16 without a mark: every second byte is zero.
    for start, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[start::2].count(0) > len(head) / 4 > head[1 - start :: 2].count(0):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    good = bad = 0
    while head:
        text = decoder.decode(head)
        if not text.isascii():
            broken = text.count("\ufffd")
            bad += broken
            good += len(text) - len(text.encode("ascii", "ignore")) - broken
        head = file.read(CHUNK)
    # A few broken characters spoil their lines only.
    return "utf-8-sig" if good >= bad else "cp1252"


def name_of(encoding: str) -> str:
    """Return the name of an encoding for people."""
    return _NAMES.get(encoding, encoding.upper())


def find_separator(text: TextIO) -> str:
    """Return what separates the columns, by the first lines. A comma if nothing does.

    It leaves an address alone in a cell, and most lines have it as often as the first.
    """
    lines: list[str] = []
    for line in islice(_lines(text), SAMPLE):
        if found := _SEPARATOR_LINE.fullmatch(line.text.strip("\ufeff")):
            return found[1]
        if line.text.strip(_AROUND):
            lines.append(line.text)
    unquoted = [re.sub(r'"[^"]*"', "", line) for line in lines]

    def fitness(separator: str) -> tuple[int, int, int]:
        counts = [line.count(separator) for line in unquoted] or [0]
        if not counts[0]:
            return (0, 0, 0)
        with_address = sum(any(map(_ADDRESS.fullmatch, line.split(separator))) for line in lines)
        return (with_address, counts.count(counts[0]), counts[0])

    return max(SEPARATORS, key=fitness)


def read_rows(text: TextIO, separator: str) -> Iterator[Row]:
    """Yield all rows but blank ones. A row that cannot be read has a `problem`, and costs none of those after it."""
    lines, waiting = _lines(text), deque[_Line]()
    while line := (waiting.popleft() if waiting else next(lines, None)):
        if line.is_cut:
            sentence = f"This line has more than {LONGEST_LINE:,} characters, and is no line of a list of addresses."
            yield Row(line.number, [], sentence)
            continue
        block, quotes = [line], line.text.count('"')
        while quotes % 2 and len(block) < OPEN_LINES:
            following = waiting.popleft() if waiting else next(lines, None)
            if following is None:
                break
            block.append(following)
            if following.is_cut:
                break
            quotes += following.text.count('"')
        if quotes % 2:
            # Nothing closes it: read this line alone, and the others again.
            waiting.extendleft(reversed(block[1:]))
            block = block[:1]
        yield from _parse(block, separator)


def _parse(block: list[_Line], separator: str) -> Iterator[Row]:
    number = block[0].number
    texts = [line.text.lstrip("\ufeff") for line in block]
    try:
        # One line more shows whether a quotation mark is still open.
        reader = csv.reader([*texts, "\x1e"], delimiter=separator)
        found, begins = [], 0
        for cells in reader:
            found.append((begins, cells))
            begins = reader.line_num
    except csv.Error as error:
        yield Row(number, [], f"This line cannot be read ({error}).")
        return
    *rows, (_, last) = found
    if last != ["\x1e"]:
        yield Row(number, [], "A quotation mark is opened in this line, and not closed.")
        return
    for offset, cells in rows:
        stripped = [cell.strip(_AROUND) for cell in cells]
        is_about_separator = number == 1 and _SEPARATOR_LINE.fullmatch(separator.join(cells))
        if any(stripped) and not is_about_separator:
            yield Row(number + offset, stripped)


def _lines(text: TextIO) -> Iterator[_Line]:
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) < LONGEST_LINE or line.endswith(("\n", "\r")):
            yield _Line(number, line)
            continue
        while (rest := text.readline(LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
            continue
        yield _Line(number, "", is_cut=True)
