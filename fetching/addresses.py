"""Web addresses: their hosts, tracking parameters, keys for comparing them, and which one to publish.

Plain functions of text: no models, no requests.
"""

import re
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from url_normalize import url_normalize

# Hosts

# Sites on which anybody can publish, so the host does not identify the publication.
SHARED_HOSTS = {
    *("medium.com", "github.com", "gist.github.com", "youtube.com", "youtu.be", "twitter.com", "x.com"),
    *("mobile.twitter.com", "reddit.com", "linkedin.com", "vimeo.com", "slideshare.net", "speakerdeck.com"),
    *("docs.google.com", "drive.google.com", "dev.to", "substack.com", "wordpress.com", "blogspot.com", "tumblr.com"),
    *("news.ycombinator.com", "hackernoon.com", "arxiv.org", "dl.acm.org", "feedproxy.google.com"),
    *("feeds.feedburner.com", "goo.gl", "bit.ly", "t.co", "web.archive.org", "m.reddit.com", "facebook.com"),
    *("old.reddit.com", "plus.google.com", "threadreaderapp.com", "storify.com"),
}
# Services that put their own addresses into feeds, count the reader and redirect.
_FEED_PROXIES = re.compile(r"feedproxy\.google\.com|(feeds\d*\.)?feedburner\.com|(\w+\.)?feedblitz\.com|feedpress\.me")
_SHORTENERS = re.compile(
    r"amzn\.to|bit\.ly|buff\.ly|cutt\.ly|dlvr\.it|dub\.sh|fandf\.co|flip\.it|fnf\.dev|goo\.gl|hubs\.(la|ly|li)|ift\.tt|is\.gd"
    r"|j\.mp|lnkd\.in|ow\.ly|rb\.gy|rebrand\.ly|shorturl\.at|t\.co|t\.ly|tiny\.cc|tinyurl\.com|trib\.al|v\.gd|wp\.me"
)


def host_of(address: str) -> str:
    """Return the host in lower case without "www.", or "" if the address has none."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:  # Such as "https://[example.com/".
        return ""


def suffixes_of(host: str) -> list[str]:
    """Return the host and its parent domains, longest first, without the top level: "a.b.example", "b.example"."""
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(max(1, len(labels) - 1))] if host else []


def is_shared(host: str) -> bool:
    """Return whether anybody can publish on this host or on a parent domain of it."""
    return host in SHARED_HOSTS or any(host.endswith(f".{shared}") for shared in SHARED_HOSTS)


def is_feed_proxy(address: str) -> bool:
    return bool(_FEED_PROXIES.fullmatch(host_of(address)))


def is_shortened(address: str) -> bool:
    return bool(_SHORTENERS.fullmatch(host_of(address)))


# Tracking parameters: they tell where a reader came from, and never which page is shown. After a change of these rules,
# stored keys follow within a day (issues.tasks.refresh_canonical_urls).

_TRACKING = re.compile(
    r"utm_\w+|mtm_\w+|pk_\w+|hsa_\w+|at_(medium|campaign)|oly_\w+_id|mc_[ce]id"  # Analytics and mailing services.
    r"|_ga|_gl|_hsenc|_hsmi|hsCtaTracking|mkt_tok|vero_id|_bhlid|ck_subscriber_id"
    r"|fbclid|gclid|gbraid|wbraid|gad_source|srsltid|dclid|msclkid|yclid|twclid|igshid|igsh"  # Advertising networks.
    r"|si|trk|trackingId|lipi|ref_src|ref_url",
    re.IGNORECASE,
)
# Values of "ref" that name a newsletter or site: Ghost adds its own host to each outgoing link. Other values can choose
# the page, such as a branch or version on GitHub.
_REFERRER = re.compile(
    r".*(weekly|newsletter).*|(twitter|hackernews|hn|producthunt|rss|feed|email)"
    r"|([\w-]+\.)+(com|org|net|io|dev|co|news|email|blog|tech|cloud|sh|fm)",
    re.IGNORECASE,
)


def without_tracking(address: str) -> str:
    """Return the address for print: tracking parameters are cut, and every other character stays as it is."""
    before, kept, _, fragment = _split_query(address)
    return before + ("?" + "&".join(kept) if kept else "") + fragment


def tracking_parameters(address: str) -> list[str]:
    """Return the names of the parameters that without_tracking() cuts, in their order."""
    return [unquote_plus(pair.partition("=")[0]) for pair in _split_query(address)[2]]


def _split_query(address: str) -> tuple[str, list[str], list[str], str]:
    """Return the address before its query, the parameters to keep and those to cut, and the fragment with its "#"."""
    rest, hash_, fragment = address.partition("#")
    before, mark, query = rest.partition("?")
    if not mark or not re.match(r"https?://[^/]", before, re.IGNORECASE):
        return address, [], [], ""
    pairs = query.split("&")
    cut = [pair for pair in pairs if _is_tracking(*(unquote_plus(part) for part in pair.partition("=")[::2]))]
    if not cut:
        return address, [], [], ""
    return before, [pair for pair in pairs if pair not in cut], cut, hash_ + fragment


def _is_tracking(name: str, value: str) -> bool:
    return (
        bool(_TRACKING.fullmatch(name))
        or (name == "source" and value.startswith("rss"))
        or (name == "ref" and bool(_REFERRER.fullmatch(value)))
    )


# Comparing and choosing addresses


def canonicalize(address: str) -> str:
    """Return a key that all addresses of one page share. It is for comparing, not for visiting.

    Scheme, "www.", case of the host, default port, final slash, fragment, order of the query and tracking parameters
    make no difference. After a change of these rules, run Article.objects.refresh_canonical_urls().
    """
    if not address:
        return ""
    try:
        parts = urlsplit(url_normalize(address) or address)
        host = (parts.hostname or "").removeprefix("www.")
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    except ValueError:  # No browser can open it, such as port 99999, but it can still equal another address.
        return without_tracking(address)
    query = urlencode(
        sorted(pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _is_tracking(*pair))
    )
    return f"{host}{port}{parts.path.rstrip('/')}" + (f"?{query}" if query else "")


def suggest_address(address: str, final_address: str, canonical: str, *, is_moved: bool) -> str:
    """Return the address to print, after a request that ended at `final_address` on a page that declares `canonical`.

    A redirect counts only if it is permanent (`is_moved`) or comes from a feed proxy or a shortener: any other may be
    for this request alone, such as a choice of language or a sign-in. The declared address counts only if it is on the
    same host, because a copy declares the address of the original. It does not count if it is the front page, because
    that is a mistake in the site's template.
    """
    suggestion = address
    if final_address and (is_moved or is_feed_proxy(address) or is_shortened(address)):
        suggestion = final_address
    if host_of(canonical) and host_of(canonical) == host_of(suggestion) and not _is_front_page(canonical):
        suggestion = canonical
    return without_tracking(suggestion)


def _is_front_page(address: str) -> bool:
    parts = urlsplit(address)
    return parts.path in ("", "/") and not parts.query
