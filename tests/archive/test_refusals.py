"""What is wrong with an archive is told with file and line, and nothing of it is loaded."""

import json
import shutil
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from archive.contents import RECORDED
from archive.export import export_archive
from issues.models.articles import Article
from tests.archive.emptying import passing
from tests.make import (
    make_article,
    make_author,
    make_correction,
    make_issue,
    make_page,
    make_placement,
    make_publication,
    make_sponsor,
)

pytestmark = pytest.mark.django_db

FIRST, SECOND = "issues/00001-sre-weekly-issue-1.md", "issues/00002-sre-weekly-issue-2.md"


@pytest.fixture(scope="module")
def exported(django_db_setup, django_db_blocker, tmp_path_factory):
    """Two issues with an article each, and one of everything else."""
    directory = tmp_path_factory.mktemp("exported") / "archive"
    with passing(django_db_blocker):
        sponsor = make_sponsor("Acme")
        for number in (1, 2):
            issue = make_issue(number=number)
            publication = make_publication(f"Blog {number}", sponsor=sponsor)
            author = make_author(f"Author {number}")
            article = make_article(issue=issue, authors=(author,), tags=("slo",), publication=publication)
            Article.objects.filter(pk=article.pk).update(title="Lamps", url=f"https://lamps.example/{number}")
        make_placement(issue, sponsor=sponsor)
        make_correction(issue)
        make_article(authors=(author,))
        make_page()
        export_archive(directory)
    return directory


@pytest.fixture
def archive(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "archive")


def retired(number):
    return f'"retired_guids": [{{"guid": "g", "number": {number}, "title": ""}}]'


def change(archive, file, old, new):
    path = archive / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def refuse(archive):
    """The sentence, once it is certain that nothing was written."""
    with pytest.raises(CommandError) as caught:
        call_command("import_archive", str(archive), stdout=StringIO())
    assert [model._default_manager.count() for model in RECORDED] == [0] * len(RECORDED)
    return str(caught.value)


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (FIRST, "+++\n", "---\n", f"{FIRST}, line 1: the file does not begin with +++."),
        (FIRST, "version = 2", "version = ", f"{FIRST}, line 11: this is no TOML: Invalid value."),
        (
            FIRST,
            "version = 2",
            "versoin = 2",
            f"{FIRST}, line 11: versoin: nothing here is called that; number, title,",
        ),
        (FIRST, "number = 1", 'number = "1"', f"{FIRST}, line 2: number: give a whole number, not “1”."),
        (FIRST, "number = 1", "number = true", f"{FIRST}, line 2: number: give a whole number, not “True”."),
        (FIRST, "number = 1", "", f"{FIRST}, line 1: “number” is missing."),
        (
            FIRST,
            "number = 1\n",
            "number = 99999999999\n",
            f"{FIRST}, line 2: number: Ensure this value is less than or",
        ),
        (FIRST, "number = 1\n", "number = 0\n", f"{FIRST}, line 1: Constraint “issue_number_positive” is violated."),
        (
            SECOND,
            'number = 2\ntitle = "',
            'number = 1\ntitle = "#1 ',
            f"{SECOND}, line 2: number: There is an issue with this number already.",
        ),
        (SECOND, "issue-2", "issue-1", f"{SECOND}, line 4: slug: Another issue has this address."),
        (
            SECOND,
            'guid = "tag:sreweekly.com,2026:issue-2"',
            "",
            f"{SECOND}, line 1: Constraint “issue_approved_has_guid”",
        ),
        (FIRST, 'status = "approved"', 'status = "sent"', f"{FIRST}, line 1: Constraint “issue_status_known” is viol"),
        (FIRST, "publish_at = 2", "publish_at = 12", f"{FIRST}, line 5: this is no TOML"),
        (
            FIRST,
            "Z\nupdated_at",
            "\nupdated_at",
            f"{FIRST}, line 8: created_at: give a time with its zone, such as 2026",
        ),
        (
            FIRST,
            'title = "SRE',
            f'title = "{"x" * 200}',
            f"{FIRST}, line 3: title: Ensure this value has at most 200 ch",
        ),
        (FIRST, "+++\n\n", 'previous_slugs = "a"\n+++\n\n', f"{FIRST}, line 12: previous_slugs: give a list of texts."),
        (FIRST, '["author-1"]', '["nobody"]', "authors: there is no author “nobody” in this archive."),
        (FIRST, '["author-1"]', "[1]", "authors: give a list of texts."),
        (FIRST, '["author-1"]', '["author-1", "author-1"]', "authors: “author-1” is named twice."),
        (FIRST, '["slo"]', '["sli"]', "tags: there is no tag “sli” in this archive."),
        (FIRST, '"blog-1"', '"blog-3"', "publication: there is no publication “blog-3” in this archive."),
        (FIRST, '"blog-1"', "[]", "publication: there is no publication “[]” in this archive."),
        (FIRST, '"blog-1"', "true", "publication: there is no publication “True” in this archive."),
        (FIRST, "\nid = ", "\nkey = ", "key: nothing here is called that; id, url,"),
        (
            FIRST,
            "(https://lamps.example/1)",
            "(ftp://lamps.example/1)",
            "Constraint “article_url_is_http” is violated.",
        ),
        (FIRST, "## [Lamps]", "# [Lamps]", "here should stand “## [title](address)”, or “## title”."),
        (SECOND, "[Acme]", "[Bcme]", "sponsor: there is no sponsor “Bcme” in this archive."),
        (SECOND, "[Acme](https", "[Acme](xttps", "Constraint “placement_url_is_http” is violated."),
        (SECOND, "<!-- correction", "<!-- erratum", "“erratum” is no part of an issue: "),
        (SECOND, "The author’s name was wrong.", "", "Constraint “correction_text_not_empty” is violated."),
        (
            "pages/about.md",
            "Who we are.",
            "\n<!-- article\n-->\n\n## A\n",
            "pages/about.md, line 9: a page has no parts.",
        ),
        ("pages/about.md", 'title = "About"', "title = 7", "pages/about.md, line 2: title: give text, not “7”."),
        ("authors.jsonl", "{", "", "authors.jsonl, line 1: this is no JSON: "),
        ("authors.jsonl", "{", "[{", "authors.jsonl, line 1: this is no JSON: "),
        (
            "authors.jsonl",
            '"aliases": []',
            '"aliases": [1]',
            "authors.jsonl, line 1: aliases: give a list of texts, not",
        ),
        ("authors.jsonl", '"name": "Author 1"', '"name": null', "authors.jsonl, line 1: name: give text, not “None”."),
        ("authors.jsonl", '"Author 1"', '"\\u0000"', "line 1: name: it holds a character that PostgreSQL cannot keep"),
        ("authors.jsonl", '"Author 1"', '"\\ud800"', "line 1: name: it holds a character that PostgreSQL cannot keep"),
        ("authors.jsonl", '"Author 2"', '"AUTHOR 1"', "authors.jsonl, line 2: Constraint “author_name_unique” is viol"),
        ("authors.jsonl", '"author-2"', '"author-1"', "authors.jsonl, line 2: Another author has this address."),
        (
            "tags.jsonl",
            "\n",
            '\n{"name": "slo", "slug": "x"}\n',
            "tags.jsonl, line 2: duplicate key value violates uni",
        ),
        ("backlog.jsonl", '"section": "articles"', '"section": "x"', "section: this is one of articles, outages."),
        (
            "backlog.jsonl",
            '"not_before": null',
            '"not_before": "soon"',
            "not_before: give a day, such as 2026-11-22, not",
        ),
        ("backlog.jsonl", '"id": ', '"id": 1, "x": ', "backlog.jsonl, line 1: x: nothing here is called that"),
        ("archive.json", '"format": 1', '"format": 2', "archive.json: this archive has format 2, and this version"),
        ("archive.json", '"format": 1', '"format": "1"', "does not say which format this archive has"),
        ("archive.json", '"counts"', '"numbers"', "archive.json does not say how many there are of each"),
        (
            "archive.json",
            '"issues": 2',
            '"issues": 3',
            "There are 2 issues in this archive, and archive.json counts 3.",
        ),
        (
            "archive.json",
            '"authors": 2',
            '"authors": 1',
            "There are 2 authors in this archive, and archive.json counts 1.",
        ),
        (
            "archive.json",
            '"last_article_id": ',
            '"last_article_id": -',
            "archive.json: last_article_id: give the highest",
        ),
        (
            "archive.json",
            '"retired_guids": []',
            '"retired_guids": [7]',
            "archive.json: retired_guids: give a list of obj",
        ),
        (
            "archive.json",
            '"retired_guids": []',
            retired('"1"'),
            "retired_guids: give a list of objects with guid, numb",
        ),
        (
            "archive.json",
            '"retired_guids": []',
            retired("9" * 20),
            "retired_guids: a number or a text in it is too long",
        ),
    ],
)
def test_wrong_values_are_refused(archive, file, old, new, sentence):
    change(archive, file, old, new)
    assert sentence in refuse(archive)


