"""Print an issue as plain text: everything that the page, the feed and the mail show, without markup.

These functions take issues loaded by Issue.objects.with_contents(), and make no query.
"""

from django.conf import settings

from issues.models.articles import Article
from issues.models.corrections import Correction
from issues.models.issues import Issue
from issues.printing.bylines import byline_text
from issues.printing.dates import format_day, format_minute
from sponsors.models import Placement
from text.addresses import to_uri
from text.markdown import links_to
from text.plain import WIDTH, Links, columns_of, indent, join, markdown_to_text, strip_terminal_controls, wrap

RULE = "-" * WIDTH


def render_text(issue: Issue) -> str:
    """Return the issue as text: title, day and address, everything printed, the last change, and the publisher.

    Lines have at most 72 columns, except for addresses and code. An article's address stands below its title. Other
    links are numbered, and their addresses are listed at the end of the part that has them.
    """
    links = Links()
    parts = [
        join([_head(issue), _with_links(markdown_to_text(issue.intro, links), links)]),
        *[_message(placement, links) for placement in issue.printed_placements],
        *[_entry(article, links) for article in issue.printed_articles],
        _outages(issue, links),
        *[_correction(correction, links) for correction in issue.corrections.all()],
        _foot(issue),
    ]
    return join(parts, f"\n\n{RULE}\n\n") + "\n"


def _head(issue: Issue) -> str:
    published = format_day(issue.publish_at) if issue.publish_at else ""
    address = settings.SITE_URL + issue.get_absolute_url()
    return join([_heading(issue.title), published, address], "\n")


def _foot(issue: Issue) -> str:
    return join([f"Updated: {format_minute(issue.changed_at)}", wrap(settings.NEWSLETTER_PUBLISHER)], "\n")


def _message(placement: Placement, links: Links) -> str:
    message = markdown_to_text(placement.message, links)
    bare = placement.url and not links_to(placement.message, placement.url)
    heading = wrap(f"A message from our sponsor, {placement.sponsor.name}:")
    return _with_links(join([heading, message, strip_terminal_controls(to_uri(placement.url)) if bare else ""]), links)


def _entry(article: Article, links: Links) -> str:
    return _with_links(join([_title(article), _contents(article, links, WIDTH)]), links)


def _outages(issue: Issue, links: Links) -> str:
    if not issue.printed_outages:
        return ""
    items = [
        indent(join([_title(article, WIDTH - 2), _contents(article, links, WIDTH - 2)]), "  ", "* ")
        for article in issue.printed_outages
    ]
    return _with_links(join([_heading("Outages"), *items]), links)


def _correction(correction: Correction, links: Links) -> str:
    heading = f"Correction, {format_day(correction.made_at)}:"
    return _with_links(join([heading, markdown_to_text(correction.text, links)]), links)


def _title(article: Article, width: int = WIDTH) -> str:
    """Return the title, with the address on the line below it."""
    return join([wrap(article.title, width), strip_terminal_controls(to_uri(article.url))], "\n")


def _contents(article: Article, links: Links, width: int) -> str:
    credits = byline_text(article)
    tags = ", ".join(tag.name for tag in article.printed_tags)
    small_print = [
        wrap(f"— {credits}", width) if credits else "",
        wrap(article.disclosure, width),
        wrap(f"Tags: {tags}", width) if tags else "",
    ]
    return join([markdown_to_text(article.blurb, links, width), join(small_print, "\n")])


def _with_links(text: str, links: Links) -> str:
    return join([text, links.listed()])


def _heading(text: str) -> str:
    text = wrap(text)
    return f"{text}\n{'=' * max(map(columns_of, text.split(chr(10))))}"
