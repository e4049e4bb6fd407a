"""An issue as plain text: what the page, the feed and the mail show, without markup.

Takes issues from Issue.objects.with_contents(), and makes no query. The forms of one structure: see rendering.py.
"""

from django.conf import settings
from django.utils.dateformat import format as format_date
from django.utils.timezone import localtime

from issues.models.articles import Article
from issues.models.corrections import Correction
from issues.models.issues import Issue
from issues.printing.bylines import byline
from sponsors.models import Placement
from text.markdown import links_to, plain_text
from text.plain import WIDTH, Links, columns_of, indent, join, markdown_to_text, strip_terminal_controls, wrap

RULE = "-" * WIDTH


def render_text(issue: Issue) -> str:
    """Title, date and address; all that is printed, in its order; when it changed, and the publisher.

    Lines of 72 columns, except for addresses and code. An article's address stands below its title; those of other
    links are numbered, and listed at the end of the part that has them.
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


def credits_of(article: Article) -> str:
    """“A, B, and C — Publication”, or the article's own words; empty where nobody is credited."""
    return plain_text(byline(article))


def _head(issue: Issue) -> str:
    published = format_date(localtime(issue.publish_at), "F j, Y") if issue.publish_at else ""
    address = settings.SITE_URL + issue.get_absolute_url()
    return join([_heading(issue.title), published, address], "\n")


def _foot(issue: Issue) -> str:
    changed = localtime(issue.changed_at)
    updated = f"{format_date(changed, 'F j, Y - g:i')} {format_date(changed, 'A').lower()}"
    return join([f"Updated: {updated}", wrap(settings.NEWSLETTER_PUBLISHER)], "\n")


def _message(placement: Placement, links: Links) -> str:
    message = markdown_to_text(placement.message, links)
    bare = placement.url and not links_to(placement.message, placement.url)
    heading = wrap(f"A message from our sponsor, {placement.sponsor.name}:")
    return _with_links(join([heading, message, strip_terminal_controls(placement.url) if bare else ""]), links)


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
    day = format_date(localtime(correction.made_at), "F j, Y")
    return _with_links(join([f"Correction, {day}:", markdown_to_text(correction.text, links)]), links)


def _title(article: Article, width: int = WIDTH) -> str:
    """And the address, below it."""
    return join([wrap(article.title, width), strip_terminal_controls(article.url)], "\n")


def _contents(article: Article, links: Links, width: int) -> str:
    credited = credits_of(article)
    tags = ", ".join(tag.name for tag in article.printed_tags)
    small_print = [
        wrap(f"— {credited}", width) if credited else "",
        wrap(article.disclosure, width),
        wrap(f"Tags: {tags}", width) if tags else "",
    ]
    return join([markdown_to_text(article.blurb, links, width), join(small_print, "\n")])


def _with_links(text: str, links: Links) -> str:
    return join([text, links.listed()])


def _heading(text: str) -> str:
    text = wrap(text)
    return f"{text}\n{'=' * max(map(columns_of, text.split(chr(10))))}"
