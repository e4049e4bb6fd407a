"""Mark in texts what a query finds in them."""

import re
from collections.abc import Collection, Iterable, Iterator

from django.db import connection
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString

from issues.search.queries import wanted_parts
from text.words import Token, tokens_of

# Characters. Half of all blurbs are shown whole.
EXCERPT_LENGTH = 240

# Words of which this process keeps the stems.
_MOST_STEMS = 50_000
_stems: dict[str, str] = {}


class Wanted:
    """The words that a normalized query looks for."""

    def __init__(self, query: str) -> None:
        self.words = wanted_parts(query)
        # PostgreSQL's stemmer changes no first letter, so most words of a text are none of these.
        self.letters = {word[0] for word in self.words}
        self.beginnings = {word[:length] for word in self.words for length in range(1, len(word))}


class Text:
    """A text that is shown as a result, with what may have been found in it."""

    def __init__(self, text: str, wanted: Wanted) -> None:
        self.text = text
        self.likely: list[
            tuple[str, Token, Token]
        ] = []  # A word with its token, or two as one with the tokens of both.
        self._runs: list[tuple[int, int]] = []
        letters, beginnings = wanted.letters, wanted.beginnings
        part, before = "", None
        for token in tokens_of(text) if letters else ():
            if token.is_paired:
                self._runs += _spans_of_runs(token, wanted.words)
                part, before = "", None
                continue
            for next_part in token.parts:
                if part in beginnings and before:
                    self.likely.append((part + next_part, before, token))
                if next_part[0] in letters:
                    self.likely.append((next_part, token, token))
                part, before = next_part, token

    def mark(self, hits: Collection[str]) -> SafeString:
        """Return HTML with what was found between <mark> and </mark>. `hits` comes from find_hits()."""
        return _mark(self.text, self._spans(hits), 0, len(self.text))

    def excerpt(self, hits: Collection[str]) -> SafeString:
        """Do the same with at most EXCERPT_LENGTH characters around the first hit, cut at spaces.

        “…” stands for what is left out.
        """
        text, spans = self.text, self._spans(hits)
        if len(text) <= EXCERPT_LENGTH:
            return _mark(text, spans, 0, len(text))
        first = spans[0][0] if spans else 0
        start = max(0, min(first - EXCERPT_LENGTH // 3, len(text) - EXCERPT_LENGTH))
        if start:
            start = text.find(" ", start, first) + 1 or start
        end = min(start + EXCERPT_LENGTH, len(text))
        if end < len(text) and (space := text.rfind(" ", start + EXCERPT_LENGTH // 2, end)) > 0:
            end = space
        return _mark(text, spans, start, end)

    def _spans(self, hits: Collection[str]) -> list[tuple[int, int]]:
        """Return where the text is to be marked, in order."""
        found = [(first, last) for word, first, last in self.likely if word in hits]
        single = {first.start for first, last in found if first is last}
        # Two words side by side are marked as one, such as “on call” for “oncall”, unless each was found by itself.
        spans = [
            (first.start, last.end) for first, last in found if first is last or not {first.start, last.start} <= single
        ]
        return _without_overlaps([*spans, *self._runs])


def find_hits(wanted: Wanted, texts: Iterable[Text]) -> set[str]:
    """Return the words of the texts that are found: “failing” for “fail”. At most one query."""
    likely = {word for text in texts for word, _, _ in text.likely}
    stems = _stems_of(likely | wanted.words)
    found = {stems[word] for word in wanted.words}
    return {word for word in likely if stems[word] in found}


def _stems_of(words: Collection[str]) -> dict[str, str]:
    """Return the stem of each word. One query for words that this process has not asked about before."""
    unknown = [word for word in words if word.isascii() and word.isalpha() and word not in _stems]
    if unknown:
        with connection.cursor() as cursor:
            cursor.execute("SELECT w, (ts_lexize('english_stem', w))[1] FROM unnest(%s::text[]) AS w", [unknown])
            found = dict(cursor.fetchall())
        if len(_stems) + len(found) > _MOST_STEMS:
            _stems.clear()
        _stems.update(found)
    return {word: _stems.get(word) or word for word in words}


def _spans_of_runs(token: Token, words: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield where the words are in a token of a script that puts no spaces between words."""
    (folded,) = token.parts
    is_same_length = len(folded) == token.end - token.start  # Of half-wide letters, two may have become one.
    for word in words:
        for match in re.finditer(re.escape(word), folded):
            start, end = match.span() if is_same_length else (0, token.end - token.start)
            yield token.start + start, token.start + end


def _without_overlaps(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans in order, as one where they overlap."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _mark(text: str, spans: Iterable[tuple[int, int]], start: int, end: int) -> SafeString:
    """Return this part of a text as HTML."""
    pieces, before, last = [], "…" if start else "", start
    for first, after in spans:
        if last <= first and after <= end:
            pieces.append((before + text[last:first], text[first:after]))
            before, last = "", after
    rest = escape(before + text[last:end] + ("…" if end < len(text) else ""))
    return format_html_join("", "{}<mark>{}</mark>", pieces) + rest if pieces else rest
