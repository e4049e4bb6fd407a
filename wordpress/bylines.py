"""Who an article is by, read from the small print: “A, B, and C — Publication”.

Nobody may be credited for what somebody else wrote: what is not certain stays the text that it is.
"""

import re
from dataclasses import dataclass, field

from text.names import key_of

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
# A disclosure that follows the names without a new line.
_RUN_ON = re.compile(
    r"\s+(?=Full disclosure\b|This (?:article|survey|webinar|post) (?:is|was) (?:published|created) by\b)"
)
_DASH = re.compile(r"\s+(?:[—–―]|-{1,3})\s+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PARTICLES = _words("da de del della der den di do dos du e el i la le st ten ter van von zu al bin ben ibn bint y")
# Words of organisations: “Acme Engineering” is nobody's name.
_ORGANISATION = _words(
    "academy agency association blog board bureau channel cloud college company corp corporation council "
    "department engineering foundation gmbh group inc institute journal labs lab ltd llc magazine media "
    "network networks news organization podcast post press project radio report review research school "
    "security service services software solutions studio systems tech technologies technology times today "
    "university weekly authority center centre"
)
# After a comma these belong to the name before.
_SUFFIX = re.compile(r"(?:m\.?d|ph\.?d|jr|sr|esq|mba|msc|bsc|ii|iii|iv|cto|ceo|cio|vp|svp|dds|rn|pe|cissp)\.?", re.I)


@dataclass(frozen=True)
class Byline:
    """Either authors and publication, or the text. All three are empty where nothing was printed."""

    authors: tuple[str, ...] = ()
    publication: str = ""
    text: str = ""


@dataclass
class KnownNames:
    """Keys of names, as key_of() gives them."""

    publications: set[str] = field(default_factory=set)
    authors: set[str] = field(default_factory=set)


def split_lines(lines: list[str]) -> tuple[list[str], str]:
    """The lines that credit somebody, and what is disclosed."""
    lines = [part for line in lines for part in _RUN_ON.split(line) if part]
    credits: list[str] = []
    disclosure: list[str] = []
    for line in lines:
        # What follows a disclosure goes on with it.
        (disclosure if disclosure or _DISCLOSURE.search(line) else credits).append(line)
    return credits, " ".join(disclosure)


def parse_byline(lines: list[str], host: str = "", known: KnownNames | None = None) -> Byline:
    """The lines that credit somebody. `host` is the article's."""
    known = known or KnownNames()
    printed = "; ".join(filter(None, (_clean(line) for line in lines)))
    if not printed:
        return Byline()
    uncertain = Byline(text=printed)
    parts = _DASH.split(printed)
    if len(lines) > 1 or len(parts) > 2:
        return uncertain
    if len(parts) == 1:
        return _parse_alone(parts[0], host, known) or uncertain
    names, publication = parts
    authors = _parse_names(names, known)
    if authors is None or not is_publication(publication):
        return uncertain
    return Byline(authors=authors, publication=publication)


def is_publication(text: str) -> bool:
    # Domains and titles of podcasts have few rules; what looks like prose or like two of them is refused.
    return bool(re.search(r"\w", text)) and len(text) <= 60 and not re.search(r"[()\[\]@:;/|,]|\bvia\b|\bwith\b", text)


def is_person(text: str) -> bool:
    """Two to four words, each with a capital letter or a particle between them, and no word of an organisation."""
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
    # Not within a number, which “1,000” stays.
    return re.sub(r"(?<!\d)\s*,\s*|\s*,\s*(?!\d)", ", ", line)


def _is_name_word(word: str) -> bool:
    letters = re.sub(r"[-.'’]", "", word)
    return letters.isalpha() and word[0].isalpha() and word != word.lower()


def _parse_alone(text: str, host: str, known: KnownNames) -> Byline | None:
    if key_of(text) in known.publications and is_publication(text):
        return Byline(publication=text)
    if len(text.split()) == 1 and not _PROSE.search(text) and "," not in text:
        # “Acme” at acme.example is the company; “janesblog” at janesblog.example is she.
        if "." in text or (text != text.lower() and key_of(text) == _label(host)):
            return Byline(publication=text) if is_publication(text) else None
        return Byline(authors=(text,))
    authors = _parse_names(text, known)
    return Byline(authors=authors) if authors else None


def _parse_names(text: str, known: KnownNames) -> tuple[str, ...] | None:
    """None where one of them may be no name."""
    if _PROSE.search(text) or len(re.findall(r"\band\b|&", text)) > 1:
        return None
    names = [name.strip() for name in re.split(r",?\s+(?:and|&)\s+|,", text)]
    if not all(names) or len(names) != len({key_of(name) for name in names}):
        return None
    if any(_SUFFIX.fullmatch(name) or key_of(name) in known.publications for name in names):
        return None
    if len(names) == 1 and len(text.split()) == 1 and re.fullmatch(r"[\w'’-]+", text):
        return (text,)
    # “Aaron, Beth and Carol Doe” are people by their first names, or one name cut in two.
    return tuple(names) if all(is_person(name) for name in names) else None


def _label(host: str) -> str:
    """The name in a host: “acme” of www.acme.example and blog.acme.co.uk."""
    labels = host.split(".")[:-1]
    if len(labels) > 1 and labels[-1] in ("co", "com", "org", "net", "ac", "gov"):
        labels.pop()
    return labels[-1].replace("-", "") if labels else ""
