import io
import json

import pytest
from django.core.management import CommandError, call_command

from issues.models.issues import Issue
from tests.wordpress.wxr import item, write

pytestmark = pytest.mark.django_db

GIVEN = {"number": 12, "time": "2016-02-28", "sections": [{"entries": [{"url": "", "title": "Lamps"}]}]}


def run(*arguments):
    out = io.StringIO()
    call_command("import_issues", *map(str, arguments), stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.fixture
def folder(tmp_path):
    (folder := tmp_path / "issues").mkdir()
    (folder / "12.json").write_text(json.dumps(GIVEN))
    (folder / "13.json").write_text(json.dumps({**GIVEN, "number": "13"}))
    return folder


def test_folder_is_rehearsed_and_reported(folder, tmp_path):
    out = run(folder, "--dry-run", "--report", tmp_path / "report.json")
    assert "13.json: number: " in out
    assert json.loads((tmp_path / "report.json").read_text())["counts"]["issues added"] == 1
    assert not Issue.objects.exists()


def test_folder_is_imported_together_with_an_export_of_wordpress(folder, tmp_path):
    run(folder, write(tmp_path, item(7, 14)))
    assert sorted(Issue.objects.values_list("number", flat=True)) == [12, 14]


def test_file_that_cannot_be_imported_is_an_error(tmp_path):
    (path := tmp_path / "ghost.json").write_text('{"db": [{"data": {"posts": []}}]}')
    with pytest.raises(CommandError, match="Ghost"):
        run(path)
