"""Find the issues in which a link, an author or a publication appeared before."""

from collections.abc import Iterable
from copy import copy
from typing import NamedTuple

from django.db.models import Count, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime

from fetching.identity import page_of
from issues.models.articles import PAGE, Article
from issues.models.credits import Authorship
from issues.models.issues import Issue

RECENT_ISSUES = 10


def earlier_runs(canonical_urls: Iterable[str]) -> dict[str, list[Article]]:
    """Return articles that are in any issue, by canonical address, latest issue first. One query, with their issues.

    Those that link to another part of the same page come last, and have `is_other_part`.
    """
    runs: dict[str, list[Article]] = {}
    keys = set(canonical_urls) - {""}
    same = Q(canonical_url__in=keys) | Q(page__in=set(map(page_of, keys)))
    placed = Article.objects.annotate(page=PAGE).filter(same, issue__isnull=False).order_by("-issue__number", "pk")
    issue = ("number", "title", "slug", "status", "publish_at")
    found = placed.select_related("issue").only("title", "url", "canonical_url", *(f"issue__{name}" for name in issue))
    by_page: dict[str, list[Article]] = {}
    for run in found:
        by_page.setdefault(page_of(run.canonical_url), []).append(run)
    for key in keys:
        if of_page := by_page.get(page_of(key)):
            others = [copy(article) for article in of_page if article.canonical_url != key]
            for article in others:
                article.is_other_part = True
            runs[key] = [article for article in of_page if article.canonical_url == key] + others
    return runs


def describe_run(article: Article) -> str:
    """Return “Already ran in #412 (5 Nov 2023)”, with the day in TIME_ZONE, or “Is in #531 (draft)”."""
    issue = article.issue
    assert issue is not None
    what = "Another part of this page is" if article.is_other_part else "Is"
    if issue.is_published:
        what = "Another part of this page already ran" if article.is_other_part else "Already ran"
        return f"{what} in #{issue.number} ({date_format(localtime(issue.publish_at), 'j M Y')})"
    return f"{what} in #{issue.number} ({issue.state})"


class RecentRuns(NamedTuple):
    """Counts of articles in the last RECENT_ISSUES published issues, by primary key of the author or publication.

    A missing key means none.
    """

    authors: dict[int, int]
    publications: dict[int, int]

    def describe(self, article: Article) -> str:
        """Return “Charity Majors 3×, Honeycomb 2×”, or "" if none of them appeared. No query after with_credits()."""
        counts = [(author.name, self.authors.get(author.pk, 0)) for author in article.credited_authors]
        if article.publication:
            counts.append((article.publication.name, self.publications.get(article.publication.pk, 0)))
        return ", ".join(f"{name} {count}×" for name, count in counts if count)


def count_recent_runs(articles: Iterable[Article]) -> RecentRuns:
    """Count how often the authors and publications of these articles appeared lately. Two queries.

    `articles` come from with_credits().
    """
    articles = list(articles)
    authors = {author.pk for article in articles for author in article.credited_authors}
    publications = {article.publication_id for article in articles} - {None}
    issues = Issue.objects.published().values("pk")[:RECENT_ISSUES]
    credited = Authorship.objects.filter(article__issue__in=issues, author__in=authors).order_by()
    published = Article.objects.filter(issue__in=issues, publication__in=publications).order_by()
    return RecentRuns(
        dict(credited.values_list("author").annotate(Count("pk"))),
        dict(published.values_list("publication").annotate(Count("pk"))),
    )
