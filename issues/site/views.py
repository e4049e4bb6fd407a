"""The pages that readers see. Nobody finds drafts or scheduled issues here, not even editors."""

import re

from django.conf import settings
from django.core.paginator import InvalidPage, Paginator
from django.db.models import Count, Min, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from taggit.models import Tag

from issues.models.articles import Article, ArticleQuerySet
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from issues.models.subjects import Subject, articles_of, find_subject, kind_of
from issues.printing.metadata import Metadata, describe_index
from issues.printing.page import print_page
from issues.site.caching import cache_for_minutes
from issues.site.forms import IssueForms
from issues.site.lists import list_by_letter, list_by_year, list_issues, list_neighbours
from issues.site.moved import redirect_to_nearest
from text import newsletter

RECENT_ISSUES = 5
# In the archive, which leads to older ones by year: about those of a year.
LATEST_ISSUES = 60
# Tags that the archive offers.
THEMES = 8
ARTICLES_PER_PAGE = 50
# The contents of an issue have 20 kB: this is enough for 600.
issue_pages = IssueForms(print_page, 12 * 2**20)


@require_safe
@cache_for_minutes
def home(request: HttpRequest) -> HttpResponse:
    issues = Issue.objects.published()
    latest = list(issues[:1])
    context = {
        "latest": list(zip(latest, issue_pages.of(latest), strict=True)),
        "recent": list_issues(issues.listed()[1 : 1 + RECENT_ISSUES]),
        "total": issues.aggregate(count=Count("pk"), since=Min("publish_at")),
    }
    return render(request, "issues/home.html", context)


@require_safe
@cache_for_minutes
def archive(request: HttpRequest) -> HttpResponse:
    """List the latest issues. With ?number=N, redirect to that issue, or say that there is none."""
    latest = Issue.objects.published().listed()[:LATEST_ISSUES]
    if "number" not in request.GET:
        return _archive(request, latest)
    number = request.GET["number"].strip().removeprefix("#")
    # The database's integers have nine digits and more. The page store takes neither redirects nor 404.
    if re.fullmatch("[0-9]{1,9}", number) and (found := Issue.objects.published().filter(number=number).first()):
        return redirect(found)
    return _archive(request, latest, status=404, unknown=number)


@require_safe
@cache_for_minutes
def archive_of_year(request: HttpRequest, year: str) -> HttpResponse:
    """List the issues of a year, on the clocks of TIME_ZONE."""
    issues = Issue.objects.published().listed().filter(publish_at__year=year)
    if not issues:
        raise Http404("No issue was published in this year.")
    return _archive(request, issues, year=int(year))


@require_safe
@cache_for_minutes
def issue(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an issue or a page. One view serves both, because both have addresses at the root of the site."""
    if found := Issue.objects.published().filter(slug=slug).first():
        (printed,) = issue_pages.of([found])
        previous, following = list_neighbours(found)
        context = {"issue": found, "printed": printed, "previous": previous, "next": following}
        return render(request, "issues/issue.html", context)
    if page := Page.objects.published().filter(slug=slug).first():
        return render(request, "issues/page.html", {"page": page})
    return redirect_to_nearest(request, slug)


@require_safe
@cache_for_minutes
def authors(request: HttpRequest) -> HttpResponse:
    return _names(request, "author", Author.objects.published())


@require_safe
@cache_for_minutes
def publications(request: HttpRequest) -> HttpResponse:
    return _names(request, "publication", Publication.objects.published())


@require_safe
@cache_for_minutes
def tags(request: HttpRequest) -> HttpResponse:
    articles = Article.objects.published().order_by()
    counted = Count("issues_tagging_items__content_object", distinct=True)
    published = Tag.objects.filter(issues_tagging_items__content_object__in=articles).annotate(article_count=counted)
    # A tag of punctuation alone, such as “++”, has no address.
    return _names(request, "tag", published.exclude(slug=""))


@require_safe
@cache_for_minutes
def subject(request: HttpRequest, kind: str, slug: str) -> HttpResponse:
    """List the articles of an author, a publication or a tag, or redirect to where it is by now."""
    found = find_subject(kind, slug)
    if found is None:
        raise Http404("There is no author, publication or tag at this address.")
    if (kind_of(found), found.slug) == (kind, slug):
        return _articles(request, kind, found, articles_of(found))
    if articles_of(found).published().exists():
        return redirect(kind_of(found), found.slug, permanent=True)
    raise Http404("This author, publication or tag has no published article.")


@require_safe
@cache_for_minutes
def theme(request: HttpRequest) -> HttpResponse:
    """Serve the configured colours as CSS. Its address in base.html changes with them: readers see new ones at once."""
    return HttpResponse(newsletter.theme(), content_type="text/css; charset=utf-8")


def _archive(request: HttpRequest, issues: QuerySet[Issue], *, status: int = 200, **context: object) -> HttpResponse:
    """List these issues, with their most frequent tags and the years of all issues. Four queries."""
    context |= {
        "described": _describe_archive(context.get("year")) if status == 200 else None,
        "years": list_by_year(issues),
        "all_years": Issue.objects.published().years(),
        "tags": _frequent_tags(issues),
    }
    return render(request, "issues/archive.html", context, status=status)


def _describe_archive(year: object) -> Metadata:
    name = settings.NEWSLETTER_NAME
    if year:
        path = reverse("archive_of_year", args=[year])
        return describe_index(f"Archive of {year}", f"The issues of {name} in {year}, with what is inside.", path)
    return describe_index("Archive", f"Every issue of {name}, by year, with what is inside.", reverse("archive"))


def _frequent_tags(issues: QuerySet[Issue]) -> QuerySet[Tag]:
    """Return the most frequent tags of these issues. Those of all issues took 90 ms with 5,500 of them."""
    tags = Tag.objects.filter(issues_tagging_items__content_object__issue__in=[issue.pk for issue in issues])
    counted = Count("issues_tagging_items__content_object", distinct=True)
    return tags.exclude(slug="").annotate(article_count=counted).order_by("-article_count", "name")[:THEMES]


def _names(request: HttpRequest, kind: str, named: QuerySet) -> HttpResponse:
    """List everything of a kind that has a published article, by letter. `kind` is the name of the route.

    `named` are rows with a name, a slug and article_count.
    """
    letters = list_by_letter(named)
    description = f"Every {kind} in {settings.NEWSLETTER_NAME}, by name."
    context = {
        "kind": kind,
        "described": describe_index(f"{kind.capitalize()}s", description, reverse(f"{kind}s")),
        "letters": letters,
        "count": sum(map(len, letters.values())),
        "are_issues": bool(letters) or Issue.objects.published().exists(),
    }
    return render(request, "issues/names.html", context)


def _articles(request: HttpRequest, kind: str, subject: Subject, articles: ArticleQuerySet) -> HttpResponse:
    """List the published articles of a subject, page by page. `kind` is the name of the route.

    Raises Http404 if there are none, so that no name reveals a draft.
    """
    paginator = Paginator(articles.published().listed(), ARTICLES_PER_PAGE)
    try:
        page = paginator.page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404("There is no such page of the list.") from error
    if not page.object_list:
        raise Http404("This author, publication or tag has no published article.")
    return render(request, "issues/articles.html", {"kind": kind, "subject": subject, "page": page})
