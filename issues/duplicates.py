"""Whether a page ran before: the question of every link that is saved, placed or published."""

from collections.abc import Iterable

from django.utils.formats import date_format
from django.utils.timezone import localtime

from issues.models import Article


def earlier_runs(canonical_urls: Iterable[str]) -> dict[str, list[Article]]:
    """Articles in issues, published or not, by key; the latest issue's first. Each has its issue. One query."""
    runs: dict[str, list[Article]] = {}
    keys = set(canonical_urls) - {""}
    placed = Article.objects.filter(canonical_url__in=keys, issue__isnull=False).order_by("-issue__number", "pk")
    issue = ("number", "title", "slug", "status", "publish_at")
    for article in placed.select_related("issue").only(
        "title", "url", "canonical_url", *(f"issue__{name}" for name in issue)
    ):
        runs.setdefault(article.canonical_url, []).append(article)
    return runs


def describe_run(article: Article) -> str:
    """“Already ran in #412 (5 Nov 2023)”, on the clocks of TIME_ZONE, or “Is in #531 (draft)”."""
    issue = article.issue
    assert issue is not None
    if issue.is_published:
        return f"Already ran in #{issue.number} ({date_format(localtime(issue.publish_at), 'j M Y')})"
    return f"Is in #{issue.number} ({issue.state})"
