"""What an issue says, and where it links to, by the fields in which that is written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.preflight.findings import field_of
from text.markdown import find_links, plain_text, render_markdown

_CODE = re.compile(r"<(pre|code)\b.*?</\1>", re.DOTALL)
_BREAKS = re.compile(r"</(?:p|li|h\d|blockquote|t[dh])>|<br>")


@dataclass(frozen=True)
class Passage:
    """A piece of the editor's words, in the field where it is written."""

    name: str  # “the intro”, “the blurb of “Title””.
    text: str
    anchor: str
    article: Article | None = None
    is_markdown: bool = True

    @cached_property
    def words(self) -> str:
        """As they are printed, on one line, with a dot for code and between blocks."""
        if not self.is_markdown:
            return " ".join(self.text.split())
        return plain_text(_BREAKS.sub(" · ", _CODE.sub(" · ", render_markdown(self.text))))


@dataclass(frozen=True)
class Link:
    """One address that readers can follow, in the field where it is written."""

    name: str  # “The address of “Title””.
    address: str
    anchor: str
    article: Article | None = None
    is_sold: bool = False  # Kept exactly as the sponsor gave it.


def passages_of(issue: Issue) -> Iterator[Passage]:
    """Everything that is written in the issue's form and printed, in the form's order."""
    yield Passage("the title of the issue", issue.title, "id_title", is_markdown=False)
    yield Passage("the intro", issue.intro, "id_intro")
    for placement in issue.placements.all():
        anchor = field_of(issue, placement, "message")
        yield Passage(f"the message of {placement.sponsor}", placement.message, anchor)
    for article in issue.articles.all():
        for name, is_markdown in (("title", False), ("blurb", True), ("byline", False), ("disclosure", False)):
            anchor = field_of(issue, article, name)
            yield Passage(f"the {name} of “{article}”", getattr(article, name), anchor, article, is_markdown)


def links_of(issue: Issue) -> list[Link]:
    """Articles' and sponsors' addresses, and those that the Markdown links to on other sites; each once for a field."""
    links = []
    for passage in passages_of(issue):
        is_sold = passage.anchor.startswith("id_placements-")
        name = f"A link in {passage.name}"
        for address in dict.fromkeys(find_links(passage.text) if passage.is_markdown else []):
            if address.startswith("http") and not address.startswith(settings.SITE_URL):
                links.append(Link(f"{name} ({address})", address, passage.anchor, passage.article, is_sold))
    for placement in issue.placements.all():
        if placement.url:
            anchor = field_of(issue, placement, "url")
            links.append(Link(f"The link of {placement.sponsor}", placement.url, anchor, is_sold=True))
    for article in issue.articles.all():
        if article.url:
            links.append(Link(f"The address of “{article}”", article.url, field_of(issue, article, "url"), article))
    return links
