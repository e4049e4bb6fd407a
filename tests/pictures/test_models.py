from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from pictures.models import Picture
from pictures.storage import storage
from tests.make import make_editor, make_picture
from tests.pictures.files import make_file
from text.markdown import find_pictures, validate_markdown

pytestmark = pytest.mark.django_db


def files_of(picture):
    return [str(picture.name), picture.name.webp]


def test_picture_is_kept_with_its_files(django_assert_num_queries):
    editor = make_editor()
    with django_assert_num_queries(5):
        picture, notes = Picture.objects.take(make_file("JPEG", (70, 30)), "me\x00\n too.png", editor, " One\nline ")
    assert (picture.width, picture.height, picture.format, picture.created_by) == (70, 30, "jpg", editor)
    assert (picture.file_name, picture.alternative, notes) == ("me too.png", "One line", ())
    assert picture.size == storage().size(str(picture.name))
    assert all(storage().exists(name) for name in files_of(picture))


def test_same_picture_is_kept_once():
    first, _ = Picture.objects.take(make_file(), "first.png")
    again, _ = Picture.objects.take(make_file(), "second.png")
    assert (again, again.file_name) == (first, "first.png")


def test_lost_file_comes_back_when_the_picture_is_sent_again():
    picture = make_picture(width=55)
    storage().delete(picture.name.webp)
    make_picture(width=55)
    assert storage().exists(picture.name.webp)


def test_what_is_refused_leaves_nothing():
    with pytest.raises(ValidationError):
        Picture.objects.take(b"<svg>")
    assert not Picture.objects.exists()


def test_full_disk_leaves_no_row(monkeypatch):
    def refuse(name, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage(), "save", refuse)
    with pytest.raises(OSError, match="space"):
        make_picture()
    assert not Picture.objects.exists()


def test_files_go_with_the_row_and_not_before(django_capture_on_commit_callbacks):
    picture = make_picture()
    files = files_of(picture)
    with django_capture_on_commit_callbacks(execute=True):
        picture.delete()
        assert all(map(storage().exists, files))
    assert not any(map(storage().exists, files))


def test_picture_that_is_sent_again_before_its_files_are_deleted_keeps_them(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        make_picture(width=56).delete()
        again = make_picture(width=56)
    assert all(map(storage().exists, files_of(again)))


@pytest.mark.django_db(transaction=True)
def test_picture_is_not_kept_while_another_process_deletes_it():
    picture = make_picture(width=57)
    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            picture.delete()
            sent = pool.submit(send_and_close, 57)
            assert not wait([sent], timeout=0.2).done
        again = sent.result(timeout=10)
    assert Picture.objects.get() == again
    assert all(map(storage().exists, files_of(again)))


def send_and_close(width):
    try:
        return make_picture(width=width)
    finally:
        connection.close()


@pytest.mark.parametrize(
    "words",
    ["", "plain", "a [b] c", "]", "\\", "*b* _c_ `d`", "![x](y)", "<b>", "a\\]b", "&copy; &#91;", "a & b", "~~c~~"],
)
def test_markdown_of_a_picture_prints_it_with_its_words(words):
    picture = Picture(digest="a" * 20, width=3, height=2, format="png", alternative=words)
    validate_markdown(picture.markdown)
    assert find_pictures(picture.markdown) == ((picture.name, words),)


def test_pictures_are_found_by_their_whole_names(django_assert_num_queries):
    picture = make_picture()
    other = picture.name._replace(width=999)
    with django_assert_num_queries(1):
        assert Picture.objects.named([picture.name, other]) == {picture.name: picture}
    with django_assert_num_queries(0):
        assert Picture.objects.named([]) == {}
