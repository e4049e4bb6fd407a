"""Read the query that a reader types, and write it for PostgreSQL.

On-call, on call and oncall find each other here: words that are typed side by side or joined are also looked for as one
word, and one word also in two parts.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import count, pairwise, starmap
from typing import NamedTuple

from fetching.identity import canonicalize
from text.folding import SIGNS, fold
from text.words import PARTICLES, STOP_WORDS, Token, lexeme, may_close, may_close_all, tokens_of, words_of

_QUOTATION_MARKS = {ord(mark): plain for mark, plain in SIGNS.items() if plain == '"'}
_TERM = re.compile(r'([-−–]?)(?:"([^"]*)"|([^\s"]+))')
# What follows an apostrophe in English, and is no word by itself: it’s, don’t, we’re, they’ve, I’ll, she’d, I’m.
_CLITICS = {"s", "t", "re", "ve", "ll", "d", "m"}
# Longer queries, and longer words, are looked for as they are typed only.
_MOST_RESPELLED, _LONGEST_RESPELLED = 8, 30


def normalize(text: str) -> str:
    """Return a reader's query in the one form that the other functions take. Empty if there is no word in it.

    Readers may write "a phrase", -word, -"a phrase" and or. Several words without a space, such as CI/CD, are a phrase.
    So is an address, without the parts that canonicalize() removes.
    """
    terms = []
    for minus, phrase, word in _TERM.findall(text.translate(_QUOTATION_MARKS)):
        typed = fold(canonicalize(word) if word.startswith(("http://", "https://")) else phrase or word)
        words = [typed[token.start : token.end] for token in tokens_of(typed)]
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
    return list(dict.fromkeys(word for term in _wanted_terms(query) for word in term.text.split()))


def wanted_parts(query: str) -> set[str]:
    """Return what is to be marked of a normalized query: all parts of words, and neighbours as one word."""
    terms = [_asked(term) for term in _wanted_terms(query)]
    parts = [part for tokens in terms for token in tokens for part in token.parts]
    joined = {"".join(token.parts) for tokens in terms for token in tokens if len(token.parts) > 1}
    return joined | {part for part in parts if part not in STOP_WORDS} | {"".join(both) for both in pairwise(parts)}


def is_too_common(query: str) -> bool:
    """Return whether a normalized query has only words such as “the” and “of”, which nobody looks for."""
    return not tsquery_of(query)


def other_spellings(query: str) -> list[str]:
    """Return how the words of a normalized query may be spelled as well, each for to_tsquery('english', …).

    “on call” may be “oncall”, and “oncall” may be “on call” or “on-call”.
    """
    spellings: list[str] = []
    for group in _groups(query):
        parts = [part for term in group for token in _asked(term) if not token.is_paired for part in token.parts]
        if len(parts) <= _MOST_RESPELLED:
            spellings += [_closed(*both) for both in pairwise(parts) if may_close(*both)]
            spellings += [_chain_of(halves) for part in parts for halves in _halves(part)]
            spellings += [
                _closed(*token.parts) for term in group for token in _asked(term) if may_close_all(token.parts)
            ]
    return list(dict.fromkeys(spellings))


def tsquery_of(query: str, spellings: Collection[str] = ()) -> str:
    """Return a normalized query for to_tsquery('english', …). Empty if it has only words that nobody looks for.

    "load -c++ or database" becomes "(load & !cu0002bu0002b) | database". `spellings` are those of other_spellings()
    that find something.
    """
    return " | ".join(filter(None, (_all_of(group, spellings) for group in _groups(query))))


class _Term(NamedTuple):
    minus: str
    phrase: str  # What stands in quotation marks, or else
    word: str

    @property
    def text(self) -> str:
        return self.phrase or self.word


def _groups(query: str) -> list[list[_Term]]:
    """Return the terms on each side of “or”."""
    groups: list[list[_Term]] = [[]]
    for term in starmap(_Term, _TERM.findall(query)):
        if term == ("", "", "or"):
            groups.append([])
        else:
            groups[-1].append(term)
    return groups


def _wanted_terms(query: str) -> list[_Term]:
    return [term for group in _groups(query) for term in group if not term.minus]


def _asked(term: _Term) -> list[Token]:
    """Return the tokens of a term. A single word loses its “’s”."""
    tokens = list(tokens_of(term.text))
    if len(tokens) == 1 and "'" in term.text and tokens[0].parts[-1] in _CLITICS:
        return [tokens[0]._replace(parts=tokens[0].parts[:-1])]
    return tokens


def _all_of(terms: list[_Term], spellings: Collection[str]) -> str:
    """Require all terms that somebody looks for. Two words side by side may also be joined."""
    written = [_write_term(term, spellings) for term in terms]
    if not any(written):
        return ""
    single = [_asked(term)[0].parts if term.word and not term.minus else () for term in terms]
    ways = [written, *_with_closed(single, written, spellings)]
    return _either([_all(list(filter(None, way))) for way in ways])


def _write_term(term: _Term, spellings: Collection[str]) -> str:
    """Return what finds a word or a phrase, or "" for a word that nobody looks for."""
    tokens = _asked(term)
    parts = [part for token in tokens for part in token.parts]
    if len(parts) == 1 and parts[0] in STOP_WORDS:
        return ""
    sequence: list[tuple[str, int]] = []
    place = 0
    for token in tokens:
        sequence += [(_write(word, token), place + offset) for word, offset in words_of(token, is_kept=False)]
        place += token.length
    forms = [_chain(sequence)]
    if spellings and not any(token.is_paired for token in tokens):
        written = list(map(lexeme, parts))
        forms += map(_chain_of, _with_halves(parts, written, spellings))
        forms += map(_chain_of, _with_closed([(part,) for part in parts], written, spellings))
        forms += [closed for closed in [_closed(*parts)] if len(tokens) == 1 and closed in spellings]
    return f"{term.minus and '!'}{_either(list(dict.fromkeys(forms)))}"


def _halves(word: str) -> list[tuple[str, ...]]:
    """Return a word in two parts, in each way: “oncall” may be “on call” or “on-call”, “rollouts” “roll out”."""
    halves = [(word[:at], word[at:]) for at in range(1, len(word) if len(word) <= _LONGEST_RESPELLED else 0)]
    return [(lexeme(one), _singular(other)) for one, other in halves if may_close(one, other)]


def _singular(word: str) -> str:
    """Return the lexeme of a word that ends another. PostgreSQL knows no plurals of stop words."""
    singular = word.removesuffix("s")
    return lexeme(singular if singular in PARTICLES else word)


def _closed(*parts: str) -> str:
    return lexeme("".join(parts))


def _with_halves(words: list[str], written: list[str], spellings: Collection[str]) -> Iterator[list[str]]:
    """Yield what is written in place of the words, each time with one of them in two parts."""
    for at, word in enumerate(words):
        for halves in _halves(word):
            if _chain_of(halves) in spellings:
                yield [*written[:at], *halves, *written[at + 1 :]]


def _with_closed(words: list[tuple[str, ...]], written: list[str], spellings: Collection[str]) -> Iterator[list[str]]:
    """Yield what is written in place of the words, each time with two neighbours joined.

    Each word has its parts: “tls” and “1.3” may be TLS1.3.
    """
    for at, (one, other) in enumerate(pairwise(words)):
        if one and other and (closed := _closed(one[-1], other[0])) in spellings:
            joined = [*map(lexeme, one[:-1]), closed, *map(lexeme, other[1:])]
            yield [*written[:at], _chain_of(joined), *written[at + 2 :]]


def _write(word: str, token: Token) -> str:
    """Write one word. A character of a script that is compared by pairs is the beginning of a pair."""
    return f"{lexeme(word)}:*" if token.is_paired and len(word) == 1 else lexeme(word)


def _chain(sequence: Iterable[tuple[str, int]]) -> str:
    """Require these words, each at its place."""
    (chain, last), *rest = sequence
    for word, place in rest:
        chain += f" <{place - last}> {word}"
        last = place
    return f"({chain})" if rest else chain


def _chain_of(words: Iterable[str]) -> str:
    """Require these words side by side."""
    return _chain(zip(words, count()))


def _all(terms: list[str]) -> str:
    return f"({' & '.join(terms)})" if len(terms) > 1 else terms[0]


def _either(forms: list[str]) -> str:
    return f"({' | '.join(forms)})" if len(forms) > 1 else forms[0]
