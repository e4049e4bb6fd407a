"""Answer the addresses that WordPress had: with one permanent redirect if they moved, with 410 if they are gone.

docs/addresses.md lists them. No answer tells whether there is a draft.
"""

import re
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, re_path, reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from issues.models.addresses import path_of_post
from issues.models.issues import Issue
from issues.models.subjects import articles_of, find_subject
from issues.printing.metadata import describe_index
from issues.printing.page import print_page
from issues.site import views
from issues.site.caching import cache_for_a_day, cache_for_minutes, readable_from_any_site
from issues.site.moved import redirect_to_current, redirect_to_nearest, redirect_to_post, tidy
from pictures.models import FormerAddress, Picture

# The same number as in WordPress: page N holds the same issues as before the move, until the next one comes out.
ISSUES_PER_PAGE = 5
# Characters that a redirect to the search passes on. The search page refuses more than 200, with a sentence.
LONGEST_WORDS = 1000

# WordPress's own folders and programs. Everything below them is gone, too.
GONE = r"wp-admin|wp-content|wp-includes|wp-json|wp-[a-z0-9-]+\.php|xmlrpc\.php|wp-sitemap[-\w]*\.xsl"
# WordPress's feed formats, and the arguments of our route. RDF is RSS 1.0; its readers take RSS 2.0 as well.
FEED_ARGUMENTS: dict[str, list[str]] = {"feed": [], "rss": [], "rss2": [], "rdf": [], "atom": ["atom"]}
FORMAT = "|".join(FEED_ARGUMENTS)
FEED = f"(?:feed/)?(?P<format>{FORMAT})"
DATE = "(?:19|20)[0-9]{2}(?:/[0-9]{1,2}){0,2}"
# Nearly everything in WordPress had pages.
PAGE = "(?:/page/?[0-9]+)?"
# The names in WordPress, and in its plug-ins Jetpack and Yoast.
SITEMAPS = r"(?:wp-sitemap[-\w]*|sitemap_index|sitemap(?:-index)?-?[0-9]+|[-\w]+-sitemap(?:-?[0-9]+)?)\.xml"


@csrf_exempt
@cache_for_a_day
def gone(request: HttpRequest) -> HttpResponse:
    """Answer 410 to every method, without a query or a session: nearly all requests come from robots."""
    return HttpResponse("This is gone, and will not come back.\n", "text/plain; charset=utf-8", 410)


@csrf_exempt
def upload(request: HttpRequest, path: str) -> HttpResponse:
    """Redirect to a picture that was imported. Other uploads are gone, as everything else of WordPress's folders."""
    picture = FormerAddress.objects.at(path) if request.method in ("GET", "HEAD") else None
    return _picture(request, picture) if picture else gone(request)


@cache_for_minutes
def _picture(request: HttpRequest, picture: Picture) -> HttpResponse:
    return redirect(picture, permanent=True)


@csrf_exempt
def home(request: HttpRequest) -> HttpResponse:
    """Show the home page, or answer WordPress's queries, such as ?p=ID. Other queries are ignored."""
    for name, answer in QUERIES.items():
        if name in request.GET:
            return answer(request)
    # Without such a query, /index.php is page 1.
    return views.home(request) if request.path == reverse("home") else page_by_query(request)


@require_safe
@cache_for_minutes
def post(request: HttpRequest) -> HttpResponse:
    """Answer ?p=ID, which is also the guid of imported issues. WordPress ignored everything after the number, too."""
    # int() refuses more than 4,300 digits.
    given = next(filter(None, map(request.GET.get, ("p", "page_id", "attachment_id"))), "")
    number = re.match(r"\d{1,18}(?!\d)", given, re.ASCII)
    if number is None:
        raise Http404("There is no such post.")
    return redirect_to_current(path_of_post(int(number[0])))


@require_safe
@cache_for_minutes
def post_by_name(request: HttpRequest) -> HttpResponse:
    return redirect_to_post(request.GET.get("name") or request.GET.get("pagename", ""))


