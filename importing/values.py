"""Read JSON, and check its values one by one: each error says where it is and what was expected."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError

from importing.given import Wrong
from text.markdown import MAX_MARKDOWN_LENGTH
from text.received import one_line
from text.validators import validate_http_address, validate_printable

# PostgreSQL's integer is larger. No newsletter reaches this.
LAST_NUMBER = 999_999
YEARS = range(1990, 2100)
TIME = "a time such as “2016-02-28T20:45:00-05:00”, or a day such as “2016-02-28”, was expected"
# What others call a field. Only for a hint: a guess could put a text in the wrong place.
_ALSO_CALLED = {
    "number": ("id", "no", "issue"),
    "title": ("name", "heading"),
    "time": ("date", "published", "published_at", "publish_at", "publication_time"),
    "url": ("address", "link", "href"),
    "intro": ("introduction", "summary", "description", "text"),
    "sponsor": ("sponsors", "placement", "placements"),
    "sections": ("categories", "articles", "entries"),
    "entries": ("items", "articles", "links"),
    "text": ("description", "blurb", "body", "content", "message", "markdown", "html", "summary"),
    "authors": ("author", "by"),
    "publication": ("site", "source", "publisher"),
    "tags": ("topics", "keywords"),
}

_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?\s*(?:Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE)


class NotJsonError(Exception):
    """A file cannot be read as JSON. The message is the rest of a sentence that begins with the file's name."""


class Object(dict[str, Any]):
    """An object of a JSON file, and the names that it has twice."""

    def __init__(self, pairs: list[tuple[str, Any]]):
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.repeated = [name for name in self if names.count(name) > 1] if len(names) > len(self) else []


def read_json(content: bytes) -> Any:
    """Return the value. UTF-8, UTF-16 and UTF-32 are read, with or without a byte order mark. Raises NotJsonError."""
    encoding = json.detect_encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotJsonError(f"is not in {encoding.removesuffix('-sig').upper()}. See byte {error.start + 1}.") from error
    try:
        return json.loads(text, object_pairs_hook=Object)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            raise NotJsonError(
                f"has a second value in line {error.lineno}. Put all issues into one list: [ {{…}}, {{…}} ]."
            ) from error
        raise NotJsonError(f"is not JSON: {error.msg.lower()} (line {error.lineno}, column {error.colno}).") from error
    except RecursionError as error:
        raise NotJsonError("is nested too deeply to be read.") from error
    except ValueError as error:  # A number of more than 4,300 digits.
        raise NotJsonError(f"cannot be read: {error}.") from error


