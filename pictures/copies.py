"""Copies of all pictures in a folder, for backups. Files never change, so each is copied once."""

import shutil
from pathlib import Path

from django.core.files.base import File

from pictures.models import Picture
from pictures.storage import has_file, open_file, save_file
from text.pictures import PictureName

UNFINISHED = ".unfinished"


class LostPicturesError(OSError):
    """Pictures have rows, and no files. The message names some."""


def copy_to(folder: Path) -> int:
    """Copy what the folder lacks, and return how many files. Raises LostPicturesError after copying all others."""
    copied, lost = 0, []
    for picture in Picture.objects.order_by("pk").iterator():
        for name in picture.files:
            target = folder / name
            if target.exists():
                continue
            try:
                file = open_file(name)
            except FileNotFoundError:
                lost.append(name)
                continue
            folder.mkdir(mode=0o700, exist_ok=True)
            unfinished = target.with_name(name + UNFINISHED)
            with file, unfinished.open("wb") as copy:
                shutil.copyfileobj(file, copy)
            unfinished.rename(target)
            copied += 1
    if lost:
        raise LostPicturesError(f"The storage of pictures has lost {len(lost)} files: {', '.join(sorted(lost)[:5])}.")
    return copied


def copy_from(folder: Path) -> int:
    """Put the copies back that the storage lacks, and return how many. Other files in the folder are left out."""
    copied = 0
    for copy in sorted(folder.glob("*")):
        if PictureName.of_file(copy.name) and not has_file(copy.name):
            with copy.open("rb") as file:
                save_file(copy.name, File(file))
            copied += 1
    return copied
