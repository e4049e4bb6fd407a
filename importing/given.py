"""An issue as a file gives it: read and checked, but not yet written. All formats are read into these."""

import hashlib
from dataclasses import astuple, dataclass, field
from datetime import datetime
from typing import NamedTuple

from wordpress.comparison import VisibleText


class Note(NamedTuple):
    """Something that a person should look at, for the report."""

    kind: str
    text: str


@dataclass
class Entry:
    """An article or an outage. `text` is Markdown, everything else plain text."""

    section: str  # A value of Article.Section.
    title: str = ""
    url: str = ""
    text: str = ""
    authors: list[str] = field(default_factory=list)
    publication: str = ""
    byline: str = ""  # The credit as printed, where authors and publication are not enough.
    disclosure: str = ""
    tags: list[str] = field(default_factory=list)
    # Small print that names authors and publication, for where the file does not say which is which.
    credit_lines: list[str] = field(default_factory=list)


@dataclass
class SponsorMessage:
    name: str  # Empty if the message does not name the sponsor.
    text: str
    url: str


@dataclass
class GivenIssue:
    """One issue. Its name in the report is str()."""

    file: str
    place: str  # In the file: “issues[2]”. Empty if the file is the issue.
    number: int
    title: str = ""
    time: datetime | None = None  # None for a draft.
    url: str = ""  # Where readers found it before.
    guid: str = ""
    intro: str = ""
    sponsors: list[SponsorMessage] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    # What readers saw, and whether it said “Outages”, if the file has whole pages.
    visible: VisibleText | None = None
    has_outages_heading: bool = False

    def __str__(self) -> str:
        return f"issue {self.number} “{self.title}”" if self.title else f"issue {self.number}"

    @property
    def rows(self) -> list[SponsorMessage | Entry]:
        return [*self.sponsors, *self.entries]

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of everything that is loaded."""
        texts = (self.number, self.title, self.time, self.url, self.guid, self.intro)
        read = (texts, [astuple(row) for row in self.rows])
        return hashlib.sha256(repr(read).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class Wrong:
    """Why something cannot be imported. `place` is in the file: “issues[2].sections[0].title”, or empty."""

    place: str
    sentence: str
