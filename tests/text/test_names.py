import pytest

from text.names import (
    alike,
    correct_spelling,
    in_print_order,
    is_same_person,
    key_of,
    people_in,
    similar_names,
    spelled_like,
)


def test_key_ignores_case_spacing_and_how_accents_are_encoded():
    assert key_of(" ZOË  Fox") == key_of("Zoe\u0308Fox")
    assert key_of("Zoë") != key_of("Zoe")


def test_similar_names_are_pairs_in_order():
    names = ["Lorin Hochstein", "John Allspaw", "Lorin Hochstien", "ACM Queue", "Jon Allspaw", "ACM  queue", "Ann Lee"]
    assert similar_names(names) == [
        ("ACM  queue", "ACM Queue"),
        ("John Allspaw", "Jon Allspaw"),
        ("Lorin Hochstein", "Lorin Hochstien"),
    ]


@pytest.mark.parametrize(
    ("name", "other"),
    [("Jon Smith", "John Smith"), ("Jamie Woo", "Jaime Woo"), ("Zoë Fox", "Zoe Fox"), ("Søren Ek", "Soren Ek")],
)
def test_other_spelling_of_a_name_is_found(name, other):
    assert spelled_like(name, [other, "Anna Reed"]) == [other]


def test_same_name_and_other_names_are_no_other_spellings():
    assert spelled_like("Anna Reed", ["ANNA  REED", "Anne Rice", "", "…"]) == []


@pytest.mark.parametrize(
    ("one", "other"), [("Peer 5", "Peer 6"), ("Author 1203", "Author 1204"), ("Web 2.0", "Web 3.0")]
)
def test_names_with_other_numbers_are_two(one, other):
    assert similar_names([one, other]) == alike(one, [other]) == spelled_like(one, [other]) == []


def test_similar_names_may_differ_in_accents_and_signs_and_need_letters():
    assert similar_names(["++", "…", "Zoë Fox", "Zoe Fox"]) == [("Zoe Fox", "Zoë Fox")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jaime Woo", "Jamie Woo"),
        ("New York Times", "The New York Times"),
        ("Allspaw, John", "John Allspaw"),
        ("Dr. Richard Cook", "Richard Cook"),
        ("J. Allspaw", "John Allspaw"),
        ("Ada King Lovelace", "Ada Lovelace"),
        ("Robert Poston", "Robert Poston, MD"),
        ("Acme", "Acme, Inc."),
        ("DevOps", "devops.com"),
        ("Fly Blog", "The Fly"),
    ],
)
def test_names_that_may_be_one_are_a_pair_and_alike(one, other):
    assert similar_names([other, "Anna Reed", one, "Queue"]) == [(one, other)]
    assert alike(one, [other, "Anna Reed"]) == [other]
    assert alike(other, [one, "Queue"]) == [one]


def test_other_people_are_no_pair():
    assert (
        similar_names(["Ann Lee", "Ann Leigh", "An Lee-Moss", "Bob Lee", "B. Moss", "The", "A", "Amazon", "AWS"]) == []
    )


def test_alike_names_begin_with_those_that_differ_in_case_accents_and_signs():
    others = ["post-mortems", "Post Mortem", "postmörtem", "outage", ""]
    assert alike("post-mortem", others) == ["Post Mortem", "postmörtem", "post-mortems"]


@pytest.mark.parametrize(
    ("bylines", "names"),
    [
        (["By ADA LOVELACE"], ["ADA LOVELACE"]),
        (["Ada Lovelace, Senior Site Reliability Engineer at Analytical"], ["Ada Lovelace"]),
        (["Ada King Lovelace (Analytical Engines)"], ["Ada King Lovelace"]),
        (["Charles Babbage & Ada Lovelace — Example"], ["Charles Babbage", "Ada Lovelace"]),
        (["Ada and Charles", "Ada"], ["Ada", "Charles"]),
        (["Editorial Team", "@ada", "https://example.com/ada", "a@b.example", "…"], []),
        (["Ada Lovelace @ada"], ["Ada Lovelace"]),
        (["Written by Ada Lovelace, May 3, 2020"], ["Ada Lovelace"]),
        (["Guest post by Ada Lovelace of Example", "Author: Grace Hopper"], ["Ada Lovelace", "Grace Hopper"]),
        (["ada@x.example (Ada Lovelace)", "Grace Hopper <grace@x.example>"], ["Ada Lovelace", "Grace Hopper"]),
        (["Ada Lovelace [ada@x.example] and many commenters", "Ada and 12 others"], ["Ada Lovelace", "Ada"]),
        (["Ada Lovelace, with guest Grace Hopper"], ["Ada Lovelace", "Grace Hopper"]),
        (["Sophie in 't Veld in Lamp Journal"], ["Sophie in 't Veld"]),
        (["Martin King, Jr., and Ana Bo, PhD"], ["Martin King, Jr.", "Ana Bo, PhD"]),
        (
            ["Emily Post & Christopher Guest", "Rachel by the Bay"],
            ["Emily Post", "Christopher Guest", "Rachel by the Bay"],
        ),
        (
            ["Example Engineering", "Example, Inc.", "example.io", "The Example Blog", "posted by admin", "by"],
            [],
        ),
    ],
)
def test_people_are_found_in_bylines(bylines, names):
    assert people_in(bylines) == names


