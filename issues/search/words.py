"""Split text into the words that search compares, in any script, and parse the query that a reader types.

Indexed text and queries go through the same functions, so PostgreSQL's parser only sees letters, digits,
underscores and hyphens. Its rules for addresses, files and entities never apply.
"""

import re

from fetching.identity import canonicalize
from text.folding import fold

# What phones and word processors put in place of a straight one.
_QUOTATION_MARKS = dict.fromkeys(map(ord, "“”„‟«»＂"), '"')
WORD = re.compile(r"\w+(?:[-‐‑]\w+)*")
_TERM = re.compile(r'([-−–]?)(?:"([^"]*)"|([^\s"]+))')


def words_of(text: str) -> list[str]:
    """Return the words in order, folded: “Zoë’s on-call” gives zoe, s, on-call."""
    return WORD.findall(fold(text))


def normalize(text: str) -> str:
    """Translate a reader's query for PostgreSQL's websearch_to_tsquery. Empty if there is no word in it.

    Readers may write "a phrase", -word, -"a phrase" and or. Several words without a space, such as incident.io or
    CI/CD, are a phrase. So is an address, without the parts that canonicalize() removes.
    """
    terms = []
    for minus, phrase, word in _TERM.findall(text.translate(_QUOTATION_MARKS)):
        words = words_of(canonicalize(word) if word.startswith(("http://", "https://")) else phrase or word)
        if not words:
            continue
        if words == ["or"] and word and not minus:
            terms.append("or")
        elif len(words) == 1 and words != ["or"]:
            terms.append(f"{minus and '-'}{words[0]}")
        else:
            terms.append(f'{minus and "-"}"{" ".join(words)}"')
    return " ".join(terms)


def wanted_words(query: str) -> list[str]:
    """Return each word of a normalized query once, without operators and excluded words."""
    wanted = (phrase or word for minus, phrase, word in _TERM.findall(query) if not minus and word != "or")
    return list(dict.fromkeys(word for words in wanted for word in words.split()))
