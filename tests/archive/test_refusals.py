"""An error in an archive is reported with file and line, and nothing is loaded."""

import json
import shutil
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from archive.contents import RECORDED
from archive.export import export_archive
from issues.models.articles import Article
from pictures.storage import storage
from tests.archive.emptying import passing
from tests.make import (
    make_article,
    make_author,
    make_correction,
    make_issue,
    make_page,
    make_picture,
    make_placement,
    make_publication,
    make_sponsor,
)
from tests.pictures.files import make_file

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
        make_picture()
        export_archive(directory)
    return directory


@pytest.fixture
def archive(exported, tmp_path):
    return shutil.copytree(exported, tmp_path / "archive")


def retired(*numbers):
    rows = ", ".join(f'{{"guid": "g", "number": {number}, "title": ""}}' for number in numbers)
    return f'"retired_guids": [{rows}]'


def change(archive, file, old, new):
    path = archive / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def refuse(archive):
    """Check that nothing was written, and return the error."""
    with pytest.raises(CommandError) as caught:
        call_command("import_archive", str(archive), stdout=StringIO())
    assert [model._default_manager.count() for model in RECORDED] == [0] * len(RECORDED)
    return str(caught.value)


# By line and name of the value where an error is about one; constraints by name, or by their own message.
@pytest.mark.parametrize(
    ("file", "old", "new", "error"),
    [
        (FIRST, "\nversion = ", "\nversion = x", "line 11: "),
        (FIRST, "\nversion = ", "\nversoin = ", "line 11: versoin: "),
        (FIRST, "number = 1", 'number = "1"', "line 2: number: "),
        (FIRST, "number = 1", "number = true", "line 2: number: "),
        (FIRST, "number = 1", "", "line 1: “number”"),
        (FIRST, "number = 1\n", "number = 99999999999\n", "line 2: number: "),
        (FIRST, "number = 1\n", "number = 0\n", "line 1: Constraint “issue_number_positive”"),
        (SECOND, 'number = 2\ntitle = "', 'number = 1\ntitle = "#1 ', "line 2: number: "),
        (SECOND, "issue-2", "issue-1", "line 4: slug: "),
        (SECOND, 'guid = "tag:sreweekly.com,2026:issue-2"', "", "line 1: Constraint “issue_approved_has_guid”"),
        (FIRST, "Z\nupdated_at", "\nupdated_at", "line 8: created_at: "),
        (FIRST, 'title = "SRE', f'title = "{"x" * 200}', "line 3: title: "),
        (FIRST, "+++\n\n", 'previous_slugs = "a"\n+++\n\n', "line 12: previous_slugs: "),
        (FIRST, "+++\n\n", 'previous_slugs = ["about"]\n+++\n\n', "line 1: "),
        (FIRST, '["author-1"]', '["nobody"]', "authors: there is no author “nobody”"),
        (FIRST, '["author-1"]', "[1]", "authors: "),
        (FIRST, '["author-1"]', '["author-1", "author-1"]', "authors: “author-1”"),
        (FIRST, '["slo"]', '["sli"]', "tags: there is no tag “sli”"),
        (FIRST, '"blog-1"', "[]", "publication: there is no publication “[]”"),
        (FIRST, '"blog-1"', "true", "publication: there is no publication “True”"),
        (FIRST, "(https://lamps.example/1)", "(ftp://lamps.example/1)", "Constraint “article_url_is_http”"),
        (SECOND, "[Acme]", "[Bcme]", "sponsor: there is no sponsor “Bcme”"),
        (SECOND, "The author’s name was wrong.", "", "Constraint “correction_text_not_empty”"),
        ("pages/about.md", "Who we are.", "\n<!-- article\n-->\n\n## A\n", "line 9: "),
        ("authors.jsonl", "{", "", "line 1: "),
        ("authors.jsonl", "{", "[{", "line 1: "),
        ("authors.jsonl", '"aliases": []', '"aliases": [1]', "line 1: aliases: "),
        ("authors.jsonl", '"name": "Author 1"', '"name": null', "line 1: name: "),
        ("authors.jsonl", '"Author 1"', '"\\u0000"', "line 1: name: "),
        ("authors.jsonl", '"Author 1"', '"\\ud800"', "line 1: name: "),
        ("authors.jsonl", '"Author 2"', '"AUTHOR 1"', "line 2: Constraint “author_name_unique”"),
        ("tags.jsonl", "\n", '\n{"name": "slo", "slug": "x"}\n', "line 2: "),
        ("backlog.jsonl", '"section": "articles"', '"section": "x"', "section: "),
        ("backlog.jsonl", '"not_before": null', '"not_before": "soon"', "not_before: "),
        ("archive.json", '"format": 1', '"format": 2', "format 2"),
        ("archive.json", '"format": 1', '"format": "1"', "format"),
        ("archive.json", '"counts"', '"numbers"', "counts"),
        ("archive.json", '"issues": 2', '"issues": 3', "2 issues"),
        ("archive.json", '"issues": 2', '"issues": 2, "poems": 7', "poems"),
        ("archive.json", '"authors": 2', '"authors": 1', "2 authors"),
        ("archive.json", '"last_article_id": ', '"last_article_id": -', "last_article_id: "),
        ("archive.json", '"retired_guids": []', '"retired_guids": [7]', "retired_guids: "),
        ("archive.json", '"retired_guids": []', retired("9" * 20), "retired_guids: "),
        ("archive.json", '"retired_guids": []', retired(1, 2), "retired_guids: "),
    ],
)
def test_wrong_values_are_refused(archive, file, old, new, error):
    change(archive, file, old, new)
    refusal = refuse(archive)
    assert file in refusal
    assert error in refusal


