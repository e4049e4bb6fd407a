"""What identifies a page: the key that its addresses share, and which of them to publish.

The general rules hold for every host. The rules of single hosts are below them: there, one work has several addresses.
After a change of any rule, stored keys follow within a day (fetching/keys.py).
"""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from url_normalize import url_normalize

from fetching.addresses import host_of, is_feed_proxy, is_shortened, to_unicode
from fetching.tracking import is_tracking, without_tracking, without_tracking_fragment

# Fragments of a page's frame, and not of what it says. Others may name an item, such as a day of a log.
_FRAME = re.compile(
    r"comments?|respond|reply-title|disqus_thread|comment-form|top|page-?top|content|main(-content)?|primary|article|post"
    r"|more(-\d+)?|read-?more|body|header|footer|nav|toc|share|subscribe|_=_|start(-of-content)?|site-content|readme|skip(-\w+)*",
    re.IGNORECASE,
)
# Parameters that choose another form of the same page.
_FORMS = re.compile(
    r"amp=(1|true|yes)?|(outputtype|view|mode|format)=amp|print(able)?=(1|true|yes|pdf)|replytocom=\d+"
    r"|share=(twitter|x|facebook|linkedin|reddit|email|mastodon|bluesky)",
    re.IGNORECASE,
)
_AMP_CACHE = re.compile(r"(?:[\w-]+\.cdn\.ampproject\.org/(?:c|v|wp)|google(?:\.\w+)+/amp)/(?:s/)?(.+)")
_ARCHIVED = re.compile(r"web\.archive\.org/web/\d{4,14}(?:[a-z]{2}_)?/((?:https?:/)?/?.+)")


def canonicalize(address: str) -> str:
    """Return a key that all addresses of one work share. It is for comparing, not for visiting.

    Scheme, “www.” and “m.”, case of the host and its form (IDN), default port, final slash, order of the query and
    tracking parameters make no difference. A fragment that routes (“#/…”, “#!…”) or names a part of the page does,
    one that only scrolls to the page's frame or to marked words does not: see page_of().
    """
    return _canonicalize(address, depth=0)


def page_of(key: str) -> str:
    """Return the key without the part of the page that it names: two items of one log are on one page."""
    before, hash_, fragment = key.partition("#")
    return key if hash_ and fragment[:1] in ("/", "!") else before


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


def _canonicalize(address: str, depth: int) -> str:
    if not address:
        return ""
    address, _, fragment = address.partition("#")
    try:
        parts = urlsplit(url_normalize(address) or address)
        host = _host(parts.hostname or "")
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    except ValueError:  # No browser can open it, such as port 99999, but it can still equal another address.
        return without_tracking(address)
    path = parts.path.rstrip("/")
    for inner in (_AMP_CACHE.fullmatch(host + path), _ARCHIVED.fullmatch(host + path)):
        if inner and depth < 3:
            rest = re.sub(r"^https?:/{1,2}|^/+", "", inner[1])
            query = f"?{parts.query}" if parts.query else ""
            return _canonicalize(f"https://{rest}{query}#{fragment}", depth + 1)
    host, path = _one_place(host, path)
    pairs = [
        pair
        for pair in parse_qsl(parts.query, keep_blank_values=True)
        if not is_tracking(*pair, host, path) and not _is_form(host, "=".join(pair))
    ]
    for hosts, rule in _RULES:
        if hosts.fullmatch(host) and (work := rule(host, path, dict(pairs))):
            return work
    if doi := re.search(r"/doi/(?:\w+/)?(10\.\d{4,9}/[^?]+)", path):
        return f"doi.org/{doi[1].lower()}"
    query = urlencode(sorted(pairs))
    return f"{host}{port}{path}" + (f"?{query}" if query else "") + _fragment(fragment)


def _host(host: str) -> str:
    """Return the host in its one form: in Unicode, without “www.”, “m.”, “mobile.” or “amp.” before a domain."""
    host = to_unicode(host)
    host = re.sub(r"^(?:www|m|mobile|amp)\.(?=[^.]+\.[^.]+)", "", host)
    host = re.sub(r"\.m\.(?=(?:wikipedia|wiktionary|wikimedia|wikibooks)\.org$)", ".", host)
    host = re.sub(r"^([\w-]+)\.blogspot\.(?:com?\.)?\w{2}$", r"\1.blogspot.com", host)
    host = re.sub(r"^[a-z]{2}\.linkedin\.com$", "linkedin.com", host)
    return _SAME_HOSTS.get(host, host)


_SAME_HOSTS = {
    "twitter.com": "x.com",
    "youtube-nocookie.com": "youtube.com",
    "music.youtube.com": "youtube.com",
    "dx.doi.org": "doi.org",
    **dict.fromkeys(
        ("export.arxiv.org", "browse.arxiv.org", "ar5iv.org", "ar5iv.labs.arxiv.org", "alphaxiv.org"), "arxiv.org"
    ),
    **{f"{name}.reddit.com": "reddit.com" for name in ("old", "new", "np", "i", "amp", "sh")},
}


def _is_form(host: str, pair: str) -> bool:
    """Return whether a parameter chooses another form of a page. Blogger's “m=1” is the one for phones."""
    return bool(_FORMS.fullmatch(pair)) or (pair == "m=1" and host.endswith(".blogspot.com"))


