"""What search finds. Derived from the rest, kept by issues/search/index.py, and never edited."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models
from django.db.models import Prefetch, Q

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.publishing import is_published


class SearchTextQuerySet(models.QuerySet["SearchText"]):
    def published(self) -> Self:
        """Those that readers may see."""
        return self.filter(is_published("issue"))

    def matching(self, query: str) -> Self:
        """`query` as words.normalize() gives it."""
        return self.filter(vector=SearchQuery(query, config="english", search_type="websearch"))

    def listed(self) -> Self:
        """Load only what a list of results prints. Four queries for any number of them."""
        return (
            self.select_related("issue")
            .only("text", "article", "issue__title", "issue__slug", "issue__publish_at")
            .prefetch_related(Prefetch("article", Article.objects.with_credits()))
        )


class SearchText(models.Model):
    """An article in its issue or, where article is null, the issue's title and intro. Nothing of the backlog.

    One table for both, so that one query ranks both, and so that no article drags its words along or saves stale
    ones. The vector is no generated column: it holds the words of other tables, without Markdown and accents.
    """

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="search_texts")
    article = models.ForeignKey(Article, models.CASCADE, null=True, related_name="search_texts")
    text = models.TextField(help_text="Blurb or intro in plain words, to show a part of.")
    # Of title (weight A), blurb or intro (B), credits and tags (C), address or issue's title (D).
    vector = SearchVectorField()
    # In an issue's own row: the longer words of the issue and its articles, to correct a reader's spelling with.
    words = ArrayField(models.TextField(), default=list)

    objects = SearchTextQuerySet.as_manager()

    class Meta:
        indexes = [GinIndex(fields=["vector"], name="search_text_vector")]
        constraints = [
            models.UniqueConstraint(fields=["article"], name="search_text_article_once"),
            models.UniqueConstraint(fields=["issue"], condition=Q(article=None), name="search_text_issue_once"),
        ]

    def __str__(self):
        return f"Search for {self.article or self.issue}"

    def get_absolute_url(self):
        """The entry on its issue's page, or the issue."""
        return self.issue.get_absolute_url() + (f"#article-{self.article_id}" if self.article_id else "")
