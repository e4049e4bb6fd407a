"""Find the pictures of a post, and put those that were brought in into their places. Makes no query.

display.py then has a link to each picture in its place. as_pictures() makes pictures of these links when the post has
become Markdown: until then nothing has to know of them.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from django.conf import settings

from text.pictures import NAME, PREFIX, PictureName

# Names of pictures by their paths below wp-content/uploads/.
Pictures = Mapping[str, PictureName]

UNNAMED = "Image"  # What display.py calls one without an alternative text.
UPLOADS = "wp-content/uploads/"
# Jetpack's copies name the site in their path.
_JETPACK = re.compile(r"(?:https?:)?//i\d\.wp\.com/", re.IGNORECASE)


def addresses_in(html: str) -> Iterator[tuple[str, bool]]:
    """Yield each address of a picture, and of a link to an upload, once, and whether a picture is shown."""
    seen: dict[str, bool] = {}
    if "<img" not in html.lower() and UPLOADS not in html:
        return
    for tag in BeautifulSoup(html, "lxml").find_all(["img", "a"]):
        is_shown = tag.name == "img"
        address = str(tag.get("src" if is_shown else "href") or "").strip()
        if address and (is_shown or UPLOADS in address):
            seen[address] = seen.get(address, False) or is_shown
    yield from seen.items()


def path_of(address: str, base_url: str) -> str | None:
    """Return the path below wp-content/uploads/ of an address of the blog or of this site, or None."""
    address = _JETPACK.sub("//", "".join(address.split()))
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    ours = {_host(base_url), _host(settings.SITE_URL), ""}
    before, found, path = parts.path.partition(UPLOADS)
    return key_of(unquote(path)) if found and before.endswith("/") and _host(f"//{parts.netloc}") in ours else None


def place_pictures(soup: BeautifulSoup, base_url: str, pictures: Pictures) -> None:
    """Put a link to each picture in the place of its <img>. as_pictures() recognises these links."""
    for tag in soup.find_all("img"):
        name = pictures.get(path_of(str(tag.get("src") or ""), base_url) or "")
        if name is None:
            continue
        words = " ".join(str(tag.get("alt") or "").split())
        link = soup.new_tag("a", href=f"{settings.SITE_URL}{PREFIX}{name}", string=words or UNNAMED)
        around = tag.find_parent("a")
        if around is None:
            tag.replace_with(link)
            continue
        # Any other link stays beside it, with its words.
        around.insert_before(link)
        if is_link_to_picture(around, base_url, pictures):
            around.extract()


def as_pictures(markdown: str) -> str:
    """Make pictures of the links that place_pictures() has made. No post has such links: their names are new."""
    if PREFIX not in markdown:
        return markdown
    letter = r"(?:\\.|[^\[\]\\])"
    link = re.compile(rf"\[((?:{letter}|\[{letter}*\])*)\]\(<?{re.escape(settings.SITE_URL)}{PREFIX}({NAME})>?\)")
    return link.sub(lambda found: f"![{'' if found[1] == UNNAMED else found[1]}]({PREFIX}{found[2]})", markdown)


def is_link_to_picture(link: Tag, base_url: str, pictures: Pictures) -> bool:
    """Return whether a link holds nothing but a picture that is here, and leads to an upload: the same, but larger."""
    sources = [path_of(str(tag.get("src") or ""), base_url) for tag in link.find_all("img")]
    is_upload = path_of(str(link.get("href") or ""), base_url) is not None
    return is_upload and not link.get_text(strip=True) and any(path in pictures for path in sources if path)


def key_of(name: str) -> str:
    """Return a path as the addresses of uploads have it: Macs write names in another form of Unicode."""
    return unicodedata.normalize("NFC", name.rpartition("uploads/")[2].removeprefix("./"))


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "").removeprefix("www.")
