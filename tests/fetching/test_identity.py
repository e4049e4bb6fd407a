import pytest

from fetching.identity import canonicalize, page_of

WORKS = {
    "a video": [
        "https://youtu.be/dQw4?t=3",
        "https://www.youtube.com/watch?v=dQw4&list=x&feature=share",
        "https://m.youtube.com/watch?v=dQw4",
        "https://www.youtube-nocookie.com/embed/dQw4",
        "https://youtube.com/shorts/dQw4",
    ],
    "a paper": [
        "https://arxiv.org/abs/2101.00001",
        "https://arxiv.org/pdf/2101.00001v2.pdf",
        "https://www.arxiv.org/html/2101.00001v1",
        "https://doi.org/10.48550/arXiv.2101.00001",
    ],
    "a paper with a DOI": [
        "https://dl.acm.org/doi/10.1145/3342195.3387524",
        "https://dl.acm.org/doi/pdf/10.1145/3342195.3387524",
        "http://dx.doi.org/10.1145/3342195.3387524",
    ],
    "a post in other forms": [
        "https://example.com/a-post",
        "https://m.example.com/a-post",
        "https://example.com/a-post?amp=1",
        "https://example.com/a-post/amp/",
        "https://example-com.cdn.ampproject.org/c/s/example.com/a-post",
        "https://web.archive.org/web/20240102030405/https://example.com/a-post",
    ],
    "a short post": [
        "https://twitter.com/Jane/status/12?s=20&t=x",
        "https://x.com/jane/status/12",
        "https://mobile.twitter.com/jane/status/12/photo/1",
    ],
    "a thread": [
        "https://www.reddit.com/r/sre/comments/abc/some_title/",
        "https://old.reddit.com/r/sre/comments/abc/",
        "https://redd.it/abc",
    ],
    "a post in forms of its program": [
        "https://example.com/a-post/",
        "https://amp.example.com/amp/a-post",
        "https://example.com/a-post/index.html?view=amp",
        "https://example.com/a-post?share=twitter&replytocom=3#respond",
        "https://example.com/a-post?amp;utm_source=x#xtor=RSS-1",
        "https://example.com/a-post#utm_source=rss&utm_medium=feed",
    ],
    "a repository": [
        "https://github.com/Jane/Tool",
        "https://github.com/jane/tool.git",
        "https://github.com/jane/tool#readme",
    ],
    "a snippet": [f"https://gist.github.com/{owner}{'0a' * 16}" for owner in ("", "jane/")],
    "a post on a host of its author": [
        "https://jane.medium.com/queues-0123456789ab",
        "https://medium.com/@jane/queues-0123456789ab",
    ],
    "a post of Blogger": [
        "https://jane.blogspot.com/2020/01/a.html",
        "https://jane.blogspot.co.uk/2020/01/a.html?m=1",
        "https://jane.blogspot.de/2020/01/a.html",
    ],
    "a paper on another host": ["https://arxiv.org/abs/2101.00001", "https://ar5iv.labs.arxiv.org/html/2101.00001"],
    "a film": ["https://vimeo.com/12", "https://vimeo.com/channels/staffpicks/12"],
    "a name in two forms": ["https://münchen.example/ü", "https://xn--mnchen-3ya.example/%C3%BC"],
    "a letter": ["https://jane.substack.com/p/on-call?r=2x4a", "https://open.substack.com/pub/jane/p/on-call"],
    "an encyclopedia": ["https://en.wikipedia.org/wiki/Incident", "https://en.m.wikipedia.org/wiki/Incident"],
}


@pytest.mark.parametrize("addresses", WORKS.values(), ids=WORKS)
def test_one_work_behind_several_addresses_has_one_key(addresses):
    assert len(set(map(canonicalize, addresses))) == 1


OTHERS = [
    ("https://github.com/jane/tool#one", "https://github.com/jane/tool#two"),
    ("https://github.com/jane/tool/blob/main/A", "https://github.com/jane/tool/blob/main/a"),
    ("https://example.com/#tab=one", "https://example.com/#tab=two"),
    ("https://example.com/amp", "https://example.com/"),
    ("https://example.com/a?m=1", "https://example.com/a?m=2"),
    ("https://status.example/#/incidents/17", "https://status.example/#/incidents/18"),
    ("https://status.example/#!/incidents/17", "https://status.example/#!/incidents/18"),
    ("https://example.com/log#11-03", "https://example.com/log#11-19"),
    ("https://example.com/", "https://example.com/#/about"),
    ("https://www.youtube.com/watch?v=a", "https://www.youtube.com/watch?v=b"),
    ("https://www.youtube.com/playlist?list=a", "https://www.youtube.com/playlist?list=b"),
    ("https://example.com/a?si=1", "https://example.com/a?si=2"),
    ("https://example.com/products/amp", "https://example.com/products"),
    ("https://arxiv.org/abs/2101.00001", "https://arxiv.org/abs/2101.00002"),
    ("https://old.reddit.com/r/sre/comments/abc/x/", "https://old.reddit.com/r/sre/comments/abc/x/def/"),
    ("https://mobile.de/a", "https://de/a"),
]


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_two_works_have_two_keys(one, other):
    assert canonicalize(one) != canonicalize(other)


@pytest.mark.parametrize(
    "address",
    ["https://example.com/log#:~:text=some%20words", "https://example.com/log#comments", "https://example.com/log#"],
)
def test_fragment_that_only_scrolls_changes_no_key(address):
    assert canonicalize(address) == "example.com/log"


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("https://example.com/log#11-03", "example.com/log"),
        ("https://example.com/log", "example.com/log"),
        ("https://example.com/#/incidents/17", "example.com#/incidents/17"),
        ("https://example.com/#!a", "example.com#!a"),
        ("", ""),
    ],
)
def test_page_of_a_key(address, page):
    assert page_of(canonicalize(address)) == page
