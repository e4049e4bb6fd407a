"""The names are invented; their shapes are those of the newsletter's archive."""

from dataclasses import replace

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
        ("Ada moss — Fernworks", ["Ada moss"], "Fernworks"),
        ("ada moss and ben de reed — Fernworks", ["ada moss", "ben de reed"], "Fernworks"),
        ("Ada Moss—Fernworks", ["Ada Moss"], "Fernworks"),
        ("Ada Moss— Fern Works", ["Ada Moss"], "Fern Works"),
        ("Ada Moss –Fernworks", ["Ada Moss"], "Fernworks"),
        ("Ada Moss ‒ Fernworks", ["Ada Moss"], "Fernworks"),
        ("Ada Moss--Fernworks", ["Ada Moss"], "Fernworks"),
        ("Ada Moss–Fern Works", ["Ada Moss"], "Fern Works"),
        ("Ada Moss–Acme", ["Ada Moss"], "Acme"),
        ("Ada Moss-Reed — Fern–Works", ["Ada Moss-Reed"], "Fern–Works"),
        ("雷 李 — Fernworks", ["雷 李"], "Fernworks"),
        ("雷 李", ["雷 李"], ""),
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
        "Ada Moss, VP at Fernworks",
        "Ada Moss, MD — Adaptive Fern Labs",
        "Ada Moss, Ph.D. — Fernworks",
        "Ada Moss — The Old Stack / Fernworks",
        "Ada Moss — Fernworks — Owl Times",
        "Ada Moss, Ben Reed, and the rest of the Fern team — Fernworks",
        "US Fern Safety Board (UFSB)",
        "Fern Engineering",
        "Ada Moss and Ben Reed and Cy Vale",
        "Author:",
        "The last part is the best: Ada Moss — Fernworks",
        "Acme and Ada Moss — Owl Times",
        "A very good read on many things",
        "Great article — Owl Times",
        "Ada Moss — summary",
        "Ada Moss, with thanks to Cy Vale — Fernworks",
        "Ada [name not given] — Fernworks",
        "Ada Moss–Reed",
        "ada moss",
        "Ada Moss (summary), Ben Reed (paper) — Owl Times",
        "Note: it is long.Ada Moss — Owl Times",
        "x" * 101,
    ],
)
def test_uncertain_credits_stay_as_printed(line):
    assert parse_byline([line], "", KNOWN) == Byline(text=line)


MOSS = Byline(authors=("Ada Moss",), publication="Fernworks")


@pytest.mark.parametrize(
    ("line", "rest", "note"),
    [
        ("Ada Moss — Fernworks (summary)", "Ada Moss — Fernworks", "(summary)"),
        ("Ada Moss — Peer 5 (CDN)", "Ada Moss — Peer 5", "(CDN)"),
        ("Ada Moss — Fernworks (via Owl Times)", "Ada Moss — Fernworks", "(via Owl Times)"),
        ("Ada Moss — Acme (with thanks to Owl)", "Ada Moss — Acme", "(with thanks to Owl)"),
        ("Ada Moss (CTO, Fern) — Owl Times", "Ada Moss — Owl Times", "(CTO, Fern)"),
        ("Ada Moss (@a_moss)", "Ada Moss", "(@a_moss)"),
        ("Ada Moss and Ben Reed (and many others)", "Ada Moss and Ben Reed", "(and many others)"),
        ("Ada Moss — Fernworks Thanks to reader Cy Vale.", "Ada Moss — Fernworks", "Thanks to reader Cy Vale."),
        ("Ada Moss — Fernworks. Many thanks to Cy!", "Ada Moss — Fernworks", "Many thanks to Cy!"),
        ("Ada Moss — Fernworks, h/t Cy Vale", "Ada Moss — Fernworks", "h/t Cy Vale"),
        ("Ada Moss — Fernworks via Owl Times", "Ada Moss — Fernworks", "via Owl Times"),
        ("Ada Moss — Fernworks Thank you Cy Vale!", "Ada Moss — Fernworks", "Thank you Cy Vale!"),
        ("Ada Moss — Fernworks. Thanks, Cy!", "Ada Moss — Fernworks", "Thanks, Cy!"),
        ("Ada Moss — Fernworks — thanks Cy!", "Ada Moss — Fernworks", "thanks Cy!"),
        ("Ada Moss — Fernworks [paywall]", "Ada Moss — Fernworks", "[paywall]"),
    ],
)
def test_remark_on_the_line_is_a_note(line, rest, note):
    assert parse_byline([line], "", KNOWN) == replace(parse_byline([rest], "", KNOWN), note=note)


@pytest.mark.parametrize(
    "remark",
    [
        "Thanks to reader Dee Roe for this one.",
        "Thank you, Dee Roe!",
        "My thanks to Dee",
        "Cheers to Dee Roe for the link",
        "With many thanks to Dee Roe — and to Cy Vale.",
        "Hat tip: Dee Roe",
        "h/t @dee",
        "via Devops Weekly",
        "Submitted by Dee Roe",
        "Found via Owl Times",
        "CW: owls",
        "(summary)",
        "[registration required]",
        "This one has an owl in it.",
        "A huge thanks to Dee Roe",
        "Link via Dee Roe",
        "From reader Dee Roe",
        "Pointed out by Dee Roe",
        "Subscription required",
    ],
)
def test_remark_on_a_line_of_its_own_is_a_note(remark):
    assert parse_byline(["Ada Moss — Fernworks", remark]) == replace(MOSS, note=remark)
    assert parse_byline([remark, "Ada Moss — Fernworks"]) == replace(MOSS, note=remark)


def test_several_remarks_are_one_note_in_their_order():
    lines = ["Ada Moss — Fernworks (summary)", "Thanks to Dee Roe.", "CW: owls"]
    assert parse_byline(lines) == replace(MOSS, note="(summary) Thanks to Dee Roe. CW: owls")


def test_thanks_alone_credit_nobody():
    assert parse_byline(["Thanks to Dee Roe."]) == Byline(note="Thanks to Dee Roe.")


@pytest.mark.parametrize(
    "lines",
    [
        ["Ada Moss — The Noon Paper (summary)", "Vale & Wood (original paper)"],
        ["Ada Moss — Fernworks", "Ben Reed — Owl Times"],
        ["Ada Moss — Fernworks", "Vale, Wood, Lee, Roe et al."],
        ["Ada Moss, MD — Fernworks", "Thanks to Dee Roe."],
    ],
)
def test_lines_that_may_be_two_credits_stay_as_printed(lines):
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
    texts = ["Ada", "ada moss", "The Fern", "Fern Inc", "Fern Labs", "A B C D E", "Ada 2", "Great Article", "Part Two"]
    assert [text for text in texts if is_person(text)] == []
