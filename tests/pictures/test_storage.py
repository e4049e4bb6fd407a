"""The storages that settings can name."""

import runpy
import stat

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage, InMemoryStorage, StorageHandler

from pictures.storage import storage
from tests.make import make_picture


def storage_of(monkeypatch, **variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    read = runpy.run_path(str(settings.BASE_DIR / "sreweekly/settings.py"))
    return StorageHandler({"pictures": read["STORAGES"]["pictures"]})["pictures"]


def test_folder_is_the_default(monkeypatch, tmp_path):
    found = storage_of(monkeypatch, PICTURES_DIR=str(tmp_path))
    assert isinstance(found, FileSystemStorage)
    assert found.location == str(tmp_path)


def test_another_storage_takes_its_own_options(monkeypatch):
    name = "django.core.files.storage.InMemoryStorage"
    options = '{"base_url": "https://pictures.example/"}'
    found = storage_of(monkeypatch, PICTURES_STORAGE=name, PICTURES_OPTIONS=options)
    assert isinstance(found, InMemoryStorage)
    assert found.base_url == "https://pictures.example/"


@pytest.mark.django_db
def test_file_that_was_cut_off_is_written_again_and_the_proxy_may_read_it(monkeypatch, tmp_path):
    on_disk = storage_of(monkeypatch, PICTURES_DIR=str(tmp_path))
    monkeypatch.setattr("pictures.storage.storage", lambda: on_disk)
    picture = make_picture(width=77)
    picture.__class__.objects.all().delete()
    file = tmp_path / str(picture.name)
    whole = file.read_bytes()
    file.write_bytes(whole[:40])
    make_picture(width=77)
    assert file.read_bytes() == whole
    assert {path.name for path in tmp_path.iterdir()} == set(picture.files)
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_tests_write_no_files():
    assert isinstance(storage(), InMemoryStorage)
