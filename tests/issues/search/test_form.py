"""What readers may ask for: filters, refusals, and anything that may come in a query string."""

from datetime import UTC, datetime

import pytest

from tests.issues.search.asking import ask, index_all, make_found, results, text_of
from tests.make import make_article, make_author, make_issue, make_publication

pytestmark = pytest.mark.django_db
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def two():
    """An article that passes every filter, and one that passes none."""
    make_article(
        issue=make_issue(number=1, publish_at=datetime(2024, 12, 31, 12, tzinfo=UTC)),
        title="This cache",
        section="outages",
        authors=(make_author("Ann Lee"), make_author("Second")),
        publication=make_publication("ACM Queue"),
        tags=("SLO", "dns"),
    )
    make_article(issue=make_issue(number=2, publish_at=datetime(2025, 1, 2, tzinfo=UTC)), title="That cache")
    index_all()


@pytest.mark.parametrize(
    ("parameters", "shown"),
    [
        ({"year": "2024"}, "Year: 2024"),
        ({"section": "outages"}, "Section: Outages"),
        ({"author": "ann-lee"}, "Author: Ann Lee"),
        ({"author": " ANN lee "}, "Author: Ann Lee"),
        ({"publication": "acm-queue"}, "Publication: ACM Queue"),
        ({"tag": "slo"}, "Tag: SLO"),
    ],
)
def test_filter_selects_and_is_shown(client, two, parameters, shown):
    for words in ("", "cache"):
        page = ask(client, words, **parameters)
        assert [text_of(heading) for heading in page.xpath("//ol/li/h2")] == ["This cache"]
        (active,) = page.xpath("//ul[@class='active-filters']/li")
        assert text_of(active) == f"{shown} remove"


@pytest.mark.parametrize("sort", ["", "new"])
def test_fields_show_what_is_chosen(client, two, sort):
    chosen = {"year": "2024", "section": "outages", "author": "ann-lee", "publication": " acm queue ", "tag": "slo"}
    shown = {"author": "Ann Lee", "publication": "ACM Queue", "tag": "SLO", "sort": sort}
    empty = dict.fromkeys([*chosen, "sort"], "")
    for parameters, expected in [(chosen | {"sort": sort}, chosen | shown), ({}, empty)]:
        fields = ask(client, "cache", **parameters).xpath("//form//select | //form//input[not(@type='search')]")
        assert {field.name: field.value or "" for field in fields} == expected


def test_filters_are_combined(client, two):
    assert results(client, author="ann-lee", year="2024", tag="dns") == ["This cache"]
    assert results(client, author="ann-lee", year="2025") == []


def test_filter_is_removed_by_a_link(client, two):
    page = ask(client, "cache", author="ann-lee", tag="slo", page="1")
    links = page.xpath("//ul[@class='active-filters']/li/a")
    assert [(a.get("aria-label"), a.get("href")) for a in links] == [
        ("Remove Author", "/search/?q=cache&tag=slo"),
        ("Remove Tag", "/search/?q=cache&author=ann-lee"),
    ]


def test_form_keeps_what_was_asked_for(client, two):
    form = ask(client, "This Cache", author="ann-lee", year="2024", section="outages", sort="new").forms[0]
    asked = {"q": "This Cache", "author": "Ann Lee", "year": "2024", "section": "outages", "sort": "new"}
    assert {name: value for name, value in form.form_values() if value} == asked
    assert form.xpath(".//details/@open") == [""]


def test_what_one_reader_filled_in_is_not_shown_to_the_next(client, two):
    ask(client, "cache", author="ann-lee", year="2024")
    for page in (ask(client, "cache"), ask(client, "cache", author="", year="")):
        fields = page.forms[0].fields
        assert not fields["author"]
        assert not fields["year"]


def test_years_are_those_of_published_issues_in_time_zone(client):
    make_found(issue=make_issue(publish_at=datetime(2025, 1, 1, 1, 45, tzinfo=UTC)))
    make_issue(publish_at=FUTURE)
    make_issue(publish_at=datetime(2023, 6, 1, tzinfo=UTC), status="draft")
    assert ask(client).xpath("//select[@name='year']/option/@value") == ["", "2024"]
    assert results(client, "found", year="2024") == ["Found"]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        *(("author", "nobody"), ("publication", "nothing"), ("tag", "none")),
        *(("year", "1066"), ("year", "x"), ("section", "jokes"), ("q", "x" * 201)),
    ],
)
def test_wrong_value_is_reported_at_its_field(client, two, parameter, value):
    page = ask(client, **{"status": 400, "words": "cache", parameter if parameter != "q" else "words": value})
    (error,) = page.xpath("//ul[@class='errorlist']")
    (field,) = page.xpath(f"//*[@name='{parameter}']")
    assert field.get("aria-invalid") == "true"
    assert page.get_element_by_id(field.get("aria-describedby")) == error
    assert parameter == "q" or value in text_of(error)


@pytest.mark.parametrize("hidden", [{"status": "draft"}, {"publish_at": FUTURE}])
def test_names_in_a_hidden_issue_are_unknown(client, hidden):
    author, publication = make_author("Quux Author"), make_publication("Quux Times")
    make_found(issue=make_issue(**hidden), authors=(author,), publication=publication, tags=("quuxtag",))
    for parameter, value in [("author", "quux-author"), ("publication", "Quux Times"), ("tag", "quuxtag")]:
        (error,) = ask(client, status=400, **{parameter: value}).xpath("//ul[@class='errorlist']/li/text()")
        assert value in error


STRANGE = [
    *("'", '"', "\\", "%s", "{{ x }}", "a\0b", "\r\n", " ", "\u200b", "'; DROP TABLE issues_issue; --", "<script>"),
    *("a & b | !c", "a <-> b", "a:*", "((((", ":A", "-", '-"', '-""', "or or a or -b", "not"),
    *("🎉" * 100, "\u202eabc", "ﷺ", "İ", "ß" * 200, "e" + "\u0301" * 100, "\uffff", "\U0010ffff"),
    *("a-" * 90, "a." * 90, "1e999", "-1", "9" * 200, "x" * 200, "x" * 10_000, "a or " * 2000),
    *("https://", "http://[", "https://example.com:99999999/", "http://\0/"),
]


def test_any_text_is_answered(client):
    make_found("a b 1", tags=("slo",))
    for text in STRANGE:
        assert client.get("/search/", {"q": text}).status_code in (200, 400), text


@pytest.mark.parametrize("name", ["year", "section", "author", "publication", "tag", "sort", "page"])
def test_any_parameter_is_answered(client, name):
    make_found("a b 1", tags=("slo",))
    for text in ("'", "%s", "a\0b", "🎉", "İ", "\U0010ffff", "-1", "9" * 5000, "x" * 10_000, "http://["):
        assert client.get("/search/", {"q": "found", name: text}).status_code in (200, 400, 404), text


def test_any_query_string_is_answered(client):
    make_found("a")
    for query in ("q=%FF%FE", "q=%ED%A0%80", "q", "=", "&&&", "q=a&q=b", "q[]=a", "%00=%00", "q=%", "?q"):
        assert client.get(f"/search/?{query}").status_code == 200, query


def test_very_many_parameters_are_refused(client):
    assert client.get("/search/?" + "a=1&" * 30_000).status_code == 400
