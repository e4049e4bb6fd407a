"""Placing articles in an issue, and what keeps one out of it: its day has not come, or one like it is in there."""

from collections.abc import Iterator

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from issues.models.articles import Article
from issues.models.issues import Issue


def place_unless_hindered(
    article: Article, issue: Issue, *, anyway: bool = False, user: User | AnonymousUser | None = None
) -> list[str]:
    """Place the article, or return the sentences that say why not. `anyway` ignores obstacles and nothing else."""
    with transaction.atomic():
        issue = Issue.objects.select_for_update(of=("self",)).get(pk=issue.pk)
        article.refresh_from_db(fields=["issue"], from_queryset=Article.objects.select_for_update(of=("self",)))
        if article.issue:
            return [f"“{article}” is in {article.issue} already."]
        if issue.is_published:
            return [f"“{article}” was not placed: {issue} is published."]
        if not anyway and (found := find_obstacles(article, Issue.objects.with_contents().get(pk=issue.pk))):
            return found
        article.place(issue, user=user)
    return []


def find_obstacles(article: Article, issue: Issue) -> list[str]:
    """Return a sentence for each reason not to place the article in the issue. It may be in that issue already.

    No query where the article was loaded with_credits() and the issue with_contents().
    """
    return list(_obstacles(article, issue))


def _obstacles(article: Article, issue: Issue) -> Iterator[str]:
    if sentence := _too_early(article, issue):
        yield sentence
    for other in issue.articles.all():
        if other.pk != article.pk and (shared := _shared(article, other)):
            yield (
                f"“{article}” waits for another issue: “{other}” is in {issue}, "
                f"and at most one article of {shared} is to be in an issue."
            )


def _too_early(article: Article, issue: Issue) -> str:
    day = timezone.localdate(issue.publish_at) if issue.publish_at else timezone.localdate()
    if article.not_before is None or day >= article.not_before:
        return ""
    until = date_format(article.not_before, "j M Y")
    if issue.publish_at is None:
        return f"“{article}” waits until {until}, and {issue} has no publication time yet."
    return f"“{article}” waits until {until}, and {issue} comes out on {date_format(day, 'j M Y')}."


def _shared(article: Article, other: Article) -> str:
    """What both have in common of which one of them says that an issue is to hold at most one."""
    held = {article.hold_one_per, other.hold_one_per}
    names: list[str] = []
    if "author" in held:
        names += [author.name for author in article.credited_authors if author in other.credited_authors]
    if "publication" in held and article.publication and article.publication_id == other.publication_id:
        names.append(article.publication.name)
    if "series" in held and article.series and article.series.casefold() == other.series.casefold():
        names.append(f"the series “{article.series}”")
    return ", ".join(names)
