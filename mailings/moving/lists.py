"""Read the rows of a list of subscribers: who is on it, and what each of them is at the service that it comes from."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils import timezone

from mailings.moving.cells import unescape
from mailings.moving.formats import BY_KEY, OWN, PLAIN, WORDS, Format, There, choose_format, key_of
from mailings.moving.tables import Row, TableError
from text.mailboxes import read_mailbox

# Rows that are looked at for a column of addresses.
SAMPLE = 20
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
# What programs write for no date.
_NEVER = re.compile(r"(?:0001|1900|1970)-01-01|0+$")
_YES = ("true", "yes", "y", "1", "on", "t")
_NO = ("false", "no", "n", "0", "off", "f")
_WORST_FIRST = (There.COMPLAINED, There.LEFT, There.BOUNCED, There.UNCONFIRMED, There.BLOCKED, There.SUBSCRIBED)


class Given(NamedTuple):
    """A line of a list."""

    line: int
    address: str = ""
    there: There = There.SUBSCRIBED
    at: datetime | None = None  # When they left, bounced or complained.
    confirmed_at: datetime | None = None
    why: str = ""  # What their server or they said.
    problem: str = ""  # Why the line cannot be read.
    own: Mapping[str, str] = {}  # All columns, in our own exports.


@dataclass
class Reader:
    """What reads the rows of a list, by its header."""

    format: Format
    columns: dict[str, int]  # By key_of().
    address: int
    width: int  # Columns of the first line.
    has_header: bool = True
    needed: int = field(init=False)  # Cells that a row must have.

    def __post_init__(self):
        read = {self.columns[name] for name in self.format.columns_read if name in self.columns}
        self.needed = max([self.address, *read]) + 1

    @property
    def has_dates(self) -> bool:
        """Return whether the list can say when somebody agreed. One of those who left needs no such date."""
        is_of_gone = self.format.everybody not in (None, There.SUBSCRIBED)
        return is_of_gone or any(name in self.columns for name in self.format.confirmed)

    def read(self, row: Row) -> Given:
        if row.problem:
            return Given(row.line, problem=row.problem)
        cells = [unescape(cell) for cell in row.cells] if self.format is OWN else row.cells
        width = len(self.columns)
        if len(cells) < self.needed or (self.has_header and any(cells[width:])):
            count = f"{len(cells)} {'column' if len(cells) == 1 else 'columns'}"
            return Given(
                row.line, problem=f"This line has {count} and the first one {width}: nobody knows which is which."
            )
        address = _bare(cells[self.address])
        if not self.has_header and sum(map(is_address, cells)) > 1:
            return Given(row.line, address, problem="This line has several addresses. Write each on a line of its own.")
        # PostgreSQL refuses the null character.
        values = {name: cells[place].replace("\0", "") for name, place in self.columns.items() if place < len(cells)}
        there, problem = self._state(values)
        why = _first(values, self.format.why)
        if there == There.LEFT and re.search(r"abuse|spam|complain", why, re.IGNORECASE):
            there = There.COMPLAINED
        form = self.format
        dates = {There.BOUNCED: form.bounced, There.COMPLAINED: form.complained}.get(there) or form.left
        return Given(
            row.line,
            address,
            there,
            _date(values, dates),
            _date(values, self.format.confirmed),
            why[:300],
            problem,
            values if self.format is OWN else {},
        )

    def _state(self, values: dict[str, str]) -> tuple[There, str]:
        """Return what somebody is there, and what is wrong. Of what several columns say, the worst."""
        form = self.format
        if form is OWN and values.get("state") in (There.PENDING.value, There.SUPPRESSED.value):
            return There(values["state"]), ""
        found = {form.everybody or There.SUBSCRIBED}
        for names, there in (
            *((form.left, There.LEFT), (form.bounced, There.BOUNCED), (form.complained, There.COMPLAINED)),
        ):
            if any(has_happened(values.get(name, "")) for name in names):
                found.add(there)
        try:
            found |= {_word(name, values[name]) for name in form.status if name in values}
            for names, yes, no in (
                (form.is_subscribed, There.SUBSCRIBED, There.LEFT),
                (form.is_gone, There.LEFT, There.SUBSCRIBED),
            ):
                is_asked = (
                    names is form.is_subscribed
                )  # An empty cell says that nobody left, but not that somebody came.
                found |= {yes if _is_yes(name, values[name], is_asked) else no for name in names if name in values}
        except ValueError as error:
            return There.SUBSCRIBED, str(error)
        return next(there for there in _WORST_FIRST if there in found), ""


def make_reader(rows: Sequence[Row], file_name: str, form: Format | None) -> Reader:
    """Recognise a list by its first rows. Raises TableError if it has no column of addresses."""
    sound = [row for row in rows if not row.problem]
    if not sound:
        raise TableError(f"{file_name} is empty." if not rows else f"{file_name} is no table: {rows[0].problem}")
    first = sound[0].cells
    if any(map(is_address, first)):
        # No header: the first line is somebody's.
        if form and form.everybody is None and form is not PLAIN:
            raise TableError(f"{file_name} does not begin with names of columns, so it is no list of {form.name}.")
        place = next(index for index, cell in enumerate(first) if is_address(cell))
        return Reader(form or choose_format(set(), file_name), {}, place, len(first), has_header=False)
    columns: dict[str, int] = {}
    for index, cell in enumerate(first):
        columns.setdefault(key_of(cell) or f"column_{index + 1}", index)
    if form and not form.fits(set(columns), file_name) and form.everybody is None and form is not PLAIN:
        # Without its columns, nobody would have left.
        raise TableError(f"{file_name} has not the columns of a list of {form.name}.")
    form = form or _choose_by_rows(columns, file_name, sound[1:])
    named = [columns[name] for name in form.address if name in columns]
    counts = [_count_addresses(sound[1:], index) for index in range(len(first))]
    best = max(range(len(first)), key=counts.__getitem__)
    if form is not OWN and counts[best] and not (named and counts[named[0]]):
        named = [best]
    if not named:
        raise TableError(f"{file_name} has no column of addresses in its first {SAMPLE} lines.")
    return Reader(form, columns, named[0], len(first))


def _word(column: str, cell: str) -> There:
    """Return the state that a word names. Raises ValueError with a sentence."""
    word = re.sub(r"[\W_]+", "", cell.casefold())
    if word not in WORDS:
        raise ValueError(f"“{cell[:40]}” in the column {column} is no state that is known here. The line was left out.")
    return WORDS[word]


def _is_yes(column: str, cell: str, is_required: bool) -> bool:
    """Read yes or no, or a date, which is a yes. Raises ValueError with a sentence."""
    word = cell.casefold()
    if word in _YES or (word and read_moment(word)):
        return True
    if word in _NO or (not word and not is_required):
        return False
    raise ValueError(f"“{cell[:40]}” in the column {column} is neither yes nor no. The line was left out.")


def _choose_by_rows(columns: dict[str, int], file_name: str, rows: Sequence[Row]) -> Format:
    form = choose_format(set(columns), file_name)
    # A list of anybody's may have these two columns. SendGrid writes moments as seconds since 1970.
    if form is PLAIN and set(columns) == {"email", "created"} and rows:
        created = [row.cells[columns["created"]] for row in rows if len(row.cells) > columns["created"]]
        if created and all(re.fullmatch(r"\d{10}", value) for value in created):
            return BY_KEY["sendgrid-unsubscribes"]
    return form


def _count_addresses(rows: Sequence[Row], index: int) -> int:
    return sum(len(row.cells) > index and is_address(row.cells[index]) for row in rows)


def is_address(cell: str) -> bool:
    try:
        read_mailbox(_bare(cell))
    except ValidationError:
        return False
    return True


def has_happened(cell: str) -> bool:
    """Return whether a cell for a date says that something happened: also if its date cannot be read."""
    return (bool(re.search(r"[1-9]", cell)) and not _NEVER.match(cell)) or cell.casefold() in _YES


def read_moment(text: str, *, is_past: bool = True) -> datetime | None:
    """Return the moment, in UTC where no offset is given, or None for what is none, or cannot be true.

    Reads ISO 8601, as all services but one write it, and seconds or milliseconds since 1970. Not 1/2/2020, of which
    nobody knows whether it is in January.
    """
    try:
        if re.fullmatch(r"\d{10}|\d{13}", text):
            moment = datetime.fromtimestamp(int(text[:10]), UTC)
        else:
            moment = datetime.fromisoformat(re.sub(r"\s*(?:[+-]0000)?\s*(?:UTC|GMT)$", "", text.strip()))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    is_possible = moment > EARLIEST and (not is_past or moment < timezone.now() + timedelta(days=1))
    return moment if is_possible else None


def _date(values: dict[str, str], names: tuple[str, ...]) -> datetime | None:
    moments = (read_moment(values.get(name, "")) for name in names)
    return next(filter(None, moments), None)


def _first(values: dict[str, str], names: tuple[str, ...]) -> str:
    return next((values[name] for name in names if values.get(name)), "")


def _bare(cell: str) -> str:
    """Return the address of “Ada <ada@example.com>”."""
    found = re.fullmatch(r"[^<>]*<([^<>]+)>", cell)
    return found[1] if found else cell
