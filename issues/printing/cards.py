"""Draw pictures from words: a card for each issue and for the site (OpenGraph), and the site's icon.

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
DESIGN = 1
# Titles of articles on a card.
TITLES = 4
# Characters. Not even the narrowest letters fit that often; measuring longer text would only take time.
MAX_LENGTH = 250
# Characters that English titles often have and the font lacks, with what is drawn instead.
_STAND_INS = str.maketrans({"–": "-", "—": "-", "×": "x"})
PAPER, INK, FAINT = "#ffffff", "#1b1f22", "#5a6066"


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
    """Return a square PNG: the first letter of the newsletter's name on its colour."""
    return _drawn_icon(size, settings.NEWSLETTER_NAME[:1], settings.NEWSLETTER_ACCENT)


def favicon() -> bytes:
    """Return an ICO file with 16, 32 and 48 pixels, for browsers without SVG icons."""
    file = BytesIO()
    Image.open(BytesIO(icon(48))).save(file, "ICO", sizes=[(16, 16), (32, 32), (48, 48)])
    return file.getvalue()


def draw_card(title: str, subtitle: str, lines: tuple[str, ...] = ()) -> bytes:
    """Return a PNG. The newsletter's name stands above a title that lacks it, and the site's host below everything."""
    name = settings.NEWSLETTER_NAME if settings.NEWSLETTER_NAME not in title else ""
    # Text, colour, size and the distance to the next row, in pixels.
    rows = [(name, settings.NEWSLETTER_ACCENT, 36, 64), (title, INK, 72, 100), (subtitle, FAINT, 34, 80)]
    rows = [row for row in [*rows, *((line, INK, 34, 58) for line in lines)] if _drawable(row[0])]
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 24, SIZE[1]), fill=settings.NEWSLETTER_ACCENT)
    top = (SIZE[1] - MARGIN - sum(distance for *_, distance in rows)) / 2
    for text, colour, size, distance in rows:
        draw.text((MARGIN, top), _fitted(_drawable(text), size), colour, _font(size))
        top += distance
    draw.text((MARGIN, SIZE[1] - MARGIN), _drawable(urlsplit(settings.SITE_URL).netloc), FAINT, _font(28))
    return _png(image)


def _words(issue: Issue) -> tuple[str, str, tuple[str, ...]]:
    """Return the title, the date and the articles' titles. The number stands in for a title that cannot be drawn."""
    title = issue.title if _drawable(issue.title) else f"#{issue.number}"
    published = format_day(issue.publish_at) if issue.publish_at else ""
    titles = filter(None, (_drawable(article.title) for article in issue.printed_articles))
    return title, published, tuple(titles)[:TITLES]


def _site_settings() -> tuple[str, str, str, str]:
    return settings.NEWSLETTER_NAME, settings.NEWSLETTER_TAGLINE, settings.NEWSLETTER_ACCENT, settings.SITE_URL


@lru_cache(maxsize=2)
def _drawn_site_card(site: tuple[str, str, str, str]) -> bytes:
    name, tagline, *_ = site
    return draw_card(name, tagline)


@lru_cache(maxsize=8)
def _drawn_icon(size: int, letter: str, colour: str) -> bytes:
    image = Image.new("RGB", (size, size), colour)
    middle = (size / 2, size / 2)
    ImageDraw.Draw(image).text(middle, _drawable(letter), PAPER, _font(size * 0.7), anchor="mm")
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


def _fitted(text: str, size: int) -> str:
    """Return the text, cut at a word if it is wider than the card."""
    font, width = _font(size), SIZE[0] - 2 * MARGIN
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
