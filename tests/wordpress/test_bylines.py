"""The names are invented; their shapes are those of the newsletter's archive."""

import pytest

from text.names import key_of
from wordpress.bylines import Byline, is_person, parse_byline, split_lines

KNOWN = {key_of("Acme"), key_of("Owl Labs"), key_of("lamps.example")}


@pytest.mark.parametrize(
    ("line", "authors", "publication"),
    [
        ("Ada Moss — Fernworks", ["Ada Moss"], "Fernworks"),
        ("Ada Moss - Fernworks", ["Ada Moss"], "Fernworks"),
        ("Ada Moss", ["Ada Moss"], ""),
        ("— Ada Moss", ["Ada Moss"], ""),
        (" Ada Moss ,Ben Reed — Fernworks,", ["Ada Moss", "Ben Reed"], "Fernworks"),
        ("Ada Moss and Ben Reed — Fernworks", ["Ada Moss", "Ben Reed"], "Fernworks"),
        ("Ada Moss & Ben De Reed — Fernworks", ["Ada Moss", "Ben De Reed"], "Fernworks"),
        ("Ada Moss, Ben Reed, and Cy Vale — Fernworks", ["Ada Moss", "Ben Reed", "Cy Vale"], "Fernworks"),
        ("Ada Moss, Ben Reed and Cy Vale", ["Ada Moss", "Ben Reed", "Cy Vale"], ""),
        ("Štěpán O’Neill-Žák", ["Štěpán O’Neill-Žák"], ""),
        ("David Pont i Vall — Fernworks", ["David Pont i Vall"], "Fernworks"),
        ("J. Paul Moss", ["J. Paul Moss"], ""),
        ("Ada Moss — fern.works", ["Ada Moss"], "fern.works"),
        ("Moss — Fernworks", ["Moss"], "Fernworks"),
        ("mossblog", ["mossblog"], ""),
        ("Acme", [], "Acme"),
        ("acme", [], "acme"),
        ("Owl Labs", [], "Owl Labs"),
        ("lamps.example", [], "lamps.example"),
    ],
)
def test_names_are_read(line, authors, publication):
    assert parse_byline([line], "", KNOWN) == Byline(tuple(authors), publication)


@pytest.mark.parametrize(
    "line",
    [
        "Ada Moss with Ben Reed — Fern Queue",
        "Ada Moss, with guests Ben Reed, Cy Vale, and Di Wood — Fernworks",
        "Ada Moss and others",
        "u/moss_owl and commenters — Fernit f/owls",
        "@moss on Twitter",
        "Ada Moss (@a_moss)",
        "Ada Moss — Acme (thanks to Owl Reader for the rollup)",
        "Ada Moss, VP at Fernworks",
        "Ada Moss, MD — Adaptive Fern Labs",
        "Ada Moss, Ph.D. — Fernworks",
        "Ada Moss — The Old Stack / Fernworks",
        "Ada Moss — Fernworks (via Owl Times)",
        "Ada Moss — Fernworks — Owl Times",
        "Ada Moss, Ben Reed, and the rest of the Fern team — Fernworks",
        "US Fern Safety Board (UFSB)",
        "Fern Engineering",
        "Ada Moss and Ben Reed and Cy Vale",
        "Author:",
        "The last part is the best: Ada Moss — Fernworks",
        "Acme and Ada Moss — Owl Times",
        "A very good read on many things",
    ],
)
def test_uncertain_credits_stay_as_printed(line):
    assert parse_byline([line], "", KNOWN) == Byline(text=line)


def test_two_credit_lines_stay_as_printed():
    lines = ["Ada Moss — The Noon Paper (summary)", "Vale & Wood (original paper)"]
    assert parse_byline(lines) == Byline(text="; ".join(lines))


@pytest.mark.parametrize(
    ("line", "host", "byline"),
    [
        ("FernDuty", "blog.fernduty.com", Byline(publication="FernDuty")),
        ("Fernduty", "fernduty.co.uk", Byline(publication="Fernduty")),
        ("mossblog", "mossblog.com", Byline(authors=("mossblog",))),
        ("Moss", "fern.com", Byline(authors=("Moss",))),
        ("Ada Moss", "adamoss.com", Byline(authors=("Ada Moss",))),
    ],
)
def test_one_word_is_the_publication_if_it_names_the_host(line, host, byline):
    assert parse_byline([line], host) == byline


def test_empty_lines_are_no_byline():
    assert parse_byline([]) == parse_byline([" — "]) == Byline()


@pytest.mark.parametrize(
    ("lines", "credits", "disclosure"),
    [
        (["Ada Moss — Fern"], ["Ada Moss — Fern"], ""),
        (["Ada Moss", "Full disclosure: Fern is my employer."], ["Ada Moss"], "Full disclosure: Fern is my employer."),
        (["Ada Moss", "Fern is my employer."], ["Ada Moss"], "Fern is my employer."),
        (
            ["Ada Moss", "This article is published by my sponsor, Fern, but it did not matter.", "Thanks!"],
            ["Ada Moss"],
            "This article is published by my sponsor, Fern, but it did not matter. Thanks!",
        ),
        (
            ["Ada Moss — Fern Full disclosure: Fern is my employer."],
            ["Ada Moss — Fern"],
            "Full disclosure: Fern is my employer.",
        ),
        (
            ["Full disclosure: Fern, my employer, is mentioned."],
            [],
            "Full disclosure: Fern, my employer, is mentioned.",
        ),
        (["Ada Moss", "Ada is my former (awesome) boss."], ["Ada Moss"], "Ada is my former (awesome) boss."),
    ],
)
def test_disclosures_are_separated_from_credits(lines, credits, disclosure):
    assert split_lines(lines) == (credits, disclosure)


def test_other_words_are_not_a_person():
    texts = ["Ada", "ada moss", "The Fern", "Fern Inc", "Fern Labs", "A B C D E", "Ada 2"]
    assert [text for text in texts if is_person(text)] == []
