"""Compare names and words that people spell in different ways."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from itertools import combinations

from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel

from text.folding import fold

# From 0 to 1. Two names of fifteen letters have 0.97 if one letter is missing, and 0.93 if one letter is wrong.
MIN_SIMILARITY = 0.9
# One wrong letter in four gives 0.75, in five 0.8. This limit corrects 89 of 100 words with one typing error.
MIN_SPELLING_SIMILARITY = 0.7

# How bylines begin: “By”, “Written by”, “Guest post by”, “Author:”.
_BEFORE = re.compile(
    r"^[\s—–-]*(?:(?:(?:an? )?(?:guest |blog |new )?(?:post|posted|written|published|authored|reported|contributed"
    r"|created|words|text|story|article|essay|talk|interview|research)\s+)?by(?:[\s:]+|$)|(?:authors?|writers?)\s*:\s*)",
    re.IGNORECASE,
)
# “ann@example.com (Ann Lee)”, as RSS has it: https://www.rssboard.org/rss-specification#ltauthorgtSubelementOfLtitemgt.
_NAMED_ADDRESS = re.compile(r"[^\s,;<>()]+@[^\s,;<>()]+\s*\(([^()@]+)\)")
# What stands around a name: anything in brackets, addresses, the employer, the day, and all after a dash.
_AROUND = re.compile(
    r"\([^)]*\)|\[[^\]]*\]|\S*(?:@|://)\S*|\s+(?:at|from|of|for|in(?! ['’])|via|on)\s[^,;&]*|\s+(?:[—–|·•]|--?)\s.*"
)
# After a comma, these belong to the name before it, of a person or of a company.
_SUFFIX = r"(?:Jr|Sr|I{2,3}|IV|Ph\.?\s?D|M\.?D|MSc|BSc|Esq|Inc|LLC|Ltd|GmbH)\b\.?(?=\s*(?:[,;&/]|$)|\s+(?:and|with)\s)"
_COMMA_BEFORE_SUFFIX = re.compile(rf",\s*(?={_SUFFIX})", re.IGNORECASE)
_FIRST_NAME = re.compile(rf"\s*[^\W\d]\S*(?:\s+(?:\w\.?|{_SUFFIX}))*\s*", re.IGNORECASE)
_BETWEEN = re.compile(
    rf"\s*(?:[;&/、，；]|,(?!\s*{_SUFFIX}))\s*(?:(?:and|with)\s+)?|\s+(?:and|with|und|et|\+)\s+(?!al\b)", re.IGNORECASE
)
# “Ana Prueba et al.”
_MORE = re.compile(r"[,\s]+et\s+al\b\.?$", re.IGNORECASE)
_GUEST = re.compile(r"^(?:special )?guests?:? +(?=\S)", re.IGNORECASE)
_NOT_A_PERSON = re.compile(
    r"\b(engineer\w*|sres?|manager|developer|architect|editors?|editorial|authors?|staff|director|president|founder"
    r"|co-?founder|c[etio]o|s?vp|teams?|admin\w*|contribut\w+|writers?|reporter|researcher|advocate|newsroom"
    r"|correspondents?|comment[eo]\w+|others|everyone|readers|various|anonymous|unknown)\b|^(?:null|none|undefined|n/a)$"
    # These are surnames as well: Christopher Guest.
    r"|^(?:guest|head|lead|senior|chief|principal)(?:\s|$)"
    r"|^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d|^\d+\b|\b\d{4}\b",
    re.IGNORECASE,
)
# Words of organisations that are nobody's surname, and those that are.
_ORGANISATION = """
    academy agency association authority blog board bureau company corp corporation council department engineering
    foundation gmbh inc incorporated institute labs llc ltd magazine networks newsletter newsroom organisation
    organization plc podcast project services solutions studios systems team technologies university weekly
"""
_SURNAME_TOO = """
    center centre channel cloud college group journal lab media network news post press radio report research review
    school security service software studio tech technology times today
