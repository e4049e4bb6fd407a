"""The Markdown files of an archive: front matter and parts. Knows no models and no database.

A part begins with an HTML comment, which holds what is not Markdown. A heading with a link and the text follow:

    <!-- article
    id = 17
    authors = ["ann-lee"]
    -->

    ## [Lamps in cellars](https://lamps.example/1)

    They shine.

Each value is written once. Values that Markdown cannot hold exactly (texts that begin or end with blank lines, titles
of two lines) are written as TOML instead. Files can be read with the line ends of any system.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field

from archive.toml import toml

# By kind of part: the name of the value below the heading, and the names of the heading's two values.
TEXTS = {
    "issue": "intro",
    "page": "body",
    "placement": "message",
    "article": "blurb",
    "outage": "blurb",
    "correction": "text",
}
HEADINGS = {"placement": ("sponsor", "url"), "article": ("title", "url"), "outage": ("title", "url")}
# The value "CRLF" marks a text with the line ends that browsers send. The file itself has "\n".
LINE_ENDS = "line_ends"

_FENCE = "+++"
_BEGIN = re.compile(r"<!-- ([a-z]+)")
# A person may also write the comment on one line.
_BEGIN_BY_HAND = re.compile(r"<!-- ([a-z]+)(?: *-->)?")
_LIKE_BEGIN = re.compile(r"^(\\*<!-- [a-z]+)$", re.MULTILINE)
_ESCAPED_BEGIN = re.compile(r"^\\(\\*<!-- [a-z]+)$", re.MULTILINE)
_LINK = re.compile(r"## \[((?:[^\[\]\\]|\\.)*)\]\((?:<((?:[^<>\\]|\\.)*)>|([^<>()\s\\]+))\)")
_PLAIN_HEADING = re.compile(r"## (.+)")
_PUNCTUATION = re.compile(r"([\\`*_\[\]<&])")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")  # CommonMark, “Backslash escapes”: ASCII punctuation.


class ArchiveError(Exception):
    """Something is wrong with an archive. The message is a sentence that names the file and the line."""


@dataclass
class Record:
    """The values of one row or part. `lines` holds the line number of each value, by name."""

    kind: str
    values: dict[str, object]
    file: str = ""
    line: int = 0
    lines: dict[str, int] = field(default_factory=dict)

    def place(self, key: str = "") -> str:
        """Return file and line of a value, or of the whole record."""
        line = self.lines.get(key, self.line)
        return f"{self.file}, line {line}" if line else self.file

    def error(self, sentence: str, key: str = "") -> ArchiveError:
        return ArchiveError(f"{self.place(key)}: {key + ': ' if key else ''}{sentence}")


def write_document(records: Iterable[Record]) -> str:
    """Return the text of a file. The first record becomes the front matter and the text below it."""
    return "\n".join(_write_part(record, is_first=place == 0) for place, record in enumerate(records))


def read_document(text: str, file: str, kind: str, *, by_hand: bool = False) -> list[Record]:
    """Return the records that write_document() was given. `kind` is the first record's. Raises ArchiveError."""
    pattern = _BEGIN_BY_HAND if by_hand else _BEGIN
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[0] == "---":
        raise ArchiveError(f"{file}, line 1: write the values as TOML between two lines {_FENCE}, not as YAML.")
    if lines[0] != _FENCE:
        raise ArchiveError(f"{file}, line 1: the file does not begin with {_FENCE}.")
    begins = [(0, kind), *((n, match[1]) for n, line in enumerate(lines) if (match := pattern.fullmatch(line)))]
    records: list[Record] = []
    end = 0
    for position, (begin, part) in enumerate(begins):
        if begin < end:  # It is text within the TOML of another part.
            continue
        after = _end_of_toml(lines, begin, file)
        following = [other for other, _ in begins[position + 1 :] if other > after]
        end = following[0] if following else len(lines)
        records.append(_read_part(part, lines, (begin, after, end), file))
    for record in records[1:]:
        if record.kind not in set(TEXTS) - {"issue", "page"}:
            raise record.error(f"“{record.kind}” is not a part of an issue. Use {', '.join(list(TEXTS)[2:])}.")
    return records


