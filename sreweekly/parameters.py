"""Note which query parameters a view reads, for the key of its page in the store."""

from collections.abc import Callable

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase

from sreweekly.compression import is_public

# In the environ: the set of parameters that the view has read. EVERY stands for the whole query string.
PARAMETERS = "sreweekly.parameters"
EVERY = "*"


class RecordedParameters(QueryDict):
    """request.GET, which notes the names of the parameters that are read. Django's other methods use these."""

    names: set[str]

    @classmethod
    def of(cls, parameters: QueryDict, names: set[str]) -> "RecordedParameters":
        recorded = cls(mutable=True)
        recorded.names = set()
        for name, values in parameters.lists():
            recorded.setlist(name, values)
        recorded._mutable = False
        recorded.names = names
        return recorded

    def __getitem__(self, key):
        self.names.add(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self.names.add(key)
        return super().__contains__(key)

    def getlist(self, key, default=None):
        self.names.add(key)
        return super().getlist(key, default)

    def __iter__(self):
        self.names.add(EVERY)
        return super().__iter__()

    def __len__(self):
        self.names.add(EVERY)
        return super().__len__()

    def keys(self):
        self.names.add(EVERY)
        return super().keys()

    def lists(self):
        self.names.add(EVERY)
        return super().lists()


def describe(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, the first: record the parameters that are read, and tell proxies to ask again after a second.

    X-Accel-Expires is nginx's own header, which it does not pass on: browsers and CDNs keep to Cache-Control.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if (names := request.META.get(PARAMETERS)) is not None:
            request.GET = RecordedParameters.of(request.GET, names)  # type: ignore[assignment]
        response = get_response(request)
        if is_public(response):
            response["X-Accel-Expires"] = "1"
        return response

    return middleware
