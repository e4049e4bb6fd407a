"""The files of pictures in an archive: each in the format of mails. The import makes WebP of them again."""

from pathlib import Path

from django.core.exceptions import ValidationError

from archive.directory import PICTURES
from archive.documents import ArchiveError
from pictures.models import Picture, store_files
from pictures.reading import read_stored
from pictures.storage import open_file
from text.pictures import PictureName


def write_pictures(directory: Path) -> None:
    """Raises ArchiveError if the storage has lost one: an archive that lacks it would not say so."""
    (directory / PICTURES).mkdir()
    for picture in Picture.objects.order_by("digest").iterator():
        name = str(picture.name)
        try:
            with open_file(name) as file:
                (directory / PICTURES / name).write_bytes(file.read())
        except FileNotFoundError as error:
            raise ArchiveError(
                f"The storage of pictures has lost {name}. Nothing was written. "
                "Restore it from a backup, or delete the picture at the desk."
            ) from error


def load_pictures(directory: Path) -> None:
    """Check and store the files of the pictures that were loaded. Raises ArchiveError."""
    for picture in Picture.objects.order_by("digest").iterator():
        name = str(picture.name)
        if PictureName.parse(name) is None:
            raise ArchiveError(f"{PICTURES}.jsonl: “{name}” is no name of a picture.")
        try:
            read = read_stored((directory / PICTURES / name).read_bytes(), picture.name)
        except FileNotFoundError as error:
            raise ArchiveError(f"{PICTURES}/{name} is missing.") from error
        except ValidationError as error:
            raise ArchiveError(f"{PICTURES}/{name}: {' '.join(error.messages)}") from error
        store_files(read)
