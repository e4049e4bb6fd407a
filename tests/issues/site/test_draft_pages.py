"""Pages that are drafts: readers see nothing of them, the desk shows everything."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from issues.models.pages import Page
from tests.desk_forms import save
from tests.make import make_editor, make_page
from wordpress.models import WordPressPost

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    page = make_page(slug="plans", title="Plans", body="Secret plans.", is_published=False)
    WordPressPost.objects.create(post_id=7, page=page, permalink="https://sreweekly.example/2016/plans/")
    return page


@pytest.fixture
def desk():
    client = Client()
    client.force_login(make_editor())
    return client


def test_draft_is_not_found_at_any_address(client, draft):
    for address in ("/plans/", "/Plans/", "/plans", "/2016/plans/", "/?p=7", "/?page_id=7"):
        assert client.get(address).status_code == 404
    for address in ("/plans.txt", "/plans.json", "/plans.png"):
        assert client.get(address).status_code == 404


def test_draft_is_in_no_list(client, draft):
    for address in ("/", "/sitemap-pages-1.xml", "/search/?q=secret", "/data/issues.jsonl", "/feed/"):
        response = client.get(address)
        content = b"".join(response) if response.streaming else response.content
        assert b"plans" not in content.lower()


def test_draft_does_not_move_the_time_in_the_sitemap(client, draft):
    before = client.get("/sitemap.xml").content
    Page.objects.update(updated_at="2030-01-01T00:00Z")
    assert client.get("/sitemap.xml").content == before


def test_address_of_a_draft_is_taken(desk, draft):
    save(desk, "/admin/issues/page/add/", "page_form", title="Other", slug="plans", body="B")
    assert Page.objects.count() == 1


def test_page_is_withdrawn_and_published_again(desk, client):
    url = f"/admin/issues/page/{make_page().pk}/change/"
    save(desk, url, "page_form", is_published=None)
    assert client.get("/about/").status_code == 404
    save(desk, url, "page_form", is_published="on")
    assert client.get("/about/").status_code == 200


def test_new_page_is_published(desk):
    save(desk, "/admin/issues/page/add/", "page_form", title="About", slug="about", body="B")
    assert Page.objects.published().count() == 1


def test_draft_is_previewed_at_the_desk(desk, draft):
    response = desk.get(f"/admin/issues/page/{draft.pk}/preview/")
    content = response.content.decode()
    assert "Secret plans." in content
    assert "Preview — not published" in content
    assert '<meta name="robots" content="noindex">' in content
    assert 'rel="canonical"' not in content


def test_draft_is_previewed_by_nobody_else(client, draft):
    assert client.get(f"/admin/issues/page/{draft.pk}/preview/").status_code == 302
    client.force_login(User.objects.create_user("helper", is_staff=True))
    assert client.get(f"/admin/issues/page/{draft.pk}/preview/").status_code == 403


def test_list_marks_drafts(desk, draft):
    make_page()
    content = desk.get("/admin/issues/page/").content.decode()
    assert '<span class="state state-draft">draft</span>' in content
    assert '<span class="state state-published">published</span>' in content
    assert "Plans" not in desk.get("/admin/issues/page/?is_published__exact=1").content.decode()


def test_draft_is_not_shown_on_the_site_by_the_desk(desk, draft):
    assert "View on site" not in desk.get(f"/admin/issues/page/{draft.pk}/change/").content.decode()
    assert "View on site" in desk.get(f"/admin/issues/page/{make_page().pk}/change/").content.decode()
