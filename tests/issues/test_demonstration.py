import re
import tomllib
from datetime import datetime, timedelta
from io import StringIO
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.test import TestCase
from django.utils import timezone

from issues.demonstration import DIRECTORY, last_publication_time
from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from sponsors.models import Placement, Sponsor
from tests.make import make_issue
from text.markdown import find_links

# RFC 2606, sections 2 and 3.
EXAMPLE_DOMAIN = re.compile(r"(.+\.)?(example|example\.(com|net|org))")
MODELS = (Issue, Article, Author, Publication, Page, Sponsor, Placement)


def texts(value):
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def all_rows():
    return [row for model in MODELS for row in model.objects.order_by("pk")]


class TestDemonstration(TestCase):
    """A class, because loading the demonstration takes two seconds: its tests share it."""

    output: str

    @classmethod
    def setUpTestData(cls):
        output = StringIO()
        call_command("load_demonstration", stdout=output)
        cls.output = output.getvalue()

    def test_command_prints_what_it_loaded(self):
        assert self.output == ("Loaded 13 issues, 112 articles, 27 authors, 17 publications, 2 pages, 4 sponsors.\n")

    def test_twelve_issues_are_published_and_one_is_a_draft(self):
        assert [issue.number for issue in Issue.objects.published()] == list(range(12, 0, -1))
        assert [issue.number for issue in Issue.objects.filter(status="draft")] == [13]

    def test_issues_contain_everything_that_can_be_printed(self):
        published = list(Issue.objects.published().with_contents())
        assert all(6 <= len(issue.printed_articles) <= 8 for issue in published)
        assert [issue.number for issue in published if issue.printed_outages] == [5, 4, 3, 2, 1]
        assert [issue.number for issue in published if not issue.printed_placements] == [9, 4]
        assert sum(bool(issue.intro) for issue in published) == 6

    def test_backlog_has_articles_in_every_state(self):
        assert set(Article.objects.backlog().values_list("state", flat=True)) == set(Article.State.values)
        assert Article.objects.backlog().get(not_before__isnull=False).state == "held"

    def test_every_row_is_valid(self):
        for row in all_rows():
            row.full_clean()

    def test_second_run_is_refused_and_changes_nothing(self):
        before = [vars(row) | {"_state": None} for row in all_rows()]
        with pytest.raises(CommandError, match="13 issues"):
            call_command("load_demonstration")
        assert [vars(row) | {"_state": None} for row in all_rows()] == before

    def test_issues_were_published_weekly_except_one_week(self):
        times = [timezone.localtime(issue.publish_at) for issue in Issue.objects.published()]
        days_between = [(later.date() - earlier.date()).days for later, earlier in pairwise(times)]
        assert sorted(days_between) == [7] * 10 + [14]
        assert {f"{time:%A %H:%M}" for time in times} == {"Sunday 20:45"}

    def test_one_issue_was_corrected(self):
        corrected = Issue.objects.published().exclude(updated_at=F("publish_at"))
        assert list(corrected.values_list("number", F("updated_at") - F("publish_at"))) == [(9, timedelta(hours=15))]

    def test_names_and_titles_come_in_many_scripts(self):
        names = " ".join(Author.objects.values_list("name", flat=True))
        titles = " ".join(Article.objects.published().values_list("title", flat=True))
        for hebrew_arabic_han in ("[\u0590-\u05ff]", "[\u0600-\u06ff]", "[\u4e00-\u9fff]"):
            assert re.search(hebrew_arabic_han, names)
            assert re.search(hebrew_arabic_han, titles)
        for hangul_cyrillic_vietnamese in ("[\uac00-\ud7af]", "[\u0400-\u04ff]", "ễ"):
            assert re.search(hangul_cyrillic_vietnamese, names)

    def test_link_to_another_issue_works(self):
        intros = list(Issue.objects.values_list("intro", flat=True))
        blurbs = list(Article.objects.values_list("blurb", flat=True))
        links = [link for text in intros + blurbs for link in find_links(text) if link.startswith("/")]
        assert links == [Issue.objects.get(number=9).get_absolute_url()]


@pytest.mark.django_db
def test_demonstration_is_not_loaded_beside_other_issues():
    make_issue()
    with pytest.raises(CommandError, match="1 issue"):
        call_command("load_demonstration")
    assert Issue.objects.count() == 1


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-08-17T00:44:59Z", "2026-08-09T20:45-04:00"),
        ("2026-08-17T00:45:00Z", "2026-08-16T20:45-04:00"),
        # Sundays on which New York's clocks change, before and after the publication.
        ("2026-11-02T01:30:00Z", "2026-10-25T20:45-04:00"),
        ("2026-11-02T02:00:00Z", "2026-11-01T20:45-05:00"),
        ("2026-03-09T00:30:00Z", "2026-03-01T20:45-05:00"),
        ("2026-03-09T01:00:00Z", "2026-03-08T20:45-04:00"),
    ],
)
def test_latest_issue_was_published_at_the_last_usual_time(now, expected):
    assert last_publication_time(datetime.fromisoformat(now)) == datetime.fromisoformat(expected)


def test_only_example_domains_are_used():
    all_texts = [text for path in DIRECTORY.glob("*.toml") for text in texts(tomllib.loads(path.read_text()))]
    hosts = {urlsplit(url).hostname for text in all_texts for url in re.findall(r"https?://[^\s)>\]]+", text)}
    hosts |= {urlsplit(url).hostname for text in all_texts for url in find_links(text) if url.startswith("http")}
    hosts |= {domain for text in all_texts for domain in re.findall(r"@([\w.-]+\w)", text)}
    assert len(hosts) > 20
    assert [host for host in hosts if not EXAMPLE_DOMAIN.fullmatch(host)] == []
