"""Find the issue or page that an address means, although it is a former one, or not quite right.

Mail programs, chats and people put things around an address, or leave out its end; WordPress answered such an address,
so this site does, too. These are the rules for all of them: old_addresses.py and the pages of issues use them.
"""

import copy
import html
import re
import unicodedata
from contextlib import suppress
from urllib.parse import unquote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import ResolverMatch

from issues.models.addresses import MAX_LENGTH, Address, is_reserved, normalize_path, own_route
from text.validators import FORBIDDEN_CHARACTERS

# An address ends before these, whatever follows.
_AFTER_ADDRESS = re.compile(r'[\s<>"“”?#&\u200b]')
# WordPress answers below index.php as it does without, and took it off at the end.
_INDEX = re.compile(r"^(?:index\.php(?:/|$))+|(?:/index\.php)+$")
# What WordPress had below a post: its pages, pages of its comments, its pictures; and a plug-in's short form of it.
_BELOW_POST = re.compile(r"(?:/(?:page/?)?[0-9]+|/comment-page-[0-9]+|/attachment/[^/]+|/amp)+$")
# Permalinks with dates. Whoever changes their form in WordPress leaves such links behind.
_DATE = re.compile(r"^[0-9]{4}(?:/[0-9]{1,2}){0,2}/")
# Characters. Encoding makes up to three of one, and Django sends no redirect of more than 16,384.
LONGEST_QUERY = 5000
# Routes, besides those without a name, that may redirect, and those that may if there is a query.
MOVING = {"issue_text", "issue_json", "issue_card"} | {
    f"{kind}{feed}" for kind in ("author", "publication", "tag") for feed in ("", "-feed", "-feed-issues")
}
MOVING_BY_QUERY = {"home", "archive"}


def tidy(path: str) -> str:
    """Return a decoded path without what is around it by accident, and without slashes at its ends.

    That is punctuation, blanks and invisible characters at its ends, what follows a blank or a quotation mark, doubled
    slashes, a second encoding, and WordPress's index.php. Letters and their accents become one character (NFC).
    """
    path = unicodedata.normalize("NFC", html.unescape(unquote(path)))
    path = _AFTER_ADDRESS.split(_strip(path))[0]
    return _strip(_INDEX.sub("", re.sub("/+", "/", _strip(path))))


def redirect_to_current(path: str) -> HttpResponse:
    """Redirect with 301 to the published issue or page that has or had exactly this path. One query. Raises Http404."""
    if address := Address.objects.published().at(path):
        return redirect(address.row, permanent=True)
    raise Http404("No issue or page has or had this address.")


def redirect_to_nearest(request: HttpRequest, path: str) -> HttpResponse:
    """Redirect with 301 to what this path most probably means. Raises Http404.

    First comes a route, if the path is tidied, written in small letters, or given its final slash. Then comes a
    published issue or page, which takes one query.
    """
    if len(path) > 2 * MAX_LENGTH:
        raise Http404("No address is as long.")
    tidied = tidy(path)
    for form in dict.fromkeys((path, tidied, tidied.lower())):
        for address in (f"/{form}", f"/{form}/" if form else "/"):
            if match := own_route(address):
                with suppress(Http404):
                    return _redirect_to_route(request, address, match)
    return redirect_to_post(path)


def _redirect_to_route(request: HttpRequest, address: str, match: ResolverMatch) -> HttpResponse:
    """Redirect to the address of a route, or to where its view would redirect: a reader is never redirected twice."""
    # Asking for request.GET tells the page store that this view reads every parameter.
    query = f"?{request.META['QUERY_STRING']}" if request.GET else ""
    if len(query) > LONGEST_QUERY:
        query = ""
    if not match.url_name or match.url_name in MOVING or (query and match.url_name in MOVING_BY_QUERY):
        asked = copy.copy(request)
        asked.path = asked.path_info = address
        response = match.func(asked, *match.args, **match.kwargs)
        if response.status_code not in (200, 304):
            return response
    return redirect(f"{address}{query}", permanent=True)


def redirect_to_post(path: str) -> HttpResponse:
    """Redirect with 301 to the published issue or page that a path most probably means. One query. Raises Http404.

    A path in the table of addresses comes first, then one in OLD_ADDRESSES. Then comes WordPress's guess: the oldest
    issue, or else page, with an address that begins with this path.
    """
    paths = _meanings(path)
    found = Address.objects.published().nearest(paths) if paths else None
    if found and found.path in paths:
        return redirect(found.row, permanent=True)
    for moved in paths:
        if moved in settings.OLD_ADDRESSES:
            return redirect(settings.OLD_ADDRESSES[moved], permanent=True)
    if found:
        return redirect(found.row, permanent=True)
    raise Http404("No issue or page has or had this address, or one that begins with it.")


def _meanings(path: str) -> list[str]:
    """Return the paths that this may mean, as they are stored, the most probable first."""
    tidied = tidy(path)
    post = _BELOW_POST.sub("", tidied)
    meanings = [path, tidied, post]
    undated = _DATE.sub("", post)
    # In WordPress a post was found in every folder. Here, some folders are the site's own.
    if undated != post or not is_reserved(undated.partition("/")[0]):
        meanings.append(undated.rpartition("/")[2])
    return [meaning for meaning in dict.fromkeys(map(normalize_path, meanings)) if _may_be_stored(meaning)]


def _may_be_stored(path: str) -> bool:
    """Return whether an Address may have this path. PostgreSQL refuses to search for NUL."""
    return 0 < len(path) <= MAX_LENGTH and not FORBIDDEN_CHARACTERS.search(path)


def _strip(path: str) -> str:
    """Remove punctuation, separators, and invisible and mathematical characters (“>”) from both ends, but no emoji."""
    start, end = 0, len(path)
    while start < end and _is_around(path[end - 1]):
        end -= 1
    while start < end and _is_around(path[start]):
        start += 1
    return path[start:end]


def _is_around(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "PZC" or category in ("Sm", "Sk", "Sc")
