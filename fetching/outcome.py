"""What came of asking another site. Alone in its module, so that models need not load network code."""

from enum import StrEnum


class Outcome(StrEnum):
    OK = "ok"
    NOT_MODIFIED = "not modified"  # 304, to a request that gave etag or last_modified.
    GONE = "gone"  # 404 and 410, and pages that say so of themselves.
    REFUSED = "refused"  # 401, 403, 429, 451 and the like, challenges to browsers, requests to sign in.
    UNREACHABLE = "unreachable"  # Names, connections, certificates, time, 5xx: says nothing about the page.
    FORBIDDEN = "forbidden"  # An address that is never asked, or redirects to one.
    NOT_A_PAGE = "not a page"  # A PDF, a picture: fine as a link, with nothing to read.
    TOO_MANY_REDIRECTS = "too many redirects"
