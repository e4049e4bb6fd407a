import io
import json

import pytest
from django.core.management import CommandError, call_command

from issues.models.issues import Issue
from tests.wordpress.wxr import entry, item, write

pytestmark = pytest.mark.django_db


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(*arguments):
    out, err = io.StringIO(), Terminal()
    call_command("import_wordpress", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_summary_is_printed(tmp_path):
    out, err = run(write(tmp_path, item(7, 14), item(8, post_type="attachment")))
    assert out.splitlines()[:3] == ["articles: 1", "issues added: 1", "left out, attachment: 1"]
    assert "\r100%" in err


def test_summary_says_that_nothing_could_be_read(tmp_path):
    (file := tmp_path / "export.xml").write_text("<rss><channel><item></channel></rss>")
    out, _ = run(file, "--dry-run")
    assert "issues and pages that could be read: 0" in out
    assert "problems while reading: 2" in out


def test_progress_is_shown_on_terminals_only(tmp_path):
    call_command("import_wordpress", str(write(tmp_path, item(7, 14))), stderr=(err := io.StringIO()))
    assert err.getvalue() == ""


def test_report_file_has_everything(tmp_path):
    file = write(tmp_path, *(item(i, i, html=f"{entry()}<p>After {i}.</p>") for i in range(1, 15)))
    out, _ = run(file, "--dry-run", "--report", tmp_path / "report.json")
    assert "  … and 4 more" in out
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["dry_run"] is True
    assert len(report["findings"]) == 14
    assert report["findings"][0] == {
        "post": "post 1 “SRE Weekly Issue #1”",
        "post_id": 1,
        "kind": "text moved",
        "text": "After 1.",
    }
    assert Issue.objects.count() == 0


def test_unchanged_posts_are_loaded_again_on_request(tmp_path):
    file = write(tmp_path, item(7, 14))
    run(file)
    assert "posts unchanged: 1" in run(file)[0]
    assert "issues loaded again: 1" in run(file, "--reload")[0]


def test_problems_name_file_line_and_post(tmp_path):
    out, _ = run(write(tmp_path, item(7, 14), item(7, 15)))
    assert "export.xml, line 29: post 7 “SRE Weekly Issue #15”: " in out


def test_file_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(CommandError, match=r"none\.xml"):
        run(tmp_path / "none.xml")
