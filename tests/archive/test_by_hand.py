"""Markdown that a person wrote, without digests, counts and ids, is taken. What is missing is computed and told."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from taggit.models import Tag

from archive.documents import ArchiveError
from archive.export import export_archive
from archive.load import import_archive
from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from sponsors.models import Sponsor
from tests.archive.emptying import empty_database

pytestmark = pytest.mark.django_db

ISSUE = """+++
number = 12
publish_at = 2016-02-29T01:45:00Z
+++

Hello.

<!-- placement -->

## [Acme](https://acme.example/)

Try us.

<!-- article
authors = ["Ada Moss", "ben-reed"]
publication = "Fern"
tags = ["lamps"]
-->

## [Lamps in cellars](https://fern.example/1)

They shine.

<!-- outage -->

## [Owl](https://status.owl.example/)
"""


@pytest.fixture
def directory(tmp_path):
    return write(tmp_path, {"issues/12.md": ISSUE})


def write(directory, files):
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory


def refuse(directory):
    with pytest.raises(CommandError) as caught:
        call_command("import_archive", str(directory), stdout=StringIO())
    assert not Issue.objects.exists()
    return str(caught.value)


def test_one_file_is_enough(directory, settings):
    imported = import_archive(directory)
    issue = Issue.objects.with_contents().get()
    assert (issue.title, issue.slug, issue.state) == ("SRE Weekly Issue #12", "sre-weekly-issue-12", "published")
    assert issue.guid == f"tag:{settings.GUID_AUTHORITY}:issue-12"
    assert issue.publish_at == issue.updated_at == datetime(2016, 2, 29, 1, 45, tzinfo=UTC)
    assert (len(issue.contents_digest), issue.is_changed) == (64, False)
    assert [article.title for article in issue.printed_entries] == ["Lamps in cellars", "Owl"]
    assert [author.name for author in issue.printed_articles[0].credited_authors] == ["Ada Moss", "ben-reed"]
    assert issue.printed_placements[0].state == "approved"
    assert imported.computed["guid of an issue"] == 1
    assert imported.computed["id of an article"] == 1
    assert imported.computed["author made from a name"] == 2
    assert imported.counts["issues"] == 1


def test_what_was_computed_is_told(directory):
    call_command("import_archive", str(directory), stdout=(out := StringIO()))
    assert "computed: guid of an issue (1)" in out.getvalue()


def test_names_are_made_once_and_found_however_they_are_spelled(directory):
    other = ISSUE.replace("number = 12", "number = 13").replace("Ada Moss", "ada moss").replace("Fern", "FERN")
    import_archive(write(directory, {"issues/13.md": other.replace("[Acme]", "[ACME]")}))
    assert sorted(Author.objects.values_list("name", flat=True)) == ["Ada Moss", "ben-reed"]
    assert [model.objects.count() for model in (Publication, Sponsor, Tag)] == [1, 1, 1]


def test_names_of_a_list_are_found_by_name_and_by_slug(directory):
    authors = '{"name": "Ada Moss", "slug": "ada"}\n{"name": "Ben Reed"}\n'
    import_archive(write(directory, {"authors.jsonl": authors}))
    article = Article.objects.get(section="articles")
    assert [author.name for author in article.credited_authors] == ["Ada Moss", "Ben Reed"]
    assert Author.objects.get(name="Ben Reed").slug == "ben-reed"


def test_draft_and_future_issue(directory):
    draft = ISSUE.replace("12", "13").replace("publish_at = 2016-02-29T01:45:00Z\n", "")
    future = ISSUE.replace("12", "14").replace("2016-02-29", "2090-02-28")
    import_archive(write(directory, {"issues/13.md": draft, "issues/14.md": future}))
    states = [(issue.state, issue.guid is None) for issue in Issue.objects.order_by("number")]
    assert states == [("published", False), ("draft", True), ("scheduled", False)]


def test_given_ids_stay_and_new_ones_follow_the_highest(directory):
    given = ISSUE.replace("12", "13").replace('tags = ["lamps"]', "id = 700")
    import_archive(write(directory, {"issues/13.md": given}))
    assert sorted(Article.objects.values_list("pk", flat=True)) == [700, 701, 702, 703]
    assert Article.objects.create(title="New").pk > 703


def test_page_is_named_after_its_file(directory):
    import_archive(write(directory, {"pages/about-us.md": "+++\n+++\n\nWho we are.\n"}))
    page = Page.objects.get()
    assert (page.slug, page.title, page.body, page.is_published) == ("about-us", "About us", "Who we are.", True)


def test_what_was_imported_is_exported_whole(directory, tmp_path):
    import_archive(directory)
    export_archive(tmp_path / "first")
    empty_database()
    assert import_archive(tmp_path / "first").computed == {}
    assert Issue.objects.get().number == 12


def test_archive_json_without_counts_is_by_hand(directory):
    imported = import_archive(write(directory, {"archive.json": '{"format": 1, "last_article_id": 90}'}))
    assert imported.computed
    assert sorted(Article.objects.values_list("pk", flat=True)) == [91, 92]


# Errors are still told with file and line, and nothing is written.
@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("number = 12\n", "", "12.md, line 1: “number” is missing"),
        ("number = 12", 'number = "12"', "12.md, line 2: number"),
        ("01:45:00Z", "01:45:00", "12.md, line 3: publish_at"),
        ("<!-- outage -->", "<!-- outrage -->", "12.md, line 24"),
        ("[Owl](https", "[Owl](ftp", "Constraint “article_url_is_http”"),
        ('"Ada Moss"', '"Ada\\nMoss"', "12.md, line 15: authors"),
        ('"Ada Moss"', f'"{"x" * 201}"', "12.md, line 15: authors"),
        ('"Ada Moss"', "7", "12.md, line 15: authors"),
        ("+++\nnumber", "---\nnumber", "12.md, line 1: write the values as TOML"),
        ("authors =", "autors =", "12.md, line 15: autors"),
    ],
)
def test_errors_are_told_with_file_and_line(tmp_path, old, new, error):
    assert old in ISSUE
    assert error in refuse(write(tmp_path, {"issues/12.md": ISSUE.replace(old, new, 1)}))


def test_two_issues_with_one_number_are_refused(directory):
    assert "13.md, line 2: number" in refuse(write(directory, {"issues/13.md": ISSUE}))


@pytest.mark.parametrize("files", [{"notes.md": "x"}, {"issues/12.txt": ISSUE}, {"pages/about.md": "+++\n+++\n"}])
def test_directory_without_issues_is_no_archive(tmp_path, files):
    assert "archive.json" in refuse(write(tmp_path, files))


def test_directory_written_by_hand_is_not_replaced_by_an_export(directory):
    with pytest.raises(CommandError, match="not an earlier export"):
        call_command("export_archive", str(directory))


@pytest.mark.parametrize(
    "line",
    [
        *(
            'authors = ["Ada Moss", "ADA  MOSS"]',
            'authors = ["Ada Moss", "Ada Moss"]',
            'authors = ["ada-moss", "Ada-Moss"]',
        ),
        *('tags = ["lamps", "Lamps"]', 'authors = [" "]', 'publication = " "'),
    ],
)
def test_name_that_is_blank_or_listed_twice_is_refused_with_its_place(tmp_path, line):
    text = f"+++\nnumber = 12\n+++\n\n<!-- article\n{line}\n-->\n\n## [A lamp](https://lamps.example/)\n"
    with pytest.raises(ArchiveError, match=r"issues/12\.md, line 6: \w+: (“.+” is listed twice|a name is blank)"):
        import_archive(write(tmp_path, {"issues/12.md": text}))


def test_spaces_in_a_name_make_no_second_author(tmp_path):
    text = ISSUE.replace('"ben-reed"', '"Ben Reed"') + '\n<!-- outage\nauthors = ["Ben  Reed"]\n-->\n\n## Owl\n'
    import_archive(write(tmp_path, {"issues/12.md": text}))
    assert sorted(Author.objects.values_list("name", flat=True)) == ["Ada Moss", "Ben Reed"]
