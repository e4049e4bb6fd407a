"""The contents of one post as plain values, between extraction and loading."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bs4 import PageElement

from wordpress.comparison import VisibleText
from wordpress.markdown import to_markdown
from wordpress.pictures import as_pictures


@dataclass
class ExportedArticle:
    """An article or an outage. The blurb is Markdown, everything else plain text."""

    section: str  # A value of Article.Section.
    title: str = ""
    url: str = ""
    blurb: str = ""
    credit_lines: list[str] = field(default_factory=list)
    disclosure: str = ""


@dataclass
class SponsorMessage:
    name: str  # Empty if the message does not name the sponsor.
    message: str
    url: str


@dataclass
class Contents:
    """The contents of one post; the intro is Markdown. `notes` holds (kind, text) for what a person should look at."""

    intro: str = ""
    sponsor: SponsorMessage | None = None
    articles: list[ExportedArticle] = field(default_factory=list)
    mail_only: int = 0  # How many .email_only were left out.
    headings: int = 0  # How many “Articles” headings were left out.
    has_outages_heading: bool = False
    notes: list[tuple[str, str]] = field(default_factory=list)
    visible: VisibleText = field(default_factory=lambda: VisibleText([], []))  # What readers saw of the rest.
    is_sketch: bool = False  # Leave out Markdown, which takes nearly all of the time.

    def take_markdown(self, nodes: Iterable[PageElement]) -> str:
        """Return the nodes as Markdown, and note markup that Markdown cannot express."""
        if self.is_sketch:
            return ""
        markdown, lost = to_markdown(nodes)
        self.notes += [("formatting", text) for text in lost]
        return as_pictures(markdown)
