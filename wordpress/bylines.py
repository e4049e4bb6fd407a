"""Read who wrote an article from the small print: “A, B, and C — Publication”.

Nobody may be credited for someone else's work, so whatever is uncertain stays as printed.
"""

import re
from collections.abc import Container
from dataclasses import dataclass

from text.names import ORGANISATION_WORDS, SURNAMES_TOO, key_of

# Words that make a line prose: “with guests”, “and others”, “VP at Acme”, “(thanks to X)”, “@x on Twitter”.
_PROSE = re.compile(
    r"[()\[\]{}@:;/|“”\"!?]|\b(?:with|guests?|others|et al|commenters?|thanks|thank|via|team|the rest|featuring|feat|"
    r"interview(?:ed)?|host(?:ed)?|presented|translated|edited|summary|paper|recap|talk|original|anonymous|various|"
    r"unknown|multiple|author|authors|by|at|on|from|editors?|staff)\b",
    re.IGNORECASE,
)
_DISCLOSURE = re.compile(
    r"\bdisclosure\b|\bmy (?:former )?(?:\(?\w+\)? )?(?:employer|sponsor|boss|coworker|colleague)\b"
    r"|\bsponsorship did not\b|\bthis issue['’]s sponsor\b|\bI (?:work|worked) (?:for|at)\b",
    re.IGNORECASE,
)
# A disclosure that follows the names on the same line.
_RUN_ON = re.compile(
    r"\s+(?=Full disclosure\b|This (?:article|survey|webinar|post) (?:is|was) (?:published|created) by\b)"
)
_DASH = re.compile(r"\s+(?:[—–―]|-{1,3})\s+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PARTICLES = _words("da de del della der den di do dos du e el i la le st ten ter van von zu al bin ben ibn bint y")
# “Acme Engineering” is not a person.
_ORGANISATION = ORGANISATION_WORDS | SURNAMES_TOO
# After a comma, these belong to the name before it.
_SUFFIX = re.compile(r"(?:m\.?d|ph\.?d|jr|sr|esq|mba|msc|bsc|ii|iii|iv|cto|ceo|cio|vp|svp|dds|rn|pe|cissp)\.?", re.I)


@dataclass(frozen=True)
class Byline:
    """Either authors and publication, or the printed text. The note is printed below. All may be empty."""

    authors: tuple[str, ...] = ()
    publication: str = ""
    text: str = ""
    note: str = ""


def split_lines(lines: list[str]) -> tuple[list[str], str]:
    """Return the lines that credit somebody, and the disclosure."""
    credits: list[str] = []
    disclosure: list[str] = []
    for line in filter(None, (part for printed in lines for part in _RUN_ON.split(printed))):
        # Everything after a disclosure belongs to it.
        (disclosure if disclosure or _DISCLOSURE.search(line) else credits).append(line)
    return credits, " ".join(disclosure)


def parse_byline(lines: list[str], host: str = "", publications: Container[str] = ()) -> Byline:
    """Read the lines that credit somebody. `host` is the article's; `publications` are keys of names, by key_of()."""
    printed = "; ".join(filter(None, (_clean(line) for line in lines)))
    if not printed:
        return Byline()
    uncertain = Byline(text=printed)
    parts = _DASH.split(printed)
    if len(lines) > 1 or len(parts) > 2:
        return uncertain
    if len(parts) == 1:
        return _parse_alone(parts[0], host, publications) or uncertain
    names, publication = parts
    authors = _parse_names(names, publications)
    if authors is None or not is_publication(publication):
        return uncertain
    return Byline(authors=authors, publication=publication)


def is_publication(text: str) -> bool:
    # Domains and titles of podcasts follow few rules: refuse only prose, and what looks like two of them.
    return bool(re.search(r"\w", text)) and len(text) <= 60 and not re.search(r"[()\[\]@:;/|,]|\bvia\b|\bwith\b", text)


def is_person(text: str) -> bool:
    """Accept two to four words that are capitalised or particles, none of them a word of organisations."""
    words = text.split()
    return (
        2 <= len(words) <= 4
        and not _PROSE.search(text)
        and not any(word.lower().strip(".") in _ORGANISATION for word in words)
        and all(_is_name_word(word) or word.lower() in _PARTICLES for word in words)
        and _is_name_word(words[0])
        and _is_name_word(words[-1])
        and words[0] not in ("The", "A", "An", "My", "This", "US", "UK")
    )


def _clean(line: str) -> str:
    line = re.sub(r"^[\s—–―,·-]+|[\s,·]+$", "", " ".join(line.split()))
    # Leave commas within numbers: “1,000”.
    return re.sub(r"(?<!\d)\s*,\s*|\s*,\s*(?!\d)", ", ", line)


def _is_name_word(word: str) -> bool:
    letters = re.sub(r"[-.'’]", "", word)
    return letters.isalpha() and word[0].isalpha() and word != word.lower()


def _parse_alone(text: str, host: str, publications: Container[str]) -> Byline | None:
    if key_of(text) in publications and is_publication(text):
        return Byline(publication=text)
    if len(text.split()) == 1 and not _PROSE.search(text) and "," not in text:
        # “Acme” at acme.example is the company; “janesblog” at janesblog.example is a person.
        if "." in text or (text != text.lower() and key_of(text) == _label(host)):
            return Byline(publication=text) if is_publication(text) else None
        return Byline(authors=(text,))
    authors = _parse_names(text, publications)
    return Byline(authors=authors) if authors else None


def _parse_names(text: str, publications: Container[str]) -> tuple[str, ...] | None:
    """Return the names, or None if one of them may not be a name."""
    if _PROSE.search(text) or len(re.findall(r"\band\b|&", text)) > 1:
        return None
    names = [name.strip() for name in re.split(r",?\s+(?:and|&)\s+|,", text)]
    if not all(names) or len(names) != len({key_of(name) for name in names}):
        return None
    if any(_SUFFIX.fullmatch(name) or key_of(name) in publications for name in names):
        return None
    if len(names) == 1 and len(text.split()) == 1 and re.fullmatch(r"[\w'’-]+", text):
        return (text,)
    # “Aaron, Beth and Carol Doe” may be three first names with one last name, so it is no list of names.
    return tuple(names) if all(is_person(name) for name in names) else None


def _label(host: str) -> str:
    """Return the name in a host: “acme” for www.acme.example and blog.acme.co.uk."""
    labels = host.split(".")[:-1]
    if len(labels) > 1 and labels[-1] in ("co", "com", "org", "net", "ac", "gov"):
        labels.pop()
    return labels[-1].replace("-", "") if labels else ""
