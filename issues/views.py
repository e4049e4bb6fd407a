"""What readers see. Drafts and scheduled issues are nowhere here, for nobody."""

from django.conf import settings
from django.core.paginator import InvalidPage, Paginator
from django.db.models.functions import ExtractYear
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe
from taggit.models import Tag

from issues.feeds import IssueFeed, Version, write_feed
from issues.models import Article, Author, Issue, Page, Publication, Tagging
from issues.models.contents import ArticleQuerySet

RECENT_ISSUES = 10
ARTICLES_PER_PAGE = 50

# Seconds. What was corrected is seen after five minutes; a CDN may go on for a week with what it has while we are down.
cached = cache_control(
    public=True, max_age=300, s_maxage=300, stale_while_revalidate=3600, stale_if_error=7 * 24 * 3600
)


@require_safe
@cached
def home(request: HttpRequest) -> HttpResponse:
    issues = Issue.objects.published()
    return render(
        request,
        "issues/home.html",
        {"issue": issues.with_contents().first(), "recent": issues.listed()[1 : 1 + RECENT_ISSUES]},
    )


@require_safe
@cached
def archive(request: HttpRequest) -> HttpResponse:
    # The year on the clocks of TIME_ZONE.
    issues = Issue.objects.published().listed().annotate(year=ExtractYear("publish_at"))
    return render(request, "issues/archive.html", {"issues": issues})


@require_safe
@cached
def issue(request: HttpRequest, slug: str) -> HttpResponse:
    """An issue, or a page: they share one place in the site's addresses."""
    published = Issue.objects.published()
    if found := published.with_contents().filter(slug=slug).first():
        neighbours = {"previous": published.listed().before(found), "next": published.listed().after(found)}
        return render(request, "issues/issue.html", {"issue": found, **neighbours})
    if moved := published.filter(previous_slugs__slug=slug).first():
        return redirect(moved, permanent=True)
    if page := Page.objects.filter(slug=slug).first():
        return render(request, "issues/page.html", {"page": page})
    if slug != slug.lower() and (meant := published.filter(slug=slug.lower()).first()):
        return redirect(meant, permanent=True)
    raise Http404("No issue or page has this address.")


@require_safe
@cached
def feed(request: HttpRequest) -> HttpResponseBase:
    """A 304 takes one query and renders nothing."""
    issues = Issue.objects.published()
    # Read before the contents: what is saved in between then looks changed once too often, never too rarely.
    version = Version.of(list(issues[: settings.FEED_ITEMS]))

    def respond(request: HttpRequest) -> HttpResponse:
        contents = issues.with_contents()[: settings.FEED_ITEMS]
        return HttpResponse(write_feed(contents, version.last_modified), content_type=IssueFeed.content_type)

    return condition(lambda request: version.etag, lambda request: version.last_modified)(respond)(request)


@require_safe
@cached
def author(request: HttpRequest, slug: str) -> HttpResponse:
    return _credited(request, Author, slug)


@require_safe
@cached
def publication(request: HttpRequest, slug: str) -> HttpResponse:
    return _credited(request, Publication, slug)


@require_safe
@cached
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Tag, slug=slug)
    tagged = Tagging.objects.filter(tag=found).values("content_object")
    return _articles(request, "tag", found, Article.objects.filter(pk__in=tagged))


def _credited(request: HttpRequest, model: type[Author] | type[Publication], slug: str) -> HttpResponse:
    if found := model.objects.filter(slug=slug).first():
        return _articles(request, str(model._meta.model_name), found, found.articles.all())
    moved = model.objects.filter(previous_slugs__contains=[slug]).first()
    if moved and moved.articles.published().exists():
        return redirect(moved, permanent=True)
    raise Http404("Nobody has this address.")


def _articles(
    request: HttpRequest, kind: str, subject: Author | Publication | Tag, articles: ArticleQuerySet
) -> HttpResponse:
    """The published ones; 404 where there is none, so that no draft is betrayed by a name. `kind` names the route."""
    paginator = Paginator(articles.published().listed(), ARTICLES_PER_PAGE)
    try:
        page = paginator.page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404("There is no such page of the list.") from error
    if not page.object_list:
        raise Http404("Nothing of this is published.")
    return render(request, "issues/articles.html", {"kind": kind, "subject": subject, "page": page})
