"""What a view leaves unread of a request's content."""

from collections.abc import Callable
from contextlib import suppress

from django.http import HttpRequest, UnreadablePostError
from django.http.response import HttpResponseBase

from sreweekly.bulkheads import Bulkhead

CHUNK = 2**16  # Bytes.
# Clients who send slowly must not take every thread. The proxy sends a request only when it has all of it.
readings = Bulkhead(32, waiting=0, patience=0)


def read_to_the_end(get_response: Callable[[HttpRequest], HttpResponseBase]):
    """Read what is left before the answer goes out, which some answers do not need: a refusal, a redirect to the login.

    granian hangs up if it has answered and content is left. nginx, still sending it, then takes the application for
    broken, and its client gets 503 for an answer.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.META.get("CONTENT_LENGTH"):
            with readings.turn() as is_on, suppress(UnreadablePostError):  # The client has left.
                while is_on and request.read(CHUNK):
                    pass
        return response

    return middleware
