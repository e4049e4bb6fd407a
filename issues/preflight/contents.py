"""Check that everything is there, once, and in the right issue."""

from collections.abc import Iterator

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime

from fetching.identity import page_of
from issues.models.articles import Article
from issues.placing import find_obstacles
from issues.preflight.checked import CheckedIssue
from issues.preflight.findings import Finding, Level
from issues.runs import describe_run
from text.quotes import quote

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def empty_issue(checked: CheckedIssue) -> Iterator[Finding]:
    if not checked.issue.articles.all():
        yield Finding(Level.STOP, "no_articles", "This issue has no articles: place one.", "articles-group")


def missing_words(checked: CheckedIssue) -> Iterator[Finding]:
    """Report missing titles, addresses and blurbs. Outages need no blurb: the name often says enough."""
    for article in checked.issue.articles.all():
        for name, level, is_missing in (
            ("title", Level.STOP, not article.title.strip()),
            ("url", Level.STOP, not article.url),
            ("blurb", Level.WARNING, not article.blurb.strip() and article.section == Article.Section.ARTICLES),
        ):
            if is_missing:
                label = "address" if name == "url" else name
                text = f"{quote(article.title or article.url or 'An article')} has no {label}: write one."
                yield checked.finding(level, f"no_{label}", text, article, name)


def duplicate_addresses(checked: CheckedIssue) -> Iterator[Finding]:
    seen: dict[str, Article] = {}
    for article in checked.issue.articles.all():
        first = seen.setdefault(article.canonical_url, article)
        if first is not article and article.canonical_url:
            text = f"{quote(article)} has the same address as {quote(first)}: send one of them back to the backlog."
            yield checked.finding(Level.STOP, "duplicate_address", text, article, "url")


def parts_of_one_page(checked: CheckedIssue) -> Iterator[Finding]:
    """Report links to several parts of one page. Each may be an item of a log, or all may be one article."""
    seen: dict[str, Article] = {}
    for article in checked.issue.articles.all():
        first = seen.setdefault(page_of(article.canonical_url), article)
        if first.canonical_url != article.canonical_url:
            text = f"{quote(article)} leads to the same page as {quote(first)}: check that they are two articles."
            yield checked.finding(Level.WARNING, "same_page", text, article, "url")


def repeated_links(checked: CheckedIssue) -> Iterator[Finding]:
    """Report links of earlier issues. This is no stop, because an erratum prints its link again."""
    for article in checked.issue.articles.all():
        for run in checked.earlier_runs.get(article.canonical_url, [])[:1]:
            text = f"{quote(article)} is not new. {describe_run(run)}: remove it here, unless it is an erratum."
            yield checked.finding(Level.WARNING, "ran_before", text, article, "url")


def obstacles(checked: CheckedIssue) -> Iterator[Finding]:
    for article in checked.issue.articles.all():
        for sentence in find_obstacles(article, checked.issue):
            yield checked.finding(Level.WARNING, "held_back", sentence, article, "title")


def number_out_of_order(checked: CheckedIssue) -> Iterator[Finding]:
    """Report an unusual number. A published issue is left out: its number is in feeds, so it never changes."""
    issue = checked.issue
    if issue.is_published:
        return
    if issue.number != checked.number_before + 1:
        before = f"the one before is #{checked.number_before}" if checked.number_before else "no issue is before it"
        text = f"#{issue.number} is not the next number, because {before}: check the number."
        yield Finding(Level.WARNING, "number_not_next", text, "id_number")
    if checked.number_overtaken:
        text = f"#{checked.number_overtaken} comes out before #{issue.number}: check the number and the time."
        yield Finding(Level.WARNING, "number_overtaken", text, "id_number")


def unusual_day(checked: CheckedIssue) -> Iterator[Finding]:
    """Report a day that is not PUBLICATION_WEEKDAY, in TIME_ZONE."""
    issue = checked.issue
    if issue.is_published or issue.publish_at is None:
        return
    day = localtime(issue.publish_at)
    if day.weekday() != settings.PUBLICATION_WEEKDAY:
        text = (
            f"{issue} comes out on {WEEKDAYS[day.weekday()]}, {date_format(day)}, "
            f"but the usual day is {WEEKDAYS[settings.PUBLICATION_WEEKDAY]}: check the date."
        )
        yield Finding(Level.WARNING, "unusual_day", text, "id_publish_at_0")


CHECKS = (
    empty_issue,
    number_out_of_order,
    unusual_day,
    missing_words,
    duplicate_addresses,
    parts_of_one_page,
    repeated_links,
    obstacles,
)