@require_safe
@cache_for_minutes
def search_by_words(request: HttpRequest, words: str = "") -> HttpResponse:
    words = request.GET.get("s", "") or words.replace("+", " ")
    query = urlencode({"q": words[:LONGEST_WORDS]})
    return redirect(f"{reverse('search')}?{query}", permanent=True)


@require_safe
@readable_from_any_site
@cache_for_minutes
def feed_by_format(request: HttpRequest, format: str, category: str = "") -> HttpResponse:
    """Redirect to the feed of all issues, from that of their author, of their category, or of a date, too."""
    _check_category(category)
    return redirect(reverse("feed", args=FEED_ARGUMENTS[format]), permanent=True)


def feed_by_query(request: HttpRequest) -> HttpResponse:
    """Answer ?feed=FORMAT. With a post or a search it asks for a feed of comments or results, which is gone."""
    format = request.GET["feed"]
    if format.startswith("comments-") or any(name in request.GET for name in WITHOUT_FEED):
        return gone(request)
    if format not in FEED_ARGUMENTS:
        raise Http404("There is no such feed.")
    if "tag" in request.GET:
        return tag_of_posts(request, tidy(request.GET["tag"]), format)
    return feed_by_format(request, format, tidy(request.GET.get("category_name", "")))


@require_safe
@cache_for_minutes
def page_of_issues(request: HttpRequest, number: str = "1", category: str = "") -> HttpResponse:
    """Show a page of whole issues, the latest first. Eight queries."""
    _check_category(category)
    category = category.lower()
    try:
        page = Paginator(Issue.objects.published().with_contents(), ISSUES_PER_PAGE).page(number)
    except InvalidPage as error:
        raise Http404("There is no such page of issues.") from error
    address, newer, older = (_address_of_page(page.number + step, category) for step in (0, -1, 1))
    if request.path != address:
        return redirect(address, permanent=True)
    issues = [(issue, print_page(issue, among_others=True)) for issue in page]
    title = f"Issues, page {page.number}" if page.number > 1 else "Issues"
    described = describe_index(title, f"Whole issues of {settings.NEWSLETTER_NAME}, the latest first.", address)
    context = {"page": page, "issues": issues, "described": described, "newer": newer, "older": older}
    return render(request, "issues/pages.html", context)


@require_safe
@cache_for_minutes
def page_by_query(request: HttpRequest) -> HttpResponse:
    """Answer ?paged=N, ?cat=ID and ?category_name=NAME. One category held every issue."""
    number = request.GET.get("paged", "1")
    if not re.fullmatch("[1-9][0-9]{0,5}", number):
        raise Http404("There is no such page of issues.")
    category = settings.OLD_CATEGORY if "cat" in request.GET else tidy(request.GET.get("category_name", ""))
    _check_category(category)
    return redirect(_address_of_page(int(number), category.lower()), permanent=True)


@require_safe
@cache_for_minutes
def archive_by_date(request: HttpRequest, date: str) -> HttpResponse:
    """Redirect to the year of a date."""
    return redirect("archive_of_year", date[:4], permanent=True)


def archive_by_query(request: HttpRequest) -> HttpResponse:
    """Answer ?m=YYYYMMDD and ?year=YYYY."""
    date = request.GET.get("m") or request.GET.get("year", "")
    if not re.match(DATE, date):
        raise Http404("There is no such date.")
    return archive_by_date(request, date)


@require_safe
@cache_for_minutes
def author_of_posts(request: HttpRequest) -> HttpResponse:
    """Redirect to the archive: the editor was the only author of posts. Authors of articles are at /authors/."""
    return redirect("archive", permanent=True)


@require_safe
@cache_for_minutes
def tag_of_posts(request: HttpRequest, slug: str, format: str = "") -> HttpResponse:
    """Redirect to the articles with a tag, or to their feed."""
    tag = find_subject("tag", slug.lower())
    if tag is None or not articles_of(tag).published().exists():
        raise Http404("There is no such tag.")
    if format:
        return redirect("tag-feed", tag.slug, *FEED_ARGUMENTS[format], permanent=True)
    return redirect("tag", tag.slug, permanent=True)