def test_site_is_not_its_author():
    assert people_in(["Lamp Journal", "Ada Lovelace"], "lamp-journal") == ["Ada Lovelace"]
    assert people_in(["Lamp", "Ada Lovelace"], "The Lamp Blog") == ["Ada Lovelace"]
    assert people_in(["Lamp", "Ada Lovelace"], "++") == ["Lamp", "Ada Lovelace"]


@pytest.mark.parametrize(
    ("name", "turned"),
    [
        ("Prueba, Ana", "Ana Prueba"),
        ("de la Cruz, Juan M.", "Juan M. de la Cruz"),
        ("King, Martin, Jr.", "Martin King Jr."),
    ],
)
def test_last_name_first_is_turned_round(name, turned):
    assert in_print_order(name) == turned


@pytest.mark.parametrize(
    "name",
    [
        "Ana Prueba, CTO",
        "Prueba, Editor",
        "Ana Prueba, Acme",
        "Ana Prueba",
        "Ana Prueba, PhD",
        "Ana Prueba, Bob Muster",
        ", Ana",
        "A, B, C",
    ],
)
def test_other_names_are_not_turned_round(name):
    assert in_print_order(name) == name


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("ADA LOVELACE", "Ada Lovelace"),
        ("Ada King Lovelace", "Ada Lovelace"),
        ("Colm MacCarthaigh", "Colm MacCárthaigh"),
        ("Rachel by the Bay", "rachelbythebay"),
        ("李小龙", "李小龙"),
        ("Robert Poston", "Robert Poston, MD"),
        ("Tim Nicholas", "Julie Gunderson, with guest Tim Nicholas"),
    ],
)
def test_same_person_is_recognised(name, other):
    assert is_same_person(name, other)


@pytest.mark.parametrize(
    ("name", "other"),
    [("Charles Babbage", "Ada Lovelace"), ("Lorin Hochstein", "Loren Hochstein"), ("Ada Lovelace", "Ada"), ("Ada", "")],
)
def test_other_person_is_not(name, other):
    assert not is_same_person(name, other)


@pytest.mark.parametrize("typed", ["kuberntes", "ukbernetes", "kkubernetes", "kubernetiss"])
def test_spelling_is_corrected(typed):
    assert correct_spelling(typed, {"kubernetes": 1, "failover": 9}) == "kubernetes"


def test_most_similar_word_wins_and_then_the_most_frequent_one():
    assert correct_spelling("clbuster", {"bluster": 1, "cluster": 2, "clusters": 9}) == "cluster"
    assert correct_spelling("quorum", {"cluster": 1}) == ""


@pytest.mark.parametrize(
    ("byline", "people"),
    [
        ("Prueba, Ana; Muster, Bob", ["Ana Prueba", "Bob Muster"]),
        ("Ana Prueba, Bob Muster; Cai Li", ["Ana Prueba", "Bob Muster", "Cai Li"]),
        ("Ana Prueba、Bob Muster", ["Ana Prueba", "Bob Muster"]),
        ("Ana Prueba und Bob Muster et al.", ["Ana Prueba", "Bob Muster"]),
        ("Ana Prueba, ana prueba", ["Ana Prueba"]),
        ("undefined", []),
    ],
)
def test_people_between_signs_and_words_of_other_languages(byline, people):
    assert people_in([byline]) == people
