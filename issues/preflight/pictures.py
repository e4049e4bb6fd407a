"""Check the pictures in texts: whether they are there, say what they show, and are small enough for a mail."""

import re
from collections.abc import Iterable, Iterator

from django.template.defaultfilters import filesizeformat

from issues.preflight.checked import CheckedIssue
from issues.preflight.findings import Finding, Level
from issues.preflight.passages import Passage
from text.markdown import find_pictures
from text.pictures import PictureName, says_something
from text.quotes import quote

# Bytes of the file in mails and feeds. A phone with 3G (1.6 Mbit/s) takes five seconds for as much.
BIG_PICTURE = 1_000_000
# “IMG_1234”, “graph.jpg”, “Screenshot 2026-11-22 at 20.45.12”: what cameras and programs name files.
_FILE_NAME = re.compile(
    r".*\.(?:jpe?g|png|gif|webp|avif|heic|svg|tiff?|bmp)|(?:img|dscn?|pxl|screen ?shot|image|photo|untitled)"
    r"[-_ (]*(?:from )?\d(?:[-_.: ()\d]|at|[ap]m)*",
    re.IGNORECASE,
)


def pictures_of(passages: Iterable[Passage]) -> Iterator[tuple[PictureName, str, Passage]]:
    """Yield each picture with its alternative text and where it is printed."""
    for passage in passages:
        for name, alternative in find_pictures(passage.text) if passage.is_markdown else ():
            yield name, alternative, passage


def alternatives(checked: CheckedIssue) -> Iterator[Finding]:
    for _, alternative, passage in pictures_of(checked.passages):
        if not says_something(alternative):
            text = "has a picture without an alternative text: write what it shows between the square brackets."
            yield _finding(Level.STOP, "no_alternative", passage, text)
        elif _FILE_NAME.fullmatch(alternative):
            text = f"calls a picture {quote(alternative)}, which is the name of a file: write what it shows instead."
            yield _finding(Level.WARNING, "file_name_as_alternative", passage, text)


def missing_pictures(checked: CheckedIssue) -> Iterator[Finding]:
    for name, _, passage in pictures_of(checked.passages):
        if name not in checked.pictures:
            text = f"has a picture that is not on this site ({name}): upload it again, or remove it."
            yield _finding(Level.STOP, "no_picture", passage, text)


def big_pictures(checked: CheckedIssue) -> Iterator[Finding]:
    for name, _, passage in pictures_of(checked.passages):
        picture = checked.pictures.get(name)
        if picture and picture.size > BIG_PICTURE:
            size = filesizeformat(picture.size)
            text = f"has a picture of {size}, which readers of mails load slowly: use a smaller one, or a JPEG."
            yield _finding(Level.WARNING, "big_picture", passage, text)


def _finding(level: Level, code: str, passage: Passage, text: str) -> Finding:
    name = passage.name[:1].upper() + passage.name[1:]
    return Finding(level, code, f"{name} {text}", passage.anchor, passage.article)


CHECKS = (alternatives, missing_pictures, big_pictures)
