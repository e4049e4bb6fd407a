"""Views of the feeds. Each reads its version in one query, or two for a subject, and answers 304 before rendering.

A subject is an author, a publication or a tag.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Func, IntegerField, Subquery, Value
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import condition, require_safe

from issues.feeds.documents import Feed, FeedEntry, Format, article_entry, feed_address, issue_entry
from issues.feeds.json_feed import write_json
from issues.feeds.xml import write_atom, write_rss
from issues.models.articles import Article, ArticleQuerySet
from issues.models.issues import Issue
from issues.models.site_version import version_of
from issues.models.subjects import Subject, articles_of, find_subject, kind_of
from issues.site.caching import cache_for_minutes, readable_from_any_site
from issues.site.forms import IssueForms
from issues.site.versions import VERSION_FIELDS, digest_of, last_modified_of
from text.validators import strip_control_characters

# Issues in one archive document. Never change it: archives keep the same contents (RFC 5005, section 4).
ARCHIVE_ITEMS = 20

# The media types of RFC 4287 and JSON Feed 1.1, and the one that WordPress sent for RSS.
WRITERS = {
    Format.RSS: (write_rss, "application/rss+xml; charset=utf-8"),
    Format.ATOM: (write_atom, "application/atom+xml; charset=utf-8"),
    Format.JSON: (write_json, "application/feed+json; charset=utf-8"),
}
# Enough for a hundred issues. The feed prints the latest, and few read archives.
issue_entries = IssueForms(issue_entry, 2 * 2**20)
# The fields that the version of a feed of articles reads.
ARTICLE_FIELDS = ("pk", *(f"issue__{name}" for name in VERSION_FIELDS))


@require_safe
@readable_from_any_site
@cache_for_minutes
def issues(request: HttpRequest, format: Format = Format.RSS) -> HttpResponseBase:
    """Serve the latest issues, with a link to the archives, which hold all issues."""
    published = Issue.objects.published()
    latest = list(published.only(*VERSION_FIELDS).annotate(total=_total(request))[: settings.FEED_ITEMS])
    links = _hub()
    if latest:
        links["prev-archive"] = _archive_address(latest[0].total, format)
    feed = _newsletter_feed(format, links)
    printed = published[: settings.FEED_ITEMS]
    return _answer(request, format, feed, latest, lambda: issue_entries.of(printed))


@require_safe
@readable_from_any_site
@cache_for_minutes
def archive(request: HttpRequest, first: int, last: int, format: Format = Format.RSS) -> HttpResponseBase:
    """Serve the issues from place `first` to place `last`. The oldest issue has place 1.

    An address always has the same contents, so a feed reader need not read an archive twice. The last archive ends with
    the latest issue. When another issue comes out, the archive that holds it as well has a new address.
    """
    oldest = Issue.objects.published().reverse()
    start, size = first - 1, last - first + 1
    # The issues of this archive and of the one after it.
    found = list(oldest.only(*VERSION_FIELDS)[start : start + 2 * ARCHIVE_ITEMS])
    if start % ARCHIVE_ITEMS or not 1 <= size <= min(ARCHIVE_ITEMS, len(found)):
        raise Http404("There is no such archive.")
    links = {"current": feed_address("feed", format=format)}
    if start:
        links["prev-archive"] = _archive_address(start, format)
    moments = []
    if size == ARCHIVE_ITEMS and len(found) == 2 * ARCHIVE_ITEMS:
        links["next-archive"] = _archive_address(last + ARCHIVE_ITEMS, format)
        moments = [issue.publish_at for issue in found[-1:] if issue.publish_at]
    feed = _newsletter_feed(format, links, feed_address("feed-archive", first, last, format=format))
    printed = oldest[start:last]
    return _answer(request, format, feed, found[:size], lambda: reversed(issue_entries.of(printed)), moments)


@require_safe
@readable_from_any_site
@cache_for_minutes
def articles(request: HttpRequest, format: Format = Format.RSS) -> HttpResponseBase:
    feed = Feed(
        title=strip_control_characters(f"{settings.NEWSLETTER_NAME}: articles"),
        description=strip_control_characters(f"Every article in {settings.NEWSLETTER_NAME}, one by one."),
        page=f"{settings.SITE_URL}/",
        address=feed_address("feed-articles", format=format),
        links=_hub(),
    )
    return _answer_articles(request, format, feed, Article.objects.published())


@require_safe
@readable_from_any_site
@cache_for_minutes
def subject_articles(request: HttpRequest, kind: str, slug: str, format: Format = Format.RSS) -> HttpResponseBase:
    """Serve the latest articles of a subject."""
    found, published = _find(kind, slug)
    if (kind_of(found), found.slug) != (kind, slug):
        return _moved(f"{kind_of(found)}-feed", found, published, format)
    feed = _subject_feed(f"{kind}-feed", kind, found, format, "Articles")
    return _answer_articles(request, format, feed, published)


@require_safe
@readable_from_any_site
@cache_for_minutes
def subject_issues(request: HttpRequest, kind: str, slug: str, format: Format = Format.RSS) -> HttpResponseBase:
    """Serve the latest issues that hold an article of a subject, with all their contents."""
    found, published = _find(kind, slug)
    if (kind_of(found), found.slug) != (kind, slug):
        return _moved(f"{kind_of(found)}-feed-issues", found, published, format)
    issues = Issue.objects.published().filter(pk__in=published.order_by().values("issue"))
    latest = list(issues.only(*VERSION_FIELDS)[: settings.FEED_ITEMS])
    if not latest:
        raise Http404("This author, publication or tag has no published article.")
    feed = _subject_feed(f"{kind}-feed-issues", kind, found, format, "Issues with articles")
    printed = issues[: settings.FEED_ITEMS]
    return _answer(request, format, feed, latest, lambda: issue_entries.of(printed))


def _newsletter_feed(format: Format, links: dict[str, str], address: str = "") -> Feed:
    return Feed(
        title=strip_control_characters(settings.NEWSLETTER_NAME),
        description=strip_control_characters(settings.NEWSLETTER_TAGLINE or settings.NEWSLETTER_NAME),
        page=f"{settings.SITE_URL}/",
        address=address or feed_address("feed", format=format),
        links=links,
    )


def _subject_feed(route: str, kind: str, found: Subject, format: Format, contents: str) -> Feed:
    return Feed(
        title=strip_control_characters(f"{found.name} · {settings.NEWSLETTER_NAME}"),
        description=strip_control_characters(f"{contents} in {settings.NEWSLETTER_NAME}: {found.name} ({kind})."),
        page=settings.SITE_URL + reverse(kind, args=[found.slug]),
        address=feed_address(route, found.slug, format=format),
    )


def _find(kind: str, slug: str) -> tuple[Subject, ArticleQuerySet]:
    """Return the subject that has or had this address, and its published articles. Raises Http404."""
    found = find_subject(kind, slug)
    if found is None:
        raise Http404("There is no author, publication or tag at this address.")
    return found, articles_of(found).published()


def _moved(route: str, found: Subject, published: ArticleQuerySet, format: Format) -> HttpResponseBase:
    if not published.exists():
        raise Http404("This author, publication or tag has no published article.")
    return redirect(feed_address(route, found.slug, format=format), permanent=True)


def _answer_articles(request: HttpRequest, format: Format, feed: Feed, published: ArticleQuerySet) -> HttpResponseBase:
    latest = list(published.select_related("issue").only(*ARTICLE_FIELDS)[: settings.FEED_ARTICLES])
    if not latest and feed.page != f"{settings.SITE_URL}/":
        raise Http404("This author, publication or tag has no published article.")
    keys = [article.pk for article in latest]
    issues = [article.issue for article in latest if article.issue]
    contents = published.with_credits().select_related("issue", "publication")[: settings.FEED_ARTICLES]
    return _answer(request, format, feed, issues, lambda: map(article_entry, contents), keys=keys)


def _answer(
    request: HttpRequest,
    format: Format,
    feed: Feed,
    issues: Sequence[Issue],
    load: Callable[[], Iterable[FeedEntry]],
    moments: Iterable[datetime] = (),
    keys: Iterable[int] = (),
) -> HttpResponseBase:
    """Answer 304, or write the entries that `load` returns.

    The version of the feed follows from the issues of its entries, from `moments` at which the document changed, and
    from the `keys` of articles. Both validators move when an issue comes out or is corrected; the ETag alone moves
    when one is withdrawn or a setting changes. It is weak, because the same feed is sent in several encodings (RFC
    9110, section 8.8.3.3). `load` runs after the version was read: after a change in between, a client fetches the
    feed once more than it needs to, but it never misses the change.
    """
    write, content_type = WRITERS[format]
    configuration = (settings.SITE_URL, settings.STATIC_URL, settings.NEWSLETTER_NAME, settings.LANGUAGE_CODE)
    etag = f'W/"{digest_of(issues, feed, keys, configuration)}"'
    last_modified = max([last_modified_of(issues), *moments])

    def respond(request: HttpRequest) -> HttpResponse:
        return HttpResponse(write(feed, load(), last_modified), content_type=content_type)

    answer = condition(lambda request: etag, lambda request: last_modified)(respond)(request)
    if format != Format.JSON:
        # Browsers show the media types of feeds as source text. They say that they open a page; feed readers do not.
        patch_vary_headers(answer, ["Sec-Fetch-Dest"])
        if request.headers.get("Sec-Fetch-Dest") == "document" and "Content-Type" in answer:
            answer["Content-Type"] = "text/xml; charset=utf-8"
    if "hub" in feed.links:  # Subscribers look here first: WebSub, section 4.
        answer["Link"] = f'<{feed.links["hub"]}>; rel="hub", <{feed.address}>; rel="self"'
    return answer


def _hub() -> dict[str, str]:
    """Return the link to the hub, for the feeds that issues.tasks.ping_hub announces."""
    return {"hub": settings.WEBSUB_HUB} if settings.WEBSUB_HUB else {}


def _total(request: HttpRequest) -> Value | Subquery:
    """Return the number of published issues. PostgreSQL counts them unless the version of the site says it."""
    if version := version_of(request):
        # The first may have come out since the version was read.
        return Value(max(version.published, 1), IntegerField())
    # A subquery, because PostgreSQL reads the rows of all issues for a window function. Func, because Count would group
    # them by a column that is not in the index.
    counted = Issue.objects.published().order_by().annotate(count=Func("publish_at", function="COUNT"))
    return Subquery(counted.values("count"))


def _archive_address(last: int, format: Format) -> str:
    """Return the address of the archive that ends with this place, counted from the oldest issue."""
    first = (last - 1) // ARCHIVE_ITEMS * ARCHIVE_ITEMS + 1
    return feed_address("feed-archive", first, last, format=format)
