"""Web addresses and their hosts.

Plain functions of text: no models, no requests. What identifies a page is in identity.py, and what only says where a
reader came from in tracking.py.
"""

import re
from urllib.parse import urlsplit

import idna

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
    """Return the host in lower case and in Unicode, without "www.", or "" if the address has none."""
    try:
        return to_unicode(urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:  # Such as "https://[example.com/".
        return ""


def to_unicode(host: str) -> str:
    """Return the one form in which hosts are kept and compared: lower case, “münchen.example” and never “xn--…”.

    What is no name of IDNA 2008 stays as it is.
    """
    try:
        return idna.decode(host, uts46=True) if not host.isascii() or "xn--" in host else host.lower()
    except UnicodeError:
        return host.lower()


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
