"""Write TOML 1.0. Python's tomllib only reads it, and an archive needs few of its types."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

# TOML 1.0, “String”: characters that a basic string must escape, and “>” where it would end the comment around it.
_UNPRINTABLE = "[\x00-\x08\x0b-\x1f\x7f]|(?<=--)>"
_IN_ONE_LINE = re.compile(rf'["\\\n]|{_UNPRINTABLE}')
# Three quotes would end the string, and a line +++ the front matter.
_IN_LINES = re.compile(rf'\\|"(?="|\Z)|^\+(?=\+\+)|{_UNPRINTABLE}', re.MULTILINE)
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r"}


def toml(values: Mapping[str, object]) -> str:
    """Return a line for each value, or several for a text of several lines."""
    return "".join(f"{key} = {_value(value)}\n" for key, value in values.items())


def moment(time: datetime) -> str:
    """Format a time by RFC 3339, in UTC and to the microsecond, which is what PostgreSQL stores."""
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
