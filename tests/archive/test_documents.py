import tomllib
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.documents import ArchiveError, Record, read_document, write_document
from archive.toml import toml

# Anything that PostgreSQL keeps: no NUL, and no half of a surrogate pair.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
# What has a meaning in such a file, in any order.
HOSTILE = st.lists(
    st.sampled_from(
        [
            *(
                "+++",
                "<!-- article",
                "\\<!-- article",
                "\\\\<!-- outage",
                "-->",
                "--",
                ">",
                '"""',
                '"',
                "'",
                "\\",
                "\\\n",
            ),
            *("\n", "\n\n", "\r\n", "\r", " ", "\t", "## [a](b)", "## a", "```", "#", "[", "]", "(", "<", "title = 1"),
            *("\ufeff", "\u2028", "\x85", "\x0b", "\x0c", "\x1c", "\x7f", "é", "🎉", "a", "line_ends = 'CRLF'"),
        ]
    )
).map("".join)
ANY = TEXT | HOSTILE
TIME = st.datetimes(timezones=st.just(UTC))


def read(*records, kind="issue"):
    return read_document(write_document(records), "12.md", kind)


def values_of(records):
    return [(record.kind, record.values) for record in records]


@settings(max_examples=25)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]+", fullmatch=True),
        ANY | st.integers() | st.booleans() | TIME | st.dates() | st.lists(ANY),
    )
)
def test_toml_is_read_back(values):
    text = toml(values)
    assert tomllib.loads(text) == values
    assert "-->" not in text
    assert "\r" not in text
    assert "\n+++\n" not in f"\n{text}"


def test_toml_refuses_what_it_cannot_hold():
    with pytest.raises(TypeError, match="float"):
        toml({"a": 1.5})


@settings(max_examples=25)
@given(ANY, ANY, ANY, ANY, ANY)
@example("", "", "", "", "")
@example("\nblank line first", "two\nlines", "", "a\r\nb", "a\r\nb\nc")
@example("+++\na = 1\n+++", "[](<>)", "https://a.example/(a)<b>\\", "<!-- article\n-->", "\\<!-- article")
def test_every_text_of_an_issue_is_read_back(intro, title, address, blurb, notes):
    records = [
        Record("issue", {"number": 12, "title": title, "intro": intro}),
        Record("placement", {"sponsor": title, "url": address, "message": blurb}),
        Record("article", {"id": 1, "title": title, "url": address, "notes": notes, "blurb": blurb}),
        Record("outage", {"title": notes, "url": "", "blurb": intro}),
        Record("correction", {"made_at": datetime(2026, 1, 2, tzinfo=UTC), "text": blurb}),
    ]
    assert values_of(read(*records)) == values_of(records)


@settings(max_examples=25)
@given(ANY)
def test_line_ends_of_another_system_change_nothing(text):
    records = [Record("issue", {"intro": text}), Record("article", {"title": "A", "url": "", "blurb": text, "x": text})]
    written = write_document(records).replace("\n", "\r\n")
    assert values_of(read_document("\ufeff" + written, "12.md", "issue")) == values_of(records)


def test_file_reads_as_the_issue():
    written = write_document(
        [
            Record("issue", {"number": 12, "not_before": date(2026, 1, 2), "intro": "Hello.\n\nAgain."}),
            Record("placement", {"sponsor": "Acme & Co", "url": "https://acme.example/", "message": "* Buy."}),
            Record("article", {"id": 7, "title": "C# [1]", "url": "https://a.example/b_(c)", "blurb": "One.\r\nTwo."}),
            Record("outage", {"id": 8, "title": "Cloud", "url": "", "blurb": ""}),
        ]
    )
    assert written == (
        "+++\nnumber = 12\nnot_before = 2026-01-02\n+++\n\nHello.\n\nAgain.\n\n"
        "<!-- placement\n-->\n\n## [Acme \\& Co](https://acme.example/)\n\n* Buy.\n\n"
        '<!-- article\nid = 7\nline_ends = "CRLF"\n-->\n\n## [C# \\[1\\]](<https://a.example/b_(c)>)\n\nOne.\nTwo.\n\n'
        "<!-- outage\nid = 8\n-->\n\n## Cloud\n"
    )


def test_added_blank_lines_are_ignored():
    text = "+++\nnumber = 1\n+++\n\n\n\nHello.\n\n\n<!-- article\nid = 7\n-->\n## [A](https://a.example/)\nBlurb.\n\n\n"
    assert values_of(read_document(text, "1.md", "issue")) == [
        ("issue", {"number": 1, "intro": "Hello."}),
        ("article", {"id": 7, "title": "A", "url": "https://a.example/", "blurb": "Blurb."}),
    ]


FRONT = "+++\nnumber = 1\n+++\n\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("# Hello\n", "1.md, line 1: "),
        ("+++\nnumber = 1\n", "1.md, line 1: "),
        ("+++\nnumber = 1\nnumber = 2\n+++\n", "1.md, line 3: "),
        ('+++\na = """x\n+++\n', "1.md, line 2: "),
        (f"+++\nnumber = {'1' * 5000}\n+++\n", "1.md, line 2: "),
        (f"+++\na = {'[' * 100_000}\n+++\n", "1.md, line 2: "),
        (FRONT + "<!-- article\nid = 7\n", "1.md, line 5: "),
        (FRONT + "<!-- article\nid = seven\n-->\n\n## A\n", "1.md, line 6: "),
        (FRONT + "<!-- advert\n-->\n", "1.md, line 5: “advert”"),
        (FRONT + "<!-- article\n-->\n\nA\n", "1.md, line 8: "),
        (FRONT + "<!-- article\n-->\n\n## [A](b\n", "1.md, line 8: "),
        (FRONT + "<!-- placement\n-->\n", "1.md, line 7: "),
        (FRONT + '<!-- correction\nline_ends = "CR"\n-->\n\nA\n', "1.md, line 6: line_ends: "),
        (FRONT + '<!-- correction\ntext = "A"\n-->\n\nA\n', "1.md, line 6: text: "),
    ],
)
def test_errors_name_the_line(text, place):
    with pytest.raises(ArchiveError) as caught:
        read_document(text, "1.md", "issue")
    assert str(caught.value).startswith(place)
