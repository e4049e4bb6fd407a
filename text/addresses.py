"""Web addresses as programs read them: URIs of ASCII letters (RFC 3986), which every resolver and parser knows.

Addresses are kept as they were typed, with “bücher.example” and “/straße”. Wherever a program may read one, in feeds,
links, mail, data, sitemaps and metadata, to_uri() has the last word.
"""

import re
from urllib.parse import quote, unquote

import idna

# Everything before the host, with the user's name and password; the host; everything after it.
_PARTS = re.compile(r"((?:https?://(?:[^/?#@]*@)?|mailto:[^?@]*@))([^/?#:]+)(.*)", re.IGNORECASE | re.DOTALL)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
# “℀” becomes “a/c”, which would end the host: URL standard, “forbidden domain code point”.
_NOT_IN_HOSTS = re.compile(r"[\x00-\x20\x7f\"#%/:<>?@\[\\\]^`{|}]")


def to_uri(address: str) -> str:
    """Return the address with its host as DNS knows it (“xn--…”), and UTF-8 in percent-encoding elsewhere.

    ASCII stays as it is, so nothing is encoded twice, and most addresses do not change.
    """
    if parts := _PARTS.fullmatch(address):
        before, host, after = parts.groups()
        return _encoded(before) + _encoded(host_to_ascii(host)) + _encoded(after)
    return _encoded(address)


def _encoded(part: str) -> str:
    return _NOT_ASCII.sub(lambda letters: quote(letters[0], errors="replace"), part)


def host_to_ascii(host: str) -> str:
    """Return the host as browsers ask for it (UTS #46): lower case, composed, and each label in Punycode.

    IDNA 2008 has no emoji, but there are hosts with them. What is no host at all stays as it is.
    """
    if host.isascii() and "%" not in host:
        return host
    try:
        mapped = idna.uts46_remap(unquote(host, errors="strict"), std3_rules=False)
    except UnicodeError:
        return host
    if _NOT_IN_HOSTS.search(mapped):
        return host
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in mapped.split(".")
    )
