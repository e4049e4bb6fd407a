"""Addresses that WordPress answered. What moved is answered with one permanent redirect, what is no more with 410.

docs/addresses.md lists them. No answer tells whether there is a draft.
"""

import re
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, re_path, resolve, reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from taggit.models import Tag

from issues.models.addresses import path_of_post
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.site import views
from issues.site.caching import cached, kept
from issues.site.moved import find_current_url

# As many as WordPress showed: what page N held it holds again, until the next issue.
ISSUES_PER_PAGE = 5
# Characters. The search refuses what is longer than 200 in a sentence; a redirect may have 16,384 bytes.
LONGEST_WORDS = 1000

# WordPress's own folders and programs. What stands below is gone, too.
GONE = (
    *("wp-admin", "wp-content", "wp-includes", "wp-json", "wp-login.php", "wp-cron.php", "wp-signup.php"),
    *("wp-comments-post.php", "wp-commentsrss2.php", "wp-trackback.php", "wp-links-opml.php", "xmlrpc.php"),
)
# Its formats, and the arguments of our route. RDF is RSS 1.0, which every feed reader takes for RSS.
FEEDS: dict[str, list[str]] = {"feed": [], "rss": [], "rss2": [], "rdf": [], "atom": ["atom"]}
FORMAT = "|".join(FEEDS)


@csrf_exempt
@kept
def gone(request: HttpRequest) -> HttpResponse:
    """To every method, without a query and without a session: nearly all who ask are robots in search of a hole."""
    return HttpResponse("This is gone, and will not come back.\n", "text/plain; charset=utf-8", 410)


@csrf_exempt
def home(request: HttpRequest) -> HttpResponse:
    """WordPress answers to queries of the home page; any other query is ignored."""
    for name, answer in QUERIES.items():
        if name in request.GET:
            return answer(request)
    # Without such a query, /index.php is page 1.
    return views.home(request) if request.path == reverse("home") else page_by_query(request)


@require_safe
@cached
def post(request: HttpRequest) -> HttpResponse:
    """?p=ID, which is also the guid of imported issues. Whatever follows the number is ignored, as WordPress does."""
    number = re.match(r"\d+", request.GET.get("p") or request.GET.get("page_id", ""), re.ASCII)
    # Eighteen digits are what a bigint surely takes.
    address = find_current_url(path_of_post(int(number[0]))) if number and len(number[0]) <= 18 else None
    return _moved(address)


@require_safe
@cached
def search(request: HttpRequest, words: str = "") -> HttpResponse:
    words = request.GET.get("s", "") or words.replace("+", " ")
    query = urlencode({"q": words[:LONGEST_WORDS]})
    return redirect(f"{reverse('search')}?{query}", permanent=True)


@require_safe
@cached
def feed(request: HttpRequest, format: str, category: str = "") -> HttpResponse:
    _check_category(category)
    return redirect(reverse("feed", args=FEEDS[format]), permanent=True)


def feed_by_query(request: HttpRequest) -> HttpResponse:
    """?feed=FORMAT. Of a post, it held comments; of words, what was found."""
    format = request.GET["feed"]
    if format.startswith("comments-") or {"p", "page_id", "s"} & request.GET.keys():
        return gone(request)
    if format not in FEEDS:
        raise Http404("There is no such feed.")
    return feed(request, format)


@require_safe
@cached
def pages(request: HttpRequest, number: str = "1", category: str = "") -> HttpResponse:
    """Whole issues, the latest first. Seven queries."""
    _check_category(category)
    try:
        page = Paginator(Issue.objects.published().with_contents(), ISSUES_PER_PAGE).page(number)
    except InvalidPage as error:
        raise Http404("There is no such page of issues.") from error
    address, newer, older = (_page_address(page.number + step, category) for step in (0, -1, 1))
    if request.path != address:
        return redirect(address, permanent=True)
    return render(request, "issues/pages.html", {"page": page, "address": address, "newer": newer, "older": older})


