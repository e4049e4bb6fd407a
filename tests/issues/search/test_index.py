"""Search finds everything as it is now, after every kind of change."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from taggit.models import Tag

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.search import SearchText
from issues.search.index import reindex, reindex_outdated
from tests.desk_forms import save
from tests.issues.search.asking import index_all, make_found, results
from tests.make import make_article, make_author, make_issue, make_publication

FUTURE = datetime(2100, 1, 1, tzinfo=UTC)


def found(client, *words):
    return [bool(results(client, word)) for word in words]


@pytest.fixture
def article(db):
    """“Oldtitle” by “Oldauthor” in “Oldtimes”, with the tag “oldtag”, in a published issue with “oldintro”."""
    author, publication = make_author("Oldauthor"), make_publication("Oldtimes")
    issue = make_issue(intro="oldintro")
    return make_found("Oldtitle", issue=issue, authors=(author,), publication=publication, tags=("oldtag",))


def test_saved_article_is_found_as_it_is_now(client, desk, article):
    changes = {"title": "Newtitle", "blurb": "newblurb", "publication": "", "author_list": "", "tag_list": "+newtag"}
    save(desk, f"/admin/issues/article/{article.pk}/change/", "article_form", **changes)
    assert found(client, "oldtitle", "oldtimes", "oldauthor", "oldtag") == [False] * 4
    assert found(client, "newtitle", "newblurb", "newtag", "oldintro") == [True] * 4


def test_row_of_an_issue_is_found_as_it_is_now(client, desk, article):
    url = f"/admin/issues/issue/{article.issue.pk}/change/"
    changes = {"articles-0-title": "Newtitle", "articles-0-tag_list": "+newtag", "intro": "newintro"}
    save(desk, url, "issue_form", **changes)
    assert found(client, "oldtitle", "oldtag", "oldintro") == [False] * 3
    assert found(client, "newtitle", "newtag", "newintro") == [True] * 3


@pytest.mark.parametrize(
    ("path", "form", "old"),
    [
        ("issues/author", "author_form", "oldauthor"),
        ("issues/publication", "publication_form", "oldtimes"),
        ("taggit/tag", "tag_form", "oldtag"),
    ],
)
def test_new_name_is_found(client, desk, article, path, form, old):
    row = {"oldauthor": article.authors.get(), "oldtimes": article.publication, "oldtag": Tag.objects.get()}[old]
    save(desk, f"/admin/{path}/{row.pk}/change/", form, name="Newname")
    assert found(client, old, "newname") == [False, True]


@pytest.mark.parametrize(("kind", "make"), [("author", make_author), ("publication", make_publication)])
def test_merged_name_is_found(client, desk, article, kind, make):
    kept = make("Newname")
    lost = article.authors.get() if kind == "author" else article.publication
    desk.post(f"/admin/issues/{kind}/merge/", {"row": [lost.pk], "kept": kept.pk})
    assert found(client, lost.name, "newname") == [False, True]


def test_placed_article_is_found(client, desk):
    issue, article = make_issue(status="draft"), make_article(title="Placed")
    desk.post("/admin/issues/article/", {"action": f"place_{issue.pk}", "_selected_action": [article.pk]})
    issue.refresh_from_db()
    issue.approve(timezone.now())
    assert found(client, "placed") == [True]


def test_article_sent_back_from_a_scheduled_issue_is_not_found_when_that_comes_out(client, desk):
    article = make_found("Sent back", issue=make_issue(publish_at=FUTURE))
    desk.post("/admin/issues/article/?place=all", {"action": "return_to_backlog", "_selected_action": [article.pk]})
    with time_machine.travel(FUTURE, tick=False):
        assert found(client, "sent") == [False]


def test_article_in_another_issue_is_found_there_only(db):
    article = make_found()
    Article.objects.filter(pk=article.pk).update(issue=make_issue(number=2))
    reindex(Issue.objects.filter(number=2))
    assert SearchText.objects.get(article=article).issue.number == 2


def test_deleted_article_and_issue_leave_nothing(db):
    issue = make_issue(status="draft")
    make_found(issue=issue).delete()
    issue.delete()
    assert not SearchText.objects.exists()


def test_rows_changed_outside_the_desk_are_found_after_one_command(client, article, capsys):
    Article.objects.update(title="Imported")
    Tag.objects.update(name="importedtag")
    call_command("index_search")
    assert capsys.readouterr().out
    assert found(client, "oldtitle", "imported", "importedtag") == [False, True, True]


def test_indexing_again_makes_the_same_rows(db):
    make_found(tags=("slo",))
    fields = ("issue", "article", "text", "vector", "words")
    before = list(SearchText.objects.order_by("pk").values_list(*fields))
    index_all()
    assert list(SearchText.objects.order_by("pk").values_list(*fields)) == before


def test_rows_of_another_version_are_built_again(client, db, django_assert_num_queries):
    make_found("Cache")
    with django_assert_num_queries(1):
        reindex_outdated()
    SearchText.objects.update(vector="", rules="")
    reindex_outdated()
    assert found(client, "cache") == [True]


@pytest.mark.django_db(transaction=True)
def test_two_processes_may_index_the_same_issue():
    make_issue(articles=3)

    def work():
        try:
            for _ in range(5):
                index_all()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work), pool.submit(work)]:
            done.result()
    assert SearchText.objects.count() == 4


def test_indexing_takes_a_fixed_number_of_queries(db, django_assert_num_queries):
    for count in (1, 3):
        make_issue(articles=count, outages=count)
        with django_assert_num_queries(13):
            index_all()
