"""Split text into the words that search keeps and asks for, in any script.

Everything that is searched and everything that is typed go through these functions, so both are split alike:

- On-call and Node.js are two words each, so they are found as on call and 44228 in CVE-2021-44228. As for oncall and
  nodejs: issues/search/queries.py asks for closed words in two parts as well.
- C++, C#, .NET and AT&T are words of their own, with their signs.
- Chinese, Japanese and Korean are kept by pairs of characters, as they put no spaces between words, or few.
- Vowel signs and other marks belong to their letters, so words of Hindi or Thai stay whole.
"""

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from text.folding import fold

# Blocks of Unicode: radicals, kana, bopomofo, Hangul, and ideographs with their marks and old and half-wide forms.
_PAIRED = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3041-\u3096\u3099-\u309a\u309d-\u309f\u30a1-\u30fa"
    "\u30fc-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97c\uac00-\ud7fb\uf900-\ufaff"
    "\uff66-\uffdc\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_INSIDE = "\u00ad\u200c\u200d\u2060\ufe00-\ufe0f"  # fold() drops them.


def _marks() -> str:
    """Return the marks of all scripts, as ranges for a regular expression. The re module has no class for them."""
    codes = [code for code in range(0x300, 0x1F000) if unicodedata.category(chr(code))[0] == "M"]
    runs = groupby(enumerate(codes), lambda pair: pair[1] - pair[0])
    ends = [[code for _, code in run] for _, run in runs]
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in ends if not 0x3099 <= run[0] <= 0x309A)


# Of letters, in all scripts.
MARKS = _INSIDE + _marks()
_LETTER = rf"[^\W\d_ʻʼ{_PAIRED}]"
_LETTERS = rf"[^\W_ʻʼ{_PAIRED}]+(?:[{MARKS}]+[^\W_ʻʼ{_PAIRED}]*)*"


def _part(letter: str, letters: str) -> str:
    """Return the expression of a word with its signs.

    These are .NET, but no end of a sentence; AT&T; C++ and Google+; C#, also before a version as in C#12.
    """
    sign = (  # Most words have none, so it is looked for first.
        rf"(?:(?<={letter})[&＆](?={letter}){letters})*"
        rf"(?:(?<={letter})(?:[+＋]{{2}}(?!{letter}|[+＋])|[+＋](?!\d|{letter}|[+＋])|[#♯＃](?!\d|{letter}))"
        rf"|(?<=(?<!\w){letter})[#♯＃](?!{letter}))?"
    )
    return rf"(?:\.(?<![\w./]\.)(?={letter}))?{letters}(?:(?=[&+#＆＋＃♯]){sign})?"


def _token(part: str) -> str:
    return rf"{part}(?:[-‐‑–'’ʻʼ._]{part})*"


_PARTS = re.compile(_part(_LETTER, _LETTERS))
_TOKEN = re.compile(rf"{_token(_part(_LETTER, _LETTERS))}|([{_PAIRED}]+)")
_ASCII_TOKEN = re.compile(_token(_part("[A-Za-z]", "[A-Za-z0-9]+")))  # The same, at half the time.
_WORD = re.compile(_LETTERS)
_SIGN = re.compile(r"^\.|[&+#]")
_UNSAFE = re.compile(r"[^a-z0-9]")
# Words that nobody looks for. They are kept for phrases: PostgreSQL would drop them. Its list, english.stop.
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself
        it its itself they them their theirs themselves what which who whom this that these those am is are was were be
        been being have has had having do does did doing a an the and but if or because as until while of at by for with
        about against between into through during before after above below to from up down in out on off over under
        again further then once here there when where why how all any both each few more most other some such no nor not
        only own same so than too very s t can will just don should now
        """,
    )
)
# Parts of what is also kept as one word. Addresses have more.
_MOST_CLOSED = 4
# Stop words that end others. Their plurals are no plurals by themselves, so fail-overs is kept as one word as well.
PARTICLES = frozenset(("down", "in", "off", "on", "out", "over", "through", "up"))
# Shorter words with a sign are found with it only: “C” is not C++.
_SHORTEST_WITHOUT_SIGN = 3


class Token(NamedTuple):
    """What stands between spaces and punctuation: one word, or several that signs join."""

    start: int
    end: int
    parts: tuple[str, ...]  # Folded.
    is_paired: bool = False  # Whether its characters are compared by pairs. It has one part then.

    @property
    def length(self) -> int:
        """How many places it takes."""
        return len(self.parts[0]) if self.is_paired else len(self.parts)


def tokens_of(text: str) -> Iterator[Token]:
    if text.isascii():
        for match in _ASCII_TOKEN.finditer(text):
            yield Token(match.start(), match.end(), _parts(match[0]))
        return
    for match in _TOKEN.finditer(text):
        is_paired = bool(match.lastindex)
        if parts := (fold(match[0]),) if is_paired else _parts(match[0]):
            yield Token(match.start(), match.end(), parts, is_paired)


def words_of(token: Token, *, is_kept: bool = True) -> Iterator[tuple[str, int]]:
    """Yield the words of a token, each with its distance from the first.

    What is kept is more than what is asked for: the last character of what is compared by pairs, so that one character
    finds it; longer words without their signs; and “end-to-end” and “roll-out” as one word, too.
    """
    if token.is_paired:
        (text,) = token.parts
        yield from ((text[at : at + 2], at) for at in range(len(text) - 1))
        if is_kept or len(text) == 1:
            yield text[-1], len(text) - 1
        return
    for offset, part in enumerate(token.parts):
        yield part, offset
        if is_kept and not part.isalnum() and _SIGN.search(part, 1):
            yield from ((word, offset) for word in _WORD.findall(part) if len(word) >= _SHORTEST_WITHOUT_SIGN)
    if is_kept and may_close_all(token.parts):
        ends_in_particle = token.parts[1].removesuffix("s") in PARTICLES
        if 2 < len(token.parts) <= _MOST_CLOSED or (len(token.parts) == 2 and ends_in_particle):
            yield "".join(token.parts), 0


def may_close_all(parts: tuple[str, ...]) -> bool:
    """Return whether joined words may also be one: CVE-2021-44228 may, but 1.3 is not 13."""
    return len(parts) > 1 and not all(map(str.isdigit, parts))


def may_close(one: str, other: str) -> bool:
    """Return whether two words side by side are often written as one, as “on call”, “http 3” and “3 d” are.

    Two numbers are not, and “a” and “i” are words: “a way” is not “away”. But “i o” may be “io”.
    """
    if one in ("a", "i") and not (len(other) == 1 and other.isalpha()):
        return False
    return one.isalnum() and other.isalnum() and (one.isalpha() or other.isalpha())


@lru_cache(maxsize=16_384)
def lexeme(word: str) -> str:
    """Return a word as PostgreSQL keeps it: letters a to z and digits, which its parser leaves alone in any locale.

    Every other character becomes its number, such as u0002b for “+”. What has a digit is not stemmed.
    """
    if word in STOP_WORDS:
        return f"{word}0"
    return word if word.isascii() and word.isalnum() else _UNSAFE.sub(lambda char: f"u{ord(char[0]):05x}", word)


@lru_cache(maxsize=16_384)
def _parts(token: str) -> tuple[str, ...]:
    """Return the parts of a token. Cached, because most texts have the same few thousand words.

    There are none if fold() drops all, as the stroke that makes Arabic words longer. “½” is two.
    """
    return tuple(sys.intern(part) for whole in _PARTS.findall(token) for part in _PARTS.findall(fold(whole)))
