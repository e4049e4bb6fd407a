"""Real and broken exports, which are not part of this project."""

from collections import Counter
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.pages import Page
from sponsors.models import Placement
from tests.archive.emptying import passing
from tests.wordpress.test_continuity import our_feed, published_posts, redirects, wordpress_feed
from tests.wordpress.wxr import SAMPLES
from wordpress.load import import_wordpress

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="no exports beside the project (../shared/data/wordpress)")
SAMPLE = SAMPLES / "sreweekly-like.wxr.xml"


@pytest.fixture(scope="module")
def archive(django_db_setup, django_db_blocker):
    """Import the archive of 91 issues once, and gather what the tests look at."""
    with passing(django_db_blocker), override_settings(SITE_URL="https://sreweekly.com"):
        report = import_wordpress([SAMPLE])
        articles = Article.objects.filter(section="articles")
        outages = Article.objects.filter(section="outages")
        facts = SimpleNamespace(
            report=report,
            counts={
                "issues": Issue.objects.published().count(),
                "articles": articles.count(),
                "early articles without blurb": articles.filter(issue__number__range=(13, 30), blurb="").count(),
                "outages": outages.count(),
                "outages with blurb": outages.exclude(blurb="").count(),
                "placements": Placement.objects.count(),
            },
            slug_of_4=Issue.objects.get(number=4).slug,
            feed=our_feed(Client()),
            redirects=list(redirects(Client(), SAMPLE)),
        )
        with CaptureQueriesContext(connection) as queries:
            facts.second_counts = import_wordpress([SAMPLE]).counts
        facts.second_writes = [query for query in queries if not query["sql"].startswith("SELECT")]
    return facts


def test_archive_is_loaded_without_a_difference(archive):
    assert archive.counts == {
        "issues": 91,
        "articles": 688,
        "early articles without blurb": 0,
        "outages": 659,
        "outages with blurb": 223,
        "placements": 31,
    }
    assert archive.slug_of_4 == "sre-weekly-issue-4-2"
    # Two publications that the newsletter spells in two ways.
    kinds = Counter(notice.kind for notice in archive.report.notices)
    assert kinds == {"spelling": 3, "byline that names nobody": 14}
    assert archive.report.problems == archive.report.left_alone == archive.report.failed_files == []


def test_second_import_of_the_archive_writes_nothing(archive):
    assert archive.second_counts == {"posts unchanged": 91}
    assert archive.second_writes == []


def test_feed_and_addresses_of_the_archive_are_those_of_wordpress(archive):
    assert archive.feed == wordpress_feed(SAMPLE)
    assert len(archive.redirects) == len(published_posts(SAMPLE)) == 91
    assert set(archive.redirects) == {(301, 301, 200)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "pages", "problems", "left_out"),
    [
        ("broken/cdata-edge", 1, 0, 0),
        ("broken/crazy-cdata", 1, 0, 0),
        ("broken/malformed", 0, 1, 0),
        ("broken/malformed-simple", 0, 2, 0),
        ("broken/missing-tags", 1, 0, 0),
        ("broken/missing-version-tag", 0, 1, 0),
        ("broken/namespace-edge-cases", 5, 2, 0),
        ("broken/undefined-prefix", 5, 0, 3),
        ("other/no-slug", 4, 0, 2),
        ("other/theme-unit-test", 79, 0, 107),
        ("other/valid-wxr-1.0", 6, 0, 0),
        ("other/wpcom-2025", 8, 0, 8),
        ("other/wxr-utf-8-challenges", 1, 0, 0),
    ],
)
def test_every_readable_post_of_another_site_becomes_a_page(name, pages, problems, left_out):
    report = import_wordpress([SAMPLES / f"{name}.xml"])
    assert (Page.objects.count(), Issue.objects.count(), len(report.problems)) == (pages, 0, problems)
    kinds = {"comment", "category", "tag", "post_format", "nav_menu", "wp_theme", "post_tax"}
    assert sum(len(names) for reason, names in report.left_out.items() if reason not in kinds) == left_out
    lost = {"text lost", "link lost", "text moved", "text added"} & {notice.kind for notice in report.notices}
    assert (lost, report.failed_files) == (set(), [])
