"""Issues from Curated. The fields are those of its API; all words are invented."""

import json

import pytest

from importing.curated import credit_line
from importing.load import import_files
from issues.models.articles import Article
from issues.models.issues import Issue
from sponsors.models import Placement

pytestmark = pytest.mark.django_db


def link(**fields):
    return {
        "type": "link",
        "title": "Lamps in cellars",
        "description": "<p>They <em>shine</em>.</p>",
        "url": "https://fern.example/lamps",
        "url_domain": "fern.example",
        "footer": "Ada Moss, Fern Journal",
        **fields,
    }


def category(name, *items, **fields):
    return {"code": name.lower(), "name": name, "items": items, **fields}


def issue(*categories, **fields):
    return {
        "number": 12,
        "title": "Issue 12",
        "summary": "<p>Hello.</p>",
        "url": "https://lamps.curated.example/issues/12",
        "published_at": "2016-02-28T20:45:00.344-05:00",
        "updated_at": "2016-02-29T01:50:56Z",
        "categories": categories or [category("Articles", link())],
        **fields,
    }


def load(tmp_path, value):
    (path := tmp_path / "curated.json").write_text(json.dumps(value))
    return import_files([path])


def kinds(report):
    return sorted({notice.kind for notice in report.notices})


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one], lambda one: {"issues": [one]}])
def test_issue_is_loaded(tmp_path, wrap):
    report = load(tmp_path, wrap(issue()))
    loaded, article = Issue.objects.get(), Article.objects.get()
    assert (loaded.number, loaded.title, loaded.intro, loaded.state) == (12, "Issue #12", "Hello.", "published")
    assert (article.title, article.url, article.blurb) == ("Lamps in cellars", link()["url"], "They *shine*.")
    assert ([author.name for author in article.credited_authors], str(article.publication)) == (
        ["Ada Moss"],
        "Fern Journal",
    )
    assert (report.problems, kinds(report)) == ([], ["title"])


def test_categories_become_sections(tmp_path):
    items = [link(title=f"Lamp {n}", url=f"https://fern.example/{n}") for n in range(3)]
    report = load(
        tmp_path, issue(category("Tools", items[0]), category("Outages", items[1]), category("News", items[2]))
    )
    rows = Article.objects.order_by("section", "position").values_list("section", "title")
    assert list(rows) == [("articles", "Lamp 0"), ("articles", "Lamp 2"), ("outages", "Lamp 1")]
    assert kinds(report) == ["section", "title"]


@pytest.mark.parametrize(
    ("footer", "line"),
    [
        ("Ada Moss, Fern", "Ada Moss — Fern"),
        ("Ada Moss and Ben Reed, Fern Blog", "Ada Moss and Ben Reed — Fern Blog"),
        ("Ada Moss, Ben Reed, Fern", "Ada Moss, Ben Reed — Fern"),
        ("by Ada Moss, fern.example", "Ada Moss — fern.example"),
        ("Written by Ada Moss", "Ada Moss"),
        ("Ada Moss — Fern", "Ada Moss — Fern"),
        ("fern.example", "fern.example"),
        ("Fern, Inc.", "Fern, Inc."),
        ("Ada Moss, with guest Cy Dorn, Fern", "Ada Moss, with guest Cy Dorn, Fern"),
        ("various, Fern", "various, Fern"),
    ],
)
def test_footer_is_read_as_authors_and_site(footer, line):
    assert credit_line(footer) == line


@pytest.mark.parametrize("footer", ["Fern, Inc.", "Ada Moss, with guest Cy Dorn, Fern", "various, Fern"])
def test_footer_that_is_uncertain_is_printed_and_told(tmp_path, footer):
    report = load(tmp_path, issue(category("Articles", link(footer=footer))))
    assert (Article.objects.get().byline, Article.objects.get().credited_authors) == (footer, [])
    assert "byline that names nobody" in kinds(report)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"footer": "Sponsored by Acme"}, "Acme"),
        ({"footer": "Sponsor: Acme"}, "Acme"),
        ({"footer": "Acme"}, "Acme"),
        ({"footer": "Sponsored"}, "acme.example"),
        ({"footer": "acme.example"}, "acme.example"),
        ({"footer": None}, "acme.example"),
    ],
)
def test_sponsored_category_becomes_a_message(tmp_path, fields, name):
    paid = link(title="Never in the dark", url="https://acme.example/?x=1", **fields)
    report = load(tmp_path, issue(category("Articles", link()), {"code": "sponsored", "items": [paid]}))
    placement = Placement.objects.get()
    assert (placement.sponsor.name, placement.url) == (name, paid["url"])
    assert placement.message == "**[Never in the dark](<https://acme.example/?x=1>)**\n\nThey *shine*."
    assert Article.objects.count() == 1
    assert ("sponsor" in kinds(report)) == (name == "acme.example")


@pytest.mark.parametrize("mark", [{"name": "Our sponsors"}, {"name": "Thanks", "sponsored": True}, {"code": "Advert"}])
def test_sponsored_category_is_known_by_code_name_or_mark(tmp_path, mark):
    load(tmp_path, issue({"items": [link(footer="Acme")], **mark}))
    assert Placement.objects.get().sponsor.name == "Acme"
    assert not Article.objects.exists()


def test_footer_and_title_may_be_escaped_or_have_markup(tmp_path):
    item = link(title="Q&amp;A about Vec<T>", footer='<p>Ada Moss, <a href="https://fern.example/">Fern</a></p>')
    load(tmp_path, issue(category("Articles", item)))
    article = Article.objects.get()
    assert (article.title, str(article.publication)) == ("Q&A about Vec<T>", "Fern")
    assert [author.name for author in article.credited_authors] == ["Ada Moss"]


def test_text_item_has_no_address(tmp_path):
    load(tmp_path, issue(category("Articles", {"type": "text", "title": "A word", "description": "<p>Hi.</p>"})))
    assert (Article.objects.get().url, Article.objects.get().blurb) == ("", "Hi.")


def test_fields_without_a_place_are_counted(tmp_path):
    report = load(
        tmp_path, issue(category("Articles", link(image="a.png"), link(image="b.png", url="https://b.example/")))
    )
    notices = [notice.text for notice in report.notices if notice.kind == "unknown field"]
    assert notices == ["item.image was left out 2 times"]


def test_errors_have_the_place_in_the_file(tmp_path):
    report = load(tmp_path, {"issues": [issue(), issue(category("A", link(), link(url=7)), published_at="soon")]})
    places = [problem.post for problem in report.problems]
    assert places == ["issues[1].published_at", "issues[1].categories[0].items[1].url"]


def test_list_of_the_api_has_no_contents_and_is_told(tmp_path):
    given = issue()
    del given["categories"]
    report = load(tmp_path, {"page": 1, "total_pages": 1, "total_results": 1, "data": [given]})
    assert ([problem.post for problem in report.problems], Issue.objects.count()) == (["data[0]"], 0)
