import json
import stat

import pytest

from archive.directory import ABOUT, ISSUES, PAGES, issue_file, page_file, replacing
from archive.documents import ArchiveError


def write(directory, *names):
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"format": 1}) if name == ABOUT else name)


def names_in(directory):
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


@pytest.fixture
def earlier(tmp_path):
    """An export as it was made before."""
    write(tmp_path / "archive", ABOUT, f"{ISSUES}/00001-a.md", f"{PAGES}/about.md", "authors.jsonl")
    return tmp_path / "archive"


@pytest.mark.parametrize("is_there", [True, False])
def test_empty_and_new_directories_are_written(tmp_path, is_there):
    target = tmp_path / "archive"
    if is_there:
        target.mkdir()
    with replacing(target) as new:
        write(new, ABOUT)
    assert names_in(tmp_path) == ["archive/archive.json"]


def test_directory_is_its_owners_alone(tmp_path):
    with replacing(tmp_path / "archive"):
        pass
    assert stat.S_IMODE((tmp_path / "archive").stat().st_mode) == 0o700


def test_files_of_issues_that_are_gone_are_gone(earlier):
    with replacing(earlier) as new:
        write(new, ABOUT, f"{ISSUES}/00002-b.md")
    assert names_in(earlier.parent) == ["archive/archive.json", "archive/issues/00002-b.md"]


def test_earlier_export_stays_until_the_end_and_where_writing_fails(earlier):
    before = names_in(earlier)

    def fail_late():
        with replacing(earlier) as new:
            write(new, ABOUT)
            assert names_in(earlier) == before
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()
    assert names_in(earlier.parent) == [f"archive/{name}" for name in before]


def test_earlier_export_comes_back_where_it_cannot_be_replaced(earlier):
    before = names_in(earlier)
    with pytest.raises(FileNotFoundError), replacing(earlier) as new:
        new.rmdir()
    assert names_in(earlier.parent) == [f"archive/{name}" for name in before]


def test_git_and_a_persons_own_files_stay(earlier):
    write(earlier, ".git/HEAD", "notes.txt")
    with replacing(earlier) as new:
        write(new, ABOUT)
    assert names_in(earlier.parent) == ["archive/.git/HEAD", "archive/archive.json", "archive/notes.txt"]


def test_link_to_a_directory_stays_a_link(earlier):
    link = earlier.with_name("link")
    link.symlink_to(earlier)
    with replacing(link) as new:
        write(new, ABOUT)
    assert link.is_symlink()
    assert names_in(earlier) == [ABOUT]


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda path: write(path, "thesis.txt"), r"holds something else than an export \(thesis.txt\), and nothing"),
        (lambda path: write(path, "archive.json/x"), "holds something else than an export"),
        (lambda path: (path.mkdir(), (path / ABOUT).write_text("{}")), "holds something else than an export"),
        (lambda path: (path.mkdir(), (path / ABOUT).write_text("[")), "holds something else than an export"),
        (lambda path: (path.mkdir(), (path / ABOUT).write_bytes(b"\xff")), "holds something else than an export"),
        (lambda path: write(path, ABOUT, "issues/notes.txt"), "issues/notes.txt is no part of an export, and would be"),
        (lambda path: write(path, ABOUT, "pages/x.md/y"), "pages/x.md is no part of an export, and would be lost"),
        (lambda path: path.write_text(""), "is a file, and nothing was written. Name a directory."),
    ],
)
def test_what_is_no_export_is_refused_and_left_alone(tmp_path, prepare, sentence):
    target = tmp_path / "archive"
    prepare(target)
    before = names_in(tmp_path)
    with pytest.raises(ArchiveError, match=sentence), replacing(target):
        raise AssertionError("Nothing may be written.")
    assert names_in(tmp_path) == before


def test_directory_in_a_place_that_is_not_there_is_refused(tmp_path):
    with (
        pytest.raises(ArchiveError, match="nowhere is no directory"),
        replacing(tmp_path / "nowhere/a"),
    ):
        raise AssertionError("Nothing may be written.")


@pytest.mark.parametrize("slug", ["../../etc/passwd", "a/b", "", "..", "ü", "a" * 500, "\n"])
def test_no_slug_leads_out_of_the_directory(tmp_path, slug):
    for name in (issue_file(7, slug), page_file(slug, set())):
        assert (tmp_path / name).resolve().parent == tmp_path
        (tmp_path / name).touch()


def test_names_sort_by_number():
    names = [issue_file(number, f"issue-{number}") for number in (1, 9, 10, 530, 5500)]
    assert sorted(names) == names


def test_pages_never_share_a_file_not_even_where_case_does_not_count():
    taken: set[str] = set()
    assert [page_file(slug, taken) for slug in ("About", "about", "a/b", "a-b")] == [
        *("About.md", "about-2.md", "a-b.md", "a-b-2.md")
    ]
