"""Compare two pages: their words in order, and the addresses that they link to."""

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import Tag
from bs4.element import PreformattedString
from markdown_it.common.normalize_url import normalizeLink

from text.pictures import picture_at
from text.validators import FORBIDDEN_CHARACTERS
from wordpress.display import UNSEEN, embedded, is_block, named, parse, walk
from wordpress.pictures import Pictures, is_link_to_picture

# Words of both texts together. Beyond that only the counts of words are compared: alignment takes quadratic time.
ALIGNMENT_LIMIT = 20_000

_QUOTES = dict.fromkeys(map(ord, '‘’‚‛“”„‟«»‹›`´′″"'), "'")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–−"), "-")
_INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF], None)


@dataclass(frozen=True)
class VisibleText:
    words: list[str]
    links: list[str]


def read_exported(html: str, base_url: str, permalink: str, pictures: Pictures) -> VisibleText:
    """Return the words and links of a post as it is stored, before display() changes anything.

    A link around one of the `pictures`, which leads to the same in another size, is no link of its own.
    """
    tree = parse(html)
    for tag in tree.find_all("a", href=True):
        if is_link_to_picture(tag, base_url, pictures):
            del tag["href"]
            continue
        tag["href"] = _resolve(str(tag["href"]), permalink or base_url)
    return read_visible(tree, leave_out=named(tree, UNSEEN))


def _resolve(address: str, base: str) -> str:
    """Return an address as a browser reads it. This is not display()'s own rule, so each checks the other."""
    address = re.sub(r"[\t\r\n]", "", address).strip()
    try:
        if scheme := urlsplit(address).scheme:  # In lower case.
            return scheme + address[len(scheme) :]  # urljoin() would drop a “?” at the end.
        return urljoin(base, address) if address else ""
    except ValueError:
        return address


def read_visible(root: Tag, *, leave_out: Iterable[Tag] = ()) -> VisibleText:
    """Return the words and links that a reader sees. Links without words are left out; pictures are their labels."""
    unseen = {id(tag) for tag in leave_out}
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    seen: list[str] = []
    depth = 0
    for event, node in walk(root):
        if isinstance(node, Tag):
            if id(node) in unseen:
                depth += 1 if event == "start" else -1
            if is_block(node) or node.name == "br":
                parts.append(" ")
            if event == "end" and not depth and (shown := embedded(node)):
                parts.append(f" {shown[1]} " if links else shown[1])
                seen += [normalizeLink(shown[0])] if picture_at(shown[0]) else []
            if node.name == "q":
                parts.append("“" if event == "start" else "”")
            if node.name == "a" and node.get("href") and not depth:
                if event == "start":
                    links.append((str(node["href"]), len(parts)))
                else:
                    address, start = links.pop()
                    seen += [normalizeLink(address).rstrip("/")] if "".join(parts[start:]).strip() else []
        elif not depth and not isinstance(node, PreformattedString):
            parts.append(str(node))
    return VisibleText(list(words_of(" ".join("".join(parts).split()))), seen)


def words_of(text: str) -> Iterator[str]:
    """Yield words in one typography, so that texts which differ in nothing else are equal.

    Quotes, dashes and ellipses have one form each, repeated marks count once, and percent-encoding in addresses is
    decoded. Words lose the commas and semicolons at their ends.
    """
    text = FORBIDDEN_CHARACTERS.sub("", unicodedata.normalize("NFC", text)).translate(_INVISIBLE)
    text = re.sub("[—―]|-{3,}", " ", text)  # With or without space around it.
    for word in text.translate(_QUOTES).translate(_DASHES).split():
        if word.isalnum():  # Most words are, and nothing below would change them.
            yield word
            continue
        if "://" in word and "%" in word:
            word = unquote(word)
        word = re.sub(r"(?<=[?!])\.+", "..", re.sub(r"…|\.{2,}", "..", word))
        word = re.sub(r"([-!?,'])\1+", r"\1", word).strip(",;")
        if word.strip("-"):
            yield word


def compare(exported: VisibleText, printed: VisibleText) -> list[tuple[str, str]]:
    """Return (kind, text) for each difference between the export and the page that is printed now."""
    lost, added, respelled = _differing_words(exported.words, printed.words)
    moved = list((Counter(lost) & Counter(added)).elements())
    for text in moved:
        lost.remove(text)
        added.remove(text)
    before, after = Counter(exported.links), Counter(printed.links)
    differences = {
        "spelling": respelled,
        "text moved": moved,
        "text lost": lost,
        "text added": added,
        "link lost": (before - after).elements(),
        "link added": (after - before).elements(),
    }
    return [(kind, text) for kind, texts in differences.items() for text in texts]


def _differing_words(before: list[str], after: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Return lost texts, added texts, and sentences on texts that differ only in case, space and marks in names."""
    if before == after:
        return [], [], []
    if len(before) + len(after) > ALIGNMENT_LIMIT:
        counts = Counter(before), Counter(after)
        rest = [" ".join(words.elements()) for words in (counts[0] - counts[1], counts[1] - counts[0])]
        return list(filter(None, rest[:1])), list(filter(None, rest[1:])), []
    lost, added, respelled = [], [], []
    # Not rapidfuzz: its fewest edits split phrases that difflib reports as one.
    for kind, i, j, k, m in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        old, new = before[i:j], after[k:m]
        # “A & B” and “A, B” are printed as “A and B”.
        if kind == "equal" or (new == ["and"] and old in ([], ["&"])):
            continue
        if _letters(old) == _letters(new):
            respelled.append(f"“{' '.join(old)}” is printed as “{' '.join(new)}”")
        else:
            lost += [" ".join(old)] if old else []
            added += [" ".join(new)] if new else []
    return lost, added, respelled


def _letters(words: list[str]) -> str:
    """Join the words without the marks that stand between names, so that “A,B” equals “A, B” and “A. B” equals “A B”.

    words_of() drops commas and semicolons only at the ends of words.
    """
    return re.sub("[-,;.]", "", "".join(words)).casefold()