def read_toml(text: str, file: str, line: int) -> dict[str, object]:
    """Read TOML that begins at `line`. Raises ArchiveError."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ArchiveError(f"{file}, line {line}: this is not TOML: it is nested too deeply.") from error
    except ValueError as error:
        sentence = str(error)
        if match := re.search(r" \(at line (\d+), column \d+\)", sentence):
            line, sentence = line + int(match[1]) - 1, sentence.replace(match[0], "")
        raise ArchiveError(
            f"{file}, line {line}: this is not TOML: {sentence.removesuffix(' (at end of document)')}."
        ) from error


def _write_part(record: Record, *, is_first: bool) -> str:
    values = dict(record.values)
    blocks = [_take_heading(record.kind, values), _take_text(record.kind, values)]
    frame = f"{_FENCE}\n{{}}{_FENCE}\n" if is_first else f"<!-- {record.kind}\n{{}}-->\n"
    return frame.format(toml(values)) + "".join(f"\n{block}\n" for block in blocks if block)


def _take_heading(kind: str, values: dict[str, object]) -> str:
    """Return the heading, and remove its values. Returns nothing if a heading cannot hold them exactly."""
    if kind not in HEADINGS:
        return ""
    words_key, address_key = HEADINGS[kind]
    words, address = str(values[words_key]), str(values.get(address_key, ""))
    if words != words.strip() or re.search(r"[\r\n]", words + address) or not (words or address):
        values[address_key] = address
        return ""
    del values[words_key]
    values.pop(address_key, None)
    words = _PUNCTUATION.sub(r"\\\1", words)
    if not address:
        return f"## {words}"
    if re.search(r"[<>()\s\\]", address):
        address = f"<{re.sub(r'([<>\\])', r'\\\1', address)}>"
    return f"## [{words}]({address})"


def _take_text(kind: str, values: dict[str, object]) -> str:
    """Return the text below the heading, and remove it from the values, as _take_heading() does."""
    key = TEXTS[kind]
    text = str(values.get(key, ""))
    lines = text.split("\r\n")
    if len(lines) > 1 and not re.search(r"[\r\n]", "".join(lines)):
        text = "\n".join(lines)
        has_crlf = True
    else:
        has_crlf = False
    if "\r" in text or text != text.strip("\n"):
        return ""
    values.pop(key, None)
    if has_crlf:
        values[LINE_ENDS] = "CRLF"
    return _LIKE_BEGIN.sub(r"\\\1", text)


def _end_of_toml(lines: list[str], begin: int, file: str) -> int:
    if begin and lines[begin].endswith("-->"):
        return begin
    mark = "-->" if begin else _FENCE
    try:
        return lines.index(mark, begin + 1)
    except ValueError as error:
        raise ArchiveError(f"{file}, line {begin + 1}: the line {mark} that ends this part is missing.") from error


def _read_part(kind: str, lines: list[str], bounds: tuple[int, int, int], file: str) -> Record:
    begin, after, end = bounds
    values = read_toml("\n".join(lines[begin + 1 : after]) + "\n", file, begin + 2)
    places = {
        match[1]: number + 1
        for number in range(after - 1, begin, -1)
        if (match := re.match(r"(\w+)\s*=", lines[number]))
    }
    record = Record(kind, values, file, begin + 1, places)
    body = list(enumerate(lines[after + 1 : end], after + 2))
    if kind in HEADINGS and not set(HEADINGS[kind]) & set(values):
        body = _read_heading(record, body)
    _read_text(record, body)
    return record


def _read_heading(record: Record, body: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Read the heading from numbered lines, and return the lines below it."""
    at = next((place for place, (_, line) in enumerate(body) if line.strip()), 0)
    number, line = body[at] if body else (record.line, "")
    words_key, address_key = HEADINGS[record.kind]
    record.lines |= {words_key: number, address_key: number}
    if match := _LINK.fullmatch(line):
        words, address = match[1], match[3] or _ESCAPED.sub(r"\1", match[2] or "")
    elif (match := _PLAIN_HEADING.fullmatch(line)) and not match[1].startswith("["):
        words, address = match[1], ""
    else:
        sentence = f"write “## [{words_key}](address)” or “## {words_key}” here."
        raise ArchiveError(f"{record.file}, line {number}: {sentence}")
    record.values |= {words_key: _ESCAPED.sub(r"\1", words), address_key: address}
    return body[at + 1 :]


def _read_text(record: Record, body: list[tuple[int, str]]) -> None:
    key = TEXTS.get(record.kind, "text")
    text = "\n".join(line for _, line in body).strip("\n")
    line_ends = record.values.pop(LINE_ENDS, None)
    if line_ends not in (None, "CRLF"):
        raise record.error("the only possible value is “CRLF”.", LINE_ENDS)
    if key in record.values:
        if text:
            raise record.error("it is given here and again below. Delete one.", key)
        return
    record.lines[key] = next((number for number, line in body if line.strip()), record.line)
    text = _ESCAPED_BEGIN.sub(r"\1", text)
    record.values[key] = text.replace("\n", "\r\n") if line_ends else text
