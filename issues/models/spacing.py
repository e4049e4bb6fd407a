"""What keeps an article out of an issue: its day has not come, or one like it is in there."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format

if TYPE_CHECKING:
    from issues.models.contents import Article, Issue


def find_obstacles(article: "Article", issue: "Issue") -> Iterator[str]:
    """Whatever the article's state, and whether it is in that issue already or not. A sentence each."""
    if sentence := _too_early(article, issue):
        yield sentence
    for other in issue.articles.all():
        if other.pk != article.pk and (shared := _shared(article, other)):
            yield (
                f"“{article}” waits for another issue: “{other}” is in {issue}, "
                f"and at most one article of {shared} is to be in an issue."
            )


def _too_early(article: "Article", issue: "Issue") -> str:
    day = timezone.localdate(issue.publish_at) if issue.publish_at else timezone.localdate()
    if article.not_before is None or day >= article.not_before:
        return ""
    until = date_format(article.not_before, "j M Y")
    if issue.publish_at is None:
        return f"“{article}” waits until {until}, and {issue} has no publication time yet."
    return f"“{article}” waits until {until}, and {issue} comes out on {date_format(day, 'j M Y')}."


def _shared(article: "Article", other: "Article") -> str:
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
