"""Exports given beside the project. They are not part of it; without them these tests are skipped."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.pages import Page
from sponsors.models import Placement
from tests.wordpress.wxr import SAMPLES
from wordpress.load import import_wordpress

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="no exports beside the project (../shared/data/wordpress)"),
]


def load(name):
    return import_wordpress([SAMPLES / name])


def lost(report):
    return [found for found in report.findings if found.kind in ("text lost", "link lost", "text moved", "text added")]


def test_archive_is_loaded_without_a_difference():
    report = load("sreweekly-like.wxr.xml")
    assert Issue.objects.published().count() == 91
    assert Article.objects.filter(section="articles").count() == 688
    assert Article.objects.filter(section="outages").count() == 659
    assert Article.objects.filter(section="outages").exclude(blurb="").count() == 223
    assert Placement.objects.count() == 31
    assert Article.objects.filter(issue__number__range=(13, 30), section="articles", blurb="").count() == 0
    assert Issue.objects.get(number=4).slug == "sre-weekly-issue-4-2"
    # Two publications that the newsletter spells in two ways.
    assert {found.kind for found in report.findings} == {"spelling"}
    assert len(report.findings) == 3
    assert (report.problems, report.left_alone) == ([], [])
    with CaptureQueriesContext(connection) as queries:
        assert load("sreweekly-like.wxr.xml").counts == {"posts unchanged": 91}
    assert [q["sql"] for q in queries if not q["sql"].startswith("SELECT")] == []


@pytest.mark.parametrize(
    ("name", "pages", "problem"),
    [
        ("cdata-edge", 1, ""),
        ("crazy-cdata", 1, ""),
        ("invalid-version-tag", 0, "the WXR version is “abc”"),
        ("malformed", 0, "the WXR version is “abc”"),
        ("malformed-simple", 0, "line 9: a post “Broken”: it has no end"),
        ("missing-tags", 1, ""),
        ("missing-version-tag", 0, "no WXR version is given"),
        ("namespace-edge-cases", 5, "line 94: a post “Hijacked Namespace”: it has no number"),
        ("undefined-prefix", 5, ""),
    ],
)
def test_broken_exports_give_every_post_that_can_be_read(name, pages, problem):
    report = load(f"broken/{name}.xml")
    assert Page.objects.count() == pages
    assert any(problem in str(told) for told in report.problems) or not problem
    assert report.failed_files == lost(report) == []


@pytest.mark.parametrize(
    ("name", "pages", "left_out"),
    [
        ("large-authors", 0, 0),
        ("no-slug", 4, 2),
        ("small-export", 11, 0),
        ("test-serialized-postmeta-with-cdata", 1, 0),
        ("theme-unit-test", 79, 107),
        ("valid-wxr-1.0", 6, 0),
        ("valid-wxr-1.1", 2, 0),
        ("wpcom-2025", 8, 8),
        ("wxr-utf-8-challenges", 1, 0),
    ],
)
def test_exports_of_other_sites_become_pages(name, pages, left_out):
    report = load(f"other/{name}.xml")
    assert Page.objects.count() == pages
    assert Issue.objects.count() == 0
    kinds = {"comment", "category", "tag", "post_format", "nav_menu", "wp_theme", "post_tax"}
    assert sum(len(names) for reason, names in report.left_out.items() if reason not in kinds) == left_out
    assert report.failed_files == report.problems == lost(report) == []
