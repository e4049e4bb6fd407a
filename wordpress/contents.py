"""What one post says, as plain values between extraction and loading."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bs4 import PageElement

from wordpress.comparison import Visible
from wordpress.markdown import to_markdown


@dataclass
class Entry:
    section: str  # As Article.Section has it.
    title: str = ""
    url: str = ""
    blurb: str = ""
    credit_lines: list[str] = field(default_factory=list)
    disclosure: str = ""


@dataclass
class SponsorMessage:
    name: str  # Empty where the message does not say it.
    message: str
    url: str


@dataclass
class Contents:
    """Texts are Markdown, but titles, credit lines and disclosures."""

    intro: str = ""
    sponsor: SponsorMessage | None = None
    entries: list[Entry] = field(default_factory=list)
    mail_only: int = 0  # How many .email_only were left out.
    headings: int = 0  # How many “Articles” were.
    has_outages_heading: bool = False
    notes: list[tuple[str, str]] = field(default_factory=list)  # Kind and text of what a person should look at.
    visible: Visible = field(default_factory=lambda: Visible([], []))  # What readers saw, but for those two.
    is_sketch: bool = False  # Without Markdown, which takes nearly all of the time.

    def take_markdown(self, nodes: Iterable[PageElement]) -> str:
        """The nodes as Markdown; what of their markup it does not have is noted."""
        if self.is_sketch:
            return ""
        markdown, notes = to_markdown(nodes)
        self.notes += [("formatting", note) for note in notes]
        return markdown
