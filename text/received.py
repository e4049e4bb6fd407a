"""Text from outside: normalised once, before it is stored or compared, and told apart from markup."""

import html
import re
import unicodedata

from text.validators import strip_control_characters

# Characters that nobody sees and that make two spellings of one text: spaces of no width, soft hyphens, fillers, marks
# of direction and of byte order. Joiners stay, because emoji, Persian and the scripts of India need them, but not
# beside Latin letters. Tags stay in flags only (England’s).
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164\ufeff\uffa0\ufff9-\ufffc]"
    "|(?<=[A-Za-z\u00c0-\u024f])[\u200c\u200d]+|(?<![\u200c\u200d])[\u200c\u200d]+(?=[A-Za-z\u00c0-\u024f])"
    "|(?<![\U0001f3f4\U000e0000-\U000e007f])[\U000e0000-\U000e007f]+"
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# The elements of HTML (https://html.spec.whatwg.org/multipage/indices.html#elements-3) that titles and summaries have.
_TAG = re.compile(
    r"</?(?:a|abbr|article|b|bdi|bdo|big|blockquote|br|center|cite|code|dd|del|dfn|div|dl|dt|em|figcaption|figure|font|h[1-6]"
    r"|hr|i|iframe|img|ins|kbd|li|mark|ol|p|pre|q|s|samp|script|section|small|source|span|strike|strong|style|sub|sup"
    r"|table|tbody|td|th|thead|tr|tt|u|ul|var|video|wbr)"
    # With attributes, if with anything: “if a<b and c>d” is text.
    r"(?:\s(?=[^<>]*=)(?:\"[^\"<]*\"|'[^'<]*'|[^<>])*)?\s*/?>",
    re.IGNORECASE,
)
_UNPRINTED = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)|<!--.*?(?:-->|$)", re.IGNORECASE | re.DOTALL)
_BLOCK = re.compile(r"</?(?:p|li|h\d|blockquote|div|br|tr|td|dd|dt)\b", re.IGNORECASE)


def compose(text: str) -> str:
    """Return the text in Unicode's form NFC, without characters that nobody sees: two texts that look alike are one."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text))


def normalize(text: str) -> str:
    """Compose the text, without characters that XML forbids."""
    return compose(strip_control_characters(text))


def one_line(text: str) -> str:
    """Normalise, and make every run of white space one space."""
    return " ".join(normalize(text).split())


def decode_entities(text: str) -> str:
    """Decode the entities of a text that was escaped once too often: “Don&#8217;t” becomes “Don’t”.

    Markup is text here: “&lt;template&gt;” becomes “<template>”.
    """
    return html.unescape(text) if _ENTITY.search(text) else text


def text_of(markup: str) -> str:
    """Return the words of a piece of HTML on one line. What only looks like a tag stays: “Vec<T>”, “<antirez>”."""
    spaced = _BLOCK.sub(lambda tag: f" {tag[0]}", _UNPRINTED.sub(" ", markup))
    return one_line(html.unescape(_TAG.sub("", spaced)))
