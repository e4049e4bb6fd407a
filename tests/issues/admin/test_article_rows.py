"""The rows of articles in an issue's form: what scripts and screen readers rely on."""

import json

import lxml.html
import pytest
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth.models import Permission, User
from django.test import Client

from issues.admin.issue_form import ArticleInline
from tests.desk_forms import save
from tests.make import make_article, make_issue, make_publication


@pytest.fixture
def issue(db):
    return make_issue(articles=1, status="draft")


def url_of(issue):
    return f"/admin/issues/issue/{issue.pk}/change/"


def page_of(response):
    return lxml.html.fromstring(response.content.decode())


def helper(*permissions):
    """Return a client of a user who may change issues and has these permissions."""
    user = User.objects.create_user("helper", is_staff=True)
    names = ("view_issue", "change_issue", "view_article", *permissions)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client


def names_in(page, row):
    """Return the names of the fields in a row, without the prefix."""
    elements = page.get_element_by_id(row).xpath(".//*[@name][not(self::details)]")
    return {element.get("name").removeprefix(row + "-").removeprefix("articles-__prefix__-") for element in elements}


@pytest.mark.parametrize("row", ["articles-0", "articles-empty"])
def test_row_has_each_field_once_with_a_label(desk, issue, row):
    page = page_of(desk.get(url_of(issue)))
    expected = flatten_fieldsets(ArticleInline.fieldsets)
    assert names_in(page, row) == {*expected, "id"}
    labels = page.get_element_by_id(row).xpath(".//label/@for")
    prefix = row.replace("empty", "__prefix__")
    assert labels == [f"id_{prefix}-{name}" for name in expected]
    assert all(len(page.xpath(f"//*[@id='{label}']")) == 1 for label in labels)


def test_group_has_what_the_script_of_django_needs(desk, issue):
    group = page_of(desk.get(url_of(issue))).get_element_by_id("articles-group")
    assert set(group.classes) == {"js-inline-admin-formset", "inline-group"}
    assert group.get("data-inline-type") == "stacked"
    assert json.loads(group.get("data-inline-formset"))["options"]["prefix"] == "articles"
    assert group.xpath(".//input[@name='articles-TOTAL_FORMS']/@value") == ["1"]
    rows = [row.get("class") for row in group.find_class("inline-related")]
    assert rows == ["inline-related has_original", "inline-related empty-form last-related"]
    assert len(group.xpath(".//h3/*[@class='inline_label']")) == 2


def test_row_links_to_the_page_of_its_article(desk, issue):
    article = issue.articles.get()
    row = page_of(desk.get(url_of(issue))).get_element_by_id("articles-0")
    assert row.xpath(f".//a[@href='/admin/issues/article/{article.pk}/change/']")
    assert [label.text_content() for label in row.find_class("inline_label")] == [article.title]


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", ""), ("author_list", ["0"]), ("disclosure", "a\nb")],
)
def test_error_is_next_to_its_field_and_announced(desk, issue, field, value):
    page = page_of(save(desk, url_of(issue), "issue_form", **{f"articles-0-{field}": value}))
    name = f"id_articles-0-{field}"
    (error,) = page.get_element_by_id("articles-0").find_class("errorlist")
    widget = page.get_element_by_id(name)
    assert error.get("id") == f"{name}_error"
    assert (widget.get("aria-invalid"), widget.get("aria-describedby").split()[-1]) == ("true", f"{name}_error")
    assert widget.getparent() is error.getparent()
    assert "errors" in error.getparent().classes


def test_help_describes_its_field(desk, issue):
    make_article(issue=make_issue(number=412), url=issue.articles.get(position=1).url)
    page = page_of(desk.get(url_of(issue)))
    help_text = page.get_element_by_id("id_articles-0-url_helptext")
    assert "#412" in help_text.text_content()
    assert page.get_element_by_id("id_articles-0-url").get("aria-describedby") == help_text.get("id")


def test_published_article_cannot_be_marked_for_the_backlog(desk):
    issue = make_issue(articles=1)
    page = page_of(desk.get(url_of(issue)))
    assert page.get_element_by_id("id_articles-0-to_backlog").get("disabled") is not None


def test_user_who_may_only_view_articles_sees_values(issue):
    make_article(issue=issue, title="Shown & read", publication=make_publication("Example"))
    page = page_of(helper().get(url_of(issue)))
    row = page.get_element_by_id("articles-1")
    shown = [" ".join(value.text_content().split()) for value in row.find_class("readonly")]
    assert {"Shown & read", "Example"} <= set(shown)
    assert names_in(page, "articles-1") == {"id"}
    assert not page.find_class("empty-form")
    assert row.xpath(".//a[contains(@href, '/issues/article/')]")


def test_user_who_may_only_add_articles_has_an_empty_row(issue):
    page = page_of(helper("add_article").get(url_of(issue)))
    assert names_in(page, "articles-0") == {"id"}
    assert "title" in names_in(page, "articles-empty")


def test_user_who_may_only_change_articles_has_no_empty_row(issue):
    page = page_of(helper("change_article").get(url_of(issue)))
    assert "title" in names_in(page, "articles-0")
    assert not page.find_class("empty-form")