def tag_by_query(request: HttpRequest) -> HttpResponse:
    return tag_of_posts(request, tidy(request.GET["tag"]))


@require_safe
@cache_for_minutes
def sitemap_of_posts(request: HttpRequest) -> HttpResponse:
    return redirect("sitemap", permanent=True)


@cache_for_minutes
def elsewhere(request: HttpRequest, path: str) -> HttpResponse:
    """Answer paths that no route knows.

    This replaces APPEND_SLASH, which would lead to the current address in two steps.
    """
    if request.method not in ("GET", "HEAD"):
        raise Http404("Nothing can be sent to this address.")
    return redirect_to_nearest(request, path)


def _address_of_page(number: int, category: str) -> str:
    start = f"/category/{category}/" if category else "/"
    return f"{start}page/{number}/" if number > 1 else start


def _check_category(category: str) -> None:
    if category.lower() not in ("", settings.OLD_CATEGORY):
        raise Http404("There is no such category.")


# Views by parameter of the home page. The first parameter that is in the query decides.
QUERIES = {
    "rest_route": gone,
    "feed": feed_by_query,
    **dict.fromkeys(("p", "page_id", "attachment_id"), post),
    **dict.fromkeys(("name", "pagename"), post_by_name),
    "s": search_by_words,
    **dict.fromkeys(("cat", "category_name"), page_by_query),
    "tag": tag_by_query,
    **dict.fromkeys(("author", "author_name"), author_of_posts),
    **dict.fromkeys(("m", "year"), archive_by_query),
    "sitemap": sitemap_of_posts,
    "paged": page_by_query,
}
# With one of these, a feed was one of comments or of search results.
WITHOUT_FEED = ("p", "page_id", "attachment_id", "name", "pagename", "s", "withcomments")
# Folders with feeds of this site, which may lack their final slash.
FEEDS = "feed|authors|publications|tags"

# These come after the routes of the site. Final slashes are optional where the view redirects anyway.
urlpatterns = [
    path("wp-content/uploads/<path:path>", upload),
    re_path(rf"^wp-(?P<format>{FORMAT})\.php$", feed_by_format),
    re_path(rf"^(?:/*)(?:{GONE})(?:/|$)", gone),
    re_path(rf"^comments(?:/feed)?(?:/(?:{FORMAT}))?/?$", gone),
    re_path(rf"^(?:category/(?P<category>[-\w]+)/)?(?:page/?[0-9]+/)?{FEED}/?$", feed_by_format),
    re_path(rf"^(?:{DATE}|author/[^/]+)/{FEED}/?$", feed_by_format),
    re_path(r"^(?:category/(?P<category>[-\w]+)/)?page/?(?P<number>[1-9][0-9]{0,5})/?$", page_of_issues),
    re_path(r"^category/(?P<category>[-\w]+)/?$", page_of_issues),
    re_path(rf"^(?P<date>{DATE}){PAGE}/?$", archive_by_date),
    re_path(rf"^author/[^/]+{PAGE}/?$", author_of_posts),
    re_path(rf"^tag/(?P<slug>[-\w]+)/{FEED}/?$", tag_of_posts),
    re_path(rf"^tag/(?P<slug>[-\w]+){PAGE}/?$", tag_of_posts),
    re_path(rf"^search/.+/(?:{FORMAT})/?$", gone),
    re_path(rf"^search/(?P<words>.+?){PAGE}/?$", search_by_words),
    re_path(rf"^{SITEMAPS}$", sitemap_of_posts),
    # Comments, pingbacks and embedding of posts.
    re_path(rf"^(?!(?:{FEEDS}|index\.php)/|.*//).+/(?:{FORMAT}|trackback|embed)(?:/|$)", gone),
    path("index.php", home),
]
# This comes last, after the issues.
fallback = re_path(r"^(?P<path>(?s:.*))$", elsewhere, name="elsewhere")
