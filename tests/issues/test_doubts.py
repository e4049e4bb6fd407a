"""Credits to look at are found, each with a reason from the archive."""

import pytest

from issues.doubts import find_doubts, names_in
from issues.models.credits import Author, Publication
from issues.models.settled import SettledCredit, subject_of
from tests.make import make_article, make_author, make_publication, make_sponsor

pytestmark = pytest.mark.django_db


def write(author="", publication="", url="https://medium.com/@x/1", byline=""):
    """Make an article with these credits; nobody is credited without a name."""
    article = make_article(url=url, byline=byline)
    article.authorships.all().delete()
    article.credit([Author.objects.get_or_create(name=author)[0]] if author else [])
    article.publication = Publication.objects.get_or_create(name=publication)[0] if publication else None
    article.save()
    return article


def names(doubts):
    return [doubt.facts.name for doubt in doubts]


def pairs(doubts):
    return [(pair.one.name, pair.other.name) for pair in doubts]


# Bylines


@pytest.mark.parametrize(
    ("byline", "people", "publication"),
    [
        ("Ann Lee — Lamp Journal (summary)", ["Ann Lee"], "Lamp Journal"),
        ("Ann Lee and others", ["Ann Lee"], ""),
        ("Ann Lee, VP at Lamp", ["Ann Lee"], ""),
        ("Štěpán Fox with Betsy de la Cruz — Lamp", ["Štěpán Fox", "Betsy de la Cruz"], "Lamp"),
        ("The last section sums it up: Ann Lee — Lamp", ["Ann Lee"], "Lamp"),
        ("The last section sums it up: Ann Lee", ["Ann Lee"], ""),
        ("The best of it: see the third section", [], ""),
        ("Ann Lee, Lamp Inc.", ["Ann Lee"], ""),
        ("The Lamp Institute (TLI)", [], "The Lamp Institute"),
        ("annlee, zed and Bob Known — Known Press", ["Ann Lee", "Bob Known"], "The Known Press"),
        ("a paper on lamps", [], ""),
        ("Ann Lee — " + "see the long note on lamps " * 5, ["Ann Lee"], ""),
    ],
)
def test_people_and_publication_of_a_byline(byline, people, publication):
    known = {"annlee": "Ann Lee", "bobknown": "Bob Known"}, {"knownpress": "The Known Press"}
    assert names_in(byline, *known) == (people, publication)


def test_bylines_that_credit_nobody_are_found_once_each():
    first, second = (write(byline="Ann Lee — Lamp (summary)") for _ in range(2))
    write("Bob", byline="Bob, with guests")
    make_article(section="outages", byline="A status page").authorships.all().delete()
    [byline] = find_doubts().bylines
    assert {sample.pk for sample in byline.articles} == {first.pk, second.pk}
    assert (byline.people, byline.publication) == (["Ann Lee"], "Lamp")


# Organisations and people


@pytest.mark.parametrize(
    ("author", "url"),
    [
        ("Cortex", "https://www.cortex.example/blog"),
        ("Better Uptime", "https://betteruptime.example/"),
        ("Trust Asia", "https://blog.trust-asia.example/1"),
        ("Visa", "https://parliament.example/visa.pdf"),
        ("Aws", "https://aws.example.com/1"),
        ("Lamp Engineering", "https://medium.com/lamp/1"),
        ("Lamp, Inc.", "https://medium.com/lamp/1"),
    ],
)
def test_organisation_among_the_people_is_found(author, url):
    write(author, url=url)
    [doubt] = find_doubts().authors
    assert doubt.facts.name == author
    assert len(doubt.reasons) == 1


@pytest.mark.parametrize("publication", ["ACME Blog", "The Acme", "acme.com", "Other"])
def test_author_with_a_name_of_a_publication_is_found(publication):
    make_publication(publication, aliases=["Acme"])
    write("Acme", publication="Press")
    assert names(find_doubts().authors) == ["Acme"]


def test_author_with_the_name_of_a_sponsor_or_of_what_had_an_outage_is_found():
    make_sponsor("Better Uptime, Inc.")
    make_article(section="outages", title="Visa").authorships.all().delete()
    for name in ("Better Uptime", "Visa"):
        write(name, publication="Press")
    assert names(find_doubts().authors) == ["Better Uptime", "Visa"]


def test_people_are_no_organisations():
    write("Will Gallego", url="https://willgallego.example/")
    write("Will Larson")  # So Will is a first name.
    write("Ann Lee", url="https://ann.example/")
    write("jbd", "Lamp Journal")  # One word, beside a publication.
    make_author("Unused")
    assert find_doubts().authors == []


