"""The possible outcomes of a request to another site. In a module of its own, so that models load no network code."""

from enum import StrEnum


class Outcome(StrEnum):
    OK = "ok"
    NOT_MODIFIED = "not modified"  # 304, in answer to a conditional request.
    GONE = "gone"  # 404, 410, or a page with a title that says "not found".
    REFUSED = "refused"  # 401, 403, 429, 451 and the like, a bot check, or a sign-in.
    UNREACHABLE = "unreachable"  # No name, connection, certificate or answer in time, or 5xx. The page may be fine.
    FORBIDDEN = "forbidden"  # The address, or one that it redirects to, must not be requested.
    NOT_A_PAGE = "not a page"  # A PDF or a picture: fine as a link, but without details to read.
    TOO_MANY_REDIRECTS = "too many redirects"
