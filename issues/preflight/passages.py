"""The texts and links of an issue, with the field of the form that each is written in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.preflight.findings import field_of
from text.markdown import find_links, plain_text, render_markdown
from text.quotes import quote

_CODE = re.compile(r"<(pre|code)\b.*?</\1>", re.DOTALL)
_BREAKS = re.compile(r"</(?:p|li|h\d|blockquote|t[dh])>|<br>")


@dataclass(frozen=True)
class Passage:
    """The text of one field."""

    name: str  # “the intro”, “the blurb of “Title””.
    text: str
    anchor: str
    article: Article | None = None
    is_markdown: bool = True
    is_sold: bool = False  # Written by a sponsor.

    @cached_property
    def words(self) -> str:
        """The printed words on one line, with a dot in place of code and between blocks."""
        if not self.is_markdown:
            return " ".join(self.text.split())
        return plain_text(_BREAKS.sub(" · ", _CODE.sub(" · ", render_markdown(self.text))))


@dataclass(frozen=True)
class PrintedLink:
    """One address that readers can follow."""

    name: str  # “The address of “Title””.
    address: str
    anchor: str
    article: Article | None = None
    is_sold: bool = False  # Printed exactly as the sponsor gave it.


def passages_of(issue: Issue) -> list[Passage]:
    """Return the printed texts of the issue's form, in the order of the form."""
    passages = [
        Passage("the title of the issue", issue.title, "id_title", is_markdown=False),
        Passage("the intro", issue.intro, "id_intro"),
    ]
    for placement in issue.placements.all():
        anchor = field_of(issue, placement, "message")
        passages.append(Passage(f"the message of {placement.sponsor}", placement.message, anchor, is_sold=True))
    for article in issue.articles.all():
        for name in ("title", "blurb", "byline", "disclosure"):
            anchor = field_of(issue, article, name)
            text = getattr(article, name)
            passages.append(
                Passage(f"the {name} of {quote(article)}", text, anchor, article, is_markdown=name == "blurb")
            )
    return passages


def links_of(issue: Issue, passages: Iterable[Passage] | None = None) -> list[PrintedLink]:
    """Return the links to other sites: in passages, of placements and of articles. Each address once for a field."""
    links = [
        PrintedLink(f"A link in {passage.name} ({address})", address, passage.anchor, passage.article, passage.is_sold)
        for passage in (passages_of(issue) if passages is None else passages)
        for address in (dict.fromkeys(find_links(passage.text)) if passage.is_markdown else ())
        if address.startswith("http") and not address.startswith(settings.SITE_URL)
    ]
    for placement in issue.placements.all():
        if placement.url:
            anchor = field_of(issue, placement, "url")
            links.append(PrintedLink(f"The link of {placement.sponsor}", placement.url, anchor, is_sold=True))
    for article in issue.articles.all():
        if article.url:
            anchor = field_of(issue, article, "url")
            links.append(PrintedLink(f"The address of {quote(article)}", article.url, anchor, article))
    return links
