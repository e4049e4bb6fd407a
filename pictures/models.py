"""Pictures in the site's own texts. Their files are in a storage: see pictures/storage.py.

Files never change, because the name of each comes from its contents. Texts name pictures by their addresses: so
pictures/uses.py looks for them there, and nothing has to be kept in step.
"""

import re
from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from pictures.reading import ReadPicture, read_picture
from pictures.storage import delete_file, has_file, save_file
from text.fields import LineField
from text.markdown import find_pictures
from text.pictures import FORMATS, PREFIX, PictureName, says_something
from text.validators import strip_control_characters


def lock(digest: str) -> None:
    """Let no other process keep or delete this picture until the transaction ends. One query.

    One of 256 locks, because an import may keep more pictures in one transaction than PostgreSQL has locks.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"picture {digest[:2]}"])


def store_files(read: ReadPicture, *, replace: bool = False) -> None:
    """Store the files of a picture, only those that the storage lacks unless `replace` is set."""
    for name, content in ((str(read.name), read.content), (read.name.webp, read.webp)):
        if replace or not has_file(name):
            save_file(name, ContentFile(content))


class PictureQuerySet(models.QuerySet["Picture"]):
    def named(self, names: Iterable[PictureName]) -> dict[PictureName, "Picture"]:
        """Return those of these pictures that there are, by name. One query, or none for no names."""
        wanted = set(names)
        found = self.filter(digest__in=[name.digest for name in wanted]) if wanted else []
        return {picture.name: picture for picture in found if picture.name in wanted}

    def take(
        self, content: bytes, file_name: str = "", user: User | AnonymousUser | None = None, alternative: str = ""
    ) -> tuple["Picture", tuple[str, ...]]:
        """Check a file that was sent, and keep its picture. Return it, and sentences on what was changed.

        Raises ValidationError if it is no picture to print, and StorageError.
        """
        read = read_picture(content)
        return self.keep(read, file_name, user, alternative), read.notes

    def keep(
        self, read: ReadPicture, file_name: str = "", user: User | AnonymousUser | None = None, alternative: str = ""
    ) -> "Picture":
        """Store the files, then the row. A picture that is already there stays as it is, and lost files come back."""
        with transaction.atomic():
            lock(read.name.digest)
            found = self.filter(digest=read.name.digest).first()
            # Without a row, a file may be half of one: of a process that was killed.
            store_files(read, replace=found is None)
            return found or self.create(
                digest=read.name.digest,
                format=read.name.format,
                width=read.name.width,
                height=read.name.height,
                size=len(read.content),
                file_name=_on_one_line(file_name, 200),
                alternative=_on_one_line(alternative, 500),
                created_by=user if isinstance(user, User) else None,
            )


def validate_pictures(text: str) -> None:
    """Refuse Markdown that readers see at once, if a picture in it is not here or does not say what it shows.

    Preflight checks issues instead: a draft may be saved without. One query if there are pictures.
    """
    found = find_pictures(text)
    there = Picture.objects.named(name for name, _ in found)
    for name, alternative in found:
        if name not in there:
            text = "The picture %(name)s is not on this site: upload it again, or remove it."
            raise ValidationError(text, code="no_picture", params={"name": name})
        if not says_something(alternative):
            text = "A picture has no alternative text: write what it shows between the square brackets."
            raise ValidationError(text, code="no_alternative")


class Picture(models.Model):
    """A picture in two files: JPEG or PNG for mails and feeds, and WebP for browsers."""

    digest = models.CharField(max_length=20, editable=False)
    format = models.CharField(max_length=3, choices=FORMATS, editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    size = models.PositiveIntegerField(editable=False, help_text="Bytes of the JPEG or PNG.")
    file_name = models.CharField(max_length=200, blank=True, editable=False, help_text="As it was called when it came.")
    alternative = LineField(
        "alternative text",
        max_length=500,
        blank=True,
        help_text="What the picture shows, for those who do not see it. Suggested when it is put into a text.",
    )
    created_at = models.DateTimeField("added", default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, verbose_name="by", related_name="+"
    )

    objects = PictureQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="picture_digest_unique"),
            models.CheckConstraint(condition=Q(format__in=list(FORMATS)), name="picture_format_known"),
            models.CheckConstraint(condition=Q(width__gte=1, height__gte=1), name="picture_has_a_size"),
        ]

    def __str__(self):
        return self.file_name or str(self.name)

    def get_absolute_url(self):
        return f"{PREFIX}{self.name}"

    @property
    def name(self) -> PictureName:
        return PictureName(self.digest, self.width, self.height, self.format)

    @property
    def files(self) -> tuple[str, str]:
        """The names of its files in the storage."""
        return str(self.name), self.name.webp

    @property
    def markdown(self) -> str:
        """What an editor puts into a text."""
        words = "".join(f"\\{letter}" if letter in "\\[]*_~`<!&" else letter for letter in self.alternative)
        return f"![{words}]({self.get_absolute_url()})"

    def delete(self, *args, **kwargs):
        with transaction.atomic():
            lock(self.digest)
            deleted = super().delete(*args, **kwargs)
            # A file that is left over does no harm, and a row without a file would.
            transaction.on_commit(partial(_delete_files, self.name), robust=True)
        return deleted


def _delete_files(name: PictureName) -> None:
    """Delete the files of a picture that was deleted, unless somebody has sent it again meanwhile."""
    with transaction.atomic():
        lock(name.digest)
        if not Picture.objects.filter(digest=name.digest).exists():
            for file in (str(name), name.webp):
                delete_file(file)


# Characters of a path below /wp-content/uploads/.
LONGEST_PATH = 500
# What WordPress adds to the name of a smaller copy: “graph-300x200.png”, “graph-scaled.jpg”.
_COPY = re.compile(r"(?:-\d+x\d+)?(?=\.\w+$)")
_SCALED = re.compile(r"(?:-scaled)?(?=\.\w+$)")


def sizes_of(path: str) -> list[str]:
    """Return the paths at which WordPress may have this picture, the largest first, and this path last."""
    whole = _SCALED.sub("", _COPY.sub("", path, count=1), count=1)
    return list(dict.fromkeys([whole, _SCALED.sub("-scaled", whole, count=1), path]))


class FormerAddressQuerySet(models.QuerySet["FormerAddress"]):
    def at(self, path: str) -> Picture | None:
        """Return the picture at this path of WordPress, which may be the path of a smaller copy, or None."""
        sizes = [path, *sizes_of(path)] if "\0" not in path else []
        found = {former.path: former.picture for former in self.filter(path__in=sizes).select_related("picture")}
        return next((found[size] for size in sizes if size in found), None)


class FormerAddress(models.Model):
    """Where WordPress had a picture, such as /wp-content/uploads/2021/05/graph.png. It redirects."""

    path = models.CharField(max_length=LONGEST_PATH, help_text="Below /wp-content/uploads/, decoded.")
    picture = models.ForeignKey(Picture, models.CASCADE, related_name="former_addresses")

    objects = FormerAddressQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["path"], name="picture_former_path_unique")]

    def __str__(self):
        return self.path


def _on_one_line(text: str, length: int) -> str:
    return " ".join(strip_control_characters(text).split())[:length]
