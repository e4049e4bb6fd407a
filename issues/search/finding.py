"""Find articles and intros by a query and filters."""

from typing import NamedTuple

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F
from taggit.models import Tag

from issues.models.articles import Article, Tagging
from issues.models.credits import Author, Authorship, Publication
from issues.models.search import SearchText, SearchTextQuerySet


class Filters(NamedTuple):
    year: int | None = None  # In TIME_ZONE.
    section: str = ""
    author: Author | None = None
    publication: Publication | None = None
    tag: Tag | None = None


def find(query: str, filters: Filters, *, newest_first: bool = False) -> SearchTextQuerySet:
    """Return published articles and intros, best match first. Without a query: all filtered articles, newest first."""
    found = filtered(SearchText.objects.published(), filters)
    newest = ["-issue__publish_at", "-issue__number", "pk"]
    if not query:
        return found.exclude(article=None).order_by(*newest)
    if newest_first:
        return found.matching(query).order_by(*newest)
    # SearchRank("vector") would parse the vector as text, which is 20 times slower.
    rank = SearchRank(F("vector"), SearchQuery(query, config="english", search_type="websearch"))
    return found.matching(query).order_by(rank.desc(), *newest)


def filtered(found: SearchTextQuerySet, filters: Filters) -> SearchTextQuerySet:
    if filters.year:
        found = found.filter(issue__publish_at__year=filters.year)
    if filters.section:
        found = found.filter(article__in=Article.objects.filter(section=filters.section).values("pk"))
    if filters.author:
        found = found.filter(article__in=Authorship.objects.filter(author=filters.author).values("article"))
    if filters.publication:
        found = found.filter(article__in=Article.objects.filter(publication=filters.publication).values("pk"))
    if filters.tag:
        found = found.filter(article__in=Tagging.objects.filter(tag=filters.tag).values("content_object"))
    return found
