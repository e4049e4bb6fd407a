"""JSON of our own: what is accepted, and where what is wrong is. The schema in docs/ says the same."""

import json
import re
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importing.files import read_issues
from importing.given import GivenIssue, Wrong
from importing.json_issues import read_issue
from importing.values import LAST_NUMBER, NotJsonError, read_json, read_time
from text.markdown import MAX_MARKDOWN_LENGTH
from wordpress.report import Report

DOCS = Path(__file__).resolve().parents[2] / "docs"
SCHEMA = json.loads((DOCS / "issues.schema.json").read_text())
EXAMPLE = json.loads(re.findall(r"```json\n(.*?)```", (DOCS / "importing-issues.md").read_text(), re.DOTALL)[0])


def is_by_the_schema(value):
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(value)


def read(value):
    """Return the issue, or the errors, as a program would have written the file."""
    return read_issue(read_json(json.dumps(value).encode()), "a.json", "")


def changed(path, value):
    """Return the example with another value at this path: "sections.0.entries.1.url". None of that name if ...."""
    example = deepcopy(EXAMPLE)
    *before, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    place = example
    for part in before:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return example


def test_example_of_the_document_is_by_the_schema_and_read_whole():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert is_by_the_schema(EXAMPLE)
    issue = read(EXAMPLE)
    assert isinstance(issue, GivenIssue)
    assert issue.notes == []
    assert [entry.section for entry in issue.entries] == ["articles", "articles", "outages"]
    assert issue.entries[1].text == "HTML is turned into *Markdown*."


def test_example_and_tables_of_the_document_have_every_field():
    document = (DOCS / "importing-issues.md").read_text()
    entries = [entry for section in EXAMPLE["sections"] for entry in section["entries"]]
    used = {"issue": EXAMPLE, "section": EXAMPLE["sections"][0], "sponsor": EXAMPLE["sponsor"]}
    used["entry"] = {name: value for entry in entries for name, value in entry.items()}
    for kind, example in used.items():
        fields = SCHEMA["$defs"][kind]["properties"].keys() - {"$schema"}
        assert example.keys() == fields
        assert {name for name in fields if f"`{name}`" not in document} == set()


def test_schema_has_the_limits_of_the_program():
    fields = SCHEMA["$defs"]["issue"]["properties"]
    assert fields["number"]["maximum"] == LAST_NUMBER
    assert fields["intro"]["maxLength"] == MAX_MARKDOWN_LENGTH


def each(path: str, *values: object) -> list[tuple[str, object]]:
    return [(path, value) for value in values]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *each("number", ..., None, "12", 0, -1, 1.5, True, LAST_NUMBER + 1, []),
        *each("title", 12, ["Lamp"], "x" * 201),
        *each("time", "yesterday", "28.2.2016", 1456710300, "2016-02-28T20:45:00 EST"),
        *each("url", "/issues/12", "ftp://a.example/", "javascript:alert(1)", {"href": "x"}),
        *each("intro", True, {"markdown": "x"}, "x" * (MAX_MARKDOWN_LENGTH + 1)),
        *each("sections", ..., None, {}, "Articles", 7),
        *each("sections.0", None, [], "Articles"),
        *each("sections.1.entries", ..., None, {"0": {}}, False),
        *each("sections.0.entries.1", None, "https://a.example/", []),
        *each("sections.0.entries.1.url", ..., None, 7, "a.example", "https://a b.example/"),
        *each("sections.0.entries.1.title", ..., None, "", 7, "x" * 501),
        *each("sections.0.entries.0.authors", "Ada Moss", {"name": "Ada"}, 1),
        *each("sections.0.entries.0.authors.1", None, {"name": "Ada"}, "", "x" * 201),
        *each("sections.0.entries.0.tags.0", 7, True, "x" * 101),
        *each("sponsor", "Acme", 7),
        *each("sponsor.name", ..., "", 7),
    ],
)
def test_wrong_value_is_told_with_its_place(path, value):
    document = changed(path, value)
    errors = read(document)
    assert isinstance(errors, list)
    assert [error.place for error in errors] == [re.sub(r"\.(\d+)", r"[\1]", path)]
    assert not is_by_the_schema(document)


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("time", "2016-13-40", "time"),
        ("time", "2016-02-30T10:00:00Z", "time"),
        ("time", "0001-01-01", "time"),
        ("time", "9999-12-31T23:59:59-12:00", "time"),
        ("title", "a\0b", "title"),
        ("sections.0.entries.0.text", "\ud800", "sections[0].entries[0].text"),
        ("sections.0.entries.0.authors.0", "A\x07", "sections[0].entries[0].authors[0]"),
        ("sections.0.entries.0.url", "https://user:secret@a.example/", "sections[0].entries[0].url"),
        ("sections.0.entries.0.title", " \n ", "sections[0].entries[0].title"),
    ],
)
def test_value_that_no_schema_can_refuse_is_told_with_its_place(path, value, place):
    errors = read(changed(path, value))
    assert isinstance(errors, list)
    assert {error.place for error in errors} == {place}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *each("title", ..., None, ""),
        *each("time", ..., None, "", "2016-02-28", "2016-02-28 20:45", "2016-02-28T20:45:00.123Z"),
        *each("sponsor", ..., None, [], [EXAMPLE["sponsor"]] * 2),
        *each("sections", [], [{"entries": []}]),
        *each("sections.0.entries.0.url", "", "https://xn--bcher-kva.example/ä?x=1#y"),
        *each("sections.0.entries.0.authors", ..., None, []),
        ("sections.0.entries.0.text", "x" * MAX_MARKDOWN_LENGTH),
        ("$schema", "issues.schema.json"),
    ],
)
def test_right_value_is_accepted(path, value):
    document = changed(path, value)
    assert isinstance(read(document), GivenIssue)
    assert is_by_the_schema(document)


