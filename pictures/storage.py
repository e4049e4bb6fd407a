"""The files of pictures, in the storage of the setting STORAGES["pictures"].

Each storage has errors of its own: those of S3 are no OSError. Here they become one kind.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.files.base import File
from django.core.files.storage import Storage, storages


class StorageError(OSError):
    """The storage is full or does not answer. `strerror` says why. Another attempt may succeed."""


def storage() -> Storage:
    return storages["pictures"]


def open_file(name: str) -> File:
    """Raises FileNotFoundError, and StorageError as all functions here do."""
    with _one_kind_of_error():
        return storage().open(name)


def has_file(name: str) -> bool:
    with _one_kind_of_error():
        return storage().exists(name)


def save_file(name: str, file: File) -> None:
    with _one_kind_of_error():
        storage().save(name, file)


def delete_file(name: str) -> None:
    with _one_kind_of_error():
        storage().delete(name)


@contextmanager
def _one_kind_of_error() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:
        number = getattr(error, "errno", None) or errno.EIO
        raise StorageError(number, getattr(error, "strerror", None) or "the storage does not answer") from error
