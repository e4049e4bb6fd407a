"""Readers' requests for pictures. Neither asks the database."""

from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from pictures.storage import open_file

TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
YEAR = 365 * 24 * 3600  # Seconds.


@require_safe
@cache_control(public=True, max_age=YEAR, immutable=True)
@conditional_page
def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """Send a file of a picture. It is not compressed again, and not kept in memory by the page store."""
    try:
        file = open_file(name)
    except FileNotFoundError as error:
        raise Http404("There is no such picture.") from error
    response = FileResponse(file, content_type=TYPES[name.rpartition(".")[2]])
    response["ETag"] = f'"{name}"'
    response["Content-Disposition"] = f'inline; filename="{name}"'
    # Whoever opens it as a page gets a picture, and nothing in it can run.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"  # Feed readers in browsers show it.
    response["Access-Control-Allow-Origin"] = "*"
    return response
