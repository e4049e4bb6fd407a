"""Is everything there, once, and in the right issue?"""

from collections.abc import Iterator

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.placing import find_obstacles
from issues.preflight.findings import Finding, Known, Level, field_of
from issues.runs import describe_run

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def empty_issue(issue: Issue, known: Known) -> Iterator[Finding]:
    if not issue.articles.all():
        yield Finding(Level.STOP, "There is no article in this issue yet: place one.", "articles-group")


def missing_words(issue: Issue, known: Known) -> Iterator[Finding]:
    """An outage is often its name alone."""
    for article in issue.articles.all():
        if not article.title.strip():
            name = article.url or "an article without an address"
            anchor = field_of(issue, article, "title")
            yield Finding(Level.STOP, f"There is no title for {name}: write it.", anchor, article)
        if not article.url:
            anchor = field_of(issue, article, "url")
            yield Finding(Level.STOP, f"“{article}” has no address: give it.", anchor, article)
        if not article.blurb.strip() and article.section == Article.Section.ARTICLES:
            anchor = field_of(issue, article, "blurb")
            yield Finding(Level.WARNING, f"“{article}” has no blurb: write one.", anchor, article)


def twice_in_the_issue(issue: Issue, known: Known) -> Iterator[Finding]:
    seen: dict[str, Article] = {}
    for article in issue.articles.all():
        first = seen.setdefault(article.canonical_url, article)
        if first is not article and article.canonical_url:
            text = f"“{article}” has the same address as “{first}”: send one of them back to the backlog."
            yield Finding(Level.STOP, text, field_of(issue, article, "url"), article)


def in_the_archive(issue: Issue, known: Known) -> Iterator[Finding]:
    """A warning alone, because an erratum prints the link again."""
    for article in issue.articles.all():
        for run in known.runs.get(article.canonical_url, [])[:1]:
            when = _lower_first(describe_run(run))
            text = f"“{article}” is no new link: it {when}. Take it out, unless it is an erratum."
            yield Finding(Level.WARNING, text, field_of(issue, article, "url"), article)


def held_back(issue: Issue, known: Known) -> Iterator[Finding]:
    for article in issue.articles.all():
        for sentence in find_obstacles(article, issue):
            yield Finding(Level.WARNING, sentence, field_of(issue, article, "title"), article)


def number_out_of_turn(issue: Issue, known: Known) -> Iterator[Finding]:
    """That of a published issue stands in readers' feeds, and is not given again."""
    if issue.is_published:
        return
    if issue.number != known.number_before + 1:
        before = f"the one before is #{known.number_before}" if known.number_before else "there is none before it"
        text = f"#{issue.number} is not the next number, because {before}: check it."
        yield Finding(Level.WARNING, text, "id_number")
    if known.number_overtaken:
        text = f"#{known.number_overtaken} comes out before #{issue.number}: check the number and the time."
        yield Finding(Level.WARNING, text, "id_number")


def unusual_day(issue: Issue, known: Known) -> Iterator[Finding]:
    """On the clocks of TIME_ZONE."""
    if issue.is_published or issue.publish_at is None:
        return
    day = localtime(issue.publish_at)
    if day.weekday() != settings.PUBLICATION_WEEKDAY:
        text = (
            f"{issue} comes out on {date_format(day, 'l, j F Y')}, "
            f"and the usual day is {WEEKDAYS[settings.PUBLICATION_WEEKDAY]}: check the date."
        )
        yield Finding(Level.WARNING, text, "id_publish_at")


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


CHECKS = (
    empty_issue,
    number_out_of_turn,
    unusual_day,
    missing_words,
    twice_in_the_issue,
    in_the_archive,
    held_back,
)
