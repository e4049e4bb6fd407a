"""Suggest another query if nothing was found."""

import re

from django.db import connection

from issues.models.issues import Issue
from issues.search.finding import Filters, find
from issues.search.index import SHORTEST_WORD
from issues.search.words import wanted_words
from text.names import correct_spelling

_VOCABULARY = """
    SELECT word, count(*)
    FROM (SELECT unnest(words) AS word FROM issues_searchtext WHERE article_id IS NULL AND issue_id = ANY(%s)) AS every
    WHERE left(word, 1) = ANY(%s)
    GROUP BY word
"""


def is_too_common(query: str) -> bool:
    """Return whether the query has only words such as “the” and “of”, which are not in the index."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT numnode(websearch_to_tsquery('english', %s))", [query])
        return cursor.fetchone()[0] == 0


def suggest(query: str, filters: Filters) -> str:
    """Return a similar query that finds something, or an empty string. At most five queries to the database.

    Suggestions are made of words of published issues only, so they reveal no draft.
    """
    corrections = _correct(wanted_words(query))
    corrected = re.sub(r"[^\s\"]+", lambda word: corrections.get(word[0], word[0]), query)
    candidates = [corrected, " or ".join(wanted_words(corrected))]
    return next((other for other in candidates if other != query and find(other, filters).exists()), "")


def _correct(words: list[str]) -> dict[str, str]:
    """Return corrections of the words that are in no published issue. Two queries, or none for short words."""
    doubtful = [word for word in words if len(word) >= SHORTEST_WORD]
    # The right word may begin with the second letter: if the first two were swapped, or one was added in front.
    known = _vocabulary({letter for word in doubtful for letter in word[:2]}) if doubtful else {}
    corrections = {}
    for word in doubtful:
        alike = {other: count for other, count in known.items() if other[0] in word[:2]}
        if word not in known and (correction := correct_spelling(word, alike)):
            corrections[word] = correction
    return corrections


def _vocabulary(letters: set[str]) -> dict[str, int]:
    """Return the words of published issues that begin with one of these letters, and how many issues have each."""
    published = list(Issue.objects.published().values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_VOCABULARY, [published, list(letters)])
        return dict(cursor.fetchall())
