"""403 and 404 keep the menu of the desk, for its users only."""

from pathlib import Path

import lxml.html
import pytest
from django.conf import settings
from django.test import Client

from tests.make import sign_in

PROXY_PAGES = sorted((Path(settings.BASE_DIR) / "deploy" / "nginx" / "pages").glob("*.html"))


@pytest.mark.parametrize("path", ["/admin/issues/author/999/turn/", "/admin/issues/page/999/history/"])
def test_missing_page_of_the_desk_keeps_its_menu(desk, path):
    response = desk.get(path)
    assert response.status_code == 404
    assert "menu" in response.context
    assert lxml.html.fromstring(response.text).xpath("count(//h1)") == 1


def test_what_is_not_allowed_at_the_desk_keeps_its_menu(db):
    response = sign_in("view_issue").get("/admin/settings/")
    assert response.status_code == 403
    assert "menu" in response.context


@pytest.mark.parametrize("path", ["/nothing-here/", "/tags/nothing/"])
def test_missing_page_of_the_site_has_the_site_s_navigation_even_for_editors(desk, path):
    response = desk.get(path)
    assert response.status_code == 404
    assert "menu" not in response.context


def test_strangers_see_no_page_of_the_desk(client, db):
    assert client.get("/admin/issues/author/999/turn/").status_code == 302


def test_missing_page_of_the_desk_takes_few_queries(desk, django_assert_num_queries):
    with django_assert_num_queries(4):
        desk.get("/admin/issues/author/999/turn/")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "path",
    ["/", "/archive/", "/search/", "/feed/", "/tags/", "/data/", "/sitemap.xml", "/page/2/", "/none/"],
)
def test_readers_pages_name_the_methods_that_they_take(db, path, method):
    response = Client(enforce_csrf_checks=True).generic(method, path, "x=y", "application/x-www-form-urlencoded")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/admin/", "/accounts/login/"])
def test_form_of_the_desk_without_its_token_is_refused(db, path):
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403


@pytest.mark.parametrize("page", PROXY_PAGES, ids=lambda page: page.name)
def test_pages_of_the_proxy_have_the_stylesheet_and_the_mark_of_the_site(page):
    document = lxml.html.fromstring(page.read_text())
    assert document.xpath("//link[@rel='stylesheet']/@href") == ["/static/site.css"]
    mark = (Path(settings.BASE_DIR) / "templates" / "_mark.html").read_text().strip()
    assert mark in page.read_text()
