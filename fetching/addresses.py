"""Web addresses. Knows no models and visits nothing."""

import re
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from url_normalize import url_normalize

# Parameters that say where a reader came from, never what is read. After a change, keys that are stored follow within a
# day: issues.tasks.refresh_canonical_urls.
_TRACKING = re.compile(
    r"utm_\w+|mtm_\w+|pk_\w+|hsa_\w+|at_(medium|campaign)|oly_\w+_id|mc_[ce]id"  # Of measuring programs and mailers.
    r"|_ga|_gl|_hsenc|_hsmi|hsCtaTracking|mkt_tok|vero_id|_bhlid|ck_subscriber_id"
    r"|fbclid|gclid|gbraid|wbraid|gad_source|srsltid|dclid|msclkid|yclid|twclid|igshid|igsh"  # Of networks.
    r"|si|trk|trackingId|lipi|ref_src|ref_url",
    re.IGNORECASE,
)
# Ghost puts its own host into each link it prints. Elsewhere "ref" is a branch, so that versions are none of these.
_REFERRER = re.compile(
    r".*(weekly|newsletter).*|(twitter|hackernews|hn|producthunt|rss|feed|email)"
    r"|([\w-]+\.)+(com|org|net|io|dev|co|news|email|blog|tech|cloud|sh|fm)",
    re.IGNORECASE,
)
# Feeds' own addresses, which count the reader and redirect.
_FEED_PROXIES = re.compile(r"feedproxy\.google\.com|(feeds\d*\.)?feedburner\.com|(\w+\.)?feedblitz\.com|feedpress\.me")
_SHORTENERS = re.compile(
    r"amzn\.to|bit\.ly|buff\.ly|cutt\.ly|dlvr\.it|dub\.sh|fandf\.co|flip\.it|fnf\.dev|goo\.gl|hubs\.(la|ly|li)|ift\.tt|is\.gd"
    r"|j\.mp|lnkd\.in|ow\.ly|rb\.gy|rebrand\.ly|shorturl\.at|t\.co|t\.ly|tiny\.cc|tinyurl\.com|trib\.al|v\.gd|wp\.me"
)


def canonicalize(address: str) -> str:
    """Return a key for comparing, not visiting: two addresses of one article have the same.

    Scheme, "www.", case of the host, default port, final slash, fragment, order of the query and
    tracking parameters do not count. After a change of rule: Article.objects.refresh_canonical_urls().
    """
    if not address:
        return ""
    try:
        parts = urlsplit(url_normalize(address) or address)
        host = (parts.hostname or "").removeprefix("www.")
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    except ValueError:
        # Such as port 99999: nobody can follow it, but it can still be the same as another.
        return without_tracking(address)
    query = urlencode(
        sorted(pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _is_tracking(*pair))
    )
    return f"{host}{port}{parts.path.rstrip('/')}" + (f"?{query}" if query else "")


def without_tracking(address: str) -> str:
    """The same address for print: tracking parameters are cut, and every other character stays as it is."""
    before, kept, _, fragment = _split_query(address)
    return before + ("?" + "&".join(kept) if kept else "") + fragment


def tracking_parameters(address: str) -> list[str]:
    """The names of those that without_tracking() cuts, in their order."""
    return [unquote_plus(pair.partition("=")[0]) for pair in _split_query(address)[2]]


def is_feed_proxy(address: str) -> bool:
    return bool(_FEED_PROXIES.fullmatch(host_of(address)))


def is_shortened(address: str) -> bool:
    return bool(_SHORTENERS.fullmatch(host_of(address)))


def suggest_address(address: str, final_address: str, canonical: str, *, is_moved: bool) -> str:
    """The address to print, after a visit that ended at final_address, where the page named `canonical` its own.

    A redirect is followed where it says that the page has moved for good, or comes from a feed proxy or a shortener:
    any other may be for this visit alone (a language, a sign-in). A canonical address counts within its own site:
    others are those of copies. That of the front page was left in a template.
    """
    suggestion = address
    if final_address and (is_moved or is_feed_proxy(address) or is_shortened(address)):
        suggestion = final_address
    if host_of(canonical) and host_of(canonical) == host_of(suggestion) and not _is_front_page(canonical):
        suggestion = canonical
    return without_tracking(suggestion)


def host_of(address: str) -> str:
    """The host as a reader should see it, without "www."; empty where there is none."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:  # Such as "https://[example.com/".
        return ""


def _split_query(address: str) -> tuple[str, list[str], list[str], str]:
    """What is before the query, its parameters to keep, those to cut, and the fragment with its "#"."""
    rest, hash_, fragment = address.partition("#")
    before, mark, query = rest.partition("?")
    if not mark or not re.match(r"https?://[^/]", before, re.IGNORECASE):
        return address, [], [], ""
    pairs = query.split("&")
    cut = [pair for pair in pairs if _is_tracking(*(unquote_plus(part) for part in pair.partition("=")[::2]))]
    if not cut:
        return address, [], [], ""
    return before, [pair for pair in pairs if pair not in cut], cut, hash_ + fragment


def _is_front_page(address: str) -> bool:
    parts = urlsplit(address)
    return parts.path in ("", "/") and not parts.query


def _is_tracking(name: str, value: str) -> bool:
    return (
        bool(_TRACKING.fullmatch(name))
        or (name == "source" and value.startswith("rss"))
        or (name == "ref" and bool(_REFERRER.fullmatch(value)))
    )


# Hosts on which anybody publishes.
SHARED_HOSTS = {
    *("medium.com", "github.com", "gist.github.com", "youtube.com", "youtu.be", "twitter.com", "x.com"),
    *("mobile.twitter.com", "reddit.com", "linkedin.com", "vimeo.com", "slideshare.net", "speakerdeck.com"),
    *("docs.google.com", "drive.google.com", "dev.to", "substack.com", "wordpress.com", "blogspot.com", "tumblr.com"),
    *("news.ycombinator.com", "hackernoon.com", "arxiv.org", "dl.acm.org", "feedproxy.google.com"),
    *("feeds.feedburner.com", "goo.gl", "bit.ly", "t.co", "web.archive.org", "m.reddit.com", "facebook.com"),
    *("old.reddit.com", "plus.google.com", "threadreaderapp.com", "storify.com"),
}


def is_shared(host: str) -> bool:
    return host in SHARED_HOSTS or any(host.endswith(f".{shared}") for shared in SHARED_HOSTS)


def suffixes_of(host: str) -> list[str]:
    """The host and those above it, the longest first: "blog.acme.example", "acme.example". No top level alone."""
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(max(1, len(labels) - 1))] if host else []
