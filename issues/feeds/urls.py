"""Routes of the feeds: RSS at the address itself, Atom and JSON Feed below it.

Feed readers keep these addresses for years: none may ever change.
"""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, path, register_converter

from issues.feeds import views
from issues.feeds.documents import Format
from issues.site.converters import register


class FormatConverter:
    regex = "atom|json"

    def to_python(self, value: str) -> Format:
        return Format(value)

    def to_url(self, value: Format) -> str:
        return str(value)


class PlaceConverter:
    """Match the place of an issue, from 1. Django's "int" takes any number of digits; the database does not."""

    regex = "[1-9][0-9]{0,5}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register()
register_converter(FormatConverter, "format")
register_converter(PlaceConverter, "place")


def in_all_formats(address: str, view: Any, name: str, **options: str) -> Iterator[URLPattern]:
    yield path(address, view, options, name=name)
    yield path(f"{address}<format:format>/", view, options, name=name)


urlpatterns = [
    *in_all_formats("feed/", views.issues, "feed"),
    *in_all_formats("feed/archive/<place:first>-<place:last>/", views.archive, "feed-archive"),
    *in_all_formats("feed/articles/", views.articles, "feed-articles"),
]
for kind, folder in (("author", "authors"), ("publication", "publications"), ("tag", "tags")):
    address = f"{folder}/<unicode:slug>/feed/"
    urlpatterns += in_all_formats(address, views.subject_articles, f"{kind}-feed", kind=kind)
    urlpatterns += in_all_formats(f"{address}issues/", views.subject_issues, f"{kind}-feed-issues", kind=kind)
