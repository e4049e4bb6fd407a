"""Values as TOML 1.0. Python reads it (tomllib) and does not write it; what is needed here is a few lines."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

# TOML 1.0, “String”: what a basic string cannot hold as it is. The last is what would end the comment around it.
_UNPRINTABLE = "[\x00-\x08\x0b-\x1f\x7f]|(?<=--)>"
_IN_ONE_LINE = re.compile(rf'["\\\n]|{_UNPRINTABLE}')
# Three quotes would end the text, and a line of three plusses the front matter.
_IN_LINES = re.compile(rf'\\|"(?="|\Z)|^\+(?=\+\+)|{_UNPRINTABLE}', re.MULTILINE)
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r"}


def toml(values: Mapping[str, object]) -> str:
    """A line for each value, and more for texts that have several. Keys are names of fields."""
    return "".join(f"{key} = {_value(value)}\n" for key, value in values.items())


def moment(time: datetime) -> str:
    """RFC 3339, UTC, to the microsecond, as PostgreSQL keeps it."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _value(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case str() if "\n" in value:
            return f'"""\n{_IN_LINES.sub(_escape, value)}"""'
        case str():
            return f'"{_IN_ONE_LINE.sub(_escape, value)}"'
    raise TypeError(f"An archive holds no {type(value).__name__}.")


def _escape(match: re.Match[str]) -> str:
    return _SHORT.get(match[0], f"\\u{ord(match[0]):04X}")
