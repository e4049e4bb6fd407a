import re
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from taggit.models import Tag

from issues.models.addresses import Address
from issues.models.issues import Issue
from issues.models.site_version import SiteVersion, current_version
from issues.models.tags import FormerTag
from issues.tasks import compact_site_version
from tests.make import make_article, make_author, make_correction, make_issue, make_page, make_picture, make_placement
from tests.make import make_publication as make_site

# One follows from the code, the other from tables that move the version.
NOT_PRINTED = {"issues_printingcode", "issues_siteversion", "issues_storeddownload"}


def version():
    return current_version(connection)


@pytest.fixture
def site():
    issue = make_issue(number=1)
    article = make_article(issue=issue, authors=(make_author("Ann"),), publication=make_site("Press"), tags=("slo",))
    make_placement(issue)
    make_correction(issue)
    make_page()
    return article


CHANGES = {
    "issue": lambda article: Issue.objects.update(intro="Another."),
    "issue added": lambda article: make_issue(),
    "article": lambda article: type(article).objects.update(title="Another"),
    "author": lambda article: article.authors.update(name="Anna"),
    "credit": lambda article: article.authorships.all().delete(),
    "publication": lambda article: type(article.publication).objects.update(name="Another"),
    "tag": lambda article: Tag.objects.update(name="SLOs"),
    "former tag": lambda article: FormerTag.objects.create(name="x", slug="x", tag=Tag.objects.get()),
    "tagging": lambda article: article.tags.clear(),
    "sponsor": lambda article: article.issue.placements.get().sponsor.__class__.objects.update(name="Another"),
    "placement": lambda article: article.issue.placements.all().delete(),
    "correction": lambda article: article.issue.corrections.update(text="Another."),
    "page": lambda article: make_page(slug="jobs"),
    "address": lambda article: Address.objects.create(issue=article.issue, path="former"),
    "former address of a picture": lambda article: make_picture().former_addresses.create(path="a.png"),
    "search": lambda article: article.search_texts.update(text="Another."),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", CHANGES)
def test_change_of_anything_printed_moves_the_version(site, name):
    before = version()
    CHANGES[name](site)
    assert version().moves > before.moves


@pytest.mark.django_db(transaction=True)
def test_transaction_moves_the_version_once(site):
    before = version()
    with transaction.atomic():
        for title in ("One", "Two"):
            type(site).objects.update(title=title)
        Issue.objects.update(intro="Another.")
    assert version().moves == before.moves + 1


@pytest.mark.django_db(transaction=True)
def test_savepoint_that_is_rolled_back_leaves_the_move_to_the_rest(site):
    before = version()
    with transaction.atomic():
        with suppress(ZeroDivisionError), transaction.atomic():
            Issue.objects.update(intro="Another.")
            raise ZeroDivisionError
        Issue.objects.update(intro="A third.")
    assert version().moves == before.moves + 1


@pytest.mark.django_db(transaction=True)
def test_transaction_that_is_rolled_back_moves_nothing(site):
    before = version()
    with suppress(ZeroDivisionError), transaction.atomic():
        Issue.objects.update(intro="Another.")
        raise ZeroDivisionError
    assert version() == before


@pytest.mark.django_db
def test_clock_moves_the_version():
    issue = make_issue(publish_at=timezone.now() + timedelta(hours=1))
    assert issue.publish_at
    assert version().published == 0
    with time_machine.travel(issue.publish_at):
        assert version().published == 1


@pytest.mark.django_db(transaction=True)
def test_compacting_keeps_the_version_in_one_row(site):
    for intro in ("One.", "Two."):
        Issue.objects.update(intro=intro)
    before = version()
    compact_site_version(timestamp=0)
    assert (SiteVersion.objects.count(), version()) == (1, before)


@pytest.mark.django_db
def test_compacting_nothing_adds_nothing():
    SiteVersion.objects.all().delete()
    compact_site_version(timestamp=0)
    assert not SiteVersion.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        *(
            "/",
            "/sre-weekly-issue-1/",
            "/sre-weekly-issue-1.txt",
            "/sre-weekly-issue-1.json",
            "/sre-weekly-issue-1.png",
        ),
        *("/archive/", "/authors/", "/authors/ann/", "/publications/", "/publications/press/", "/tags/", "/tags/slo/"),
        *("/about/", "/search/?q=lamps", "/search/?tag=slo&sort=new", "/search/?q=xyzzy", "/feed/", "/feed/atom/"),
        *("/feed/json/", "/feed/articles/", "/authors/ann/feed/", "/tags/slo/feed/issues/", "/sitemap.xml"),
        *("/sitemap-authors-1.xml", "/data/", "/data/issues.jsonl", "/data/articles.csv", "/?p=1", "/page/1/"),
        *("/former/", "/opensearch.xml", "/robots.txt", "/manifest.webmanifest", "/theme.css"),
    ],
)
def test_every_table_that_a_page_reads_moves_the_version(site, address):
    """A page that reads another table would be served from the store although that table has changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'site_version_moves'")
        watched = {table for (table,) in cursor.fetchall()}
    with CaptureQueriesContext(connection) as queries:
        response = Client().get(address)
        b"".join(response)
    assert response.status_code < 500
    words = {word for query in queries for word in re.findall(r"\w+", query["sql"])}
    assert words & set(connection.introspection.table_names()) - NOT_PRINTED <= watched
