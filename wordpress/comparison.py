"""Whether two pages say the same: their words in order, and where their links lead."""

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from bs4 import Tag
from markdown_it.common.normalize_url import normalizeLink

from text.validators import FORBIDDEN_CHARACTERS
from wordpress.display import is_block, walk

# Words. Beyond that only the counts of words are compared: finding the places takes the square of the length.
ALIGNED = 20_000

_QUOTES = dict.fromkeys(map(ord, '‘’‚‛“”„‟«»‹›`´′″"'), "'")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF], None)


@dataclass(frozen=True)
class Visible:
    words: list[str]
    links: list[str]


@dataclass(frozen=True)
class Difference:
    kind: str
    text: str


def read_visible(root: Tag, *, leave_out: Iterable[Tag] = ()) -> Visible:
    """What a reader sees there. Links without words are none."""
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
            if node.name == "a" and node.get("href") and not depth:
                if event == "start":
                    links.append((str(node["href"]), len(parts)))
                else:
                    address, start = links.pop()
                    seen += [normalize_address(address)] if "".join(parts[start:]).strip() else []
        elif not depth:
            parts.append(str(node))
    return Visible(list(normalize(" ".join("".join(parts).split()))), seen)


def normalize(text: str) -> Iterator[str]:
    """Its words without what typography changes: quotes, dashes, ellipses, doubled marks, and commas at its ends."""
    text = FORBIDDEN_CHARACTERS.sub("", unicodedata.normalize("NFC", text)).translate(_INVISIBLE)
    for word in text.translate(_QUOTES).translate(_DASHES).split():
        if "://" in word and "%" in word:
            word = unquote(word)
        word = re.sub(r"(?<=[?!])\.+", "..", re.sub(r"…|\.{2,}", "..", word))
        word = re.sub(r"([-!?,'])\1+", r"\1", word).strip(",;")
        if word.strip("-"):
            yield word


def normalize_address(address: str) -> str:
    return normalizeLink(address).rstrip("/")


def compare(exported: Visible, printed: Visible) -> list[Difference]:
    """What the export shows and the page does not, and the other way round. Empty where both say the same."""
    lost, added, respelled = _differing_words(exported.words, printed.words)
    moved = [text for text in lost if text in added]
    for text in moved:
        lost.remove(text)
        added.remove(text)
    before, after = Counter(exported.links), Counter(printed.links)
    found = {
        "spelling": respelled,
        "text moved": moved,
        "text lost": lost,
        "text added": added,
        "link lost": (before - after).elements(),
        "link added": (after - before).elements(),
    }
    return [Difference(kind, text) for kind, texts in found.items() for text in texts]


def _differing_words(before: list[str], after: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Lost, added, and what differs in case, spaces and commas only."""
    if before == after:
        return [], [], []
    if len(before) + len(after) > ALIGNED:
        first, second = Counter(before), Counter(after)
        rest = [" ".join(counted.elements()) for counted in (first - second, second - first)]
        return [text for text in rest[:1] if text], [text for text in rest[1:] if text], []
    gone, new, respelled = [], [], []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        lost, added = before[i:j], after[k:m]
        # “A & B” and “A, B” are printed as “A and B”.
        if kind == "equal" or (added == ["and"] and lost in ([], ["&"])):
            continue
        if _letters(lost) == _letters(added):
            respelled.append(f"“{' '.join(lost)}” is printed as “{' '.join(added)}”")
            continue
        gone += [" ".join(lost)] if lost else []
        new += [" ".join(added)] if added else []
    return gone, new, respelled


def _letters(words: list[str]) -> str:
    """Without commas and semicolons, which normalize() takes off at the ends of words: “A,B” may be “A, B” here."""
    return re.sub("[,;]", "", "".join(words)).casefold()
