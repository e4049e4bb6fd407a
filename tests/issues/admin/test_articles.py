from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from issues.models.articles import Article
from issues.models.issues import Issue
from tests.desk_forms import errors, read_form, save
from tests.make import make_article, make_author, make_issue, make_publication, note_changes


def act(desk, action, *articles):
    data = {"action": action, "_selected_action": [article.pk for article in articles]}
    return desk.post("/admin/issues/article/?place=all", data, follow=True).content.decode()


def test_article_is_saved_to_the_backlog_with_its_credits(desk):
    author = make_author()
    fields = {"title": "T", "url": "https://example.com/?utm_source=x", "author_list": [author.pk], "tag_list": ["a b"]}
    save(desk, "/admin/issues/article/add/", "article_form", **fields)
    article = Article.objects.backlog().get()
    assert article.credited_authors == [author]
    assert [tag.name for tag in article.tags.all()] == ["a b"]
    assert article.url == "https://example.com/?utm_source=x"


def test_several_articles_are_placed_in_a_draft_at_once(desk):
    issue = make_issue(articles=1, status="draft")
    one, two = make_article(), make_article()
    act(desk, f"place_{issue.pk}", one, two)
    assert [row.position for row in issue.articles.order_by("position")] == [1, 2, 3]
    issue.refresh_from_db()
    assert issue.version == 2


def test_placed_article_is_offered_the_publication_s_disclosure(desk):
    issue = make_issue(status="draft")
    article = make_article(publication=make_publication(disclosure="Full disclosure."))
    act(desk, f"place_{issue.pk}", article)
    assert issue.articles.get().disclosure == "Full disclosure."


def test_articles_are_not_placed_twice(desk):
    issue, other = make_issue(status="draft"), make_issue(articles=1, status="draft")
    assert "already" in act(desk, f"place_{issue.pk}", other.articles.get())
    assert issue.articles.count() == 0


def test_published_issue_is_not_offered_for_placing(desk):
    issue = make_issue(articles=1)
    assert f"place_{issue.pk}" not in desk.get("/admin/issues/article/").content.decode()


def test_article_of_a_draft_goes_back_to_the_backlog(desk):
    issue = make_issue(articles=1, status="draft")
    act(desk, "return_to_backlog", issue.articles.get())
    assert Article.objects.backlog().count() == 1


def test_article_of_a_published_issue_stays(desk):
    issue = make_issue(articles=1)
    assert "stays" in act(desk, "return_to_backlog", issue.articles.get())
    assert issue.articles.count() == 1


def test_article_of_a_published_issue_cannot_be_deleted(desk):
    article = make_issue(articles=1).articles.get()
    desk.post(f"/admin/issues/article/{article.pk}/delete/", {"post": "yes"})
    act(desk, "delete_selected", article)
    assert Article.objects.exists()


def test_correction_of_an_article_moves_updated_at_of_its_issue(desk):
    issue = make_issue(articles=1)
    note_changes(Issue.objects.all())
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        url = f"/admin/issues/article/{issue.articles.get().pk}/change/"
        save(desk, url, "article_form", blurb="Corrected.")
        issue.refresh_from_db()
        assert issue.updated_at == timezone.now()


@pytest.mark.parametrize("field", ["title", "url"])
def test_what_is_missing_is_told_at_its_field(desk, field):
    fields = {"title": "T", "url": "https://example.com/"} | {field: ""}
    response = save(desk, "/admin/issues/article/add/", "article_form", **fields)
    assert errors(response) == {field: ["This field is required."]}


def test_fields_do_not_cut_what_is_pasted(desk):
    assert "maxlength" not in desk.get("/admin/issues/article/add/").content.decode()


def test_credits_are_shown_as_saved(desk):
    article = make_article(authors=(make_author("Zoë"), make_author("Anna")), tags=("slo", "dns"))
    form = read_form(desk.get(f"/admin/issues/article/{article.pk}/change/"), "article_form")
    assert form["author_list"] == [str(author.pk) for author in article.credited_authors]
    assert form["tag_list"] == ["dns", "slo"]


@pytest.mark.parametrize(
    "query",
    [
        *("q=x", "q=%00", "place=backlog", "place=issue", "place=all", "place=x", "tag=slo", "section=outages"),
        *("state=held", "state=x", "hold=wait", "hold=come", "hold=one", "author=x", "publication=x", "author=%00"),
    ],
)
def test_list_takes_any_search(desk, query):
    make_article(tags=("slo",))
    assert desk.get(f"/admin/issues/article/?{query}", follow=True).status_code == 200


def test_list_asks_the_same_for_one_and_for_three(desk, django_assert_num_queries):
    for _ in range(2):
        article = make_article(publication=make_publication(), tags=("slo",), not_before=date(2030, 1, 1))
        make_article(issue=make_issue(), url=article.url, publication=article.publication)
        with django_assert_num_queries(14):
            assert desk.get("/admin/issues/article/").status_code == 200
        make_article(tags=("dns",), series="Talks")


def test_page_of_an_article_asks_the_same_for_one_author_and_for_three(desk, django_assert_num_queries):
    desk.get(f"/admin/issues/article/{make_article().pk}/change/")  # Django keeps the content type from here on.
    for count in (1, 3):
        authors = tuple(make_author() for _ in range(count))
        article = make_article(authors=authors, publication=make_publication(), tags=("slo",))
        with django_assert_num_queries(12):
            assert desk.get(f"/admin/issues/article/{article.pk}/change/").status_code == 200
