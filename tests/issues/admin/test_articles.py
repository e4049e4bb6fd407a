from datetime import date

import pytest
from django.utils import timezone

from issues.models.articles import Article
from tests.desk_forms import error_codes, read_form, save
from tests.make import make_article, make_author, make_fetched_page, make_issue, make_publication


def act(desk, action, *articles):
    data = {"action": action, "_selected_action": [article.pk for article in articles]}
    response = desk.post("/admin/issues/article/?place=all", data, follow=True)
    return [message.level_tag for message in response.context["messages"]]


def test_article_is_saved_to_the_backlog_with_its_credits(desk):
    author = make_author()
    fields = {"title": "T", "url": "https://example.com/?utm_source=x", "author_list": author.name, "tag_list": "+a b"}
    save(desk, "/admin/issues/article/add/", "article_form", **fields)
    article = Article.objects.backlog().get()
    assert article.credited_authors == [author]
    assert [tag.name for tag in article.tags.all()] == ["a b"]
    assert article.url == "https://example.com/?utm_source=x"


def test_placed_article_gets_the_disclosure_of_its_publication(desk):
    issue = make_issue(status="draft")
    article = make_article(publication=make_publication(disclosure="Full disclosure."))
    act(desk, f"place_{issue.pk}", article)
    assert issue.articles.get().disclosure == "Full disclosure."


def test_article_of_an_issue_cannot_be_placed_in_another(desk):
    issue, other = make_issue(status="draft"), make_issue(articles=1, status="draft")
    assert act(desk, f"place_{issue.pk}", other.articles.get()) == ["error"]
    assert issue.articles.count() == 0


def test_articles_cannot_be_placed_in_a_published_issue(desk):
    issue = make_issue(articles=1)
    assert f"place_{issue.pk}" not in desk.get("/admin/issues/article/").content.decode()


def test_article_of_a_draft_goes_back_to_the_backlog(desk):
    issue = make_issue(articles=1, status="draft")
    act(desk, "return_to_backlog", issue.articles.get())
    assert Article.objects.backlog().count() == 1


def test_article_of_a_published_issue_stays(desk):
    issue = make_issue(articles=1)
    assert act(desk, "return_to_backlog", issue.articles.get()) == ["error"]
    assert issue.articles.count() == 1


def test_article_of_a_published_issue_cannot_be_deleted(desk):
    article = make_issue(articles=1).articles.get()
    desk.post(f"/admin/issues/article/{article.pk}/delete/", {"post": "yes"})
    act(desk, "delete_selected", article)
    assert Article.objects.exists()


def test_title_and_address_are_required(desk):
    response = save(desk, "/admin/issues/article/add/", "article_form", title="", url="")
    assert error_codes(response) == {"title": ["required"], "url": ["required"]}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("url", "Https://example.com/", "case"),
        ("tag_list", ["ﷺ" * 20], "max_length"),
        ("blurb", "*a **b " * 400 + "x" + " c** d*" * 400, "depth"),
    ],
)
def test_errors_are_at_their_fields(desk, field, value, code):
    fields = {"title": "T", "url": "https://example.com/"} | {field: value}
    assert error_codes(save(desk, "/admin/issues/article/add/", "article_form", **fields)) == {field: [code]}


def test_fields_do_not_limit_what_is_pasted(desk):
    assert "maxlength" not in desk.get("/admin/issues/article/add/").content.decode()


def test_form_shows_credits_in_order(desk):
    article = make_article(authors=(make_author("Zoë"), make_author("Anna")), tags=("slo", "dns"))
    form = read_form(desk.get(f"/admin/issues/article/{article.pk}/change/"), "article_form")
    assert form["author_list"] == ["Zoë\nAnna"]
    assert form["tag_list"] == ["dns\nslo"]


def test_list_takes_a_fixed_number_of_queries(desk, django_assert_num_queries):
    for _ in range(2):
        article = make_article(publication=make_publication(), tags=("slo",), not_before=date(2030, 1, 1))
        make_article(issue=make_issue(), url=article.url, publication=article.publication)
        with django_assert_num_queries(16):
            assert desk.get("/admin/issues/article/").status_code == 200
        make_article(tags=("dns",), series="Talks")


def test_address_stands_for_a_missing_title_and_the_list_says_why(desk):
    article = make_article(title="", state="saved", url="https://example.com/post")
    page = make_fetched_page(article.url, outcome="", fetched_at=None, title="")
    assert "Reading the page" in desk.get("/admin/issues/article/").text
    page.fetched_at, page.outcome, page.title = timezone.now(), "ok", "The title"
    page.save()
    Article.objects.update(title="The title")
    assert "as read from the page" in desk.get("/admin/issues/article/").text
    Article.objects.update(title="Another title")
    assert "as read from the page" not in desk.get("/admin/issues/article/").text


def test_form_takes_a_fixed_number_of_queries(desk, django_assert_num_queries):
    desk.get(f"/admin/issues/article/{make_article().pk}/change/")  # Django caches the content type.
    for count in (1, 3):
        authors = tuple(make_author() for _ in range(count))
        article = make_article(authors=authors, publication=make_publication(), tags=("slo",))
        with django_assert_num_queries(11):
            assert desk.get(f"/admin/issues/article/{article.pk}/change/").status_code == 200


def test_list_answers_any_query(desk):
    make_article(tags=("slo",))
    for query in ("q=%00", "place=x", "state=x", "hold=x", "section=outages", "author=x", "author=%00", "tag=slo"):
        assert desk.get(f"/admin/issues/article/?{query}", follow=True).status_code == 200
