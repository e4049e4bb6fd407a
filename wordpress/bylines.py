"""Read who wrote an article from the small print: “A, B, and C — Publication (remark)”, and thanks below it.

Nobody may be credited for someone else's work, so whatever is uncertain stays as printed.
"""

import re
from collections.abc import Container
from dataclasses import dataclass, replace

from text.names import ORGANISATION_WORDS, PARTICLE, SURNAMES_TOO, key_of

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
# Thanks that follow the names on the same line.
_THANKS = r"(?:(?:a|many|special|big|huge|warm|with|and|my)\s)*(?:thanks|thank\syou|thx|kudos|props|cheers|shout-?out)"
_HAT_TIP = r"(?:(?:a\s)?(?:hat-?\s?tip|tip\sof\sthe\shat)|h/t)"
_THANKS_RUN_ON = re.compile(
    # Without a sign before it, a single word may be part of a name.
    rf"[.,;]?\s+(?:[—–-]+\s+)?(?={_THANKS}\s(?:to|goes|for|again)\b|thank\syou\b|{_HAT_TIP}\b|via\s)"
    rf"|(?:[.,;!]|\s[—–-]+)\s+(?={_THANKS}[\s,!])",
    re.IGNORECASE,
)
# A line that tells something about the article, and not who wrote it.
_REMARK = re.compile(
    rf"""
    \([^()]*\)$ | \[[^\[\]]*\]$ | {_THANKS}\b | {_HAT_TIP}\b | via\b
    | (?:found|seen|spotted|sent|submitted|suggested|shared|recommended|discovered|pointed\sout|tipped|flagged)
      \s(?:in|by|via|on|at|from|through)\b
    | (?:(?:link|article|story)\svia|courtesy\sof|(?:from\s)?(?:a\s)?reader)\s(?!.*\s[—–-]\s)
    | (?:paywall(?:ed)?|(?:subscription|registration)\srequired)[.!]?$
    | (?:tip|note|nb|n\.b\.|p\.?s\.?|update|edit|fyi|cw|content\swarning|warning|trigger\swarning|bonus)\b\s?[:,]
      (?!.*\s[—–-]\s)  # Two lines that became one: “Note: it is long.Jane Doe — Acme”.
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BRACKETS = re.compile(r"(?P<before>[^()]*[^\s()])\s*(?P<remark>\([^()]+\)|\[[^\[\]()]+\]$)\s*(?P<after>[^()]*)")
DASH = re.compile(r"\s+(?:[—–―‒]|-{1,3})\s+")
# The first are no part of a name, even without space around them.
_CLOSE_DASH = re.compile(r"\s*(?:[—―]|--+)\s*|\s+–|–\s+")
# What one of two people did, in place of a publication: “Jane Doe — summary”.
_ROLES = frozenset(["summary", "recap", "talk", "paper", "original paper", "video", "slides", "podcast", "translation"])


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# “Acme Engineering” is not a person.
_ORGANISATION = ORGANISATION_WORDS | SURNAMES_TOO
# No part of a name, so that “Great article — Acme” credits nobody.
_COMMON = _words(
    "the a an this that these those my our your his her its their he she it we they i is are was were be not no of in "
    "to for so as how why what when where who all more most some much very really great good nice fun best new old "
    "long short read see here there another one two article story essay series part thread comment discussion"
)
# Characters. A longer text is no name.
_NAME_LIMIT = 100
# After a comma, these belong to the name before it.
_SUFFIX = re.compile(r"(?:m\.?d|ph\.?d|jr|sr|esq|mba|msc|bsc|ii|iii|iv|cto|ceo|cio|vp|svp|dds|rn|pe|cissp)\.?", re.I)


@dataclass(frozen=True)
class Byline:
    """Either authors and publication, or the printed text. The note is printed below. All may be empty."""

    authors: tuple[str, ...] = ()
    publication: str = ""
    text: str = ""
    note: str = ""


def is_thanks(text: str) -> bool:
    """Return whether a text below the small print, perhaps in brackets, thanks somebody for the article."""
    return bool(re.match(rf"[(\[]?(?:{_THANKS}|{_HAT_TIP})\b", text, re.IGNORECASE))


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
    printed = [line for line in map(_clean, lines) if line]
    parts = [part for line in printed for part in _split_thanks(line)]
    credits = [part for part in parts if not _REMARK.match(part)]
    if not credits:
        return Byline(note=" ".join(parts))
    uncertain = Byline(text="; ".join(printed))
    names = [part for part in credits if not _is_sentence(part)] if len(credits) > 1 else credits
    if len(names) != 1:
        return uncertain
    byline, remark = _parse_with_remark(names[0], host, publications)
    if byline is None:
        return uncertain
    note = " ".join(filter(None, (remark if part == names[0] else part for part in parts)))
    return replace(byline, note=note)


def _split_thanks(line: str) -> list[str]:
    head, *tail = _THANKS_RUN_ON.split(line, maxsplit=1)
    is_in_brackets = head.count("(") != head.count(")")
    is_before_dash = tail and DASH.search(tail[0]) and not DASH.search(head)
    return [line] if is_in_brackets or is_before_dash or _REMARK.match(line) else [head, *tail]


def _is_sentence(text: str) -> bool:
    return text[-1] in ".!?…" and len(text.split()) > 4 and not DASH.search(text) and "et al" not in text


def _parse_with_remark(text: str, host: str, publications: Container[str]) -> tuple[Byline | None, str]:
    """Return what the line says without its remark in brackets, and the remark."""
    if byline := _parse_line(text, host, publications):
        return byline, ""
    match = _BRACKETS.fullmatch(text)
    if match is None or (match["after"] and not re.match(r"[—–―-]", match["after"])):
        return None, ""
    return _parse_line(f"{match['before']} {match['after']}".strip(), host, publications), match["remark"]


def _parse_line(text: str, host: str, publications: Container[str]) -> Byline | None:
    parts = DASH.split(text)
    if len(parts) == 1:
        parts = _CLOSE_DASH.split(text)
    if len(parts) == 1:
        head, _, tail = text.partition("–")  # Some people have it in their names.
        parts = [head, tail] if " " in tail or key_of(tail) in publications else parts
    if len(parts) == 1:
        return _parse_alone(text, host, publications)
    names, publication, *more = parts
    authors = _parse_names(names, publications, is_certain=False)
    if more or authors is None or not is_publication(publication):
        return None
    return Byline(authors=authors, publication=publication)


def is_publication(text: str) -> bool:
    # Domains and titles of podcasts follow few rules: refuse only prose, and what looks like two of them.
    is_prose = text.lower() in _ROLES or re.search(r"[()\[\]@:;/|,]|\bvia\b|\bwith\b", text)
    return bool(re.search(r"\w", text)) and len(text) <= 60 and not is_prose


def is_person(text: str) -> bool:
    """Accept two to four words that are capitalised or particles, none of them a word of organisations.

    Stricter than is_like_a_person(), which only suggests: “Ada Post” may be a newspaper.
    """
    words = text.split()
    return (
        2 <= len(words) <= 4
        and len(text) <= _NAME_LIMIT
        and not _PROSE.search(text)
        and not any(word.lower().strip(".") in _ORGANISATION for word in words)
        and not _COMMON.issuperset(text.lower().split())  # Each alone may be a name: “Huey Long”.
        and all(_is_name_word(word) or PARTICLE.fullmatch(word.lower()) for word in words)
        and _is_name_word(words[0])
        and _is_name_word(words[-1])
        and words[0] not in ("The", "A", "An", "My", "This", "US", "UK")
    )


def _may_be_person(text: str) -> bool:
    """Accept small letters too. Use it only where a publication follows: other words are often in small letters."""
    words = text.lower().split()
    return (
        2 <= len(words) <= 4
        and len(text) <= _NAME_LIMIT
        and not _PROSE.search(text)
        and all(re.sub(r"[-.'’]", "", word).isalpha() for word in words)
        and not any(word.strip(".") in _ORGANISATION | _COMMON for word in words)
    )


def _clean(line: str) -> str:
    line = re.sub(r"^[\s—–―,·-]+|[\s,·]+$", "", " ".join(line.split()))
    # Leave commas within numbers: “1,000”.
    return re.sub(r"(?<!\d)\s*,\s*|\s*,\s*(?!\d)", ", ", line)


def _is_name_word(word: str) -> bool:
    letters = re.sub(r"[-.'’]", "", word)
    # Many scripts have no small letters.
    return letters.isalpha() and word[0].isalpha() and (word != word.lower() or word == word.upper())


def _parse_alone(text: str, host: str, publications: Container[str]) -> Byline | None:
    if key_of(text) in publications and is_publication(text):
        return Byline(publication=text)
    if len(text.split()) == 1 and len(text) <= _NAME_LIMIT and not _PROSE.search(text) and "," not in text:
        # “Acme” at acme.example is the company; “janesblog” at janesblog.example is a person.
        if "." in text or (text != text.lower() and key_of(text) == _label(host)):
            return Byline(publication=text) if is_publication(text) else None
        return Byline(authors=(text,))
    authors = _parse_names(text, publications)
    return Byline(authors=authors) if authors else None


def _parse_names(text: str, publications: Container[str], *, is_certain: bool = True) -> tuple[str, ...] | None:
    """Return the names, or None if one of them may not be a name. See _may_be_person() for those less certain."""
    if _PROSE.search(text) or len(re.findall(r"\band\b|&", text)) > 1:
        return None
    names = [name.strip() for name in re.split(r",?\s+(?:and|&)\s+|,", text)]
    if not all(names) or len(names) != len({key_of(name) for name in names}):
        return None
    if any(_SUFFIX.fullmatch(name) or key_of(name) in publications for name in names):
        return None
    if len(names) == 1 and len(text.split()) == 1 and re.fullmatch(rf"[\w'’-]{{1,{_NAME_LIMIT}}}", text):
        return (text,)
    # “Aaron, Beth and Carol Doe” may be three first names with one last name, so it is no list of names.
    accepts = is_person if is_certain else lambda name: is_person(name) or _may_be_person(name)
    return tuple(names) if all(map(accepts, names)) else None


def _label(host: str) -> str:
    """Return the name in a host: “acme” for www.acme.example and blog.acme.co.uk."""
    labels = host.split(".")[:-1]
    if len(labels) > 1 and labels[-1] in ("co", "com", "org", "net", "ac", "gov"):
        labels.pop()
    return labels[-1].replace("-", "") if labels else ""
