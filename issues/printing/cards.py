"""Draw pictures: a card with words for each issue and for the site (OpenGraph), and the site's icon.

Pillow's own font has ASCII and typographic quotes. A title with other letters is left out, never drawn as boxes.
"""

import hashlib
from functools import lru_cache
from io import BytesIO
from urllib.parse import urlsplit

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

from issues.models.issues import Issue
from issues.printing.dates import format_day

# Pixels. OpenGraph and Twitter crop large cards to 1.91 to 1.
SIZE = (1200, 630)
MARGIN = 80
# Raise it when cards are drawn differently: then the stored ones are drawn again.
DESIGN = 2
# Titles of articles on a card: the first is large.
TITLES = 4
# Lines that the large title takes at most, and that there is room for.
LARGE_LINES, LINES = 3, 7
# The mark: six days and Sunday. Left, top and width of each bar on a square of 16 units; all of them end at BAR_END.
BARS = ((1, 7, 1), (3, 5, 1), (5, 8, 1), (7, 4, 1), (9, 7, 1), (11, 6, 1), (13, 2, 2))
BAR_END = 14
# Pixels of a unit on a card.
MARK = 14
# Characters. Not even the narrowest letters fit that often; measuring longer text would only take time.
MAX_LENGTH = 250
# Characters that English titles often have and the font lacks, with what is drawn instead.
_STAND_INS = str.maketrans({"–": "-", "—": "-", "×": "x"})
PAPER, INK, FAINT, GREY, LIGHT = "#ffffff", "#17212b", "#5a6673", "#9aa5ae", "#e3e8ec"


def card_digest(issue: Issue) -> str:
    """Return the SHA-256, in hexadecimal, of everything that is drawn on the card."""
    return hashlib.sha256(repr((DESIGN, _site_settings(), _words(issue))).encode()).hexdigest()


def draw_issue_card(issue: Issue) -> bytes:
    """Return the card as PNG. Takes about 0.1 s, and makes no query for issues loaded by with_contents()."""
    return draw_card(*_words(issue))


def site_card() -> bytes:
    """Return the PNG for every page that is not an issue. It is drawn once in a process, while the settings stay."""
    return _drawn_site_card(_site_settings())


def icon(size: int) -> bytes:
    """Return a square PNG with the mark. Its bar for Sunday has the newsletter's colour."""
    return _drawn_icon(size, settings.NEWSLETTER_ACCENT)


def favicon() -> bytes:
    """Return an ICO file with 16, 32 and 48 pixels, for browsers without SVG icons."""
    file = BytesIO()
    Image.open(BytesIO(icon(48))).save(file, "ICO", sizes=[(16, 16), (32, 32), (48, 48)])
    return file.getvalue()


def draw_card(title: str, subtitle: str, lines: tuple[str, ...] = ()) -> bytes:
    """Return a PNG. The first line is large, or the title if there is none; the site's host stands at the bottom."""
    name = settings.NEWSLETTER_NAME if settings.NEWSLETTER_NAME not in title else ""
    large, *others = [line for line in map(_drawable, lines) if line] or [_drawable(title)]
    head = [text for text in map(_drawable, (name, title, subtitle)) if text and text != large]
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    _draw_mark(draw, SIZE[0] - MARGIN - 15 * MARK, SIZE[1] - 78 - BAR_END * MARK, MARK, LIGHT)
    # Text, colour, size, the distance to the next row, and the width, in pixels. The smaller lines end before the mark.
    full, narrow = SIZE[0] - 2 * MARGIN, SIZE[0] - 2 * MARGIN - 16 * MARK
    rows = [(" · ".join(head), settings.NEWSLETTER_ACCENT, 32, 76, full)]
    rows += [(line, INK, 62, 74, full) for line in _wrapped(large, 62, full)]
    rows += [("", INK, 30, 20, full), *((line, FAINT, 30, 50, narrow) for line in others)][: LINES - len(rows)]
    top = 70
    for text, colour, size, distance, width in rows:
        draw.text((MARGIN, top), _fitted(text, size, width), colour, _font(size))
        top += distance
    draw.text((MARGIN, SIZE[1] - 102), _drawable(urlsplit(settings.SITE_URL).netloc), FAINT, _font(28))
    return _png(image)


def _draw_mark(draw: ImageDraw.ImageDraw, left: float, top: float, unit: float, colour: str) -> None:
    """Draw the mark on a square of 16 units. `colour` is that of the six days."""
    for number, (x, y, width) in enumerate(BARS, 1):
        box = (left + x * unit, top + y * unit, left + (x + width) * unit - 1, top + BAR_END * unit - 1)
        draw.rectangle(box, settings.NEWSLETTER_ACCENT if number == len(BARS) else colour)


def _words(issue: Issue) -> tuple[str, str, tuple[str, ...]]:
    """Return the title, the date and the articles' titles. The number stands in for a title that cannot be drawn."""
    title = issue.title if _drawable(issue.title) else f"#{issue.number}"
    published = format_day(issue.publish_at) if issue.publish_at else ""
    titles = filter(None, (_drawable(article.title) for article in issue.printed_articles))
    return title, published, tuple(titles)[:TITLES]


def _site_settings() -> tuple[str, str, str, str, str]:
    return (
        *(settings.NEWSLETTER_NAME, settings.NEWSLETTER_TAGLINE, settings.NEWSLETTER_PROMISE),
        *(settings.NEWSLETTER_ACCENT, settings.SITE_URL),
    )


@lru_cache(maxsize=2)
def _drawn_site_card(site: tuple[str, str, str, str, str]) -> bytes:
    name, tagline, promise, *_ = site
    return draw_card(name, "", (promise, tagline))


@lru_cache(maxsize=8)
def _drawn_icon(size: int, colour: str) -> bytes:
    image = Image.new("RGB", (size, size), PAPER)
    _draw_mark(ImageDraw.Draw(image), 0, 0, size / 16, GREY)
    return _png(image)


def _png(image: Image.Image) -> bytes:
    file = BytesIO()
    # 64 colours are enough for words, and make a quarter of the bytes.
    image.quantize(64).save(file, "PNG", optimize=True)
    return file.getvalue()


@lru_cache(maxsize=16)
def _font(size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # Pillow was built with FreeType, as all its wheels are.
    return font


def _wrapped(text: str, size: int, width: int) -> list[str]:
    """Break the text at words into at most LARGE_LINES lines. The last may be too wide."""
    font, words = _font(size), text[:MAX_LENGTH].split()
    lines: list[str] = []
    while words and len(lines) < LARGE_LINES - 1:
        count = 1
        while count < len(words) and font.getlength(" ".join(words[: count + 1])) <= width:
            count += 1
        lines.append(" ".join(words[:count]))
        words = words[count:]
    return [*lines, " ".join(words)] if words else lines


def _fitted(text: str, size: int, width: int) -> str:
    """Return the text, cut at a word if it is wider than `width` pixels."""
    font = _font(size)
    text = text[:MAX_LENGTH]
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text.rpartition(" ")[0] or text[:-1]
    return f"{text}…"


def _drawable(text: str) -> str:
    """Return the text on one line, or nothing if the font lacks one of its letters."""
    text = " ".join(text.translate(_STAND_INS).split())
    return text if all(map(_has_glyph, set(text))) else ""


@lru_cache(maxsize=4096)
def _has_glyph(character: str) -> bool:
    missing = _font(32).getmask("\U0010fffe")
    return character == " " or bytes(_font(32).getmask(character)) != bytes(missing)
