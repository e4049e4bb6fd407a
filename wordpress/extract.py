"""Extract the contents of an issue from the HTML of its post, without queries.

Today an article is a div.sreweekly-entry with .sreweekly-title, .sreweekly-description and a <small> in it; older
posts have no <small>, or no <p>. Text in no known place is never dropped: between two articles it begins the blurb of
the second, else it goes to the intro, and comparison.py reports that it moved.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, NavigableString, PageElement, Tag

from text.pictures import picture_at
from wordpress.articles import URL_LIMIT, read_article, read_outages
from wordpress.comparison import compare, read_exported, read_visible
from wordpress.contents import Contents, SponsorMessage
from wordpress.display import display, has_class, is_block, named, of_class, text_of
from wordpress.names import site_of
from wordpress.pictures import Pictures

_PARTS = ("sreweekly-entry", "sreweekly-sponsor-message", "sreweekly-outages")
_SPONSOR = re.compile(r"\s*A\s+message\s+from\s+(?:our|this\s+week['’]s)\s+sponsor,?\s+([^:\n]{1,120}?)\s*:\s*", re.I)


def extract_issue(
    html: str, base_url: str, permalink: str, pictures: Pictures | None = None, *, is_sketch: bool = False
) -> Contents:
    """Return the contents of an issue. A sketch has only links, titles and credits."""
    contents = Contents(is_sketch=is_sketch)
    soup = _display(html, base_url, permalink, contents, pictures or {})
    contents.mail_only = _drop_mail_only(soup)
    if not is_sketch:
        contents.visible = read_visible(soup, leave_out=_articles_headings(soup))
    body = soup.body or soup
    _hoist(body)
    parts = _sort(body)
    contents.notes += [("sponsor", f"a second part was added to the message: {text}") for text in parts.joined]
    for entry, before in parts.entries:
        contents.articles.append(read_article(entry, contents, _without_headings(before, contents)))
    contents.sponsor = _read_sponsor(parts.messages[0], contents) if parts.messages else None
    for element in parts.outages:
        contents.articles += read_outages(element, contents)
    others = parts.messages[1:]  # An issue has one place for them.
    contents.notes += [
        ("sponsor", f"another message was put at the end of the intro: {text_of(tag)}") for tag in others
    ]
    contents.intro = contents.take_markdown([*_without_headings(parts.loose, contents), *others])
    if not contents.articles:
        contents.notes.append(("no articles", "nothing in this post is marked as an article; all of it is the intro"))
    return contents


def extract_page(html: str, base_url: str, permalink: str, pictures: Pictures | None = None) -> Contents:
    """Return the contents of a page: all of it is the intro."""
    contents = Contents()
    soup = _display(html, base_url, permalink, contents, pictures or {})
    contents.mail_only = _drop_mail_only(soup)
    contents.visible = read_visible(soup)
    contents.intro = contents.take_markdown(list((soup.body or soup).contents))
    return contents


def _display(html: str, base_url: str, permalink: str, contents: Contents, pictures: Pictures) -> BeautifulSoup:
    """Return the tree that readers saw. Note what it lacks of the post as it is stored."""
    soup = display(html, base_url, permalink, contents.notes, pictures)
    if not contents.is_sketch:
        found = compare(read_exported(html, base_url, permalink, pictures), read_visible(soup))
        contents.notes += [(kind, text) for kind, text in found if kind in ("text lost", "link lost")]
    return soup


def _drop_mail_only(soup: BeautifulSoup) -> int:
    found = [tag for tag in of_class(soup, "email_only") if tag.find_parent(class_="email_only") is None]
    for tag in found:
        tag.extract()
    return len(found)


def _articles_headings(soup: BeautifulSoup) -> list[Tag]:
    """Find headings that say “Articles” and nothing else, which are no longer printed."""
    return [
        tag
        for tag in named(soup, {"h1", "h2", "h3", "h4", "h5", "h6", "p"})
        if _heading(tag) == "articles" and tag.find_parent(class_=re.compile("^sreweekly-")) is None
    ]


def _hoist(body: Tag) -> None:
    """Move nested parts out of each other. They are nested because an end tag is missing."""
    last: Tag | None = None
    for part in of_class(body, *_PARTS):
        if last is not None and any(has_class(parent, *_PARTS) for parent in part.parents):
            last.insert_after(part.extract())
        last = part


def _parts(root: Tag) -> Iterator[PageElement]:
    """Yield the known parts, and every node that contains none of them, in order."""
    for child in list(root.contents):
        if isinstance(child, Tag) and not has_class(child, *_PARTS) and of_class(child, *_PARTS):
            yield from _parts(child)
        else:
            yield child


@dataclass
class _Sorted:
    entries: list[tuple[Tag, list[PageElement]]] = field(default_factory=list)  # Each with what stands before it.
    messages: list[Tag] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)  # Texts that were added to the message before them.
    outages: list[Tag] = field(default_factory=list)
    loose: list[PageElement] = field(default_factory=list)


def _sort(body: Tag) -> _Sorted:
    """Sort the parts of an issue by kind. What stands between two entries belongs to the second."""
    found = _Sorted()
    between: list[PageElement] = []
    last: PageElement | None = None  # That has words.
    last_loose: PageElement | None = None
    for node in list(_parts(body)):
        classes = node.get_attribute_list("class") if isinstance(node, Tag) else []
        if isinstance(node, Tag) and "sreweekly-sponsor-message" in classes:
            for message in _split_messages(node):
                if found.messages and last is found.messages[-1] and _is_more_of(last, message):
                    found.joined.append(text_of(message))
                    last.extend(list(message.contents))
                else:
                    found.messages.append(message)
                    last = message
            continue
        if isinstance(node, Tag) and "sreweekly-entry" in classes:
            # A rule alone only separates them.
            found.entries.append((node, between if any(map(text_of, between)) else []))
            between = []
        elif isinstance(node, Tag) and ("sreweekly-outages" in classes or _is_list_of_outages(node, last_loose)):
            found.outages.append(node)
            found.loose += between
            between = []
        else:
            (between if found.entries else found.loose).append(node)
            last_loose = node if text_of(node) else last_loose
        last = node if text_of(node) else last
    found.loose += between
    return found


def _heading(node: PageElement) -> str:
    return text_of(node).rstrip(":").lower() if isinstance(node, Tag) and is_block(node) else ""


def _is_list_of_outages(node: Tag, before: PageElement | None) -> bool:
    """Recognise a list without the class by the heading “Outages” before it."""
    return node.name == "ul" and before is not None and _heading(before) == "outages"


def _without_headings(nodes: list[PageElement], contents: Contents) -> list[PageElement]:
    has_outages = any(article.section == "outages" for article in contents.articles)
    kept = []
    for node in nodes:
        heading = _heading(node)
        if heading == "articles":
            contents.headings += 1
        elif heading == "outages" and has_outages:
            contents.has_outages_heading = True  # It is printed anyway.
        else:
            kept.append(node)
    return kept


def _split_messages(element: Tag) -> list[Tag]:
    """Divide an element with several messages: each begins with its own “A message from our sponsor”."""
    messages = [element]
    for node in list(element.contents):
        if _SPONSOR.match(node.get_text()) and any(text_of(one) for one in node.previous_siblings):
            messages.append(Tag(name="div"))
        if len(messages) > 1:
            messages[-1].append(node.extract())
    return messages


def _is_more_of(message: Tag, part: Tag) -> bool:
    """Return whether a part belongs to the message above it: it has no heading, and leads to no other site."""
    one, other = ({site_of(str(link["href"])) for link in tag.find_all("a", href=True)} for tag in (message, part))
    return not _SPONSOR.match(part.get_text()) and not (one and other and one.isdisjoint(other))


def _read_sponsor(element: Tag, contents: Contents) -> SponsorMessage:
    name = _take_sponsor_name(element)
    links = [str(link["href"]) for link in element.find_all("a", href=True) if text_of(link)]
    leads_on = (link for link in reversed(links) if re.match(r"https?://\S", link) and not picture_at(link))
    url = next((link for link in leads_on if len(link) <= URL_LIMIT), "")
    blocks = [node for node in element.contents if text_of(node)]
    last = blocks[-1] if blocks else None
    link = last.find("a") if is_block(last) and last.name == "p" else None
    if last and link and url == link.get("href") == text_of(last) and links.count(url) == 1:
        last.extract()  # It is printed anyway.
    return SponsorMessage(name, contents.take_markdown(list(element.contents)), url)


def _take_sponsor_name(element: Tag) -> str:
    """Take “A message from our sponsor, NAME:” out of the text, and return the name."""
    match = _SPONSOR.match(element.get_text())
    if match is None:
        return ""
    left = match.end()
    for text in list(element.find_all(string=True)):
        taken = min(left, len(text))
        text.replace_with(NavigableString(text[taken:]))
        left -= taken
        if not left:
            break
    return " ".join(match[1].split())
