"""Make the last part of an address from a name, in any script."""

import re
import unicodedata

from django.core.validators import RegexValidator

from text.words import MARKS

# What a slug may have: also the marks that belong to letters, such as vowels of Hindi.
SLUG = rf"[-\w{MARKS}]+"
validate_slug = RegexValidator(rf"^{SLUG}\Z", "Use letters, digits, “-” and “_” only.")

_LETTER = r"[^\W\d_]"
# Signs that belong to a name, in words. Other signs are left out, as in AT&T.
_WORDS = (
    (re.compile(rf"(?<={_LETTER})\+\+(?!{_LETTER})"), "-plus-plus-"),
    (re.compile(rf"(?<={_LETTER})\+(?!\w)"), "-plus-"),
    (re.compile(rf"(?<={_LETTER})[#♯](?!\w)"), "-sharp-"),
    (re.compile(rf"(?<!\S)\.(?={_LETTER})"), "dot-"),
)
_LEFT_OUT = re.compile(rf"[^-\w\s{MARKS}]|[\u00ad\u200c\u200d\u2060\ufe00-\ufe0f]")


def slug_of(name: str) -> str:
    """Return a name in lower case, with hyphens: “C++” becomes “c-plus-plus”. Empty if it has no letter or digit.

    Django's slugify() makes “c” of C++ and C#, and drops vowels: “कलउड” of “क्लाउड”.
    """
    slug = unicodedata.normalize("NFKC", name)
    for sign, word in _WORDS:
        slug = sign.sub(word, slug)
    return re.sub(r"[-\s]+", "-", _LEFT_OUT.sub("", slug.lower())).strip("-_")
