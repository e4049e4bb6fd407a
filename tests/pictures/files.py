"""Files as editors send them, made in memory. Each is of the colour RED unless it says otherwise."""

import zlib
from io import BytesIO

from PIL import Image, ImageCms

RED = (200, 30, 20)


def encode(image: Image.Image, format: str, **options) -> bytes:
    file = BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def make_file(format: str = "PNG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **options) -> bytes:
    return encode(Image.new("RGB", size, RED).convert(mode), format, **options)


def make_animation(format: str) -> bytes:
    frames = [Image.new("RGB", (30, 20), colour) for colour in (RED, "blue", "green")]
    return encode(frames[0], format, save_all=True, append_images=frames[1:], duration=100)


def make_bomb(side: int = 20_000) -> bytes:
    """A PNG of a few kB that would be decoded to more than a gigabyte."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    header = side.to_bytes(4) * 2 + bytes([8, 2, 0, 0, 0])
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def colour_of(content: bytes) -> tuple[int, ...]:
    """Return the colour in the middle, in RGB or RGBA."""
    with Image.open(BytesIO(content)) as image:
        assert image.mode in ("RGB", "RGBA")
        return image.getpixel((image.width // 2, image.height // 2))  # type: ignore[return-value]


def is_close(colour: tuple[int, ...], other: tuple[int, ...], by: int = 6) -> bool:
    return all(abs(one - two) <= by for one, two in zip(colour, other, strict=True))


def profile(name: str = "sRGB") -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()  # type: ignore[arg-type]
