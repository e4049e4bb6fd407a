import pytest

from fetching.models import FetchedPage
from issues.recognition import (
    find_authors_at,
    find_authors_named,
    find_publication,
    find_spelled_like,
    offers_for,
)
from tests.make import make_article, make_author, make_publication

pytestmark = pytest.mark.django_db


def test_publication_is_the_one_with_the_nearest_host():
    acme, blog = make_publication(hosts=["www.acme.example", "example"]), make_publication(hosts=["blog.acme.example"])
    found = {host: find_publication(host) for host in ("blog.acme.example", "www.acme.example", "x.acme.example")}
    assert found == {"blog.acme.example": blog, "www.acme.example": acme, "x.acme.example": acme}
    assert find_publication("acme.test") is None


@pytest.mark.parametrize("host", ["münchen.example", "xn--mnchen-3ya.example"])
def test_publication_is_found_in_both_forms_of_its_host(host):
    publication = make_publication(hosts=[host])
    for url in ("https://blog.münchen.example/a", "https://www.xn--mnchen-3ya.example/a"):
        assert ("publication", publication.name) in {(offer.field, offer.value) for offer in offers_for(url)}


@pytest.mark.parametrize("url", ["https://acme.example/#/a/17", "https://acme.example?a=1", "https://acme.example#x"])
def test_publication_and_author_are_found_behind_a_front_page_that_routes(url):
    publication, jane = make_publication(hosts=["acme.example"]), make_author("Jane")
    make_article(url="https://acme.example/#/incidents/1", authors=(jane,))
    assert [(offer.field, offer.value) for offer in offers_for(url)][:1] == [("publication", publication.name)]
    assert find_authors_at(url) == [(jane, 1)]


def test_host_that_two_publications_share_is_not_recognised():
    for _ in range(2):
        make_publication(hosts=["shared.example"])
    assert find_publication("shared.example") is None


def test_author_is_found_by_the_first_part_of_the_path():
    jane, ben = make_author("Jane"), make_author("Ben")
    make_article(url="https://medium.com/@jane/one-1", authors=(jane,))
    make_article(url="https://medium.com/@janet/two-2", authors=(ben,))
    assert find_authors_at("https://www.medium.com/@jane/three?source=rss-1") == [(jane, 1)]


def test_only_author_of_a_host_is_found():
    jane = make_author("Jane")
    for number in range(2):
        make_article(url=f"https://jane.example/{number}", authors=(jane,))
    assert find_authors_at("https://jane.example/2026/x") == [(jane, 2)]


def test_nobody_is_found_at_a_host_or_path_of_many_or_at_a_shared_host():
    for number in range(4):
        make_article(url=f"https://acme.example/blog/{number}")
    make_article(url="https://medium.com/@jane/x")
    for url in ("https://acme.example/c", "https://acme.example/blog/x", "https://medium.com/@new/x"):
        assert find_authors_at(url) == []


def test_authors_are_found_by_name_without_case_and_by_alias():
    ann, bob = make_author("Ann"), make_author("Robert B.", aliases=["Bob"])
    poston = make_author("Robert Poston, MD")
    assert find_authors_named("ann and Bob") == [ann, bob]
    assert find_authors_named("Robert Poston, MD") == [poston]


@pytest.mark.parametrize("printed", ["Ann, Carol", "Anne", "", "Ann Smith", ", and ,", "Alex", "bob"])
def test_nobody_is_found_if_a_name_is_unknown_or_shared(printed):
    make_author("Ann", aliases=["Bob"])
    make_author("One", aliases=["Alex"])
    make_author("Two", aliases=["Alex"])
    assert find_authors_named(printed) == []


def test_author_with_a_similar_name_or_alias_is_found_with_all_articles():
    john, other = make_author("John Smith", aliases=["Jon Smith"]), make_author("J. S.", aliases=["Jhon Smith"])
    make_article(authors=(other,))
    assert find_spelled_like(john) == [(other, 1)]


def test_address_is_offered_without_tracking():
    (offer,) = offers_for("https://acme.example/x?utm_source=y")
    assert (offer.field, offer.value) == ("url", "https://acme.example/x")


def test_printed_names_are_offered_as_known_similar_or_new_authors():
    url = "https://acme.example/x"
    make_author("John Smith")
    make_author("Rachel Kroll", aliases=["rachelbythebay"])
    page = FetchedPage(url=url, title="Title", authors=["rachelbythebay", "Jon Smith"])
    assert [(offer.field, offer.value, offer.label) for offer in offers_for(url, page)] == [
        ("title", "Title", "Title"),
        ("author_list", "Rachel Kroll", "Rachel Kroll"),
        ("author_list", "John Smith", "John Smith"),
        ("author_list", "+Jon Smith", "Jon Smith"),
    ]


def test_printed_name_of_a_publication_is_no_new_author():
    url = "https://acme.example/x"
    make_publication("Acme", aliases=["Acme Systems"])
    page = FetchedPage(url=url, authors=["ACME", "Acme Systems"])
    assert [(offer.field, offer.value) for offer in offers_for(url, page)] == [("publication", "Acme")]


def test_offers_take_a_fixed_number_of_queries(django_assert_num_queries):
    url = "https://acme.example/blog/x"
    make_author("Jane Doe")
    for _ in range(2):
        make_publication(hosts=["acme.example"])
        make_article(url="https://acme.example/blog/y", authors=(make_author(),))
        page = FetchedPage(url=url, title="T", authors=["Jon Smith", "Jane Doe"])
        with django_assert_num_queries(5):
            offers_for(url, page)