@require_safe
@cached
def page_by_query(request: HttpRequest) -> HttpResponse:
    """?paged=N, ?cat=ID: one category held every issue."""
    number = request.GET.get("paged", "1")
    if not re.fullmatch("[1-9][0-9]{0,5}", number):
        raise Http404("There is no such page of issues.")
    category = settings.OLD_CATEGORY if "cat" in request.GET else ""
    return redirect(_page_address(int(number), category), permanent=True)


@require_safe
@cached
def date(request: HttpRequest, year: str) -> HttpResponse:
    return redirect(f"{reverse('archive')}#y{year}", permanent=True)


@require_safe
@cached
def author(request: HttpRequest) -> HttpResponse:
    """Of posts, who is the editor: those of articles are at /authors/."""
    return redirect("archive", permanent=True)


@require_safe
@cached
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    tags = Tag.objects.filter(issues_tagging_items__content_object__in=Article.objects.published().order_by())
    return redirect("tag", get_object_or_404(tags.distinct(), slug=slug).slug, permanent=True)


@cached
def elsewhere(request: HttpRequest, path: str) -> HttpResponse:
    """What no route knows: without the final slash, or the permalink of what has another address here.

    Instead of APPEND_SLASH, which would lead there in two steps.
    """
    if request.method not in ("GET", "HEAD"):
        raise Http404("There is nothing that takes this.")
    match = resolve(f"/{path}/")
    if match.url_name in ("issue", "elsewhere"):
        return _moved(find_current_url(path))
    query = request.META["QUERY_STRING"]
    return redirect(f"/{path}/{'?' if query else ''}{query}", permanent=True)


def _moved(address: str | None) -> HttpResponse:
    if address is None:
        raise Http404("No issue or page has or had this address.")
    return redirect(address, permanent=True)


def _page_address(number: int, category: str) -> str:
    start = f"/category/{category}/" if category else "/"
    return f"{start}page/{number}/" if number > 1 else start


def _check_category(category: str) -> None:
    if category not in ("", settings.OLD_CATEGORY):
        raise Http404("There is no such category.")


# The first of them that is in the query answers it.
QUERIES = {
    "rest_route": gone,
    "feed": feed_by_query,
    "p": post,
    "page_id": post,
    "s": search,
    "cat": page_by_query,
    "paged": page_by_query,
}

# After the routes of the site. Final slashes are optional where the view leads to another address anyway.
urlpatterns = [
    re_path(rf"^(?:/*)(?:{'|'.join(map(re.escape, GONE))})(?:/|$)", gone),
    re_path(rf"^comments(?:/feed)?(?:/(?:{FORMAT}))?/?$", gone),
    re_path(rf"^(?:category/(?P<category>[-\w]+)/)?(?:feed/)?(?P<format>{FORMAT})/?$", feed),
    re_path(rf"^wp-(?P<format>{FORMAT})\.php$", feed),
    re_path(r"^(?:category/(?P<category>[-\w]+)/)?page/(?P<number>[1-9][0-9]{0,5})/?$", pages),
    re_path(r"^category/(?P<category>[-\w]+)/?$", pages),
    re_path(r"^(?P<year>(?:19|20)[0-9]{2})(?:/[0-9]{2}){0,2}(?:/page/[0-9]+)?/?$", date),
    re_path(r"^author/[-\w]+(?:/page/[0-9]+)?/?$", author),
    re_path(r"^tag/(?P<slug>[-\w]+)/?$", tag),
    re_path(r"^search/(?P<words>[^/]+)/?$", search),
    # Comments, pingbacks and embedding of a post.
    re_path(r"^[-\w]+/(?:feed|trackback|embed)(?:/|$)", gone),
    path("index.php", home),
]
# After these and the issues.
fallback = re_path(r"^(?:index\.php/)?(?P<path>[-\w]+(?:/[-\w]+)*)/?$", elsewhere, name="elsewhere")
