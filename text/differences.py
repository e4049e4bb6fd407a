"""What differs between two texts, in words. Knows no models."""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Literal, NamedTuple

# Where two texts differ in more words than this, lines are compared, and where in more lines, the whole: the time
# grows with the square, a fifth of a second here. difflib's own grows with the cube: minutes for a long blurb.
MAX_EDITS = 600

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


class Piece(NamedTuple):
    kind: Literal["same", "removed", "added"]
    text: str


def differences(before: str, after: str) -> list[Piece]:
    """Joined without "added" they are `before`, without "removed" `after`. Texts that are equal are one piece."""
    if before == after:
        return [Piece("same", before)] if before else []
    for pattern in (_WORDS, _LINES):
        edits = _edits(pattern.findall(before), pattern.findall(after))
        if edits is not None:
            return _without_islands(edits)
    return [piece for piece in (Piece("removed", before), Piece("added", after)) if piece.text]


def _edits(old: list[str], new: list[str]) -> list[Piece] | None:
    """The fewest, by Myers 1986, “An O(ND) Difference Algorithm and Its Variations”; None if more than MAX_EDITS."""
    furthest = {1: 0}  # On each diagonal (place in old less place in new), the furthest place in old.
    steps = []
    for edits in range(min(MAX_EDITS, len(old) + len(new)) + 1):
        steps.append(furthest.copy())
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
            x = furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1
            while x < len(old) and x - diagonal < len(new) and old[x] == new[x - diagonal]:
                x += 1
            furthest[diagonal] = x
            if x >= len(old) and x - diagonal >= len(new):
                return list(_joined(reversed(list(_backwards(old, new, steps)))))
    return None


def _backwards(old: list[str], new: list[str], steps: list[dict[int, int]]) -> Iterator[Piece]:
    x, y = len(old), len(new)
    for edits, furthest in reversed(list(enumerate(steps))):
        diagonal = x - y
        down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
        before_x = furthest[diagonal + 1 if down else diagonal - 1]
        before_y = before_x - (diagonal + 1 if down else diagonal - 1)
        while x > max(before_x, 0) and y > max(before_y, 0):
            x, y = x - 1, y - 1
            yield Piece("same", old[x])
        if edits:
            yield Piece("added", new[before_y]) if down else Piece("removed", old[before_x])
        x, y = before_x, before_y


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    for kind, run in groupby(pieces, key=lambda piece: piece.kind):
        yield Piece(kind, "".join(piece.text for piece in run))


def _without_islands(pieces: list[Piece]) -> list[Piece]:
    """A space alone that stayed between two changes is read as part of them: whole phrases, not confetti."""
    found: list[Piece] = []
    removed = added = ""
    for place, piece in enumerate(pieces):
        is_island = piece.kind == "same" and not piece.text.strip() and 0 < place < len(pieces) - 1
        removed += piece.text if piece.kind == "removed" or is_island else ""
        added += piece.text if piece.kind == "added" or is_island else ""
        if piece.kind == "same" and not is_island:
            found += [*_changed(removed, added), piece]
            removed = added = ""
    return found + _changed(removed, added)


def _changed(removed: str, added: str) -> list[Piece]:
    """An island where only one side changed says the same in both."""
    if removed == added:
        return [Piece("same", removed)] if removed else []
    return [piece for piece in (Piece("removed", removed), Piece("added", added)) if piece.text]