def test_person_among_the_publications_is_found():
    write("Zed", "Lamp Journal")
    write("Ann Lee", "Lamp Journal")
    write(publication="Ann Moss")
    make_publication("zed")
    write("Rachel Kroll", url="https://rachelbythebay.example/1")
    write(publication="Rachel by the Bay", url="https://rachelbythebay.example/2")
    write(publication="Lamp Weekly", url="https://lamp.example/2")
    assert sorted(names(find_doubts().publications)) == ["Ann Moss", "Rachel by the Bay", "zed"]


# Names that may be one


def test_authors_and_publications_that_may_be_one_are_pairs():
    for _ in range(2):
        write("Jamie Woo", "The New York Times", url="https://nytimes.example/1")
    write("Jaime Woo", "New York Times", url="https://nytimes.example/2")
    doubts = find_doubts()
    assert pairs(doubts.author_pairs) == [("Jamie Woo", "Jaime Woo")]  # More articles first.
    assert pairs(doubts.publication_pairs) == [("The New York Times", "New York Times")]


def test_other_name_that_is_like_a_name_is_a_pair():
    make_author("R. Fox", aliases=["Rachel Kroll"])
    make_author("Rachel Krol")
    assert len(find_doubts().author_pairs) == 1


@pytest.mark.parametrize(
    ("author", "other", "host"),
    [
        ("Rachel by the Bay", "Rachel Kroll", "rachelbythebay.example"),
        ("Null Program", "Chris Wellons", "nullprogram.example"),
        ("Brave New Geek", "Tyler Treat", "www.bravenewgeek.example"),
        ("Rachel", "Rachel Kroll", "bay.example"),
    ],
)
def test_authors_with_one_host_may_be_one(author, other, host):
    for name in (author, other):
        write(name, url=f"https://{host}/{name[0]}")
    [pair] = find_doubts().author_pairs
    assert {pair.one.name, pair.other.name} == {author, other}


def test_colleagues_and_writers_on_a_shared_host_are_no_pair():
    for name in ("Ann Lamp", "Bob Lamp"):
        write(name, "Lamp", url="https://lamp.example/1")
        write(name, url="https://medium.com/lamp/1")
    for name in ("Zoë Fern", "Zoë Moss"):
        write(name, url="https://club.example/1")
    for name in ("Lamp Journal", "Fern Hub"):
        write(publication=name, url="https://lampjournal.example/")
    doubts = find_doubts()
    assert doubts.author_pairs == doubts.publication_pairs == []


@pytest.mark.parametrize("name", ["++", "\u0301", "李小龙", "…", "x" * 200, "The", "A"])
def test_any_name_is_looked_at(name):
    for url in ("https://a.example/1", ""):
        write(name, publication=name, url=url)
        write(name, url=url, byline=name)
        write(publication=f"{name[:190]} 2", url=url)
        write(byline=name)
    assert find_doubts().count


# What was decided


def test_what_was_found_right_is_not_found_again():
    write(byline="Anonymous staff")
    write("Visa", url="https://visa.example/")
    write("Zed", "Lamp")
    write(publication="Zed")
    write("Jaime Woo", "Lamp")
    write("Jamie Woo", "Lamp")
    doubts = find_doubts()
    assert doubts.count == 5  # Zed is both.
    subjects = [("byline", "Anonymous staff"), ("author", "Visa"), ("author", "Zed"), ("publication", "Zed")]
    SettledCredit.objects.settle([subject_of(*subject) for subject in subjects])
    SettledCredit.objects.settle([subject_of("authors", "Jamie Woo", "Jaime Woo")])
    assert find_doubts().count == 0


def test_decision_outlives_a_merge_and_a_new_name():
    write("Jaime Woo", "Lamp")
    other = write("Jamie Woo", "Lamp").credited_authors[0]
    SettledCredit.objects.settle([subject_of("authors", "Jaime Woo", "Jamie Woo")])
    other.name, other.aliases = "James Woo", ["Jamie Woo"]
    other.save()
    assert find_doubts().author_pairs == []


def test_doubts_take_six_queries(django_assert_num_queries):
    for number in range(3):
        write(f"Lamp {number}", "Journal", byline="x")
        write(byline=f"Ann Lee — Lamp ({number})")
        with django_assert_num_queries(6):
            find_doubts()
