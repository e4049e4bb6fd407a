"""What identifies a page: the key that its addresses share, and which of them to publish.

The general rules hold for every host. The rules of single hosts are below them: there, one work has several addresses.
After a change of any rule, stored keys follow within a day (fetching/keys.py).
"""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from url_normalize import url_normalize

from fetching.addresses import host_of, is_feed_proxy, is_shortened, to_unicode
from fetching.tracking import is_tracking, without_tracking

# Fragments of a page's frame, and not of what it says. Others may name an item, such as a day of a log.
_FRAME = re.compile(
    r"comments?|respond|reply-title|disqus_thread|comment-form|top|page-?top|content|main(-content)?|primary|article|post"
    r"|more(-\d+)?|read-?more|body|header|footer|nav|toc|share|subscribe|_=_|start(-of-content)?|site-content|skip(-\w+)*",
    re.IGNORECASE,
)
# Parameters that choose another form of the same page.
_FORMS = {("amp", ""), ("amp", "1"), ("amp", "true"), ("outputtype", "amp"), ("print", "1"), ("print", "true")}
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
    pairs = [
        pair
        for pair in parse_qsl(parts.query, keep_blank_values=True)
        if not is_tracking(*pair, host, path) and (pair[0].lower(), pair[1].lower()) not in _FORMS
    ]
    for hosts, rule in _RULES:
        if hosts.fullmatch(host) and (work := rule(host, path, dict(pairs))):
            return work
    if doi := re.search(r"/doi/(?:\w+/)?(10\.\d{4,9}/[^?]+)", path):
        return f"doi.org/{doi[1].lower()}"
    query = urlencode(sorted(pairs))
    return f"{host}{port}{_without_amp(path)}" + (f"?{query}" if query else "") + _fragment(fragment)


def _host(host: str) -> str:
    """Return the host in its one form: in Unicode, without “www.”, “m.” or “mobile.” before a domain."""
    host = to_unicode(host)
    host = re.sub(r"^(?:www|m|mobile)\.(?=[^.]+\.[^.]+)", "", host)
    host = re.sub(r"\.m\.(?=(?:wikipedia|wiktionary|wikimedia|wikibooks)\.org$)", ".", host)
    return _SAME_HOSTS.get(host, host)


_SAME_HOSTS = {
    "twitter.com": "x.com",
    "youtube-nocookie.com": "youtube.com",
    "music.youtube.com": "youtube.com",
    "dx.doi.org": "doi.org",
    "export.arxiv.org": "arxiv.org",
    **{f"{name}.reddit.com": "reddit.com" for name in ("old", "new", "np", "i", "amp", "sh")},
}


def _without_amp(path: str) -> str:
    """Cut “/amp” from the path of an article. A short path may be about something that is called AMP."""
    before, _, last = path.rpartition("/")
    is_article = bool(re.search(r"[-\d]", before.rpartition("/")[2]))
    return before if last == "amp" and is_article else re.sub(r"(?<=[-\w])\.amp(?=\.html$)", "", path)


def _fragment(fragment: str) -> str:
    fragment = unquote(fragment.partition(":~:")[0])
    if not fragment or _FRAME.fullmatch(fragment):
        return ""
    return "#" + quote(fragment, safe="/!?&=:;,.@~-_+*'()$")


def _is_front_page(address: str) -> bool:
    parts = urlsplit(address)
    return parts.path in ("", "/") and not parts.query


# Rules of hosts. Each returns the key of the work at a path, or "".


def _youtube(host: str, path: str, query: dict[str, str]) -> str:
    found = re.fullmatch(r"/(?:embed|shorts|live|v|e)/([\w-]+)", path)
    if host == "youtu.be":
        found = re.fullmatch(r"/([\w-]+)", path)
    name = found[1] if found else query.get("v", "") if path == "/watch" else ""
    return f"youtube.com/watch?v={name}" if name else ""


def _vimeo(host: str, path: str, query: dict[str, str]) -> str:
    found = re.fullmatch(r"(?:/video)?/(\d+)(?:/\w+)?", path)
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


def _github(host: str, path: str, query: dict[str, str]) -> str:
    found = re.fullmatch(r"(/[\w.-]+/[\w.-]+?)\.git", path)
    return f"github.com{found[1]}" if found else ""


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
    (re.compile(r"github\.com"), _github),
)
