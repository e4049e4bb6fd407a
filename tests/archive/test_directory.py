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


def test_new_and_empty_directories_are_written(tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty"):
        with replacing(tmp_path / name) as new:
            write(new, ABOUT)
    assert names_in(tmp_path) == ["empty/archive.json", "new/archive.json"]


def test_only_the_owner_can_read_the_directory(tmp_path):
    with replacing(tmp_path / "archive"):
        pass
    assert stat.S_IMODE((tmp_path / "archive").stat().st_mode) == 0o700


def test_files_of_issues_that_are_gone_are_gone(earlier):
    with replacing(earlier) as new:
        write(new, ABOUT, f"{ISSUES}/00002-b.md")
    assert names_in(earlier.parent) == ["archive/archive.json", "archive/issues/00002-b.md"]


def test_earlier_export_stays_until_the_end_and_if_writing_fails(earlier):
    before = names_in(earlier)

    def fail_late():
        with replacing(earlier) as new:
            write(new, ABOUT)
            assert names_in(earlier) == before
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()
    assert names_in(earlier.parent) == [f"archive/{name}" for name in before]


def test_earlier_export_comes_back_if_it_cannot_be_replaced(earlier):
    before = names_in(earlier)
    with pytest.raises(FileNotFoundError), replacing(earlier) as new:
        new.rmdir()
    assert names_in(earlier.parent) == [f"archive/{name}" for name in before]


def test_git_and_files_of_others_stay(earlier):
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
    ("prepare", "name"),
    [
        (lambda path: write(path, "thesis.txt"), "thesis.txt"),
        (lambda path: write(path, "archive.json/x"), "archive.json"),
        (lambda path: (path.mkdir(), (path / ABOUT).write_text("{}")), "archive.json"),
        (lambda path: (path.mkdir(), (path / ABOUT).write_text("[")), "archive.json"),
        (lambda path: (path.mkdir(), (path / ABOUT).write_bytes(b"\xff")), "archive.json"),
        (lambda path: write(path, ABOUT, "issues/notes.txt"), "issues/notes.txt"),
        (lambda path: write(path, ABOUT, "pages/x.md/y"), "pages/x.md"),
        (lambda path: write(path, ABOUT, "pictures/holiday.png"), "pictures/holiday.png"),
        (lambda path: path.write_text(""), "archive"),
        (lambda path: None, "nowhere"),
    ],
)
def test_target_that_is_not_an_export_is_refused_and_left_alone(tmp_path, prepare, name):
    target = tmp_path / ("nowhere/archive" if name == "nowhere" else "archive")
    prepare(target)
    before = names_in(tmp_path)
    with pytest.raises(ArchiveError, match=name), replacing(target):
        raise AssertionError("Nothing may be written.")
    assert names_in(tmp_path) == before


def test_no_slug_leads_out_of_the_directory(tmp_path):
    for slug in ("../../etc/passwd", "", "..", "ü", "a" * 500, "\n"):
        for name in (issue_file(7, slug), page_file(slug, set())):
            assert (tmp_path / name).resolve().parent == tmp_path
            (tmp_path / name).touch()


def test_files_of_issues_sort_by_number():
    names = [issue_file(number, f"issue-{number}") for number in (1, 9, 10, 530, 5500)]
    assert sorted(names) == names


def test_pages_never_share_a_file_even_if_case_is_ignored():
    taken: set[str] = set()
    assert [page_file(slug, taken) for slug in ("About", "about", "a/b", "a-b")] == [
        *("About.md", "about-2.md", "a-b.md", "a-b-2.md")
    ]