class Fields:
    """The fields of one object. What is wrong with them is added to `errors`, which its parts share."""

    def __init__(self, value: Any, place: str, errors: list[Wrong]):
        self.place = place
        self.errors = errors
        self._read: set[str] = set()
        self._value: dict[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self._wrong("", f"an object was expected, not {describe(value)}")
            self.errors = []  # That its fields are missing is no news.
        for name in getattr(value, "repeated", []):
            self._wrong(name, "this field is here twice; keep one")

    def __contains__(self, name: str) -> bool:
        return name in self._value

    def line(self, name: str, limit: int, *, is_required: bool = False) -> str:
        """Return a text of one line, without spaces at its ends."""
        text = one_line(self._text(name, limit))
        if is_required and not text and not self._has_error(name):
            self._wrong(name, "this field is missing" if name not in self._value else "a text was expected, not “”")
        return text

    def markdown(self, name: str) -> str:
        return self._text(name, MAX_MARKDOWN_LENGTH).replace("\r\n", "\n").replace("\r", "\n").strip("\n")

    def address(self, name: str, *, is_required: bool = False) -> str:
        """Return an http(s) address, with spaces as browsers read them. A required one may be “”, but not missing."""
        address = self._text(name, 2000).strip().replace(" ", "%20")
        if is_required and self._value.get(name) is None:
            self._wrong(name, "this field is missing; write “” if there is no address")
        if address:
            self._check(name, address, validate_http_address)
        return address

    def number(self, name: str) -> int:
        value = self._take(name)
        if type(value) is not int or not 1 <= value <= LAST_NUMBER:
            is_missing = name not in self._value
            expected = f"a whole number from 1 to {LAST_NUMBER:,} was expected, not {describe(value)}"
            self._wrong(name, "this field is missing" if is_missing else expected)
            return 0
        return value

    def time(self, name: str) -> datetime | None:
        """Return a time in UTC. One without a zone is of TIME_ZONE, and a day means the usual time on it."""
        text = self._text(name, 50).strip()
        if not text:
            return None
        try:
            return read_time(text)
        except ValueError:
            self._wrong(name, f"{TIME}, not “{text}”")
            return None

    def texts(self, name: str, limit: int) -> list[str]:
        """Return a list of different texts of one line."""
        lines: list[str] = []
        for index, value in enumerate(self.items(name)):
            if not isinstance(value, str) or not value.strip():
                self._wrong(f"{name}[{index}]", f"a text was expected, not {describe(value)}")
            elif len(value) > limit:
                self._wrong(f"{name}[{index}]", f"at most {limit} characters were expected, not {len(value):,}")
            else:
                self._check(f"{name}[{index}]", value, validate_printable)
                lines.append(one_line(value))
        return list(dict.fromkeys(lines))

    def items(self, name: str, *, is_required: bool = False) -> list[Any]:
        value = self._take(name)
        if value is None and not is_required:
            return []
        if not isinstance(value, list):
            is_missing = name not in self._value
            self._wrong(name, "this field is missing" if is_missing else f"a list was expected, not {describe(value)}")
            return []
        return value

    def objects(self, name: str, *, is_required: bool = False) -> "Iterator[Fields]":
        for index, value in enumerate(self.items(name, is_required=is_required)):
            yield Fields(value, f"{self._path(name)}[{index}]", self.errors)

    def object_or_objects(self, name: str) -> "Iterator[Fields]":
        """Yield the object, or each object of a list of them."""
        if isinstance(self._value.get(name), list):
            yield from self.objects(name)
        elif (value := self._take(name)) is not None:
            yield Fields(value, self._path(name), self.errors)

    def value(self, name: str) -> Any:
        """Return a value of any type, which the caller checks."""
        return self._take(name)

    def unknown(self) -> Iterator[tuple[str, str]]:
        """Yield the place of each field that was not asked for, and a sentence on it."""
        for name, value in self._value.items():
            if name not in self._read:
                key = name.lower()
                near = [field for field, names in _ALSO_CALLED.items() if key in names and field in self._read]
                near = near or get_close_matches(key, self._read, n=1, cutoff=0.75)
                meant = f" Did you mean “{near[0]}”?" if near else ""
                yield self._path(name), f"no such field is known, so {describe(value)} was left out.{meant}"

    def _take(self, name: str) -> Any:
        self._read.add(name)
        return self._value.get(name)

    def _text(self, name: str, limit: int) -> str:
        value = self._take(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._wrong(name, f"a text was expected, not {describe(value)}")
            return ""
        if len(value) > limit:
            self._wrong(name, f"at most {limit:,} characters were expected, not {len(value):,}")
            return ""
        self._check(name, value, validate_printable)
        return value

    def _check(self, name: str, text: str, validate: Any) -> None:
        try:
            validate(text)
        except ValidationError as error:
            self._wrong(name, " ".join(error.messages).rstrip("."))

    def _has_error(self, name: str) -> bool:
        return any(error.place == self._path(name) for error in self.errors)

    def _wrong(self, name: str, sentence: str) -> None:
        self.errors.append(Wrong(self._path(name), f"{sentence}."))

    def _path(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place and name else self.place or name


def describe(value: Any) -> str:
    """Return the value as it is named in a sentence."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return f"“{value if len(value) <= 60 else value[:59] + '…'}”"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    return "a list" if isinstance(value, list) else "an object"


def read_time(text: str) -> datetime:
    """Return the time in UTC. Raises ValueError for anything but a day or a time, written as in RFC 3339."""
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    zone = ZoneInfo(settings.TIME_ZONE)
    if len(text) == len("2016-02-28"):
        moment = datetime.combine(date.fromisoformat(text), time.fromisoformat(settings.PUBLICATION_TIME), zone)
    else:
        moment = datetime.fromisoformat(re.sub(r"\s+(?=[Zz+-])", "", text).replace("z", "Z").replace("t", "T"))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    if moment.year not in YEARS:
        raise ValueError(text)
    return moment.astimezone(UTC)
