"""Read articles and outages: a link, the comment on it, and the small print below."""

import copy
import re
from collections.abc import Iterable, Iterator

from bs4 import PageElement, Tag

from text.pictures import picture_at
from wordpress import bylines
from wordpress.contents import Contents, ExportedArticle
from wordpress.display import BLOCKS, is_block, named, of_class, text_of, walk

# Characters: the limits of Article's fields.
TITLE_LIMIT = 500
SMALL_PRINT_LIMIT = 500
# Characters of thanks outside small print. What is longer is prose.
THANKS_LIMIT = 200
URL_LIMIT = 2000
# Characters. A text of at most this length after an outage's link, such as “(game)”, belongs to its title.
NAME_REST = 40


def read_article(element: Tag, contents: Contents, before: Iterable[PageElement] = ()) -> ExportedArticle:
    """Read one entry. Its blurb begins with what stood `before` it, such as a heading."""
    article = ExportedArticle("articles")
    rest: list[PageElement] = []
    if titles := of_class(element, "sreweekly-title"):
        rest = _read_title(titles[0].extract(), article, contents)
    _read_credits(element, article, contents)
    article.blurb = contents.take_markdown([*before, *rest, *element.contents])
    return article


def _read_title(element: Tag, article: ExportedArticle, contents: Contents) -> list[PageElement]:
    """Set the title and address. Returns the nodes that cannot be part of the title, such as a second link."""
    links = [link for link in element.find_all("a") if link.get("href") and not picture_at(str(link["href"]))]
    if links and re.match(r"https?://\S", str(links[0]["href"]), re.IGNORECASE):
        article.url = str(links[0]["href"])
    text = text_of(element)
    for what, value, limit in (("title", text, TITLE_LIMIT), ("address", article.url, URL_LIMIT)):
        if len(value) > limit:
            contents.notes.append(("length", f"in the blurb, because its {what} has over {limit:,} characters: {text}"))
    if len(text) > TITLE_LIMIT or len(article.url) > URL_LIMIT:
        article.url = ""
        return list(element.contents)
    if len(links) < 2:
        article.title = text
        return []
    rest = _after(element, links[0])
    article.title = text_of(element)
    return rest


def _after(root: Tag, tag: Tag) -> list[PageElement]:
    """Take everything that follows the tag out of root, and return it."""
    rest: list[PageElement] = []
    node: Tag = tag
    while node is not root and node.parent is not None:
        following = [sibling.extract() for sibling in list(node.next_siblings)]
        rest += following
        node = node.parent
    return rest


def _read_credits(element: Tag, article: ExportedArticle, contents: Contents) -> None:
    """Take the small print out of the end. A line with a link stays in the blurb, because credits have no links."""
    lines: list[str] = []
    _shrink_thanks(element)
    for small in _trailing(element):
        for line in _lines(small):
            text = text_of(line)
            if line.find("a", href=True):
                contents.notes.append(("credit", f"left in the blurb because of its link: {text}"))
                paragraph = Tag(name="p")
                paragraph.append(line)
                small.insert_before(paragraph)
            elif text:
                lines.append(text)
        small.extract()
    if not lines and article.section == "articles":
        lines = _read_last_paragraph(element)
    article.credit_lines, article.disclosure = bylines.split_lines(lines)


def _shrink_thanks(element: Tag) -> None:
    """Make small the thanks that stand below the names, or beside them, in no small print of their own."""
    smalls = [tag for tag in element.find_all("small") if text_of(tag)]
    if not smalls or not _begins_line(smalls[-1]) or not bylines.parse_byline([text_of(smalls[-1])]).authors:
        return
    strings = element.find_all(string=True)
    place = next(place for place, text in enumerate(strings) if smalls[-1] in text.parents)
    rest = [text for text in strings[place:] if smalls[-1] not in text.parents]
    text = " ".join("".join(rest).split())
    if len(text) <= THANKS_LIMIT and bylines.is_thanks(text):
        thanks = Tag(name="small")
        thanks.extend(_after(element, smalls[-1]))
        element.append(thanks)