@pytest.mark.parametrize("file", ["archive.json", "authors.jsonl", "wordpress.jsonl", FIRST, "pages/about.md"])
def test_missing_files_are_refused(archive, file):
    (archive / file).unlink()
    assert file in (told := refuse(archive)) or told.startswith("There are ")


@pytest.mark.parametrize("file", ["archive.json", "authors.jsonl", FIRST])
def test_files_that_are_not_in_utf8_are_refused(archive, file):
    (archive / file).write_bytes(b"\xff" + (archive / file).read_bytes())
    assert file in (told := refuse(archive))
    assert "not in UTF-8" in told


def test_directory_that_is_not_there_is_refused(tmp_path):
    assert refuse(tmp_path / "none").endswith("none is no directory.")


def test_article_with_the_key_of_another_is_refused(archive):
    key = json.loads((archive / "backlog.jsonl").read_text())["id"]
    change(archive, "backlog.jsonl", f'"id": {key}', f'"id": {key - 1}')
    assert refuse(archive).startswith("backlog.jsonl, line 1: duplicate key value violates unique constraint")


def test_database_that_is_not_empty_is_left_alone(archive):
    make_issue(number=7, articles=2)
    with pytest.raises(CommandError) as caught:
        call_command("import_archive", str(archive))
    assert str(caught.value) == (
        "This database holds 2 authors, 2 articles, 1 issue already, and nothing was changed. "
        "An archive is imported into an empty one only."
    )


def test_refused_export_is_told(tmp_path):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(CommandError, match="holds something else than an export"):
        call_command("export_archive", str(tmp_path))


def test_directory_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(CommandError, match="File name too long"):
        call_command("export_archive", str(tmp_path / ("x" * 300)))


def test_constraints_still_hold_at_the_end(archive):
    call_command("import_archive", str(archive), stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
