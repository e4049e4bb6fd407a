"""Asking other sites for their pages and feeds: public addresses only, in bounded time and space. Knows no models."""

import re
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from html import unescape
from http.client import HTTPException
from ipaddress import ip_address
from math import ceil
from time import time
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from requests import PreparedRequest, Request, RequestException, Response
from requests.exceptions import SSLError
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.exceptions import HTTPError

from fetching.connections import Deadline, PublicAdapter, is_public
from fetching.outcome import Outcome
from fetching.stand_ins import StandIn, is_sign_in, of_title
from text.validators import FORBIDDEN_CHARACTERS

# What a page may be, and a feed. The caller's types are asked for and read; everything else is NOT_A_PAGE.
PAGE_TYPES = "text/html,application/xhtml+xml"
FEED_TYPES = (
    "application/rss+xml,application/atom+xml,application/feed+json,application/rdf+xml,application/xml,text/xml,"
    "application/json,text/html,text/plain"
)
LIMIT = 2 * 2**20  # Bytes, as they are after decompression.
SECONDS = 10  # For all of it: names, connections, redirects and the body.
REDIRECTS = 3
_CHUNK = 2**16
_BINARY = (b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b")
# Set by Cloudflare, AWS WAF and Vercel when they want a browser to prove itself.
_CHALLENGES = ("cf-mitigated", "x-amzn-waf-action", "x-vercel-mitigated")
_FAILURES = (OSError, HTTPException, HTTPError, zlib.error)  # Of networks and servers; requests' own are OSError.
_TITLE = re.compile(rb"<title[^>]{0,200}>(.{0,500}?)</title", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Fetched:
    outcome: Outcome
    sentence: str  # For the editor: what happened. Empty where there is nothing to say.
    address: str  # As asked.
    final_address: str  # Where the redirects led, as far as they were followed.
    status: int | None = None  # Of the last answer.
    is_moved_permanently: bool = False  # There were redirects, and every one was a 301 or a 308.
    body: bytes = b""
    content_type: str = ""  # In small letters, without parameters.
    charset: str = ""  # As the header gives it: may be wrong, or no charset at all.
    is_cut: bool = False  # There is more than `body` has.
    # Answers' headers, for who asks again.
    etag: str = ""
    last_modified: str = ""
    cache_control: str = ""
    retry_after: int | None = None  # Seconds from now.


class ForbiddenAddress(ValueError):
    """With a sentence that says why it is not asked."""


def fetch(
    address: str, *, etag: str = "", last_modified: str = "", accept: str = PAGE_TYPES, limit: int = LIMIT
) -> Fetched:
    """Never raises for what the web does, and takes SECONDS at most.

    `accept` holds types with commas between: what is asked for, and what is read. `limit` is in bytes after
    decompression: what is longer is cut.
    """
    conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    headers = {
        "User-Agent": user_agent(),
        "Accept": f"{accept},*/*;q=0.1",
        "Accept-Encoding": "gzip",
        **{name: value for name, value in conditions.items() if value and value.isascii() and value.isprintable()},
    }
    trail = Fetched(Outcome.TOO_MANY_REDIRECTS, "", address, address)
    with Deadline(SECONDS) as deadline:
        try:
            for hop in range(REDIRECTS + 1):
                request = prepare(trail.final_address, headers)
                with closing(_send(request, deadline)) as response:
                    trail = replace(trail, status=response.status_code)
                    if not _is_redirect(response):
                        return _judge(_with_headers(trail, response), response, accept, limit, deadline)
                    if hop < REDIRECTS:
                        trail = _follow(trail, response, is_first=hop == 0)
        except (*_FAILURES, ValueError) as error:
            return _explain(trail, error, deadline)
    return replace(trail, sentence=f"The address redirects more than {REDIRECTS} times.")


def user_agent() -> str:
    """RFC 9110, section 10.1.5: a product and a comment."""
    product = re.sub(r"[^A-Za-z0-9]", "", settings.NEWSLETTER_NAME) or "Newsletter"
    return f"{product}/1.0 (+{settings.SITE_URL}/)"


def prepare(address: str, headers: dict[str, str]) -> PreparedRequest:
    """Raises ForbiddenAddress, or what requests raises for what it cannot read (a ValueError).

    The address that is judged is the one that requests made of it, and will ask.
    """
    if not re.match(r"\s*https?://", address, re.IGNORECASE):
        raise ForbiddenAddress("Only addresses that begin with http:// or https:// are asked.")
    request = Request("GET", address, headers=headers).prepare()
    parts = urlsplit(request.url or "")
    if "@" in parts.netloc:
        raise ForbiddenAddress("Addresses with a user name or a password are not asked.")
    if parts.port not in (None, 80, 443):
        raise ForbiddenAddress(f"Only the ports 80 and 443 are asked, not {parts.port}.")
    if _is_private_literal(parts.hostname or ""):
        raise InvalidIPAddress(parts.hostname)
    return request


def _is_private_literal(host: str) -> bool:
    """Before requests-hardened unwraps an IPv4 address from an IPv6 one. Names are judged where they are looked up."""
    try:
        return not is_public(ip_address(host))
    except ValueError:
        return False


def _send(request: PreparedRequest, deadline: Deadline) -> Response:
    adapter = PublicAdapter(urlsplit(request.url or "").scheme, deadline)
    response = adapter.send(request, stream=True, timeout=deadline.remaining)
    if deadline.is_over:  # Then these may not be all of its headers.
        raise TimeoutError
    return response


def _is_redirect(response: Response) -> bool:
    return response.status_code in {301, 302, 303, 307, 308} and "location" in response.headers


def _follow(trail: Fetched, response: Response, *, is_first: bool) -> Fetched:
    target = urljoin(trail.final_address, _header(response, "location"))
    fragment = urlsplit(trail.final_address).fragment
    if fragment and not urlsplit(target).fragment:  # RFC 9110, section 10.2.2.
        target = f"{target.removesuffix('#')}#{fragment}"
    is_permanent = response.status_code in {301, 308} and (is_first or trail.is_moved_permanently)
    return replace(trail, final_address=target, is_moved_permanently=is_permanent)


def _header(response: Response, name: str) -> str:
    """http.client reads headers as Latin-1; what is sent beyond ASCII is UTF-8. No database keeps a NUL."""
    text = response.headers.get(name, "").encode("latin-1", "replace").decode("utf-8", "replace")
    return FORBIDDEN_CHARACTERS.sub("", text)


def _with_headers(trail: Fetched, response: Response) -> Fetched:
    kind, _, parameters = _header(response, "content-type").partition(";")
    charset = re.search(r"charset\s*=\s*[\"']?([^\s;\"',]+)", parameters, re.IGNORECASE)
    return replace(
        trail,
        content_type=kind.split(",")[0].strip().lower(),
        charset=charset[1] if charset else "",
        etag=_header(response, "etag"),
        last_modified=_header(response, "last-modified"),
        cache_control=_header(response, "cache-control"),
        retry_after=_seconds_until(_header(response, "retry-after")),
    )


def _seconds_until(retry_after: str) -> int | None:
    """RFC 9110, section 10.2.3: seconds, or a date."""
    if re.fullmatch(r"[0-9]{1,9}", retry_after):
        return int(retry_after)
    try:
        return max(ceil(parsedate_to_datetime(retry_after).timestamp() - time()), 0)
    except (ValueError, OverflowError):
        return None


def _judge(trail: Fetched, response: Response, accept: str, limit: int, deadline: Deadline) -> Fetched:
    """What the answer is; its body is read only where it is a page that was asked for."""
    status = response.status_code
    if any(name in response.headers for name in _CHALLENGES):
        return _refused(trail, f"The site wants a browser to prove itself ({status}).")
    if trail.final_address != trail.address and is_sign_in(trail.final_address) and not is_sign_in(trail.address):
        return _refused(trail, "The site asks to sign in.")
    if status in {404, 410}:
        return replace(trail, outcome=Outcome.GONE, sentence=f"The page is gone: the site answered {status}.")
    if status == 304 and {"If-None-Match", "If-Modified-Since"} & set(response.request.headers):
        return replace(trail, outcome=Outcome.NOT_MODIFIED)
    if 400 <= status < 500 or status == 999:  # LinkedIn's.
        return _refused(trail, f"The site did not let us read the page ({status}).")
    if not 200 <= status < 300:
        return _unreachable(trail, f"The site answered {status}.")
    return _receive(trail, response, accept, limit, deadline)


def _receive(trail: Fetched, response: Response, accept: str, limit: int, deadline: Deadline) -> Fetched:
    encoding = _header(response, "content-encoding").strip().lower() or "identity"
    is_wanted = trail.content_type in {*accept.split(","), ""}
    if not is_wanted or encoding not in {"identity", "gzip", "x-gzip", "deflate"}:
        return _not_a_page(trail, trail.content_type if not is_wanted else f"something compressed as {encoding}")
    body, is_cut = _read(response, is_compressed=encoding != "identity", limit=limit)
    is_cut = is_cut or deadline.is_over  # To the one who reads, that is an end.
    if body.startswith(_BINARY) or (not trail.content_type and body and body.lstrip()[:1] not in (b"<", b"{")):
        return _not_a_page(trail, "application/pdf" if body.startswith(b"%PDF-") else trail.content_type)
    if kind := _stand_in(body):
        return _standing_in(trail, kind)
    sentence = ""
    if is_cut:
        why = f"it took longer than {SECONDS} seconds" if deadline.is_over else "there was more, or it broke off"
        sentence = f"Only the first {len(body):,} bytes were read: {why}."
    return replace(trail, outcome=Outcome.OK, sentence=sentence, body=body, is_cut=is_cut)


def _read(response: Response, *, is_compressed: bool, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes, and whether there is more. A connection that breaks off has given what it has given."""
    body = bytearray()
    try:
        for piece in _pieces(response, is_compressed=is_compressed):
            body += piece
            if len(body) > limit:
                return bytes(body[:limit]), True
    except _FAILURES:
        if not body:
            raise
        return bytes(body), True
    return bytes(body), False


def _pieces(response: Response, *, is_compressed: bool) -> Iterator[bytes]:
    """Of 64 kB at most, also while inflating: urllib3 2.8 inflates the rest without a limit when the input ends."""
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # Either of gzip and zlib.
    while data := response.raw.read1(_CHUNK, decode_content=False):
        if not is_compressed:
            yield data
        while is_compressed and data and not inflater.eof:
            yield inflater.decompress(data, _CHUNK)
            data = inflater.unconsumed_tail


def _stand_in(body: bytes) -> StandIn:
    title = _TITLE.search(body[: 4 * _CHUNK])
    return of_title(unescape(title[1].decode("utf-8", "replace"))) if title else StandIn.NONE


def _standing_in(trail: Fetched, kind: StandIn) -> Fetched:
    if kind == StandIn.MISSING:
        return replace(trail, outcome=Outcome.GONE, sentence="The page says of itself that there is nothing.")
    if kind == StandIn.SIGN_IN:
        return _refused(trail, "The site asks to sign in.")
    return _refused(trail, "The site wants a browser to prove itself.")


def _not_a_page(trail: Fetched, kind: str) -> Fetched:
    names = {"application/pdf": "a PDF", "text/plain": "plain text", "": "no web page"}
    name = names.get(kind) or ("a picture" if kind.startswith("image/") else f"no web page ({kind[:100]})")
    return replace(trail, outcome=Outcome.NOT_A_PAGE, sentence=f"The address leads to {name}: it has no title to read.")


def _refused(trail: Fetched, what: str) -> Fetched:
    return replace(trail, outcome=Outcome.REFUSED, sentence=f"{what} It may well open in yours.")


def _unreachable(trail: Fetched, what: str) -> Fetched:
    return replace(
        trail,
        outcome=Outcome.UNREACHABLE,
        sentence=f"{what} It could not be reached from here, which does not mean that it is dead.",
    )


def _explain(trail: Fetched, error: Exception, deadline: Deadline) -> Fetched:
    host = (re.match(r"\s*https?://([^/?#]*)", trail.final_address, re.IGNORECASE) or ["", "it"])[1][:253]
    where = f"It redirects to {trail.final_address[:500]}. " if trail.final_address != trail.address else ""
    if isinstance(error, InvalidIPAddress):
        why = f"“{host}” is not on the public internet, so it is not asked."
    elif isinstance(error, ForbiddenAddress):
        why = str(error)
    elif isinstance(error, ValueError) and not deadline.is_over:
        why = "Nobody can open this address: it is not written as one."
    else:
        return _unreachable(trail, where + _failure(error, host, deadline))
    return replace(trail, outcome=Outcome.FORBIDDEN, sentence=where + why)


def _failure(error: Exception, host: str, deadline: Deadline) -> str:
    if deadline.is_over:
        return f"“{host}” did not answer within {SECONDS} seconds."
    if isinstance(error, SSLError):
        return f"“{host}” has no valid certificate."
    if isinstance(error, RequestException) and "resolve" in str(error):
        return f"The name “{host}” is not known."
    return f"The connection to “{host}” failed."
