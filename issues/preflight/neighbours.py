"""Check blurbs that mention “the article above” or “below”: it may have moved."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.preflight.checked import CheckedIssue
from issues.preflight.findings import Finding, Level
from issues.preflight.passages import Passage
from text.quotes import quote

_THING = r"(?:article|piece|post|link|story|entry|item|write-?up)s?"
_ABOVE = re.compile(rf"\b(?:{_THING}|see) above\b|\b(?:above|previous|preceding|last|prior) {_THING}\b", re.IGNORECASE)
_BELOW = re.compile(rf"\b(?:{_THING}|see) below\b|\b(?:below|next|following) {_THING}\b", re.IGNORECASE)


def moved_neighbours(checked: CheckedIssue) -> Iterator[Finding]:
    blurbs = {passage.article: passage.words for passage in _blurbs(checked.passages)}
    for articles in (checked.issue.printed_articles, checked.issue.printed_outages):
        for before, article, after in zip([None, *articles], articles, [*articles[1:], None], strict=False):
            for pattern, step, neighbour in ((_ABOVE, -1, before), (_BELOW, 1, after)):
                if found := pattern.search(blurbs[article]):
                    then = checked.neighbours_when_written.get((article.pk, step))
                    yield _compare(checked, article, found[0], neighbour, then)


def points_at_neighbours(passages: Iterable[Passage]) -> bool:
    return any(_ABOVE.search(passage.words) or _BELOW.search(passage.words) for passage in _blurbs(passages))


def neighbours_when_written(issue: Issue, revisions: Iterable[list[dict[str, Any]]]) -> dict[tuple[int, int], int]:
    """Find the neighbours that each article had when its blurb was written.

    Returns the key of each neighbour by (key of the article, step). The step is -1 for above and 1 for below.
    `revisions` are the articles of the issue's revisions, as contents_of() gives them, newest first.
    """
    then: dict[int, dict[tuple[int, int], int]] = {}
    written = {article.pk: article.blurb for article in issue.articles.all()}
    for rows in revisions:
        blurbs = {row["id"]: row["blurb"] for row in rows}
        written = {key: blurb for key, blurb in written.items() if blurbs.get(key) == blurb}
        then |= {key: {} for key in written}
        for one, other in pairwise(rows):
            if one["section"] == other["section"]:
                for key, step, neighbour in ((one["id"], 1, other["id"]), (other["id"], -1, one["id"])):
                    if key in written:
                        then[key][key, step] = neighbour
    return {place: neighbour for places in then.values() for place, neighbour in places.items()}


def _compare(checked: CheckedIssue, article: Article, words: str, now: Article | None, then: int | None) -> Finding:
    """Report a neighbour that the blurb mentions. `then` is its key when the blurb was written, or None if unknown."""
    mention = f"The blurb of {quote(article)} says “{words}”"
    if now is None:
        level, code, text = Level.WARNING, "no_neighbour", f"{mention}, but there is no article: change the words."
    elif then is not None and then != now.pk:
        text = f"{mention}, but after a move this is “{now}”: change the words."
        level, code = Level.WARNING, "moved_neighbour"
    else:
        level, code, text = Level.NOTE, "neighbour", f"{mention}. This is “{now}”."
    return checked.finding(level, code, text, article, "blurb")


def _blurbs(passages: Iterable[Passage]) -> list[Passage]:
    return [passage for passage in passages if passage.article and passage.is_markdown]


CHECKS = (moved_neighbours,)
