"""Fold text, so that different spellings of the same words compare equal."""

import re
import unicodedata

# Letters that Unicode does not decompose, and marks that phones and word processors put in place of plain ones.
_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
_PLAIN = str.maketrans(_LETTERS | {"‐": "-", "‘": "'", "’": "'"})
_ACCENTS = re.compile("[\u0300-\u036f]")  # Combining Diacritical Marks. The vowels of other scripts are letters.


def fold(text: str) -> str:
    """Remove differences of case, accents and width, and make hyphens and apostrophes plain.

    “Zoë’s Ｏｎ‑call” becomes “zoe's on-call”. The result is in Unicode's form NFC.
    """
    if text.isascii():
        return text.lower()  # The same as below, at a fifth of the time.
    decomposed = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", decomposed.casefold().translate(_PLAIN))
