"""Answer public requests from memory, before Django's middleware and without the database.

What a reader gets is a function of the site's version and of the request. A page is stored with the version under which
it was made, and is made again when the version has moved. Its key holds everything in the request that its view read:
the path, the query parameters that the view looked at, and what the response names in Vary. Only responses that are
`public` (issues/site/caching.py) are stored, and only if they were made without a cookie or a token.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import get_bytes_from_wsgi
from django.http import QueryDict
from django.http.request import split_domain_port, validate_host
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags, parse_http_date_safe
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from issues.models.site_version import VERSION, Version
from issues.site.caching import WEEK
from sreweekly.compression import ENCODERS, MIN_LENGTH, choose_encoding, is_compressible, is_public
from sreweekly.parameters import EVERY, PARAMETERS
from sreweekly.site_version import SiteVersionWatcher

type Environ = dict[str, Any]
type Headers = list[tuple[str, str]]
type StartResponse = Callable[..., Any]
type Key = tuple[str, tuple[tuple[str, ...], ...], bool, bool]

STATUSES = {200, 301, 410}
# The headers that may be in Vary. The encoding is chosen per request; of Sec-Fetch-Dest only "document" matters.
VARIES = {"accept-encoding", "sec-fetch-dest"}
# Characters of a query string. No link of this site has as many.
LONGEST_QUERY = 2000
# Bytes that a page takes beside its contents: headers, key, objects. tracemalloc measured 3,440.
OVERHEAD = 4000
# A page takes at most this part of the store.
LARGEST_PART = 0.25
# Redirects and “gone” that are kept. Anybody can invent addresses that are answered so: they must not displace pages.
MOST_REDIRECTS = 1000

# These are of one answer, and not of the page.
OF_THE_ANSWER = {"content-length", "x-request-id"}
# A 304 has no content that these could describe.
OF_THE_CONTENT = {"content-type", "content-encoding", "content-disposition", "content-language"}


class Page:
    """A stored response: its headers, and its bytes in each encoding that somebody asked for."""

    def __init__(self, response: HttpResponseBase, status: str, headers: Headers, version: Version) -> None:
        content = b"".join(response)
        self.status = status
        self.version = version
        # The view's own ETag. With it, Django answers 304 if only something else on the site has changed.
        self.validator = response.get("ETag", "")
        if response.status_code == 200 and not self.validator:
            digest = hashlib.blake2b(content, digest_size=16).hexdigest()
            headers = [*headers, ("ETag", f'W/"{digest}"')]
        self.headers = [(name, value) for name, value in headers if name.lower() not in OF_THE_ANSWER]
        self.etag = next((value for name, value in self.headers if name.lower() == "etag"), "")
        self.modified = parse_http_date_safe(response.get("Last-Modified", ""))
        self.is_compressible = is_compressible(response) and len(content) >= MIN_LENGTH
        self.answers = {"": ([*self.headers, ("Content-Length", str(len(content)))], [content])}
        self.not_modified = [(name, value) for name, value in self.headers if name.lower() not in OF_THE_CONTENT]
        self.size = OVERHEAD + len(content)

    def encode(self, encoding: str) -> int:
        """Add the bytes in this encoding. Return how many there are."""
        content = ENCODERS[encoding](self.answers[""][1][0])
        coded = [("Content-Encoding", encoding), ("Content-Length", str(len(content)))]
        self.answers[encoding] = ([*self.headers, *coded], [content])
        self.size += len(content)
        return len(content)

    def is_unchanged_for(self, environ: Environ) -> bool:
        """Return whether the client has this page already: RFC 9110, section 13.2.2."""
        if not self.etag:
            return False
        if (etags := environ.get("HTTP_IF_NONE_MATCH")) is not None:
            if etags == self.etag:
                return True
            tags = parse_etags(etags)
            return tags == ["*"] or self.etag.removeprefix("W/") in [tag.removeprefix("W/") for tag in tags]
        since = environ.get("HTTP_IF_MODIFIED_SINCE")
        moment = parse_http_date_safe(since) if since and self.modified else None
        return moment is not None and self.modified is not None and self.modified <= moment


class PageStore(Collector):
    """A WSGI application (PEP 3333) around Django's.

    `limit` is in bytes: the least recently used page leaves first. With 0 nothing is stored.
    """

    def __init__(self, application: Callable[..., Any], watcher: SiteVersionWatcher, limit: int) -> None:
        self.application = application
        self.watcher = watcher
        self.limit = limit
        self.size = 0
        self.hits = self.misses = self.stale = 0
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        # The keys of those that are redirects or “gone”, the oldest first.
        self._redirects: dict[Key, None] = {}
        # By path: the parameters that its views read, in order, and the keys of its pages.
        self._names: dict[str, tuple[str, ...]] = {}
        self._keys: dict[str, set[Key]] = {}
        self._making: set[Key] = set()
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self.limit or environ["REQUEST_METHOD"] not in ("GET", "HEAD") or _is_special(environ):
            return self.application(environ, start_response)
        if not self.watcher.is_running:
            self.watcher.start()
        reading = self.watcher.reading
        if reading is None or reading.age > WEEK:
            return self.application(environ, start_response)
        names = self._names.get(environ["PATH_INFO"])
        key = None if names is None else _key(environ, environ["PATH_INFO"], names)
        page = None if key is None else self._pages.get(key)
        if page is None or key is None:
            return self._answer_new(environ, start_response, reading.version)
        if page.version != reading.version:
            return self._answer_again(environ, start_response, reading.version, key, page)
        if reading.is_stale:
            return self._answer(environ, start_response, key, page, reading.age)
        self.hits += 1
        return self._answer(environ, start_response, key, page)

    def collect(self) -> Iterator[Metric]:
        """Return metrics: requests by where the answer came from, and the size. Logs and views see the misses alone."""
        answers = CounterMetricFamily("page_store_answers", "Answers to GET and HEAD, by source.", labels=["source"])
        for source, count in (("store", self.hits), ("stale", self.stale), ("django", self.misses)):
            answers.add_metric([source], count)
        yield answers
        yield GaugeMetricFamily("page_store_bytes", "Bytes of stored pages.", self.size)
        yield GaugeMetricFamily("page_store_pages", "Stored pages.", len(self._pages))

    def _answer(
        self, environ: Environ, start_response: StartResponse, key: Key, page: Page, age: float = 0
    ) -> list[bytes]:
        """Answer with a stored page. `age`: seconds since it was certainly right, 0 if it still is."""
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
        stale = []
        if age:
            self.stale += 1
            stale = [("Cache-Status", f"page-store; hit; ttl=-{int(age)}")]  # RFC 9211, section 2.3.
        if ("HTTP_IF_NONE_MATCH" in environ or "HTTP_IF_MODIFIED_SINCE" in environ) and page.is_unchanged_for(environ):
            start_response("304 Not Modified", page.not_modified + stale)
            return []
        encoding = choose_encoding(environ.get("HTTP_ACCEPT_ENCODING", "")) if page.is_compressible else ""
        answer = page.answers.get(encoding)
        if answer is None:
            answer = self._encode(key, page, encoding)
        start_response(page.status, answer[0] + stale)
        return answer[1] if environ["REQUEST_METHOD"] == "GET" else []

    def _encode(self, key: Key, page: Page, encoding: str) -> tuple[Headers, list[bytes]]:
        with self._lock:
            if encoding not in page.answers:
                added = page.encode(encoding)
                if self._pages.get(key) is page:
                    self.size += added
                    self._shrink()
        return page.answers[encoding]

    def _answer_new(self, environ: Environ, start_response: StartResponse, version: Version) -> Iterable[bytes]:
        """Let Django answer, and store the page if it is public."""
        self.misses += 1
        if environ["REQUEST_METHOD"] == "HEAD" or environ.get("HTTP_COOKIE") or environ.get("HTTP_AUTHORIZATION"):
            return self.application(environ, start_response)
        response, begin, names = self._ask(environ, version)
        if (page := _page_of(environ, response, begin, names, version)) is None:
            start_response(*begin)
            return response
        key = self._put(environ, page, names)
        return self._answer(environ, start_response, key, page)

    def _answer_again(
        self, environ: Environ, start_response: StartResponse, version: Version, key: Key, page: Page
    ) -> Iterable[bytes]:
        """Have Django make a stored page again. Meanwhile others get the former one; so do all if that fails."""
        with self._lock:
            is_made_elsewhere = key in self._making
            self._making.add(key)
        if is_made_elsewhere:
            self.hits += 1
            return self._answer(environ, start_response, key, page)
        try:
            self.misses += 1
            response, begin, names = self._ask(environ, version, page.validator)
            if response.status_code >= 500:
                _closed(response)
                reading = self.watcher.reading
                return self._answer(environ, start_response, key, page, max(1, reading.age) if reading else 1)
            if response.status_code == 304 and page.validator:
                _closed(response)
                page.version = version
                return self._answer(environ, start_response, key, page)
            if (new := _page_of(environ, response, begin, names, version)) is not None:
                key = self._put(environ, new, names)
                return self._answer(environ, start_response, key, new)
            with self._lock:
                self._drop(key)
            start_response(*begin)
            return response if environ["REQUEST_METHOD"] == "GET" else _closed(response)
        finally:
            with self._lock:
                self._making.discard(key)

    def _ask(
        self, environ: Environ, version: Version, validator: str = ""
    ) -> tuple[Any, tuple[str, Headers], set[str]]:
        """Return Django's response, what it began with, and the parameters that were read.

        Django is asked for the whole page without an encoding, as nobody in particular.
        """
        names: set[str] = set()
        asked = {name: value for name, value in environ.items() if name not in _OF_THE_CLIENT}
        asked |= {"REQUEST_METHOD": "GET", PARAMETERS: names, VERSION: version}
        if validator:
            asked["HTTP_IF_NONE_MATCH"] = validator
        begin: list[Any] = []

        def start_response(*arguments: Any) -> None:
            begin[:] = arguments

        response = self.application(asked, start_response)
        return response, (begin[0], begin[1]), names

    def _put(self, environ: Environ, page: Page, names: set[str]) -> Key:
        path = environ["PATH_INFO"]
        with self._lock:
            known = set(self._names.get(path, ()))
            if not names <= known:
                # Pages made before did not read these: their keys say too little to tell them apart.
                for key in list(self._keys.get(path, ())):
                    self._drop(key)
            ordered = tuple(sorted(known | names))
            key = _key(environ, path, ordered)
            self._drop(key)
            if page.size <= self.limit * LARGEST_PART:
                self._names[path] = ordered
                self._keys.setdefault(path, set()).add(key)
                self._pages[key] = page
                self.size += page.size
                if not page.status.startswith("200"):
                    self._redirects[key] = None
                self._shrink()
        return key

    def _shrink(self) -> None:
        if len(self._redirects) > MOST_REDIRECTS:
            self._drop(next(iter(self._redirects)))
        while self.size > self.limit:
            self._drop(next(iter(self._pages)))

    def _drop(self, key: Key) -> None:
        if (page := self._pages.pop(key, None)) is None:
            return
        self.size -= page.size
        self._redirects.pop(key, None)
        keys = self._keys[key[0]]
        keys.discard(key)
        if not keys:
            del self._keys[key[0]], self._names[key[0]]


# What Django must not know when it makes a page for everybody.
_OF_THE_CLIENT = {
    *("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE", "HTTP_IF_RANGE"),
    *("HTTP_ACCEPT_ENCODING", "HTTP_COOKIE", "HTTP_AUTHORIZATION"),
}


def _is_special(environ: Environ) -> bool:
    """Return whether Django has to answer: a precondition, a host that is not ours, a file of WhiteNoise."""
    return (
        "HTTP_IF_MATCH" in environ
        or "HTTP_IF_UNMODIFIED_SINCE" in environ
        or len(environ.get("QUERY_STRING", "")) > LONGEST_QUERY
        or not _is_our_host(environ.get("HTTP_HOST", ""))
        or environ["PATH_INFO"].startswith(settings.STATIC_URL)
    )


@lru_cache(maxsize=256)
def _is_our_host(host: str) -> bool:
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def _is_secure(environ: Environ) -> bool:
    """Return what request.is_secure() does."""
    header = settings.SECURE_PROXY_SSL_HEADER
    if header and (value := environ.get(header[0])) is not None:
        return value.partition(",")[0].strip() == header[1]
    return environ["wsgi.url_scheme"] == "https"


def _key(environ: Environ, path: str, names: tuple[str, ...]) -> Key:
    values: tuple[tuple[str, ...], ...] = ()
    if names and (query := environ.get("QUERY_STRING")):
        if EVERY in names:
            values = ((query,),)
        else:
            parameters = QueryDict(get_bytes_from_wsgi(environ, "QUERY_STRING", ""))
            values = tuple(tuple(parameters.getlist(name)) for name in names)
            values = values if any(values) else ()
    return path, values, _is_secure(environ), environ.get("HTTP_SEC_FETCH_DEST") == "document"


def _page_of(
    environ: Environ, response: Any, begin: tuple[str, Headers], names: set[str], version: Version
) -> Page | None:
    """Return the response as a page, and close it. None if it is not for everybody."""
    if getattr(response, "streaming", True) or response.status_code not in STATUSES or not is_public(response):
        return None
    varies = {name.strip().lower() for name in response.get("Vary", "").split(",")} - {""}
    if not varies <= VARIES or response.has_header("Content-Encoding"):
        return None
    if EVERY in names and environ.get("QUERY_STRING"):
        return None  # A view that reads every parameter would have a page for each.
    page = Page(response, *begin, version)
    response.close()
    return page


def _closed(response: HttpResponseBase) -> list[bytes]:
    """Close a response that is not sent, which gives its database connection back."""
    response.close()
    return []
