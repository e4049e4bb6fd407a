"""Web addresses. Knows no models and visits nothing."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from url_normalize import url_normalize

# Parameters that say where a reader came from, never what is read.
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hsenc|_hsmi|mkt_tok|vero_id|oly_\w+_id|si|trk",
    re.IGNORECASE,
)


def canonicalize(address: str) -> str:
    """Return a key for comparing, not visiting: two addresses of one article have the same.

    Scheme, "www.", case of the host, default port, final slash, fragment, order of the query and
    tracking parameters do not count. After a change of rule, save every article again.
    """
    if not address:
        return ""
    try:
        parts = urlsplit(url_normalize(address) or address)
        host = (parts.hostname or "").removeprefix("www.")
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    except ValueError:
        return address  # Such as port 99999: nobody can follow it, but it can still be the same as another.
    query = urlencode(
        sorted(pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _is_tracking(*pair))
    )
    return f"{host}{port}{parts.path.rstrip('/')}" + (f"?{query}" if query else "")


def host_of(address: str) -> str:
    """The host as a reader should see it, without "www."; empty where there is none."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:  # Such as "https://[example.com/".
        return ""


def _is_tracking(name: str, value: str) -> bool:
    return (
        bool(_TRACKING.fullmatch(name))
        or (name == "source" and value.startswith("rss"))
        or (name == "ref" and "weekly" in value)
    )