"""
ORGANISATION_WORDS = frozenset(_ORGANISATION.split())
SURNAMES_TOO = frozenset(_SURNAME_TOO.split())
PARTICLE = re.compile("d[aeiou]s?|del|della|de[rn]|e|el|i|la|le|st|te[nr]|v[ao]n|zu|al|b[ie]n|ibn|bint|y")
_DOMAIN = re.compile(
    r"[\w-]+(\.[\w-]+)*\.(ai|app|blog|cloud|co|com|dev|edu|gov|info|io|net|news|org|tech)", re.IGNORECASE
)


# What one spelling of a name has, and another has not.
_LESS_BEFORE = re.compile(r"^(?:the|an?(?=\s\S+\s\S)|dr|prof|mr|mrs|ms)\b\.?\s+(?=\w)")
_LESS_AFTER = re.compile(
    r"[,\s]+(?:inc|llc|ltd|gmbh|corp|plc|blog|jr|sr|ph\.?d|md)\.?$|(?<=\w)\.(?:com|org|net|io|dev)$"
)


def key_of(name: str) -> str:
    """Return the same key for names that differ only in case and spacing."""
    return "".join(unicodedata.normalize("NFC", name).casefold().split())


def core_of(name: str) -> str:
    """Return the letters of a name without what may stand around it: “The”, “Dr.”, “Inc.”, “PhD”, “Blog”, “.com”."""
    folded = fold(name)
    core = _LESS_AFTER.sub("", _LESS_BEFORE.sub("", folded.strip()))
    return "".join(filter(str.isalnum, core)) or "".join(filter(str.isalnum, folded))


def similar_names(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return pairs of names that may be the same, in order. A third of a second for 1,600 names.

    They are spelled alike, or differ in “The”, titles, legal forms, swapped letters or words, or middle names. Names
    with other numbers are two: “Peer 5” and “Peer 6”.
    """
    ordered = sorted(name for name in set(names) if _letters(name))
    cores = list(map(core_of, ordered))
    pairs = set()
    for place, core in enumerate(cores):
        later = cores[place + 1 :]
        found = process.extract(
            core, later, scorer=Indel.normalized_similarity, score_cutoff=MIN_SIMILARITY, limit=None
        )
        pairs |= {(ordered[place], ordered[place + 1 + step]) for _, _, step in found}
    groups: defaultdict[Hashable, list[str]] = defaultdict(list)
    for name, core in zip(ordered, cores, strict=True):
        groups["".join(sorted(core))].append(name)
        if len(words := fold(name).split()) > 1:
            groups[words[0][0], words[-1]].append(name)
    for group in groups.values():
        pairs |= {(one, other) for one, other in combinations(group, 2) if _may_be_one(one, other)}
    return sorted(pair for pair in pairs if _has_same_numbers(*pair))


def spelled_like(name: str, others: Iterable[str]) -> list[str]:
    """Return the other names that may be this one with a typing error, an accent or two letters swapped.

    A name that differs only in case and spacing is the same name, so it is left out. 20 ms for 1,500 others.
    """
    key, core = key_of(name), core_of(name)
    found = [other for other in others if key_of(other) != key and _is_variant(core, core_of(other))]
    return [other for other in found if _has_same_numbers(name, other)]


def alike(name: str, others: Iterable[str]) -> list[str]:
    """Return the other names that may mean the same: first those that differ in case, accents and signs only."""
    letters = _letters(name)
    found = [other for other in others if _may_be_one(name, other) and _has_same_numbers(name, other)]
    return sorted(found, key=lambda other: (_letters(other) != letters, other))


def _has_same_numbers(one: str, other: str) -> bool:
    return re.findall(r"\d+", one) == re.findall(r"\d+", other)


def people_in(bylines: Iterable[str], site_name: str = "") -> list[str]:
    """Return the people in bylines as pages, feeds and browsers give them: the one rule for who wrote a page.

    “By”, roles, employers, accounts, addresses and days are cut off. Organisations and the site itself are no people.
    """
    own, core = _letters(site_name), core_of(site_name)
    names: dict[str, str] = {}
    for name in (_trim(name) for byline in bylines for name in _split(byline)):
        if _words(name):
            names.setdefault(key_of(name), name)
    return [
        name
        for name in names.values()
        if not _NOT_A_PERSON.search(name)
        and not is_organisation(name)
        # “Acme” on “The Acme Blog”. Two words are compared as a whole: “Ann Lee” may write “Ann Lee’s Blog”.
        and not (own and (_letters(name) == own or (" " not in name and core_of(name) == core)))
    ]


def join_suffixes(byline: str) -> str:
    """Take out the comma within a name, so that commas stand between names only: “Martin King, Jr.”, “Ana Bo, PhD”."""
    return _COMMA_BEFORE_SUFFIX.sub(" ", byline)


