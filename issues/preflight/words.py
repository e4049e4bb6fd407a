"""The editor's words, as they are printed: what was left over, left open, or written for another order."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.preflight.findings import Finding, Known, Level, field_of
from issues.preflight.passages import Passage, passages_of

# Left for later: journalists' “to come”, programmers' marks, templates and dummy text.
_PLACEHOLDER = re.compile(r"\b(?:TK(?:TK)*|TODO|FIXME|XXX+)\b|(?i:lorem ipsum)|\{\{|\}\}|\{%|%\}")
# What Markdown would have taken away. A single * or _ counts only where it opens a word: “A* search”, “snake_case”.
_LITERAL = re.compile(r"\*\*|__(?=\w)|~~|`|\]\(|\]\[|(?:^| · |(?<=\s))[*_](?=[^\W_])|(?:^| · )#{1,6} (?=\w)")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_IMAGE = re.compile(r"!\[([^\]\n]*)\]\(")
_REPEATED = re.compile(r"(?<![\w’'-])([^\W\d_]+) ((?-i:[^\W\d_A-Z])[^\W\d_]*)(?![\w’'-])")
# English that is right twice.
_TWICE = {"had", "that", "is", "very", "really", "so", "no", "many", "long", "never", "bye", "blah", "yada", "ha"}

_THING = r"(?:article|piece|post|link|story|entry|item|write-?up)s?"
_ABOVE = re.compile(rf"\b(?:{_THING}|see) above\b|\b(?:above|previous|preceding|last|prior) {_THING}\b", re.IGNORECASE)
_BELOW = re.compile(rf"\b(?:{_THING}|see) below\b|\b(?:below|next|following) {_THING}\b", re.IGNORECASE)


def placeholder(issue: Issue, known: Known) -> Iterator[Finding]:
    for passage in passages_of(issue):
        if found := _PLACEHOLDER.search(passage.words):
            yield _finding(Level.WARNING, passage, f"still has “{found[0]}” in it: finish it.")


def literal_markdown(issue: Issue, known: Known) -> Iterator[Finding]:
    """Seen in what is printed, so that everything that Markdown understood is right."""
    for passage in passages_of(issue):
        if len(_FENCE.findall(passage.text)) % 2 and passage.is_markdown:
            yield _finding(Level.WARNING, passage, "opens a block of code that nothing closes: close it.")
        elif found := _LITERAL.search(passage.words):
            around = _around(passage.words, found)
            what = "prints Markdown as it stands" if passage.is_markdown else "is no Markdown, and prints its marks"
            yield _finding(Level.WARNING, passage, f"{what}, “{around}”: close it, or take the marks out.")


def image(issue: Issue, known: Known) -> Iterator[Finding]:
    """The forms refuse images; what came in another way would be printed as a link."""
    for passage in passages_of(issue):
        for alternative in _IMAGE.findall(passage.text) if passage.is_markdown else []:
            what = "has an image, which is printed as a link" if alternative else "has an image without words for it"
            yield _finding(Level.WARNING, passage, f"{what}: link to it in words.")


def cut_title(issue: Issue, known: Known) -> Iterator[Finding]:
    for article in issue.articles.all():
        if article.title.rstrip().endswith(("…", "...")):
            text = f"The title “{article.title}” may have been cut: write all of it."
            yield Finding(Level.WARNING, text, field_of(issue, article, "title"), article)


def repeated_words(issue: Issue, known: Known) -> Iterator[Finding]:
    """Within a sentence, and no names: “Duran Duran”."""
    for passage in passages_of(issue):
        for first, second in _pairs(passage.words):
            if first.lower() == second and second not in _TWICE:
                yield _finding(Level.NOTE, passage, f"says “{first} {second}”: take one out.")


def neighbours(issue: Issue, known: Known) -> Iterator[Finding]:
    """“The article above” is another one after a move, and none at all at the edge."""
    for articles in (issue.printed_articles, issue.printed_outages):
        for place, article in enumerate(articles):
            before = articles[place - 1] if place else None
            after = articles[place + 1] if place + 1 < len(articles) else None
            for pattern, step, neighbour in ((_ABOVE, -1, before), (_BELOW, 1, after)):
                if found := pattern.search(_passage(issue, article).words):
                    yield _neighbour(issue, article, found[0], neighbour, known.neighbour_then.get((article.pk, step)))


def points_at_neighbours(issue: Issue) -> bool:
    blurbs = [_passage(issue, article).words for article in issue.articles.all()]
    return any(_ABOVE.search(words) or _BELOW.search(words) for words in blurbs)


def neighbours_when_written(issue: Issue, revisions: Iterable[list[dict[str, Any]]]) -> dict[tuple[int, int], int]:
    """Keys of the articles above (-1) and below (1) each one when its blurb was saved as it is now.

    `revisions` are the articles of an issue's revisions, as contents_of() gives them, the latest first.
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


def _neighbour(issue: Issue, article: Article, words: str, now: Article | None, then: int | None) -> Finding:
    """`then` is the key of the article that stood there when the blurb was written, where that is known."""
    says = f"The blurb of “{article}” says “{words}”"
    anchor = field_of(issue, article, "blurb")
    if now is None:
        return Finding(Level.WARNING, f"{says}, and no article stands there: write it anew.", anchor, article)
    if then is not None and then != now.pk:
        return Finding(Level.WARNING, f"{says}, and that is “{now}” since a move: write it anew.", anchor, article)
    return Finding(Level.NOTE, f"{says}, and that is “{now}” now.", anchor, article)


def _passage(issue: Issue, article: Article) -> Passage:
    return Passage(f"the blurb of “{article}”", article.blurb, field_of(issue, article, "blurb"), article)


def _pairs(words: str) -> Iterator[tuple[str, str]]:
    place = 0
    while found := _REPEATED.search(words, place):
        yield found[1], found[2]
        place = found.start(2)


def _around(words: str, found: re.Match[str]) -> str:
    """The marks with a word or two."""
    start = words.rfind(" ", 0, max(found.start() - 10, 0)) + 1
    end = words.find(" ", found.end() + 10)
    return words[start : end if end > 0 else None].strip(" ·")


def _finding(level: Level, passage: Passage, text: str) -> Finding:
    return Finding(level, f"{passage.name[:1].upper()}{passage.name[1:]} {text}", passage.anchor, passage.article)


CHECKS = (placeholder, literal_markdown, image, cut_title, repeated_words, neighbours)
