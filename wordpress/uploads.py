"""Bring in the pictures that posts use from WordPress's uploads: a folder, or a .zip or .tar archive of it."""

import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError

from pictures.models import LONGEST_PATH, FormerAddress, Picture, sizes_of
from pictures.reading import read_picture
from text.pictures import PictureName
from wordpress.pictures import UPLOADS, addresses_in, key_of, path_of
from wordpress.posts import Post
from wordpress.report import Report

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
# An archive, or a file in it, is damaged, encrypted, or compressed in a way that Python does not know.
_UNREADABLE = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError)
_SIZE = re.compile(r"-(\d+)x(\d+)(?=\.\w+$)")


class UploadsError(Exception):
    """The uploads cannot be read at all. The message is a sentence."""


class Uploads:
    """What is in the uploads, and what became of it. Without a place to look, everything in them is missing."""

    def __init__(self, place: Path | None = None, *, is_rehearsal: bool = False):
        self._is_rehearsal = is_rehearsal
        self._is_given = place is not None
        self._taken: dict[str, PictureName | str] = {}  # By path: the name, or a sentence why there is none.
        self._latest: list[str] = []  # Paths that the latest post was the first to use.
        self._notes: dict[str, str] = {}  # By path: what was changed in a picture, until it is reported.
        self._opened: zipfile.ZipFile | tarfile.TarFile | None = None
        self._files: dict[str, Any] = {}  # By path: what _open() takes.
        try:
            if place is not None:
                self._files = {key_of(name): file for name, file in self._list(place)}
        except _UNREADABLE as error:
            raise UploadsError(f"{place and place.name} is no folder and no archive that can be read.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._opened:
            self._opened.close()

    def concern(self, post: Post) -> bool:
        """Return whether a post that was loaded before may get pictures now."""
        return self._is_given and UPLOADS in post.html

    def bring_in(self, post: Post, report: Report) -> dict[str, PictureName]:
        """Keep the pictures that a post uses, and return their names. Report those that there are not."""
        found: dict[str, PictureName] = {}
        self._latest = []
        for address, is_shown in addresses_in(post.html):
            path = path_of(address, post.base_url)
            if path is None:
                if is_shown and re.match(r"(?:https?:)?//", address):
                    report.add_notice(post, "picture of another site", f"{address} is a link here")
                continue
            if path not in self._taken:
                self._taken[path] = self._take(path)
                self._latest.append(path)
                report.counts["pictures"] += isinstance(self._taken[path], PictureName)
            taken = self._taken[path]
            if note := self._notes.pop(path, ""):
                report.add_notice(post, "picture", f"{address}: {note}")
            if isinstance(taken, str):
                report.add_notice(post, "picture missing" if is_shown else "upload missing", f"{address}: {taken}")
            else:
                found[path] = taken
        return found

    def forget_latest(self) -> None:
        """Take the pictures of the latest post again when another uses them: its transaction was rolled back."""
        for path in self._latest:
            del self._taken[path]
        self._latest = []

    def _take(self, path: str) -> PictureName | str:
        taken = self._take_file(path)
        if isinstance(taken, str) and (known := FormerAddress.objects.at(path)):
            return known.name  # From an earlier import.
        return taken

    def _take_file(self, path: str) -> PictureName | str:
        """Keep the picture at this path, or the whole one if this is a smaller copy. Return its name, or why not."""
        reason = "it is not in the uploads" if self._is_given else "no uploads were given"
        sizes = sizes_of(path)
        if max(map(len, sizes)) > LONGEST_PATH:
            return f"its address has more than {LONGEST_PATH} characters"
        for candidate in sizes:
            if candidate not in self._files:
                continue
            try:
                read = read_picture(self._content(candidate))
            except ValidationError as error:
                reason = " ".join(error.messages)
                continue
            except _UNREADABLE as error:
                reason = f"it cannot be read: {error}"
                continue
            if candidate != path and not _is_copy(path, read.name):
                continue
            if not self._is_rehearsal:
                try:
                    picture = Picture.objects.keep(read, Path(candidate).name)
                except OSError as error:
                    return f"it could not be stored ({error.strerror or error})"
                for former in {path, candidate}:
                    FormerAddress.objects.update_or_create(path=former, defaults={"picture": picture})
            self._notes[path] = " ".join(read.notes)
            return read.name
        return reason

    def _content(self, path: str) -> bytes:
        """Read one byte more than is allowed at most: an archive may unpack to any size."""
        with self._open(self._files[path]) as file:
            return file.read(settings.PICTURE_MAX_BYTES + 1)

    def _open(self, file: Any) -> IO[bytes]:
        match self._opened:
            case zipfile.ZipFile():
                return self._opened.open(file)
            case tarfile.TarFile():
                extracted = self._opened.extractfile(file)
                assert extracted is not None  # Only regular files are listed.
                return extracted
        return file.open("rb")

    def _list(self, place: Path) -> Iterator[tuple[str, Any]]:
        if place.is_dir():
            yield from ((file.relative_to(place).as_posix(), file) for file in place.rglob("*") if file.is_file())
        elif zipfile.is_zipfile(place):
            self._opened = zipfile.ZipFile(place)
            yield from ((info.filename, info) for info in self._opened.infolist() if not info.is_dir())
        else:
            self._opened = tarfile.open(place)  # noqa: SIM115
            yield from ((member.name, member) for member in self._opened if member.isfile())


def _is_copy(path: str, name: PictureName) -> bool:
    """Return whether the copy at this path has the proportions of the picture, so that no part was cut off."""
    found = _SIZE.search(path)
    if found is None:
        return True  # “-scaled”
    width, height = int(found[1]), int(found[2])
    return abs(width * name.height - height * name.width) <= 0.02 * width * name.height
