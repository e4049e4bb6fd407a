"""What to offer where nothing was found."""

import re
from difflib import get_close_matches

from django.db import connection

from issues.models.issues import Issue
from issues.search.finding import Filters, find
from issues.search.index import SHORTEST_WORD
from issues.search.words import wanted_words

# difflib's ratio, which is 0.8 where one letter of five is wrong.
LIKENESS = 0.75

_VOCABULARY = """
    SELECT word, count(*)
    FROM (SELECT unnest(words) AS word FROM issues_searchtext WHERE article_id IS NULL AND issue_id = ANY(%s)) AS every
    WHERE left(word, 1) = ANY(%s)
    GROUP BY word
"""


def is_too_common(query: str) -> bool:
    """Whether it has nothing but words such as “the” and “of”, which are not in the index."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT numnode(websearch_to_tsquery('english', %s))", [query])
        return cursor.fetchone()[0] == 0


def suggest(query: str, filters: Filters) -> str:
    """A query like this one that finds something; empty where there is none. At most five queries.

    All that it corrects to stands in a published issue: no draft is betrayed.
    """
    corrections = _correct(wanted_words(query))
    corrected = re.sub(r"[^\s\"]+", lambda word: corrections.get(word[0], word[0]), query)
    candidates = [corrected, " or ".join(wanted_words(corrected))]
    return next((other for other in candidates if other != query and find(other, filters).exists()), "")


def _correct(words: list[str]) -> dict[str, str]:
    """Of those that stand nowhere: the word that is most like it and, of several, comes in most issues."""
    doubtful = [word for word in words if len(word) >= SHORTEST_WORD]
    # The second letter, too: it is the first where one was swapped or typed too much.
    known = _vocabulary({letter for word in doubtful for letter in word[:2]}) if doubtful else {}
    corrections: dict[str, str] = {}
    for word in doubtful:
        if word not in known:
            like = get_close_matches(word, [other for other in known if other[0] in word[:2]], cutoff=LIKENESS)
            corrections |= {word: max(like, key=known.__getitem__)} if like else {}
    return corrections


def _vocabulary(letters: set[str]) -> dict[str, int]:
    """Words of published issues that begin with one of these letters, and in how many."""
    published = list(Issue.objects.published().values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_VOCABULARY, [published, list(letters)])
        return dict(cursor.fetchall())
