"""What readers see. Drafts and scheduled issues are nowhere here, for nobody."""

from django.core.paginator import InvalidPage, Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe
from taggit.models import Tag

from issues.models.articles import Article, ArticleQuerySet, Tagging
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from issues.site.caching import cached
from issues.site.lists import list_by_letter, list_by_month
from issues.site.moved import find_current_url
from text import newsletter

RECENT_ISSUES = 10
ARTICLES_PER_PAGE = 50


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
    years = list_by_month(Issue.objects.published())
    return render(request, "issues/archive.html", {"years": years})


@require_safe
@cached
def issue(request: HttpRequest, slug: str) -> HttpResponse:
    """An issue, or a page: they share one place in the site's addresses."""
    published = Issue.objects.published()
    if found := published.with_contents().filter(slug=slug).first():
        neighbours = {"previous": published.listed().before(found), "next": published.listed().after(found)}
        return render(request, "issues/issue.html", {"issue": found, **neighbours})
    if page := Page.objects.published().filter(slug=slug).first():
        return render(request, "issues/page.html", {"page": page})
    if address := find_current_url(slug):
        return redirect(address, permanent=True)
    raise Http404("No issue or page has this address.")


@require_safe
@cached
def authors(request: HttpRequest) -> HttpResponse:
    return _index(request, "author", Author.objects.published())


@require_safe
@cached
def publications(request: HttpRequest) -> HttpResponse:
    return _index(request, "publication", Publication.objects.published())


@require_safe
@cached
def tags(request: HttpRequest) -> HttpResponse:
    articles = Article.objects.published().order_by()
    counted = Count("issues_tagging_items__content_object", distinct=True)
    published = Tag.objects.filter(issues_tagging_items__content_object__in=articles).annotate(article_count=counted)
    # A tag such as “++” has no address.
    return _index(request, "tag", published.exclude(slug=""))


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


@require_safe
@cached
def theme(request: HttpRequest) -> HttpResponse:
    """The configured colours. base.html asks for it with their version, so that new ones are seen at once."""
    return HttpResponse(newsletter.theme(), content_type="text/css; charset=utf-8")


def _index(request: HttpRequest, kind: str, named: QuerySet) -> HttpResponse:
    """All of a kind that have a published article, with article_count. `kind` names the route."""
    letters = list_by_letter(named)
    count = sum(map(len, letters.values()))
    return render(request, "issues/index.html", {"kind": kind, "letters": letters, "count": count})


def _credited(request: HttpRequest, model: type[Author] | type[Publication], slug: str) -> HttpResponse:
    found = model.objects.at(slug)
    if found and found.slug == slug:
        return _articles(request, str(model._meta.model_name), found, found.articles.all())
    if found and found.articles.published().exists():
        return redirect(found, permanent=True)
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
