"""Suggest another query if nothing was found."""

import re
from functools import lru_cache

from django.db import connection
from django.utils import timezone

from issues.models.publishing import IS_PUBLISHED
from issues.models.site_version import Version, current_version
from issues.search.finding import Filters, first_to_find
from issues.search.index import SHORTEST_WORD
from issues.search.queries import wanted_words
from text.names import correct_spelling

_VOCABULARY = f"""
    SELECT word, count(*)
    FROM issues_searchtext JOIN issues_issue ON issues_issue.id = issue_id, unnest(words) AS word
    WHERE article_id IS NULL AND {IS_PUBLISHED}
    GROUP BY word
"""  # noqa: S608


def suggest(query: str, filters: Filters, version: Version | None) -> str:
    """Return a similar query that finds something, or an empty string. At most four queries.

    Suggestions are made of words of published issues only, so they reveal no draft. `version` is the version of the
    site if the answer will be stored under it.
    """
    corrections = _correct(wanted_words(query), version)
    corrected = re.sub(r"[^\s\"]+", lambda word: corrections.get(word[0], word[0]), query)
    candidates = [corrected, " or ".join(wanted_words(corrected))]
    others = [other for other in candidates if other not in ("", query)]
    return first_to_find(others, filters) if others else ""


def _correct(words: list[str], version: Version | None) -> dict[str, str]:
    """Return corrections of the words that are in no published issue. At most two queries, or none for short words."""
    doubtful = [word for word in words if len(word) >= SHORTEST_WORD]
    known = _vocabulary(version or current_version(connection)) if doubtful else {}
    corrections = {}
    for word in doubtful:
        # The right word may begin with the second letter: if the first two were swapped, or one was added in front.
        alike = {other: count for letter in word[:2] for other, count in known.get(letter, {}).items()}
        if word not in alike and (correction := correct_spelling(word, alike)):
            corrections[word] = correction
    return corrections


@lru_cache(maxsize=1)
def _vocabulary(version: Version) -> dict[str, dict[str, int]]:
    """Return the words of published issues by their first letter, and how many issues have each. One query.

    Kept until anything printed changes: counting the words takes longer than all the rest.
    """
    known: dict[str, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_VOCABULARY, {"now": timezone.now()})
        for word, count in cursor.fetchall():
            known.setdefault(word[0], {})[word] = count
    return known
