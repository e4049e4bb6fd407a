"""What may be a picture, and what becomes of it. None of these tests needs the database."""

from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from pictures.reading import ANIMATED, read_picture, read_stored
from tests.pictures.files import RED, colour_of, encode, is_close, make_animation, make_bomb, make_file, profile
from text.pictures import PictureName

SECRET = b"GPS of the editor's house"


def opened(content):
    return Image.open(BytesIO(content))


def code_of(content):
    with pytest.raises(ValidationError) as caught:
        read_picture(content)
    [message] = caught.value.messages
    assert message.endswith(".")
    return caught.value.code


@pytest.mark.parametrize(
    ("format", "kept"), [("JPEG", "JPEG"), ("PNG", "PNG"), ("GIF", "PNG"), ("WEBP", "JPEG"), ("AVIF", "JPEG")]
)
def test_picture_is_kept_for_mails_and_as_webp(format, kept):
    read = read_picture(make_file(format))
    assert (opened(read.content).format, opened(read.webp).format) == (kept, "WEBP")
    assert (read.name.width, read.name.height) == (60, 40) == opened(read.webp).size
    assert is_close(colour_of(read.content), RED)
    assert is_close(colour_of(read.webp), RED)


def test_type_is_told_by_the_contents():
    """No name of a file is asked. What another program would take it for does not count either."""
    assert read_picture(make_file("PNG")).name.format == "png"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_png_keeps_its_look(mode):
    grey = Image.new("L", (20, 20), 200)
    image = Image.new("I;16", (20, 20), 200 * 257) if mode == "I;16" else grey.convert(mode)
    expected = 255 if mode == "1" and image.getpixel((10, 10)) else 200
    colour = colour_of(read_picture(encode(image, "PNG")).content)
    assert is_close(colour, (expected,) * 3, by=2)


def test_transparent_pixels_stay_transparent():
    clear = Image.new("RGBA", (20, 20), (*RED, 0))
    for format in ("PNG", "WEBP", "AVIF"):
        read = read_picture(encode(clear, format))
        assert (colour_of(read.content)[3], colour_of(read.webp)[3]) == (0, 0), format
    palette = Image.new("P", (20, 20), 0)
    assert colour_of(read_picture(encode(palette, "GIF", transparency=0)).content)[3] == 0


@pytest.mark.parametrize(
    ("size", "scaled"),
    [((1600, 1600), (1600, 1600)), ((1601, 20), (1600, 20)), ((3200, 800), (1600, 400)), ((500, 8000), (100, 1600))],
)
def test_large_picture_is_scaled(size, scaled):
    for format in ("JPEG", "PNG"):
        read = read_picture(make_file(format, size))
        assert (read.name.width, read.name.height) == scaled == opened(read.content).size == opened(read.webp).size


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_metadata_are_gone(format):
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()  # ImageDescription
    options: dict[str, Any] = {"exif": exif, "icc_profile": profile(), "xmp": SECRET}
    if format == "JPEG":
        options["comment"] = SECRET
    sent = make_file(format, **options)
    assert SECRET in sent
    read = read_picture(sent)
    for content in (read.content, read.webp):
        assert SECRET not in content
        assert not {"exif", "icc_profile", "xmp", "comment"} & opened(content).info.keys()
        assert not opened(content).getexif()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_picture_is_turned_as_the_camera_was(orientation):
    image = Image.new("RGB", (40, 20), "white")
    image.paste("black", (0, 0, 20, 10))
    exif = Image.Exif()
    exif[0x0112] = orientation
    sent = encode(image, "PNG", exif=exif)
    expected = ImageOps.exif_transpose(opened(sent))
    read = opened(read_picture(sent).content)
    assert (read.size, read.tobytes()) == (expected.size, expected.convert("RGB").tobytes())
    for other in (encode(image, "JPEG", exif=exif), encode(image.convert("P"), "PNG", exif=exif)):
        turned = opened(read_picture(other).content)
        assert (turned.size, dark_corner(turned)) == (read.size, dark_corner(read))


def dark_corner(image):
    corners = [(x, y) for x in (3, image.width - 4) for y in (3, image.height - 4)]
    return [place for place in corners if image.getpixel(place)[0] < 40]


def test_colours_for_print_become_those_of_screens():
    cyan = encode(Image.new("CMYK", (20, 20), (255, 0, 0, 0)), "JPEG", quality=95)
    assert is_close(colour_of(read_picture(cyan).content), (0, 255, 255), by=30)


