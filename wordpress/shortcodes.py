"""Replace WordPress's shortcodes, such as [code]…[/code], by the HTML that readers saw, and find the others.

A shortcode is a name in brackets, with attributes and sometimes an end: see get_shortcode_regex() in
wp-includes/shortcodes.php. Editors write other words in brackets too, such as “[sic]”, and these stay as they are.
"""

import html
import re
from collections.abc import Iterator

# Shortcodes for code: of SyntaxHighlighter Evolved, which WordPress.com has too, and of other plugins.
_CODE_NAMES = """
    code sourcecode source codeblock crayon highlight pre cc prettify as3 actionscript3 bash shell cf coldfusion
    clojure cpp c csharp css delphi pascal diff patch erl erlang fsharp go golang groovy haskell html java javafx js
    javascript json latex lua matlab objc perl pl php plain text powershell ps ps1 py python r rails ruby rust scala
    sql swift typescript vb vbnet xml xhtml xslt yaml yml
"""
_CODE = frozenset(_CODE_NAMES.split())
# Shortcodes of WordPress and Jetpack that show something from another site. Some take a key instead of an address.
_BY_KEY = {
    "youtube": "https://www.youtube.com/watch?v={}",
    "vimeo": "https://vimeo.com/{}",
    "dailymotion": "https://www.dailymotion.com/video/{}",
    "tweet": "https://twitter.com/i/status/{}",
    "gist": "https://gist.github.com/{}",
    "wpvideo": "https://videopress.com/v/{}",
    "videopress": "https://videopress.com/v/{}",
}
_MEDIA = {*_BY_KEY, "embed", "embedyt", "audio", "video", "soundcloud", "ted", "instagram", "slideshare", "spotify"}
# Without attributes too, these are shortcodes and not words of the editor.
_BARE = {"gallery", "playlist", "audio", "video", "toc", "archives", "sitemap"}
# Blocks without HTML that show no words.
_WORDLESS_BLOCKS = {"more", "nextpage", "spacer", "separator", "template-part"}

# Characters between a media shortcode and its end, and in attributes.
_LIMIT = 2_000

_NAME = r"[a-z][\w-]{0,40}"
_TAG = re.compile(
    rf"""
    (?P<escape>\[)?
    \[ (?P<name>{_NAME})
    (?P<attributes> [\s=] (?: "[^"]*" | '[^']*' | [^\]\["'] ){{0,{_LIMIT}}} )? /?
    \] (?(escape)\])
    """,
    re.IGNORECASE | re.VERBOSE,
)
_END = re.compile(rf"\[/({_NAME})\]", re.IGNORECASE)
_CAPTION = re.compile(r"\[(?P<end>/)?(?:wp_)?caption\b(?P<attributes>[^\]]{0,2000})\]", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'\]]+))|"?([^\s"'=\]]+)""")
_ADDRESS = re.compile(r"""https?://[^\s"'<>\]\[]+""", re.IGNORECASE)
# A tag with an attribute, or closed as HTML closes elements.
_SUSPECT = re.compile(
    rf"""
    \[ (?P<name>{_NAME}) (?: \s+[\w-]+ (?: \s*=\s*["'“”″] | =[^\s=\]\[] ) [^\]\[]{{0,{_LIMIT}}} | \s[^\]\[]*/ | / ) \]
    | \[/ (?P<end>{_NAME}) \]
    """,
    re.IGNORECASE | re.VERBOSE,
)
# A name alone on its line, such as “[newsletter_form]”. A single word is more often the editor's own: “[paywall]”.
_ALONE = re.compile(rf"\[({_NAME})(\s+https?://[^\s\]\[]+)?\]", re.IGNORECASE)
_DYNAMIC_BLOCK = re.compile(r"<!--\s+wp:([a-z][\w/-]*)")


