"""Whose a host is. Knows no models."""

# Hosts on which anybody publishes.
SHARED_HOSTS = {
    *("medium.com", "github.com", "gist.github.com", "youtube.com", "youtu.be", "twitter.com", "x.com"),
    *("mobile.twitter.com", "reddit.com", "linkedin.com", "vimeo.com", "slideshare.net", "speakerdeck.com"),
    *("docs.google.com", "drive.google.com", "dev.to", "substack.com", "wordpress.com", "blogspot.com", "tumblr.com"),
    *("news.ycombinator.com", "hackernoon.com", "arxiv.org", "dl.acm.org", "feedproxy.google.com"),
    *("feeds.feedburner.com", "goo.gl", "bit.ly", "t.co", "web.archive.org", "m.reddit.com", "facebook.com"),
    *("old.reddit.com", "plus.google.com", "threadreaderapp.com", "storify.com"),
}


def is_shared(host: str) -> bool:
    return host in SHARED_HOSTS or any(host.endswith(f".{shared}") for shared in SHARED_HOSTS)


def suffixes_of(host: str) -> list[str]:
    """The host and those above it, the longest first: "blog.acme.example", "acme.example". No top level alone."""
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(max(1, len(labels) - 1))] if host else []
