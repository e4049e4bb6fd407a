from urllib.parse import quote, unquote

import pytest
from django.urls import resolve, reverse
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from tests.make import make_article, make_issue

pytestmark = pytest.mark.django_db

ODD = [
    *("%00", "a%0ab", "%ff", "%ed%a0%80", "%zz", "%f0%9f%8e%89", "%e2%80%ae", "..%2f..%2fetc", "<script>", "{%25x%25}"),
    *("a b", "a\\b", "favicon.png", ".env", "日本", "हिन्दी", "İ", "١٢", "é" * 10_000, "-", "0", "-1"),
]


@pytest.mark.parametrize("slug", ODD)
def test_odd_addresses_are_answered(client, slug):
    make_article(issue=make_issue())
    for folder in ("", "authors/", "tags/", "feed/"):
        for end in ("/", ""):
            assert client.get(f"/{folder}{slug}{end}").status_code in (301, 400, 404, 410)


@pytest.mark.parametrize("address", ["///evil.example/", "//evil.example/%2f..", "/./", "/../", "/authors//", "/\\/"])
def test_odd_slashes_lead_to_no_other_site(client, address):
    response = client.get(address)
    assert response.status_code in (301, 400, 404)
    assert "//" not in response.get("Location", "")


@pytest.mark.parametrize("query", ["%00", "?", "&&&==", "page=%ff", "a=" + "x" * 10_000])
def test_odd_queries_are_ignored(client, query):
    assert client.get(f"/?{query}").status_code == 200


@given(text=st.text(min_size=1, max_size=200))
@limits(max_examples=25)
def test_any_text_as_an_address_is_answered(client, text):
    slug = quote(text, safe="")
    # Now and then it is the name of a page.
    assert client.get(f"/{slug}/").status_code in (200, 301, 400, 404, 410)
    assert client.get(f"/tags/{slug}/?page={slug}").status_code in (301, 400, 404)


def test_addresses_lead_back_to_their_slugs():
    for name in ("issue", "author", "publication", "tag"):
        for slug in ("ann-lee", "日本", "zürich", "_1", "sre-weekly-issue-4-2"):
            match = resolve(unquote(reverse(name, args=[slug])))
            assert (match.url_name, match.kwargs["slug"]) == (name, slug)