def _begins_line(tag: Tag) -> bool:
    before = next((node for node in tag.previous_siblings if isinstance(node, Tag) or text_of(node)), None)
    return before is None or is_block(before) or getattr(before, "name", "") == "br"


def _trailing(element: Tag) -> list[Tag]:
    """Return the <small> elements after all other text, in order. If they are long, they are prose, and left alone."""
    found: dict[int, Tag] = {}
    length = 0
    for text in reversed([node for event, node in walk(element) if event == "text" and str(node).strip()]):
        smalls = [parent for parent in text.parents if parent.name == "small"]
        if not smalls:
            break
        if id(smalls[-1]) not in found:
            # Two characters for each line, which are joined by “; ”.
            length += len(text_of(smalls[-1])) + 2 * (1 + len(smalls[-1].find_all(True)))
            if length > SMALL_PRINT_LIMIT:
                break
            found[id(smalls[-1])] = smalls[-1]
    return list(reversed(found.values()))


def _lines(small: Tag) -> list[Tag]:
    """Return copies of the contents, one element for each printed line. A link is never split."""
    lines = [Tag(name="span")]
    for child in small.contents:
        if isinstance(child, Tag) and child.name == "br":
            lines.append(Tag(name="span"))
        elif isinstance(child, Tag) and child.name != "a" and (is_block(child) or named(child, {"br", *BLOCKS})):
            lines += [*_lines(child), Tag(name="span")]
        else:
            lines[-1].append(copy.copy(child))
    return lines


def _read_last_paragraph(element: Tag) -> list[str]:
    """Take out a last paragraph “Name — Publication”. Early issues have it instead of small print."""
    paragraphs = [tag for tag in element.find_all("p") if text_of(tag)]
    if len(paragraphs) < 2 or paragraphs[-1].find(True) or any(text_of(node) for node in paragraphs[-1].next_siblings):
        return []
    text = text_of(paragraphs[-1])
    byline = bylines.parse_byline([text])
    is_credit = byline.authors and byline.publication and not byline.note and bylines.DASH.search(text)
    if not (is_credit and all(bylines.is_person(name) for name in byline.authors)):
        return []
    paragraphs[-1].extract()
    return [text]


def read_outages(element: Tag, contents: Contents) -> Iterator[ExportedArticle]:
    """Yield an outage for each list item, and for any other text."""
    for node in list(element.contents):
        if isinstance(node, Tag) and node.name in ("ul", "ol", "div"):
            yield from read_outages(node, contents)
        elif text_of(node):
            item = node if isinstance(node, Tag) and node.name == "li" else _element("li", [node])
            yield _read_outage(item, contents)


def _read_outage(item: Tag, contents: Contents) -> ExportedArticle:
    """Read the first line as title and link, and everything after it, mostly a list, as the blurb."""
    outage = ExportedArticle("outages")
    _read_credits(item, outage, contents)
    children = list(item.contents)
    end = next((i for i, child in enumerate(children) if is_block(child) and child.name != "p"), len(children))
    name, note = _element("li", children[:end]), children[end:]
    if link := name.find("a", href=True):
        rest = _after(name, link)
        text = " ".join(text_of(node) for node in rest).strip()
        if len(text) <= NAME_REST and not any(isinstance(node, Tag) for node in rest):
            name.extend(rest)
        else:
            note = rest + note
    outage.blurb = contents.take_markdown(_unlist([*_read_title(name, outage, contents), *note]))
    return outage


def _unlist(nodes: list[PageElement]) -> list[PageElement]:
    """Replace a list of one item by its contents, because the page prints the blurb in a list anyway."""
    seen = [node for node in nodes if text_of(node)]
    if len(seen) == 1 and isinstance(seen[0], Tag) and seen[0].name == "ul":
        items = [node for node in seen[0].contents if text_of(node)]
        if len(items) == 1 and isinstance(items[0], Tag) and items[0].name == "li":
            return list(items[0].contents)
    return nodes


def _element(name: str, nodes: list[PageElement]) -> Tag:
    element = Tag(name=name)
    element.extend(node.extract() for node in nodes)
    return element