def _one_place(host: str, path: str) -> tuple[str, str]:
    """Return host and path in their one form, for hosts where a page has several and each of its parts is kept."""
    if host == "github.com":  # Owners and repositories ignore case; branches and files do not.
        path = re.sub(r"^/[^/]+/[^/]+", lambda names: names[0].lower().removesuffix(".git"), path)
    elif host == "gist.github.com":
        path = re.sub(r"^/[\w-]+(?=/[0-9a-f]{20,})", "", path)
    elif host.endswith(".medium.com") and re.fullmatch(r"/[\w-]+-[0-9a-f]{8,12}", path):
        return "medium.com", f"/@{host.removesuffix('.medium.com')}{path}"
    return host, _one_path(path)


def _one_path(path: str) -> str:
    """Cut “index.html” and, from the path of an article, “amp”. A short path may be about something called AMP."""
    path = re.sub(r"/index\.(?:html?|php)$", "", path)
    before, _, last = path.rpartition("/")
    if last == "amp" and re.search(r"[-\d]", before.rpartition("/")[2]):
        return before
    if path.startswith("/amp/") and re.search(r"[-\d]", last):
        return path.removeprefix("/amp")
    return re.sub(r"(?<=[-\w])\.amp(?=\.html$)", "", path)


def _fragment(fragment: str) -> str:
    fragment = unquote(without_tracking_fragment(fragment))
    if not fragment or _FRAME.fullmatch(fragment):
        return ""
    return "#" + quote(fragment, safe="/!?&=:;,.@~-_+*'()$")


def _is_front_page(address: str) -> bool:
    parts = urlsplit(address)
    return parts.path in ("", "/") and not parts.query


# Rules of hosts. Each returns the key of the work at a path, or "".


def _youtube(host: str, path: str, query: dict[str, str]) -> str:
    found = re.fullmatch(r"/(?:embed|shorts|live|watch|v|e)/([\w-]+)", path)
    if host == "youtu.be":
        found = re.fullmatch(r"/([\w-]+)", path)
    name = found[1] if found else query.get("v", "") if path == "/watch" else ""
    return f"youtube.com/watch?v={name}" if name else ""


def _vimeo(host: str, path: str, query: dict[str, str]) -> str:
    found = re.fullmatch(r"(?:/video|/channels/[\w-]+|/groups/[\w-]+/videos)?/(\d+)(?:/\w+)?", path)
    return f"vimeo.com/{found[1]}" if found else ""


def _arxiv(host: str, path: str, query: dict[str, str]) -> str:
    """An article has an abstract, PDF and HTML, and several versions: https://info.arxiv.org/help/arxiv_identifier.html."""
    found = re.fullmatch(r"/(?:abs|pdf|html|ps|format|e-print)/(.+?)(?:v\d+)?(?:\.pdf)?", path, re.IGNORECASE)
    return f"arxiv.org/abs/{found[1]}" if found else ""


def _doi(host: str, path: str, query: dict[str, str]) -> str:
    """A DOI ignores case: DOI Handbook, section 2.4. arXiv has one for each of its articles."""
    if found := re.fullmatch(r"/10\.48550/arxiv\.(.+?)(?:v\d+)?", path, re.IGNORECASE):
        return f"arxiv.org/abs/{found[1]}"
    return f"doi.org{path.lower()}" if path.startswith("/10.") else ""


def _x(host: str, path: str, query: dict[str, str]) -> str:
    found = re.match(r"/(\w+)/status(?:es)?/(\d+)", path)
    return f"x.com/{found[1].lower()}/status/{found[2]}" if found else ""


def _reddit(host: str, path: str, query: dict[str, str]) -> str:
    """A thread ignores its subreddit and the words behind its number. A comment below it is a work of its own."""
    if host == "redd.it":
        return f"reddit.com/comments{path}" if path else ""
    found = re.match(r"(?:/(?:r|user|u)/[\w-]+)?/comments/(\w+)(?:/[^/]*(?:/(\w+))?)?", path)
    return f"reddit.com/comments/{found[1]}" + (f"/_/{found[2]}" if found[2] else "") if found else ""


def _stack_exchange(host: str, path: str, query: dict[str, str]) -> str:
    found = re.fullmatch(r"/(?:questions|q)/(\d+)(?:/[^/]+)?(?:/(\d+))?", path)
    return (f"{host}/a/{found[2]}" if found[2] else f"{host}/questions/{found[1]}") if found else ""


def _substack(host: str, path: str, query: dict[str, str]) -> str:
    found = re.fullmatch(r"/pub/([\w-]+)/p/([\w-]+)", path)
    return f"{found[1]}.substack.com/p/{found[2]}" if found else ""


def _google_docs(host: str, path: str, query: dict[str, str]) -> str:
    found = re.match(r"(?:/a/[^/]+)?/(document|presentation|spreadsheets)(?:/u/\d+)?/d/((?:e/)?[\w-]+)", path)
    return f"{host}/{found[1]}/d/{found[2]}" if found else ""


_RULES: tuple[tuple[re.Pattern[str], Callable[[str, str, dict[str, str]], str]], ...] = (
    (re.compile(r"youtube\.com|youtu\.be"), _youtube),
    (re.compile(r"(player\.)?vimeo\.com"), _vimeo),
    (re.compile(r"arxiv\.org"), _arxiv),
    (re.compile(r"doi\.org"), _doi),
    (re.compile(r"x\.com"), _x),
    (re.compile(r"reddit\.com|redd\.it"), _reddit),
    (re.compile(r"stackoverflow\.com|serverfault\.com|superuser\.com|\w+\.stackexchange\.com"), _stack_exchange),
    (re.compile(r"open\.substack\.com"), _substack),
    (re.compile(r"docs\.google\.com"), _google_docs),
)
