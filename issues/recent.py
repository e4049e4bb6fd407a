"""How often who ran lately, so that no author or publication fills the newsletter unnoticed."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Count

from issues.models import Article, Authorship, Issue

ISSUES = 10


class Runs(NamedTuple):
    """Articles in the last ISSUES published issues, by primary key of who ran; who did not is not there."""

    authors: dict[int, int]
    publications: dict[int, int]

    def describe(self, article: Article) -> str:
        """“Charity Majors 3×, Honeycomb 2×”; empty where nobody ran. No query after with_credits()."""
        counts = [(author.name, self.authors.get(author.pk, 0)) for author in article.credited_authors]
        if article.publication:
            counts.append((article.publication.name, self.publications.get(article.publication.pk, 0)))
        return ", ".join(f"{name} {count}×" for name, count in counts if count)


def count_recent_runs(articles: Iterable[Article]) -> Runs:
    """Of their authors and publications. Two queries for any number of articles that were loaded with_credits()."""
    articles = list(articles)
    authors = {author.pk for article in articles for author in article.credited_authors}
    publications = {article.publication_id for article in articles} - {None}
    issues = Issue.objects.published().values("pk")[:ISSUES]
    credited = Authorship.objects.filter(article__issue__in=issues, author__in=authors).order_by()
    published = Article.objects.filter(issue__in=issues, publication__in=publications).order_by()
    return Runs(
        dict(credited.values_list("author").annotate(Count("pk"))),
        dict(published.values_list("publication").annotate(Count("pk"))),
    )
