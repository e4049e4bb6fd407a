"""Decode bytes from other sites as browsers do: pages, feeds and lists of feeds."""

import codecs
import re

import webencodings

# Labels of the Encoding Standard that webencodings does not know: https://encoding.spec.whatwg.org/#names-and-labels.
_LABELS = {
    "ms932": "shift_jis",
    "koi8-ru": "koi8-u",
    **dict.fromkeys(("unicode11utf8", "unicode20utf8", "x-unicode20utf8"), "utf-8"),
    **dict.fromkeys(("csunicode", "iso-10646-ucs-2", "ucs-2", "unicode", "unicodefeff"), "utf-16le"),
    "unicodefffe": "utf-16be",
}
# Python's codecs of the encodings that browsers read as a superset.
_SUPERSETS = {"gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs"}
_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"'][^>]{0,100}\?>", re.IGNORECASE)


def decode(body: bytes, charset: str) -> str:
    """Decode a page by byte order mark, header or meta element, else as UTF-8 or Windows-1252.

    https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding
    """
    for mark, name in _BOMS.items():
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    declared = _META.search(body[:4096])
    # If a meta element can be found, then the page is not in UTF-16, even if it declares that.
    names = [_codec(charset), re.sub("^utf-16.*", "utf-8", _codec(declared[1].decode("ascii"))) if declared else ""]
    if name := next(filter(None, names), ""):
        return body.decode(name, "replace")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        # A page that was cut can end within a character.
        return body.decode("utf-8" if error.reason == "unexpected end of data" else "cp1252", "replace")


def xml_in_utf8(body: bytes, charset: str = "") -> bytes:
    """Return XML in UTF-8, because its parsers know fewer labels than browsers.

    It stays as it is if it has no label, or one that every parser knows.
    """
    declared = _XML.match(body)
    label = charset or (declared[1].decode("ascii") if declared else "")
    if not label or _is_known(label) or not (name := _codec(label)) or body.startswith(tuple(_BOMS)):
        return body
    rest = body[declared.end() :] if declared else body
    return b'<?xml version="1.0" encoding="utf-8"?>' + rest.decode(name, "replace").encode()


def _is_known(label: str) -> bool:
    """Return whether every parser of XML reads this label as browsers do."""
    try:
        return codecs.lookup(label).name in ("utf-8", "utf-16", "ascii", "iso8859-1", "cp1252")
    except LookupError:
        return False


def _codec(charset: str) -> str:
    """Return the name of Python's codec for a label of the Encoding Standard, or "" if it is none.

    Other codecs of Python are slow on hostile input (punycode, idna), unsafe (utf_7), or not for text (hex).
    """
    label = charset.strip().lower()
    encoding = webencodings.lookup(_LABELS.get(label, label))
    if encoding is None or encoding.name in ("replacement", "x-user-defined"):
        return ""
    return _SUPERSETS.get(encoding.codec_info.name, encoding.codec_info.name)
