"""Find footnotes in Markdown, which are refused: a blurb of two sentences has no foot.

A mark without a definition would be printed as typed, and one that is defined by an address as a link called “^1”.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, reference
from markdown_it.rules_inline import StateInline

# “[^1]” and “^[see there]”. “[^1](https://…)” is a link.
_FOOTNOTE = re.compile(r"(?:\[\^[^\s\[\]\\]+\]|\^\[(?:[^\[\]]|\[[^\[\]]*\])+\])(?!\()")


def finds_footnotes(parser: MarkdownIt) -> None:
    """Let a parser make a token “footnote” of each. For MarkdownIt.use(), and for parsers that only validate."""
    parser.inline.ruler.before("link", "footnote", _find_footnote)
    parser.block.ruler.at("reference", _define_link)


def _find_footnote(state: StateInline, silent: bool) -> bool:
    found = _FOOTNOTE.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("footnote", "", 0).content = found[0]
    state.pos = found.end()
    return True


def _define_link(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Leave the definition of a footnote to the text, where its mark is found. Others define links."""
    begins = state.bMarks[start] + state.tShift[start]
    return not _FOOTNOTE.match(state.src, begins) and reference(state, start, end, silent)
