"""Fetch pages and feeds from other sites, follow their redirects, and say what the answers mean. Uses no models."""

import re
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from html import unescape
from math import ceil
from time import monotonic, time
from urllib.parse import urljoin, urlsplit

from django.conf import settings

from fetching.connections import Answer, ForbiddenAddress, request
from fetching.outcome import Outcome
from fetching.stand_ins import StandIn, is_sign_in, recognize

# Media types for the Accept header. An answer of another type is NOT_A_PAGE.
PAGE_TYPES = "text/html,application/xhtml+xml"
FEED_TYPES = (
    "application/rss+xml,application/atom+xml,application/feed+json,application/rdf+xml,application/xml,text/xml,"
    "application/json,text/html,text/plain"
)
LIMIT = 2 * 2**20  # Bytes after decompression.
SECONDS = 10  # In total, for name lookups, connections, redirects and the body.
REDIRECTS = 3
_ENCODINGS = {"", "identity", "gzip", "x-gzip", "deflate"}
_BINARY = (b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b")
# Headers that Cloudflare, AWS WAF and Vercel send with a bot check.
_BOT_CHECKS = ("cf-mitigated", "x-amzn-waf-action", "x-vercel-mitigated")
_TITLE = re.compile(rb"<title[^>]{0,200}>(.{0,500}?)</title", re.IGNORECASE | re.DOTALL)
_TITLE_WITHIN = 2**18  # Bytes from the beginning of a page.


@dataclass(frozen=True)
class Fetched:
    """The result of fetch(): the last answer, after redirects."""

    outcome: Outcome
    sentence: str  # Tells the editor what happened. Empty if the page was read in full or has not changed.
    address: str  # As it was requested.
    final_address: str  # After the redirects, as far as they were followed.
    status: int | None = None  # None if no answer came.
    is_moved_permanently: bool = False  # There were redirects, and each was a 301 or a 308.
    body: bytes = b""
    content_type: str = ""  # In lower case, without parameters.
    charset: str = ""  # As the header gives it: may be wrong, or no charset at all.
    is_cut: bool = False  # `body` is only the beginning.
    # Headers that matter for the next request.
    etag: str = ""
    last_modified: str = ""
    cache_control: str = ""
    retry_after: int | None = None  # Seconds from now.


def fetch(
    address: str, *, etag: str = "", last_modified: str = "", accept: str = PAGE_TYPES, limit: int = LIMIT
) -> Fetched:
    """Request an address. Takes SECONDS at most, and raises nothing, whatever the other site does.

    `accept` is the Accept header: media types, separated by commas. Answers of other types are not read. A body of more
    than `limit` bytes is cut. With `etag` or `last_modified`, the outcome can be NOT_MODIFIED.
    """
    end = monotonic() + SECONDS
    validators = {"If-None-Match": etag, "If-Modified-Since": last_modified}.items()
    conditions = [f"{name}: {value}" for name, value in validators if value and value.isascii() and value.isprintable()]
    headers = [f"User-Agent: {user_agent()}", f"Accept: {accept},*/*;q=0.1", *conditions]
    types = {*accept.split(","), ""}
    trail = Fetched(Outcome.TOO_MANY_REDIRECTS, f"The address redirects more than {REDIRECTS} times.", address, address)
    for hop in range(REDIRECTS + 1):
        try:
            answer = request(
                trail.final_address,
                headers,
                seconds=end - monotonic(),
                limit=limit,
                is_wanted=lambda answer: (
                    200 <= answer.status < 300 and _content_type(answer) in types and _encoding(answer) in _ENCODINGS
                ),
            )
        except ForbiddenAddress as error:
            return _forbidden(trail, str(error))
        trail = replace(trail, status=answer.status or None)
        if not _is_redirect(answer):
            return _judge(_with_headers(trail, answer), answer, is_conditional=bool(conditions))
        if hop < REDIRECTS:
            trail = _follow(trail, answer, is_first=hop == 0)
    return trail


def user_agent() -> str:
    """Return the User-Agent header: a product and a comment (RFC 9110, section 10.1.5)."""
    product = re.sub(r"[^A-Za-z0-9]", "", settings.NEWSLETTER_NAME) or "Newsletter"
    return f"{product}/1.0 (+{settings.SITE_URL}/)"


def _content_type(answer: Answer) -> str:
    return re.split("[,;]", answer.headers.get("content-type", ""))[0].strip().lower()


def _encoding(answer: Answer) -> str:
    return answer.headers.get("content-encoding", "").lower()


def _is_redirect(answer: Answer) -> bool:
    return answer.status in {301, 302, 303, 307, 308} and "location" in answer.headers


def _follow(trail: Fetched, answer: Answer, *, is_first: bool) -> Fetched:
    try:
        target = urljoin(trail.final_address, answer.headers["location"])
        fragment = urlsplit(trail.final_address).fragment
        if fragment and not urlsplit(target).fragment:  # RFC 9110, section 10.2.2.
            target = f"{target.removesuffix('#')}#{fragment}"
    except ValueError:  # Such as "http://[": request() refuses it.
        target = answer.headers["location"]
    is_permanent = answer.status in {301, 308} and (is_first or trail.is_moved_permanently)
    return replace(trail, final_address=target, is_moved_permanently=is_permanent)


def _with_headers(trail: Fetched, answer: Answer) -> Fetched:
    headers = answer.headers
    charset = re.search(r";.*?charset\s*=\s*[\"']?([^\s;\"',]+)", headers.get("content-type", ""), re.IGNORECASE)
    return replace(
        trail,
        content_type=_content_type(answer),
        charset=charset[1] if charset else "",
        etag=headers.get("etag", ""),
        last_modified=headers.get("last-modified", ""),
        cache_control=headers.get("cache-control", ""),
        retry_after=_seconds_until(headers.get("retry-after", "")),
    )


def _seconds_until(retry_after: str) -> int | None:
    """Parse a Retry-After header: seconds or a date (RFC 9110, section 10.2.3). Return None if it is neither."""
    if re.fullmatch(r"[0-9]{1,9}", retry_after):
        return int(retry_after)
    try:
        return max(ceil(parsedate_to_datetime(retry_after).timestamp() - time()), 0)
    except (ValueError, OverflowError):
        return None


def _judge(trail: Fetched, answer: Answer, *, is_conditional: bool) -> Fetched:
    status = answer.status
    if not status:
        return _not_reached(trail, answer)
    if any(name in answer.headers for name in _BOT_CHECKS):
        return _refused(trail, f"The site answered with a bot check ({status}).")
    if trail.final_address != trail.address and is_sign_in(trail.final_address) and not is_sign_in(trail.address):
        return _refused(trail, "The site asks for a sign-in.")
    if status in {404, 410}:
        return replace(trail, outcome=Outcome.GONE, sentence=f"The page is gone: the site answered {status}.")
    if status == 304 and is_conditional:
        return replace(trail, outcome=Outcome.NOT_MODIFIED, sentence="")
    if 400 <= status < 500 or status == 999:  # 999 is LinkedIn's.
        return _refused(trail, f"The site did not let us read the page ({status}).")
    if not 200 <= status < 300:
        return _unreachable(trail, f"The site answered {status}.")
    if not answer.has_wanted_body:
        is_encoded = _encoding(answer) not in _ENCODINGS
        return _not_a_page(trail, f"something compressed as {_encoding(answer)}" if is_encoded else trail.content_type)
    return _judge_body(trail, answer)


def _judge_body(trail: Fetched, answer: Answer) -> Fetched:
    body = bytes(answer.body)
    if answer.failure and not body:
        return _not_reached(trail, answer)
    if body.startswith(_BINARY) or (not trail.content_type and body and body.lstrip()[:1] not in (b"<", b"{")):
        return _not_a_page(trail, "application/pdf" if body.startswith(b"%PDF-") else trail.content_type)
    title = _TITLE.search(body[:_TITLE_WITHIN])
    match recognize(unescape(title[1].decode("utf-8", "replace"))) if title else StandIn.NONE:
        case StandIn.MISSING:
            return replace(trail, outcome=Outcome.GONE, sentence="The title of the page says that it was not found.")
        case StandIn.SIGN_IN:
            return _refused(trail, "The site asks for a sign-in.")
        case StandIn.BOT_CHECK:
            return _refused(trail, "The site answered with a bot check.")
    sentence = f"Only the first {len(body):,} bytes were read. {answer.failure}".strip() if answer.is_cut else ""
    return replace(trail, outcome=Outcome.OK, sentence=sentence, body=body, is_cut=answer.is_cut)


def _not_a_page(trail: Fetched, kind: str) -> Fetched:
    names = {"application/pdf": "a PDF", "text/plain": "plain text", "": "no web page"}
    name = names.get(kind) or ("a picture" if kind.startswith("image/") else f"no web page ({kind[:100]})")
    return replace(trail, outcome=Outcome.NOT_A_PAGE, sentence=f"The address leads to {name}: it has no title to read.")


def _refused(trail: Fetched, what: str) -> Fetched:
    return replace(trail, outcome=Outcome.REFUSED, sentence=f"{what} It will probably open in your browser.")


def _not_reached(trail: Fetched, answer: Answer) -> Fetched:
    if answer.is_private:
        return _forbidden(trail, f"“{answer.host}” is not on the public internet, so it is not requested.")
    return _unreachable(trail, _redirected(trail) + answer.failure)


def _unreachable(trail: Fetched, what: str) -> Fetched:
    sentence = f"{what} It may still open in your browser."
    return replace(trail, outcome=Outcome.UNREACHABLE, sentence=sentence)


def _forbidden(trail: Fetched, why: str) -> Fetched:
    return replace(trail, outcome=Outcome.FORBIDDEN, sentence=_redirected(trail) + why)


def _redirected(trail: Fetched) -> str:
    is_redirected = trail.final_address != trail.address
    return f"It redirects to {trail.final_address[:500]}. " if is_redirected else ""
