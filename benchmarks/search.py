"""Measurements of search through a server, with one request at a time."""

import statistics
import time
from typing import NamedTuple
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count
from django.urls import reverse
from taggit.models import Tag

from benchmarks.server import fetch
from issues.models.credits import Author
from issues.models.issues import Issue
from issues.models.search import SearchText
from issues.search.finding import Filters, find
from issues.search.index import reindex
from issues.search.queries import normalize

ROUNDS = 20
# The first of these issues have outages. Together they have 25,000 articles and outages, five times the archive.
MOST_ISSUES = 2550


class SearchResult(NamedTuple):
    question: str
    found: int
    median_ms: float
    slowest_ms: float


def measure_search(port: int) -> list[SearchResult]:
    reindex(Issue.objects.filter(number__lte=MOST_ISSUES))
    connection.cursor().execute("VACUUM ANALYZE issues_searchtext")
    author = Author.objects.annotate(amount=Count("articles")).order_by("-amount", "pk")[0]
    tag = Tag.objects.annotate(amount=Count("issues_tagging_items")).order_by("-amount", "pk")[0]
    rare = Author.objects.annotate(amount=Count("articles")).filter(amount__gt=0).order_by("amount", "pk")[0]
    questions: dict[str, tuple[dict[str, str], Filters]] = {
        "common word": ({"q": "cache"}, Filters()),
        "rare name": ({"q": f'"{rare.name}"'}, Filters()),
        "phrase": ({"q": '"cache cluster"'}, Filters()),
        "three words": ({"q": "cache cluster database"}, Filters()),
        "one or the other": ({"q": "cache or cluster"}, Filters()),
        "without a word": ({"q": "cache -cluster"}, Filters()),
        "word of an author": ({"q": "cache", "author": author.slug}, Filters(author=author)),
        "word with a tag": ({"q": "cache", "tag": tag.slug}, Filters(tag=tag)),
        "filter alone": ({"author": author.slug}, Filters(author=author)),
        "newest first": ({"q": "cache", "sort": "new"}, Filters()),
        "other spelling": ({"q": "oncall"}, Filters()),
        "misspelt": ({"q": "clustre"}, Filters()),
    }
    return [_measure(port, question, *asked) for question, asked in questions.items()]


def print_search(results: list[SearchResult]) -> None:
    print(f"\nSearch, {SearchText.objects.exclude(article=None).count():,} articles and outages\n")
    print(f"{'question':22}{'found':>12}{'median ms':>12}{'slowest':>10}")
    for question, found, median_ms, slowest_ms in results:
        print(f"{question:22}{found:12,}{median_ms:12.1f}{slowest_ms:10.1f}")


def _measure(port: int, question: str, parameters: dict[str, str], filters: Filters) -> SearchResult:
    def ask(number: int) -> None:
        """Ask with so many spaces behind it: the answer is the same, but another page to the store."""
        typed = parameters | {"q": parameters.get("q", "") + " " * number}
        fetch(port, f"{reverse('search')}?{urlencode(typed)}")

    ask(0)
    times = []
    for number in range(1, ROUNDS + 1):
        start = time.perf_counter()
        ask(number)
        times.append((time.perf_counter() - start) * 1000)
    found = len(find(normalize(parameters.get("q", "")), filters))
    return SearchResult(question, found, statistics.median(times), max(times))