def expand(text: str) -> str:
    """Replace the shortcodes that are known here in the HTML of a post. “[[code]]” is printed as “[code]”."""
    ends: dict[str, list[re.Match[str]]] = {}
    for end in reversed(list(_END.finditer(text))):
        ends.setdefault(end[1].lower(), []).append(end)
    parts, position = [], 0
    for tag in _TAG.finditer(text):
        name = tag["name"].lower()
        if tag.start() < position or name not in _CODE | _MEDIA:
            continue
        waiting = ends.get(name, [])
        while waiting and waiting[-1].start() < tag.end():
            waiting.pop()
        shown, after = _show(name, tag, waiting[-1] if waiting else None)
        if shown:
            parts += [text[position : tag.start()], shown]
            position = after
    return _expand_captions("".join([*parts, text[position:]]))


def _show(name: str, tag: re.Match[str], end: re.Match[str] | None) -> tuple[str, int]:
    """Return the HTML for a shortcode, and where it ends. The HTML is empty if there is nothing to show."""
    if tag["escape"]:
        return tag[0][1:-1], tag.end()
    if name in _CODE:  # Without an end, it may be a word in brackets: “[source]”.
        return (_code(tag.string[tag.end() : end.start()]), end.end()) if end else ("", 0)
    if end and end.start() - tag.end() <= _LIMIT:
        inside = tag.string[tag.end() : end.start()]
        if f"[{name}" not in inside.lower():  # Otherwise it is the end of the next one.
            return _link(name, tag, inside), end.end()
    return _link(name, tag, ""), tag.end()


def _expand_captions(text: str) -> str:
    """Leave a picture with its caption, which stands behind it or, in old posts, in an attribute."""
    caption = ""

    def replace(tag: re.Match[str]) -> str:
        nonlocal caption
        shown, caption = (f" {caption}", "") if tag["end"] and caption else ("", _values(tag).get("caption", ""))
        return shown

    return _CAPTION.sub(replace, text)


def find_unknown(text: str) -> Iterator[str]:
    """Yield what looks like a shortcode in the printed text of a post. WordPress showed something else in its place."""
    opened = set()
    for match in _SUSPECT.finditer(text):
        if match["name"]:
            opened.add(match["name"].lower())
            yield match[0]
        elif match["end"].lower() not in opened:
            yield match[0]
    for line in text.splitlines():
        alone = _ALONE.fullmatch(line.strip())
        if alone and (alone[2] or re.search("[_-]", alone[1]) or alone[1].lower() in _BARE):
            yield alone[0]


def find_dynamic_blocks(text: str) -> Iterator[str]:
    """Yield the names of blocks that have no HTML, because WordPress filled them when it showed the post."""
    for comment in text.split("-->"):
        match = _DYNAMIC_BLOCK.match(comment, max(0, comment.rfind("<!--"))) if comment.endswith("/") else None
        if match and match[1].removeprefix("core/").rstrip("/") not in _WORDLESS_BLOCKS:
            yield match[1].removeprefix("core/")


def _code(inside: str) -> str:
    """Return code as HTML, escaped once. Editors store it as they typed it, or with entities for its signs."""
    code = html.escape(html.unescape(inside.strip("\r\n")), quote=False)
    return f"\n\n<pre>{code.replace('[', '&#91;')}</pre>\n\n"


def _link(name: str, tag: re.Match[str], inside: str) -> str:
    """Return a link to what was shown, and other words inside. Empty if the shortcode has neither address nor key."""
    if found := _ADDRESS.search(f"{tag['attributes'] or ''} {inside}"):
        address, rest = found[0], inside.replace(found[0], "").strip()
    else:
        values = _values(tag)
        key = values.get("id") or values.get("") or inside.strip()
        if name not in _BY_KEY or not re.fullmatch(r"[\w-]{3,40}", key):
            return ""
        address, rest = _BY_KEY[name].format(key), inside.replace(key, "").strip()
    address = html.escape(html.unescape(address))
    return f'\n\n<p><a href="{address}">{address}</a></p>\n\n{rest}'


def _values(tag: re.Match[str]) -> dict[str, str]:
    """Return the attributes by name. The first without a name, as in [vimeo 12], has the name “”."""
    values: dict[str, str] = {}
    for name, *quoted, bare in _ATTRIBUTE.findall((tag["attributes"] or "").lstrip(" =")):
        values.setdefault(name, bare or "".join(quoted))
    return values
