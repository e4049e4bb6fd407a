"""Check the printed words for leftovers and slips."""

import re
from collections.abc import Iterator

from issues.preflight.checked import CheckedIssue
from issues.preflight.findings import Finding, Level
from issues.preflight.passages import Passage
from text.pictures import picture_at
from text.quotes import quote

# TK (“to come”, among journalists), marks of programmers, variables of templates, and dummy text.
_PLACEHOLDER = re.compile(r"\b(?:TK(?:TK)*|TODO|FIXME|XXX+)\b|(?i:lorem ipsum)|\{\{|\}\}|\{%|%\}")
# Marks that Markdown would have removed. A single * or _ counts only at the start of a word: not “A*”, “snake_case”.
_LITERAL = re.compile(r"\*\*|__(?=\w)|~~|`|\]\(|\]\[|(?:^| · |(?<=\s))[*_](?=[^\W_])|(?:^| · )#{1,6} (?=\w)")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_IMAGE = re.compile(r"!\[([^\]\n]*)\]\(\s*<?([^\s<>()]*)")
# The second word has no capital: “Duran Duran” is a name.
_REPEATED = re.compile(r"(?<![\w’'-])([^\W\d_]+) ((?-i:[^\W\d_A-Z])[^\W\d_]*)(?![\w’'-])")
# Words that are often repeated on purpose.
_TWICE = {"had", "that", "is", "very", "really", "so", "no", "many", "long", "never", "bye", "blah", "yada", "ha"}


def placeholders(checked: CheckedIssue) -> Iterator[Finding]:
    for passage in checked.passages:
        if found := _PLACEHOLDER.search(passage.words):
            yield _finding(Level.WARNING, "placeholder", passage, f"contains “{found[0]}”: finish the text.")


def literal_markdown(checked: CheckedIssue) -> Iterator[Finding]:
    """Report Markdown that is printed as typed. It looks at the printed words, in which valid Markdown is gone."""
    for passage in checked.passages:
        if len(_FENCE.findall(passage.text)) % 2 and passage.is_markdown:
            text = "opens a block of code and does not close it: close it."
            yield _finding(Level.WARNING, "open_code", passage, text)
        elif found := _LITERAL.search(passage.words):
            text = f"prints the marks in “{_context(passage.words, found)}” as they are: "
            text += "complete the Markdown, or remove them." if passage.is_markdown else "remove them."
            yield _finding(Level.WARNING, "literal_markdown", passage, text)


def images(checked: CheckedIssue) -> Iterator[Finding]:
    """Report images of other sites in imported text, which are printed as links. Forms refuse them."""
    for passage in checked.passages:
        found = _IMAGE.findall(passage.text) if passage.is_markdown else []
        for alternative in (words for words, address in found if not picture_at(address)):
            what = "an image, which is printed as a link" if alternative else "an image without words"
            yield _finding(Level.WARNING, "image", passage, f"has {what}: write a link instead.")


def cut_titles(checked: CheckedIssue) -> Iterator[Finding]:
    for article in checked.issue.articles.all():
        if article.title.rstrip().endswith(("…", "...")):
            text = f"The title {quote(article.title)} may have been cut: write the whole title."
            yield checked.finding(Level.WARNING, "cut_title", text, article, "title")


def repeated_words(checked: CheckedIssue) -> Iterator[Finding]:
    for passage in checked.passages:
        for first, second in _pairs(passage.words):
            if first.lower() == second and second not in _TWICE:
                text = f"repeats a word, “{first} {second}”: remove one."
                yield _finding(Level.NOTE, "repeated_word", passage, text)


def _pairs(words: str) -> Iterator[tuple[str, str]]:
    """Yield each word with the next one, if only a space is between them and the next has no capital."""
    place = 0
    while found := _REPEATED.search(words, place):
        yield found[1], found[2]
        place = found.start(2)


def _context(words: str, found: re.Match[str]) -> str:
    """Return the match with a word or two around it."""
    start = words.rfind(" ", 0, max(found.start() - 10, 0)) + 1
    end = words.find(" ", found.end() + 10)
    return words[start : end if end > 0 else None].strip(" ·")


def _finding(level: Level, code: str, passage: Passage, text: str) -> Finding:
    name = passage.name[:1].upper() + passage.name[1:]
    return Finding(level, code, f"{name} {text}", passage.anchor, passage.article)


CHECKS = (placeholders, literal_markdown, images, cut_titles, repeated_words)