def test_colours_are_those_that_the_profile_means():
    swapped = profile().replace(b"rXYZ", b"----").replace(b"bXYZ", b"rXYZ").replace(b"----", b"bXYZ")
    for format in ("PNG", "JPEG", "WEBP"):
        read = read_picture(make_file(format, icc_profile=swapped))
        assert is_close(colour_of(read.content), RED[::-1], by=12), format


@pytest.mark.parametrize(("bad", "mode"), [(b"none", "RGB"), (profile(), "L"), (profile(), "P"), (b"\0" * 128, "L")])
def test_profile_that_does_not_fit_is_ignored(bad, mode):
    sent = make_file("PNG", mode=mode, icc_profile=bad)
    assert is_close(colour_of(read_picture(sent).content), opened(sent).convert("RGB").getpixel((5, 5)), by=1)


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "AVIF"])
def test_first_picture_of_an_animation_is_taken_and_said(format):
    read = read_picture(make_animation(format))
    assert read.notes == (ANIMATED,)
    assert is_close(colour_of(read.content), RED)
    assert getattr(opened(read.content), "n_frames", 1) == 1


def test_pictures_of_phones_that_hold_two_are_no_animation():
    two = encode(Image.new("RGB", (40, 20), RED), "MPO", save_all=True, append_images=[Image.new("RGB", (10, 10))])
    read = read_picture(two)
    assert (read.notes, read.name.format, read.name.width) == ((), "jpg", 40)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP"])
@pytest.mark.parametrize("other", [b"PK\x03\x04zip", b"<script>alert(1)</script>", b"%PDF-1.7", b"<?php system(1)"])
def test_other_file_in_the_same_bytes_is_gone(format, other):
    read = read_picture(make_file(format) + other)
    assert other not in read.content + read.webp


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "svg"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "" "">\n<svg/>', "svg"),
        (b"<!-- a comment -->\n<SVG onload=alert(1)>", "svg"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "format"),
        (b"%PDF-1.7", "format"),
        (b"GIF89a", "format"),
        (b"<html>", "format"),
        (b"text " * 1000, "format"),
        (make_file("BMP"), "format"),
        (make_file("TIFF"), "format"),
        (make_file("JPEG", (400, 400))[:400], "broken"),
        (make_file("PNG", (400, 400))[:-30], "broken"),
        (make_bomb(), "pixels"),
        (make_bomb(7_100), "pixels"),
        (make_bomb(60_000), "pixels"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(content, code):
    assert code_of(content) == code


def test_limits_are_settings(settings):
    settings.PICTURE_MAX_BYTES = 100
    assert code_of(make_file("BMP")) == "too_large"


def test_text_that_unpacks_to_megabytes_is_refused_or_left_out():
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("comment", "x" * 80_000_000, zip=True)
    assert code_of(make_file("PNG", pnginfo=info)) == "broken"


@given(st.binary(max_size=200), st.integers(0, 300), st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "AVIF"]))
def test_no_damaged_file_stops_the_program(noise, place, format):
    content = bytearray(make_file(format))
    content[place : place + len(noise)] = noise
    with suppress(ValidationError):
        read = read_picture(bytes(content))
        assert opened(read.content).size == (read.name.width, read.name.height)


def test_same_picture_has_the_same_name_again():
    assert read_picture(make_file()).name == read_picture(make_file()).name != read_picture(make_file(mode="L")).name


def test_stored_picture_is_checked_and_stays_as_it_is():
    read = read_picture(make_file("JPEG"))
    again = read_stored(read.content, read.name)
    assert (again.content, again.webp) == (read.content, read.webp)
    for content, name in [
        (read.content + b"PK", read.name),
        (read.content, read.name._replace(width=61)),
        (read.content, read.name._replace(format="png")),
        (b"no picture", read.name),
    ]:
        with pytest.raises(ValidationError):
            read_stored(content, name)


@pytest.mark.parametrize(
    "name",
    ["", "a.png", f"{'a' * 20}-0x9.png", f"{'a' * 20}-1x2.svg", f"{'A' * 20}-1x2.png", f"../{'a' * 20}-1x2.png"],
)
def test_name_of_no_picture_is_none(name):
    assert PictureName.parse(name) is None
    assert str(PictureName.parse(f"{'a' * 20}-1x2.png")) == f"{'a' * 20}-1x2.png"