@pytest.mark.parametrize("path", ["titel", "sponsor.logo", "sections.0.color", "sections.1.entries.0.URL"])
def test_unknown_field_is_told_and_the_rest_is_read(path):
    issue = read(changed(path, {"x": float("nan")}))
    assert isinstance(issue, GivenIssue)
    assert [note.kind for note in issue.notes] == ["unknown field"]
    assert issue.notes[0].text.startswith(f"{re.sub(r'\.(\d+)', r'[\1]', path)}: ")
    assert not is_by_the_schema(changed(path, "x"))


@pytest.mark.parametrize(
    ("path", "right"),
    [
        *(("titel", "title"), ("Title", "title"), ("date", "time"), ("published_at", "time"), ("sponsors", "sponsor")),
        *(("sections.0.items", "entries"), ("sections.0.entries.0.link", "url"), ("sponsor.message", "text")),
        *(("sections.0.entries.0.author", "authors"), ("sections.0.entries.0.site", "publication")),
    ],
)
def test_field_with_another_name_is_told_with_the_right_one(path, right):
    issue = read(changed(path, "Lamp"))
    assert isinstance(issue, GivenIssue)
    assert f"“{right}”" in issue.notes[0].text


def test_unknown_field_is_told_beside_what_is_missing():
    errors = read({"number": 1, "sections": [{"items": []}]})
    assert isinstance(errors, list)
    assert [error.place for error in errors] == ["sections[0].entries", "sections[0].items"]


def test_repeated_field_is_told_at_any_depth():
    content = b'{"number": 1, "number": 2, "sections": [{"entries": [{"url": "", "url": "", "title": "a"}]}]}'
    errors = read_issue(read_json(content), "a.json", "issues[2]")
    assert isinstance(errors, list)
    assert [error.place for error in errors] == ["issues[2].number", "issues[2].sections[0].entries[0].url"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_of_json_are_read(encoding):
    assert read_json(json.dumps({"title": "Lämp — 🪔"}, ensure_ascii=False).encode(encoding)) == {"title": "Lämp — 🪔"}


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b'{"a": 1,}', b"{'a': 1}", b"// a\n{}", b'{"a": \xff}', "ä".encode("latin-1"), b"{}\n{}\n"),
        *(b"[" * 100_000, b'{"a":' * 100_000, b'{"number": 1' + b"0" * 5000 + b"}", b"\x00\x00\x00\x00", b'"\n"'),
    ],
)
def test_what_is_not_json_is_refused(content):
    with pytest.raises(NotJsonError):
        read_json(content)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1E400"])
def test_what_is_no_number_is_no_number_of_an_issue(number):
    errors = read_issue(read_json(f'{{"number": {number}, "sections": []}}'.encode()), "a.json", "")
    assert isinstance(errors, list)
    assert [error.place for error in errors] == ["number"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016-02-28T20:45:00-05:00", datetime(2016, 2, 29, 1, 45, tzinfo=UTC)),
        ("2016-02-28T20:45-0500", datetime(2016, 2, 29, 1, 45, tzinfo=UTC)),
        ("2016-02-28 20:45", datetime(2016, 2, 29, 1, 45, tzinfo=UTC)),
        ("2016-07-03 20:45:00Z", datetime(2016, 7, 3, 20, 45, tzinfo=UTC)),
        ("2016-07-03t20:45:00.5z", datetime(2016, 7, 3, 20, 45, 0, 500_000, tzinfo=UTC)),
        ("2016-02-28", datetime(2016, 2, 29, 1, 45, tzinfo=UTC)),
    ],
)
def test_time_without_zone_is_of_the_newsletter_and_a_day_has_the_usual_time(settings, text, expected):
    settings.PUBLICATION_TIME = "20:45"
    assert read_time(text) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*SCHEMA["$defs"]["issue"]["properties"], "entries", "name", "x"]), inner)
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_or_told(value):
    found = read_issue(value, "a.json", "")
    assert isinstance(found, GivenIssue) or (found and all(isinstance(error, Wrong) for error in found))


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ({}, [""]),
        ([{}, {}], ["[0]", "[1]"]),
        ({"issues": [{}, {}, {}]}, ["issues[0]", "issues[1]", "issues[2]"]),
        ([7, None], ["[0]", "[1]"]),
    ],
)
def test_list_of_issues_is_told_by_place(tmp_path, value, places):
    (path := tmp_path / "a.json").write_text(json.dumps(value))
    report = Report()
    assert list(read_issues([path], report)) == []
    found = {problem.post.rpartition(".")[0] if "." in problem.post else problem.post for problem in report.problems}
    assert found - {"number", "sections"} == set(places) - {""}
