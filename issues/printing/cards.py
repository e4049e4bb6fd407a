"""Pictures drawn from words: a card for each issue and for the site (OpenGraph), and the site's icon.

Pillow's own font has ASCII and typographic quotes. What has other letters is left out, never printed as boxes.
"""

import hashlib
from functools import lru_cache
from io import BytesIO
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.dateformat import format as format_date
from django.utils.timezone import localtime
from PIL import Image, ImageDraw, ImageFont

from issues.models.cards import IssueCard
from issues.models.issues import Issue

# What OpenGraph's and Twitter's large cards are cropped to: 1.91 to 1.
SIZE = (1200, 630)
MARGIN = 80
# Raised when cards are drawn differently, so that those stored are drawn again.
DESIGN = 1
TITLES = 4
# Characters, of which not even the narrowest fit all: measuring takes longer than it need for a long word.
MAX_LENGTH = 250
# For what English titles often have and the font has not.
_STAND_INS = str.maketrans({"–": "-", "—": "-", "×": "x"})
PAPER, INK, FAINT = "#ffffff", "#1b1f22", "#5a6066"


def card_digest(issue: Issue) -> str:
    """SHA-256, in hexadecimal, of what is drawn. No query after with_contents()."""
    return hashlib.sha256(repr((DESIGN, _site(), _words(issue))).encode()).hexdigest()


def stored_card(issue: Issue) -> bytes:
    """PNG. Drawn (about 0.1 s) once for each state of the issue, in whichever process is asked first.

    One query, and another where it is drawn. Two at once draw the same; the second replaces the first's.
    """
    digest = card_digest(issue)
    if card := IssueCard.objects.filter(issue=issue, digest=digest).first():
        return bytes(card.png)
    png = draw_card(*_words(issue))
    IssueCard.objects.bulk_create(
        [IssueCard(issue=issue, digest=digest, png=png)],
        update_conflicts=True,
        unique_fields=["issue"],
        update_fields=["digest", "png"],
    )
    return png


def site_card() -> bytes:
    """PNG, for every page that has no issue's. Drawn once in a process, while the settings stay."""
    return _drawn_site_card(_site())


def icon(size: int) -> bytes:
    """A square PNG: the first letter of the newsletter's name on its colour."""
    return _drawn_icon(size, settings.NEWSLETTER_NAME[:1], settings.NEWSLETTER_ACCENT)


def favicon() -> bytes:
    """ICO with 16, 32 and 48 pixels, for what asks for /favicon.ico and knows no SVG."""
    file = BytesIO()
    Image.open(BytesIO(icon(48))).save(file, "ICO", sizes=[(16, 16), (32, 32), (48, 48)])
    return file.getvalue()


def draw_card(title: str, subtitle: str, lines: tuple[str, ...] = ()) -> bytes:
    """PNG. The newsletter's name stands above a title that does not hold it, and its host below everything."""
    name = settings.NEWSLETTER_NAME if settings.NEWSLETTER_NAME not in title else ""
    # Text, its size, and the distance to the next, in pixels.
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
    """What draw_card takes. The number stands in for a title that cannot be drawn."""
    title = issue.title if _drawable(issue.title) else f"#{issue.number}"
    published = format_date(localtime(issue.publish_at), "F j, Y") if issue.publish_at else ""
    titles = filter(None, (_drawable(article.title) for article in issue.printed_articles))
    return title, published, tuple(titles)[:TITLES]


def _site() -> tuple[str, str, str, str]:
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
    """Cut at a word where it is wider than the card."""
    font, width = _font(size), SIZE[0] - 2 * MARGIN
    text = text[:MAX_LENGTH]
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text.rpartition(" ")[0] or text[:-1]
    return f"{text}…"


def _drawable(text: str) -> str:
    """The text on one line, or nothing where the font lacks one of its letters."""
    text = " ".join(text.translate(_STAND_INS).split())
    return text if all(map(_has_glyph, set(text))) else ""


@lru_cache(maxsize=4096)
def _has_glyph(character: str) -> bool:
    missing = _font(32).getmask("\U0010fffe")
    return character == " " or bytes(_font(32).getmask(character)) != bytes(missing)