@pytest.mark.parametrize("file", ["archive.json", "authors.jsonl", FIRST])
def test_missing_files_and_wrong_encodings_are_refused(archive, file):
    content = (archive / file).read_bytes()
    (archive / file).write_bytes(b"\xff" + content)
    refusal = refuse(archive)
    assert file in refusal
    assert "UTF-8" in refusal
    (archive / file).unlink()
    assert (file if file != FIRST else "archive.json") in refuse(archive)


def test_missing_directory_is_refused(tmp_path):
    assert str(tmp_path / "none") in refuse(tmp_path / "none")


def test_article_with_the_id_of_another_is_refused(archive):
    key = json.loads((archive / "backlog.jsonl").read_text())["id"]
    change(archive, "backlog.jsonl", f'"id": {key}', f'"id": {key - 1}')
    assert refuse(archive).startswith("backlog.jsonl, line 1: duplicate key")


def test_database_that_is_not_empty_is_left_alone(archive):
    make_issue(number=7, articles=2)
    with pytest.raises(CommandError, match="2 authors, 2 articles, 1 issue"):
        call_command("import_archive", str(archive))
    assert Article.objects.count() == 2


def test_refused_export_is_an_error_of_the_command(tmp_path):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(CommandError, match="thesis"):
        call_command("export_archive", str(tmp_path))
    with pytest.raises(CommandError, match="File name too long"):
        call_command("export_archive", str(tmp_path / ("x" * 300)))


def test_constraints_still_hold_at_the_end(archive):
    call_command("import_archive", str(archive), stdout=StringIO())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def picture(archive):
    [path] = (archive / "pictures").iterdir()
    return path


@pytest.mark.parametrize("content", [b"no picture", b"<svg>", make_file(size=(9, 9)), make_file("JPEG"), None])
def test_picture_that_is_lost_or_was_changed_is_refused(archive, picture, content):
    picture.write_bytes(content) if content else picture.unlink()
    assert f"pictures/{picture.name}" in refuse(archive)


@pytest.mark.parametrize("digest", ["../../../etc/passwd", "A" * 20, "", "a" * 19])
def test_name_of_a_picture_leads_nowhere_else(archive, picture, digest):
    change(archive, "pictures.jsonl", picture.name[:20], digest)
    assert "pictures.jsonl" in refuse(archive)


def test_lost_picture_is_an_error_of_the_export(db, tmp_path):
    picture = make_picture()
    storage().delete(str(picture.name))
    with pytest.raises(CommandError, match=str(picture.name)):
        call_command("export_archive", str(tmp_path / "archive"), stdout=StringIO())
    assert not (tmp_path / "archive").exists()
