"""Find what somebody types in the names and texts of a list, in any of its spellings."""

import re

from text.folding import fold

# What may join the parts of a word, or stand between them: on-call, O’Test, Node.js, max_connections, CI/CD, St. John.
_JOINTS = "-' ._/"
_JOINT = f"[{_JOINTS}]{{0,3}}"
_WORD = re.compile(r"\w{4,30}")
# Not \b or \m: Python and PostgreSQL differ in what they take for a letter.
_START = "(?:^|[^a-z0-9])"


def pattern_of(typed: str) -> str:
    """Return a regular expression for folded text, which Python and PostgreSQL read alike. It finds parts of words.

    Joints may be there or not. A word of four to thirty letters also finds itself in parts, if a word begins there:
    “oncall” finds “On call”, but “cart” does not find “a scar to see”.
    """
    folded = fold(typed).strip()
    parts = re.split(f"[{_JOINTS}]+", folded)
    found = _JOINT.join("".join(map(_escape, part)) for part in parts)
    if re.match(r"\.\w", folded):  # .NET, but not the end of example.net.
        return rf"{_START}\.{found.removeprefix(_JOINT)}"
    word = "".join(parts)
    return f"{found}|{_START}{_JOINT.join(word)}" if _WORD.fullmatch(word) else found


def _escape(char: str) -> str:
    return char if char.isalnum() or not char.isascii() else f"\\{char}"
