"""Read a file that somebody sent as a picture, and make new files of its pixels.

Nothing of the file itself is kept. So what it held besides the picture is gone: places and names (EXIF, XMP, comments),
colour profiles, and another file in the same bytes.
"""

import hashlib
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from text.pictures import FORMATS, PictureName

logger = logging.getLogger(__name__)

# Told by their first bytes, whatever the name of the file says. JPEG includes MPO, which some phones write: two
# pictures in one file, of which only the first is meant to be seen.
READ = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
# Pixels of the longer side. A column of text has up to 700 CSS pixels, and a screen two or more pixels for each.
LONGEST_SIDE = 1600
# WebP at 80 has about 70 % of the bytes of JPEG at 85, and looks the same.
JPEG = {"format": "JPEG", "quality": 85, "progressive": True, "optimize": True}
PNG = {"format": "PNG", "optimize": True}
LOSSY_WEBP = {"format": "WEBP", "quality": 80, "method": 4}
LOSSLESS_WEBP = {"format": "WEBP", "lossless": True, "method": 4}

ANIMATED = "It is animated, and only its first picture was taken."

_SVG = re.compile(rb"<svg[\s>]|<!doctype\s+svg", re.IGNORECASE)
_HEIF = re.compile(rb"....ftyp(hei[cfmsx]|hev[cx]|mif1|msf1)", re.DOTALL)
_SRGB = ImageCms.createProfile("sRGB")

# Pillow counts the pixels that a header promises before it decodes any, warns above this number, and raises an error
# above twice as many. https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.open
Image.MAX_IMAGE_PIXELS = settings.PICTURE_MAX_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
_TOO_MANY_PIXELS = (Image.DecompressionBombWarning, Image.DecompressionBombError)


@dataclass(frozen=True)
class ReadPicture:
    """The files of a picture, as they are stored and served."""

    name: PictureName
    content: bytes
    webp: bytes
    notes: tuple[str, ...] = ()  # Sentences about what was changed, for whoever sent it.


def read_picture(content: bytes) -> ReadPicture:
    """Return new files of the picture. Raises ValidationError with a sentence if it is none that can be printed."""
    if not content:
        raise ValidationError("It is empty.", code="empty")
    if len(content) > settings.PICTURE_MAX_BYTES:
        raise ValidationError(too_large(len(content)), code="too_large")
    with _refusing(content):
        file = Image.open(BytesIO(content), formats=READ)
        is_animated = file.format != "MPO" and getattr(file, "is_animated", False)
        # Lets the JPEG decoder leave out what would be scaled away: a quarter of the memory, or less.
        file.draft(None, (LONGEST_SIDE, LONGEST_SIDE))
        image = _in_full_colours(file)
        # Scaled first, because each step makes a copy: of 50 million pixels it would have 200 MB.
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        image = _in_srgb(ImageOps.exif_transpose(image))
    image.info = {}  # Otherwise some writers copy comments and profiles.
    is_png = file.format in ("PNG", "GIF") or image.mode == "RGBA"
    written = _write(image, PNG if is_png else JPEG)
    name = PictureName(digest_of(written), image.width, image.height, "png" if is_png else "jpg")
    webp = _write(image, LOSSLESS_WEBP if is_png else LOSSY_WEBP)
    return ReadPicture(name, written, webp, (ANIMATED,) if is_animated else ())


def read_stored(content: bytes, name: PictureName) -> ReadPicture:
    """Check a file that this program has written, for an archive. It stays as it is. Raises ValidationError."""
    with _refusing(content):
        image = Image.open(BytesIO(content), formats=READ)
        is_same = (image.format, *image.size) == (FORMATS[name.format], name.width, name.height)
        image.load()
    if not is_same or digest_of(content) != name.digest:
        raise ValidationError("It is not the picture that its name promises.", code="changed")
    image.info = {}
    return ReadPicture(name, content, _write(image, LOSSLESS_WEBP if name.format == "png" else LOSSY_WEBP))


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:20]


def too_large(size: int) -> str:
    return f"It has {filesizeformat(size)}, and a picture may have {filesizeformat(settings.PICTURE_MAX_BYTES)}."


@contextmanager
def _refusing(content: bytes) -> Iterator[None]:
    """Raise ValidationError for what Pillow refuses."""
    try:
        yield
    except _TOO_MANY_PIXELS as error:
        limit = settings.PICTURE_MAX_PIXELS // 1_000_000
        text = f"It has more than {limit} million pixels. Scale it down first."
        raise ValidationError(text, code="pixels") from error
    except UnidentifiedImageError as error:
        raise _unknown(content) from error
    except Exception as error:
        # For a file that is cut or made up, Pillow's readers raise OSError, SyntaxError, RuntimeError, struct.error, …
        logger.info("A picture could not be read: %r", error)
        raise ValidationError("It is damaged, or not complete. Save it again.", code="broken") from error


def _unknown(content: bytes) -> ValidationError:
    if _SVG.search(content[:4096]):
        return ValidationError("SVG is not taken, because it can hold programs. Save it as PNG.", code="svg")
    if _HEIF.match(content):
        return ValidationError("HEIC is not taken, because few browsers show it. Save it as JPEG.", code="format")
    return ValidationError("It is not a picture that can be read: JPEG, PNG, WebP, AVIF or GIF.", code="format")


def _in_full_colours(image: Image.Image) -> Image.Image:
    """Return the pixels in a mode that can be scaled: palettes cannot, and a colour may stand for transparent."""
    if image.mode.startswith("I"):  # 16 bits of grey, which convert() would cut off instead of scaling.
        return image.point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode in ("RGB", "CMYK", "L") else image.convert("RGB")


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return the pixels as RGB, or RGBA if some are transparent, in the colours that the file's profile means."""
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile := image.info.get("icc_profile"):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            image = ImageCms.profileToProfile(image, source, _SRGB, outputMode=mode) or image
        except (ImageCms.PyCMSError, OSError, ValueError) as error:
            # A profile of another kind of picture, or a damaged one: browsers ignore it, too.
            logger.info("A colour profile was ignored: %s", error)
    image = image.convert(mode)
    has_clear_pixels = mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255)
    return image if has_clear_pixels else image.convert("RGB")


def _write(image: Image.Image, options: dict[str, Any]) -> bytes:
    file = BytesIO()
    image.save(file, **options)
    return file.getvalue()
