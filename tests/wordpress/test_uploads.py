"""Uploaded files in the database, and the one import that may be active."""

from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from desk.runs import CHUNK_SIZE
from tests.make import make_editor
from wordpress.models import ExportChunk, ExportFile, WordPressImport

pytestmark = pytest.mark.django_db


def store(content=b"x", name="export.xml"):
    return ExportFile.objects.store(SimpleUploadedFile(name, content))


def test_files_are_deleted_after_a_week_unless_an_import_needs_them():
    store()
    waiting = store()
    WordPressImport.objects.request([waiting], make_editor())
    with time_machine.travel(timezone.now() + timedelta(days=6)):
        assert ExportFile.objects.unused().delete_contents() == 0
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert ExportFile.objects.unused().delete_contents() == 1
    assert ExportChunk.objects.get().file == waiting
    assert ExportFile.objects.count() == 2


def test_only_one_import_is_active():
    editor = make_editor()
    first = WordPressImport.objects.request([store()], editor)
    for _ in ("waiting", "running"):
        with pytest.raises(IntegrityError, match="wordpress_import_one_at_a_time"), transaction.atomic():
            WordPressImport.objects.request([], editor)
        first = WordPressImport.objects.claim(first.pk) or first
    first.fail("For a test.")
    assert WordPressImport.objects.request([], editor)


def test_file_is_stored_in_chunks_and_comes_back_whole(tmp_path):
    for size in (1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE + 5):
        content = (bytes(range(256)) * (size // 256 + 1))[:size]
        stored = store(content)
        assert stored.chunks.count() == -(-size // CHUNK_SIZE)
        assert stored.write_to(tmp_path).read_bytes() == content


def test_chunks_are_deleted_without_being_read(django_assert_num_queries):
    store(b"x" * (2 * CHUNK_SIZE))
    with django_assert_num_queries(1):
        ExportFile.objects.all().delete_contents()


def test_long_names_are_cut_to_the_limit_of_file_systems(tmp_path):
    stored = store(name="🦉" * 200 + ".xml")
    assert stored.name.endswith("🦉.xml")
    assert stored.write_to(tmp_path).exists()
