"""Write RSS 2.0 and Atom with Django's generators, to which full contents, archives, hubs and authors are added."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, Stylesheet, SyndicationFeed
from django.utils.xmlutils import SimplerXMLGenerator

from issues.feeds.documents import Feed, FeedEntry, icon_address

# Minutes. How long a feed reader may wait before it asks again: RSS 2.0, <ttl>.
TTL = 60
HISTORY = "http://purl.org/syndication/history/1.0"  # RFC 5005, section 4.


class _Rss(Rss201rev2Feed):
    def rss_attributes(self):
        return {
            **super().rss_attributes(),
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
            "xmlns:fh": HISTORY,
        }

    def add_root_elements(self, handler):
        super().add_root_elements(handler)
        _add_links(handler, "atom:link", self.feed["links"])
        handler.startElement("image", {})
        handler.addQuickElement("url", icon_address(192))
        # These two are the same as the channel's.
        handler.addQuickElement("title", self.feed["title"])
        handler.addQuickElement("link", self.feed["link"])
        handler.endElement("image")

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, {**item, "description": item["description"] or None})
        if item["content"]:
            handler.addQuickElement("content:encoded", item["content"])
        # No atom:link for the author: readers that ignore namespaces would take it for the item's link.
        for name, _ in item["authors"]:
            handler.addQuickElement("dc:creator", name)

    def latest_post_date(self):
        # If there is no issue yet, Django writes the present time, so the bytes would change with every request.
        return self.feed["last_modified"]


class _Atom(Atom1Feed):
    def root_attributes(self):
        return {**super().root_attributes(), "xmlns:fh": HISTORY}

    def add_root_elements(self, handler):
        super().add_root_elements(handler)
        _add_links(handler, "link", self.feed["links"])
        handler.addQuickElement("icon", icon_address(192))  # Square, and the logo twice as wide as high: RFC 4287, 4.2.
        handler.addQuickElement("logo", settings.SITE_URL + reverse("site_card"))

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, {**item, "description": None})
        for name, address in item["authors"]:
            handler.startElement("author", {})
            handler.addQuickElement("name", name)
            handler.addQuickElement("uri", address)
            handler.endElement("author")
        if item["related"]:
            handler.addQuickElement("link", "", {"rel": "related", "href": item["related"]})
        if item["description"]:  # Django writes the summary as HTML, and a "<" in it would begin a tag.
            handler.addQuickElement("summary", item["description"])
        if item["content"]:
            handler.addQuickElement("content", item["content"], {"type": "html"})

    def latest_post_date(self):
        return self.feed["last_modified"]

    def write(self, outfile, encoding):
        # Copied from Django, which writes stylesheets in RSS, but not in Atom.
        handler = SimplerXMLGenerator(outfile, encoding, short_empty_elements=True)
        handler.startDocument()
        for stylesheet in self.feed["stylesheets"]:
            handler.processingInstruction("xml-stylesheet", stylesheet)
        handler.startElement("feed", self.root_attributes())
        self.add_root_elements(handler)
        self.write_items(handler)
        handler.endElement("feed")


def write_rss(feed: Feed, entries: Iterable[FeedEntry], last_modified: datetime) -> str:
    return _write(_Rss, feed, entries, last_modified)


def write_atom(feed: Feed, entries: Iterable[FeedEntry], last_modified: datetime) -> str:
    # Every entry needs an author (RFC 4287, section 4.1.1). An entry without one has the feed's author.
    return _write(_Atom, feed, entries, last_modified, author_name=settings.NEWSLETTER_NAME)


def _write(
    writer: type[SyndicationFeed],
    feed: Feed,
    entries: Iterable[FeedEntry],
    last_modified: datetime,
    author_name: str | None = None,
) -> str:
    document = writer(
        title=feed.title,
        link=feed.page,
        description=feed.description,
        subtitle=feed.description,
        language=settings.LANGUAGE_CODE,
        feed_url=feed.address,
        feed_guid=feed.identity,
        ttl=TTL,
        # The address has no hash of the contents, so that a feed does not change with its style.
        stylesheets=[Stylesheet(f"{settings.STATIC_URL}feed.css", "text/css")],
        links=feed.links,
        last_modified=last_modified,
        author_name=author_name,
    )
    for entry in entries:
        document.add_item(
            title=entry.title,
            link=entry.link,
            description=entry.summary,
            pubdate=entry.published,
            updateddate=entry.updated,
            unique_id=entry.guid,
            unique_id_is_permalink=False,
            categories=entry.tags,
            content=entry.html,
            authors=entry.authors,
            related=entry.related,
        )
    return document.writeString("utf-8")


def _add_links(handler: SimplerXMLGenerator, element: str, links: dict[str, str]) -> None:
    if "current" in links:
        handler.addQuickElement("fh:archive")
    for relation, address in links.items():
        handler.addQuickElement(element, "", {"rel": relation, "href": address})
