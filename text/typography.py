"""Typographic quotes and dashes for markdown-it-py. Everything else is printed as typed: (c), +-, ..., ????.

Its own rule “replacements” also makes © of “(c)”, ± of “+-”, and fewer marks of “????”.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_EM_DASH = re.compile(r"(?<!-)---(?!-)")
# Between two spaces, or between two words. “--force” at the beginning, or after a space, bracket or quotation mark that
# opens, is an option of a command.
_EN_DASH = re.compile(r"(?<!\S)--(?!\S)|(?:(?<=[^-\s\"'“‘„«([{/=])|(?<=[^\s([{=][\"']))--(?![-\s])")
_TYPED = re.compile(r"--|['\"]")

# Addresses in text that are no links: another scheme or none, a path, a host with a path, IDN's “xn--…”, and e-mail. A
# word is looked at from its first letter alone: to look for an address anywhere in it would take quadratic time.
_WORD = re.compile(r"[^\s\"<>]+")
_ADDRESS = re.compile(
    r"""([^\w/]*+) (?:\w[\w+.-]*:)* (?:
        /{1,2} [^/]
        | (?:(?:[\w-]+\.)+ [^\W\d_]{2,} | (?:\d{1,3}\.){3} \d{1,3} | localhost) (?::\d+)? [/?\#]
        | \w[\w.+'-]*+ @ [\w-]+\.\w
        | (?:[\w-]+\.)* xn--[a-z0-9-]+ \.\w
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_AFTER_ADDRESS = ".,:;!?)]}'*_"


def typographic(parser: MarkdownIt) -> None:
    """Let a parser print quotes and dashes as a typesetter would, except inside addresses and code.

    For MarkdownIt.use(). The parser needs the option “typographer” and the rules “replacements” and “smartquotes”.
    """
    parser.core.ruler.before("replacements", "addresses", _protect_addresses)
    parser.core.ruler.at("replacements", _print_dashes)


def _protect_addresses(state: StateCore) -> None:
    """Make addresses “text_special”, as escaped characters are. They become text again at the end (“text_join”)."""
    for token in state.tokens:
        if token.children and _TYPED.search(token.content):
            token.children = [part for child in _with_links_marked(token.children) for part in _split(child)]


def _with_links_marked(tokens: list[Token]) -> list[Token]:
    """Mark the text of links that were made of an address."""
    is_address = False
    for token in tokens:
        if token.info == "auto" and token.type in ("link_open", "link_close"):
            is_address = token.type == "link_open"
        elif is_address and token.type == "text":
            token.type = "text_special"
    return tokens


def _split(token: Token) -> list[Token]:
    """Return the token in parts, so that each address is one."""
    if token.type != "text" or not _TYPED.search(token.content):
        return [token]
    parts, begin = [], 0
    for word in _WORD.finditer(token.content):
        if address := _ADDRESS.match(word[0]):
            start, end = word.start() + address.end(1), word.start() + len(word[0].rstrip(_AFTER_ADDRESS))
            parts += [("text", token.content[begin:start]), ("text_special", token.content[start:end])]
            begin = end
    parts.append(("text", token.content[begin:]))
    return [Token(kind, "", 0, content=content, level=token.level) for kind, content in parts if content]


def _print_dashes(state: StateCore) -> None:
    for token in state.tokens:
        before = ""  # Stands for a word in emphasis, code, a link or an address.
        for child in token.children or ():
            if child.type == "text" and "--" in child.content:
                text = before + _EM_DASH.sub("—", child.content)
                child.content = _EN_DASH.sub("–", text)[len(before) :]
            before = "x" if child.type.endswith(("_close", "_inline", "_special")) else ""