def first_name_first(name: str) -> str:
    """Turn the name of one person round: “Prueba, Ana” and “King, Martin, Jr.”."""
    last, *rest = [part.strip() for part in name.split(",")]
    suffixes = [part for part in rest if _COMMA_BEFORE_SUFFIX.match(f",{part}")]
    return " ".join([*(part for part in rest if part not in suffixes), last, *suffixes])


def in_print_order(name: str) -> str:
    """Return the name of one person, turned round if it is a last name, a comma, one word and perhaps initials."""
    last, *rest = join_suffixes(name).split(",")
    first, *more = last.split() or [""]
    is_last_name = bool(first) and (not more or bool(PARTICLE.fullmatch(first.lower())))
    is_turned = is_last_name and len(rest) == 1 and _FIRST_NAME.fullmatch(rest[0]) and not _NOT_A_PERSON.search(rest[0])
    return first_name_first(name) if is_turned else name


def is_organisation(name: str) -> bool:
    """Return whether the name alone says so: “Acme Engineering”, “Acme Inc.”, “acme.io”, “The Acme Blog”.

    Words that are surnames as well (“Emily Post”) say nothing.
    """
    words = [word.strip(".,").lower() for word in name.split()]
    has_word = bool(ORGANISATION_WORDS.intersection(words[1:]))
    return has_word or (words[:1] == ["the"] and len(words) > 1) or bool(_DOMAIN.fullmatch(name.strip()))


def is_like_a_person(name: str) -> bool:
    """Return whether the name has the form of a person's: two to four words, with capitals but for particles."""
    words = name.split()
    if not 2 <= len(words) <= 4 or len(name) > 100 or is_organisation(name) or re.search(r"[\d:/|!?]", name):
        return False
    return all(PARTICLE.fullmatch(word) or word[0] != word[0].lower() or not word[0].isascii() for word in words)


def is_same_person(name: str, other: str) -> bool:
    """Return whether two names differ only in accents, case, spaces or middle names.

    `other` may be a whole byline that contains the name.
    """
    words, other_words = _words(name), _words(other)
    is_part = words <= other_words or (len(other_words) > 1 and other_words <= words)
    return bool(other_words) and (is_part or _letters(name) == _letters(other))


def correct_spelling(word: str, frequencies: Mapping[str, int]) -> str:
    """Return the most similar word and, of several, the most frequent one; empty if none is similar."""
    similar = process.extract(
        word, frequencies.keys(), scorer=OSA.normalized_similarity, score_cutoff=MIN_SPELLING_SIMILARITY, limit=None
    )
    return max(similar, key=lambda match: (match[1], frequencies[match[0]]), default=("",))[0]


def _may_be_one(name: str, other: str) -> bool:
    return _is_variant(core_of(name), core_of(other)) or _is_fuller(name, other) or _is_fuller(other, name)


def _is_variant(letters: str, others: str) -> bool:
    is_similar = Indel.normalized_similarity(letters, others) >= MIN_SIMILARITY
    return bool(letters and others) and (is_similar or sorted(letters) == sorted(others))


def _is_fuller(name: str, other: str) -> bool:
    """Return whether the name is the other with middle names, or with a first name in place of its initial."""
    first, *middle, last = fold(name).split() if " " in name.strip() else ("", "")
    short, *between, end = fold(other).split() if " " in other.strip() else ("", "")
    is_initial = len(short.strip(".")) == 1 and first[:1] == short[:1] and len(first) > 1
    return bool(last) and last == end and not between and (is_initial or (first == short and bool(middle)))


def _split(byline: str) -> list[str]:
    """Return the names in a byline, and whatever else stands between its commas.

    Semicolons stand between names only, so that commas may stand within them: “Prueba, Ana; Muster, Bob”.
    """
    named = _AROUND.sub(" ", _BEFORE.sub("", _NAMED_ADDRESS.sub(r"\1", byline))).strip()
    parts = named.split(";")
    parts = [in_print_order(part.strip()) for part in parts] if len(parts) > 1 else parts
    return [name for part in parts for name in _BETWEEN.split(_MORE.sub("", part))]


def _trim(name: str) -> str:
    """Cut signs off the ends, and the point after a word that is no initial or short form."""
    trimmed = " ".join(_GUEST.sub("", name).split()).strip('"“”*,:;—–- ')
    return re.sub(r"(?<=\w{3})(?<!\bEsq)\.$", "", trimmed)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, fold(name)))


def _words(name: str) -> set[str]:
    return set(re.findall(r"\w+", fold(name)))
