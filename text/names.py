"""Names and their spellings. Knows no models."""

import difflib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations

# difflib's ratio. One letter of fifteen makes 0.93.
SIMILAR = 0.9


def key_of(name: str) -> str:
    """The same for names that differ only in case and spacing."""
    return "".join(unicodedata.normalize("NFC", name).casefold().split())


def similar_names(names: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs that may be one, in the order of their names."""
    groups: dict[str, set[str]] = defaultdict(set)
    for name in names:
        # So alike, they share a beginning or an end. All pairs of a thousand would take half a minute.
        key = key_of(name)
        for part in {f"^{key[:3]}", f"{key[-3:]}$"}:
            groups[part].add(name)
    pairs = {pair for group in groups.values() for pair in combinations(sorted(group), 2)}
    return sorted(pair for pair in pairs if _is_similar(*map(key_of, pair)))


def spelled_like(name: str, others: Iterable[str]) -> list[str]:
    """Those of the others that may be the same name spelled otherwise: by a letter, an accent, two letters swapped.

    Those that differ in case and spacing alone are the same name, and not among them. 30 ms for 1,500 others.
    """
    key = key_of(name)
    return [other for other in others if key_of(other) != key and _is_variant(key, key_of(other))]


def _is_variant(one: str, two: str) -> bool:
    one, two = _letters(one), _letters(two)
    return bool(one and two) and (one == two or sorted(one) == sorted(two) or _is_similar(one, two))


def _letters(key: str) -> str:
    """Without accents and punctuation."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", key) if letter.isalnum())


def _is_similar(one: str, two: str) -> bool:
    matcher = difflib.SequenceMatcher(None, one, two, autojunk=False)
    return all(ratio() >= SIMILAR for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio))
