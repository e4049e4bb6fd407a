"""What a form shows of a field that can only be read: no link to what the user may not open, and no pictures."""

import lxml.html
import pytest

from collecting.models.sources import Source
from tests.make import make_article, make_candidate, make_page, make_publication, make_sponsor, sign_in, sign_in_as


def links(client, path):
    page = lxml.html.fromstring(client.get(path).content.decode())
    return [link.get("href") for link in page.xpath("//main//a[@href]")]


@pytest.mark.parametrize(("more", "is_link"), [((), False), (("view_sponsor",), True)])
def test_read_only_row_is_a_link_for_whoever_may_open_it(db, more, is_link):
    sponsor = make_sponsor("Acme")
    publication = make_publication(sponsor=sponsor)
    client = sign_in("view_publication", *more)
    path = f"/admin/issues/publication/{publication.pk}/change/"
    assert (f"/admin/sponsors/sponsor/{sponsor.pk}/change/" in links(client, path)) == is_link
    assert "Acme" in client.get(path).content.decode()


def test_contributor_gets_no_link_that_answers_403(db):
    source = Source.objects.create(url="https://example.com/feed")
    publication = make_publication(sponsor=make_sponsor())
    make_article(publication=publication)
    candidate = make_candidate(source=source)
    contributor = sign_in_as("Contributor")
    for path in (f"issues/publication/{publication.pk}", f"collecting/candidate/{candidate.pk}"):
        found = [one for one in links(contributor, f"/admin/{path}/change/") if one.startswith("/admin/")]
        assert [one for one in found if contributor.get(one).status_code == 403] == []


def test_uses_are_named_without_a_link_that_answers_403(db):
    sponsor = make_sponsor()
    publication = make_publication("Press", sponsor=sponsor)
    manager = sign_in_as("Sponsor manager")
    response = manager.get(f"/admin/sponsors/sponsor/{sponsor.pk}/change/")
    (use,) = [use for use in response.context["uses"] if use.title == "Publications"]
    assert [(place.name, place.address) for place in use.places] == [(publication.name, "")]


def test_yes_and_no_are_words(db):
    page = make_page(is_published=True)
    body = sign_in("view_page").get(f"/admin/issues/page/{page.pk}/change/").content.decode()
    assert '<div class="readonly">yes</div>' in body


@pytest.mark.parametrize("path", ["issues/publication/add/", "sponsors/placement/add/", "issues/correction/add/"])
def test_forms_have_words_in_place_of_pictures(desk, path):
    page = lxml.html.fromstring(desk.get(f"/admin/{path}").content.decode())
    acts = page.xpath("//a[contains(@class, 'related-widget-wrapper-link')]")
    assert acts
    assert all(act.text_content().strip() and act.get("aria-label") for act in acts)
    assert page.xpath("//main//img") == []


@pytest.mark.parametrize("path", ["auth/user/", "collecting/source/", "sponsors/placement/", "issues/page/"])
def test_lists_have_words_in_place_of_pictures(desk, path):
    Source.objects.create(url="https://example.com/feed", is_active=False)
    make_page()
    page = lxml.html.fromstring(desk.get(f"/admin/{path}").content.decode())
    assert page.xpath("//main//img") == []
