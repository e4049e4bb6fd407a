"""Addresses of authors, publications, tags and pages keep the letters of their names."""

import pytest
from django.core.exceptions import ValidationError
from taggit.models import Tag

from issues.models.addresses import url_of
from issues.models.pages import Page
from tests.make import make_article, make_author, make_issue, make_publication

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("make", [make_author, make_publication, lambda name: Tag.objects.create(name=name)])
def test_names_with_signs_and_in_any_script_have_addresses_of_their_own(make):
    names = ["C", "C++", "C#", "NET", ".NET", "क्लाउड", "कलउड", "障害", "ระบบล่ม"]
    rows = [make(name) for name in names]
    slugs = ["c", "c-plus-plus", "c-sharp", "net", "dot-net", "क्लाउड", "कलउड", "障害", "ระบบล่ม"]
    assert [row.slug for row in rows] == slugs
    for row in rows:
        row.full_clean()


def test_new_tags_of_an_article_have_addresses_of_their_own():
    article = make_article(tags=("C++", "C#", "हिन्दी"))
    assert {tag.slug for tag in article.tags.all()} == {"c-plus-plus", "c-sharp", "हिन्दी"}


@pytest.mark.parametrize(("title", "slug"), [("C++ and .NET", "c-plus-plus-and-dot-net"), ("हिन्दी में", "हिन्दी-में")])
def test_page_without_an_address_gets_one_from_its_title(client, title, slug):
    page = Page(title=title, body="Words.")
    page.full_clean()
    page.save()
    assert page.slug == slug
    assert client.get(page.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("fields", [{"title": "++"}, {"title": "Search"}, {"title": "About", "slug": "a b"}])
def test_page_that_can_have_no_address_is_refused(fields):
    with pytest.raises(ValidationError) as error:
        Page(body="Words.", **fields).full_clean()
    assert set(error.value.error_dict) == {"slug"}


def test_pages_of_subjects_in_any_script_are_served(client):
    article = make_article(issue=make_issue(), authors=(make_author("क्लाउड"),), tags=("C#", "ระบบล่ม"))
    subjects = [*article.credited_authors, *article.printed_tags]
    for subject in subjects:
        kind = subject._meta.model_name
        assert client.get(url_of(kind, subject.slug)).status_code == 200
        assert client.get(f"{url_of(kind, subject.slug)}feed/").status_code == 200
