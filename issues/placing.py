"""The rules that keep an article out of an issue."""

from collections.abc import Iterable, Iterator

from django.utils import timezone
from django.utils.formats import date_format

from issues.models.articles import Article
from issues.models.issues import Issue
from text.quotes import quote


def find_refusals(article: Article, issue: Issue, *, anyway: bool = False) -> list[str]:
    """Return a sentence for each reason why the article cannot be placed in the issue. Lock both rows first.

    `anyway` ignores find_obstacles(), but nothing else. Usually one query.
    """
    if article.issue:
        return [f"{quote(article)} is in {article.issue} already."]
    if issue.is_published:
        return [f"{quote(article)} was not placed: {issue} is published."]
    if anyway:
        return []
    others = issue.articles.with_credits()
    return find_obstacles(article, issue, others if article.hold_one_per else others.exclude(hold_one_per=""))


def find_obstacles(article: Article, issue: Issue, others: Iterable[Article] | None = None) -> list[str]:
    """Return a sentence for each rule of the backlog that keeps the article out of the issue.

    `others` are the articles of the issue to compare it with, by default all. The article may be one of them. No query
    if they were loaded with_credits().
    """
    return list(_obstacles(article, issue, issue.articles.all() if others is None else others))


def _obstacles(article: Article, issue: Issue, others: Iterable[Article]) -> Iterator[str]:
    if sentence := _too_early(article, issue):
        yield sentence
    for other in others:
        if other.pk != article.pk and (shared := _shared(article, other)):
            yield (
                f"{quote(article)} waits for another issue: {quote(other)} is in {issue}, "
                f"and an issue may have only one article of {shared}."
            )


def _too_early(article: Article, issue: Issue) -> str:
    day = timezone.localdate(issue.publish_at) if issue.publish_at else timezone.localdate()
    if article.not_before is None or day >= article.not_before:
        return ""
    until = date_format(article.not_before)
    if issue.publish_at is None:
        return f"{quote(article)} waits until {until}, and {issue} has no publication time yet."
    return f"{quote(article)} waits until {until}, and {issue} will be published on {date_format(day)}."


def _shared(article: Article, other: Article) -> str:
    """Return the shared authors, publication and series that keep two articles out of one issue, or an empty text."""
    held = {article.hold_one_per, other.hold_one_per}
    names: list[str] = []
    if "author" in held:
        names += [author.name for author in article.credited_authors if author in other.credited_authors]
    if "publication" in held and article.publication and article.publication_id == other.publication_id:
        names.append(article.publication.name)
    if "series" in held and article.series and article.series.casefold() == other.series.casefold():
        names.append(f"the series “{article.series}”")
    return ", ".join(names)
