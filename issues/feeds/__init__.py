"""Feeds of issues and of articles, as RSS 2.0, Atom and JSON Feed. docs/feeds.md lists them and their promises."""
