"""Feeds: RSS 2.0, Atom and JSON Feed, of issues and of articles. docs/feeds.md says which, and what they promise."""
