"""The table that search reads. issues/search/index.py derives it from issues and articles; nobody edits it."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from issues.models.articles import Article
from issues.models.issues import Issue


class SearchText(models.Model):
    """The words of an article in its issue or, if article is null, of the issue's title and intro.

    One table holds both, so that one query ranks both. The vector is not a generated column, because it holds words of
    other tables, without Markdown and accents. The backlog is not in it.
    """

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="search_texts")
    article = models.ForeignKey(Article, models.CASCADE, null=True, related_name="search_texts")
    text = models.TextField(help_text="Blurb or intro as plain text, for excerpts.")
    # Title (weight A), blurb or intro (B), credits and tags (C), address or issue's title (D).
    vector = SearchVectorField()
    # RULES of issues/search/index.py when the row was built. Rows of another version are built again after an update.
    rules = models.CharField(max_length=16, db_default="")
    # In the row of an issue: the longer words of the issue and its articles, for correcting the spelling of queries.
    words = ArrayField(models.TextField(), default=list)

    class Meta:
        indexes = [GinIndex(fields=["vector"], name="search_text_vector")]
        constraints = [
            models.UniqueConstraint(fields=["article"], name="search_text_article_once"),
            models.UniqueConstraint(fields=["issue"], condition=Q(article=None), name="search_text_issue_once"),
        ]

    def __str__(self):
        return f"Search for {self.article or self.issue}"

    def get_absolute_url(self):
        """Return the address of the entry on its issue's page, or of the issue."""
        return self.issue.get_absolute_url() + (f"#article-{self.article_id}" if self.article_id else "")
