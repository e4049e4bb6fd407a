"""Find what somebody types in the names and texts of a list, in any of its spellings."""

import re

from text.folding import fold

# What may join the parts of a word, or stand between them: on-call, on call, O’Test, Node.js, max_connections.
_JOINT = "[-' ._]?"
_WORD = re.compile(r"\w{4,30}")
# Not \b or \m: Python and PostgreSQL differ in what they take for a letter.
_START = "(?:^|[^a-z0-9])"


def pattern_of(typed: str) -> str:
    """Return a regular expression for folded text, which Python and PostgreSQL read alike. It finds parts of words.

    Joints may be there or not. A word of four to thirty letters also finds itself in parts, if a word begins there:
    “oncall” finds “On call”, but “cart” does not find “a scar to see”.
    """
    folded = fold(typed).strip()
    found = "".join(_JOINT if char in "-' ._" else _escape(char) for char in folded)
    if re.match(r"\.\w", folded):  # .NET, but not the end of example.net.
        return rf"{_START}\.{found.removeprefix(_JOINT)}"
    word = re.sub("[-' ._]", "", folded)
    return f"{found}|{_START}{_JOINT.join(word)}" if _WORD.fullmatch(word) else found


def _escape(char: str) -> str:
    return char if char.isalnum() or not char.isascii() else f"\\{char}"
