import json
import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fetching.client import Fetched
from fetching.encodings import decode
from fetching.outcome import Outcome
from fetching.reading import PageDetails, read_details, without_site

ADDRESS = "https://blog.example.com/2026/post"


def fetched(body, charset="utf-8", outcome=Outcome.OK, address=ADDRESS):
    body = body if isinstance(body, bytes) else body.encode()
    return Fetched(outcome, "", address, address, 200, body=body, content_type="text/html", charset=charset)


def read(head="", body="", **options):
    return read_details(fetched(f"<html><head>{head}</head><body>{body}</body></html>", **options))


def json_ld(**article):
    return f'<script type="application/ld+json">{json.dumps({"@type": "BlogPosting", **article})}</script>'


def test_details_are_read_from_meta_elements():
    head = """
        <title>Queues | Example Engineering</title>
        <meta property="og:title" content="Queues are  hard">
        <meta property="og:site_name" content="Example Engineering">
        <meta name="author" content="Ada Lovelace and Grace Hopper">
        <meta property="article:published_time" content="2026-11-20T23:30:00-05:00">
        <link rel="canonical" href="/2026/queues">
    """
    page = read_details(fetched(f"<!doctype html><html><head>{head}</head><body><p>Text</p></body></html>"))
    assert page == PageDetails(
        title="Queues are hard",
        authors=["Ada Lovelace", "Grace Hopper"],
        site_name="Example Engineering",
        published_on=date(2026, 11, 20),
        canonical_url="https://blog.example.com/2026/queues",
    )


def test_details_are_read_from_json_ld():
    head = json_ld(
        headline="Queues &amp; caches",
        author=[{"@type": "Person", "name": "danah boyd"}, {"@type": "Person", "name": "José Martí, Jr."}],
        publisher={"@type": "Organization", "name": "Example"},
        datePublished="2026-11-20",
    )
    page = read(head)
    assert (page.title, page.site_name, page.published_on) == ("Queues & caches", "Example", date(2026, 11, 20))
    assert page.authors == ["danah boyd", "José Martí, Jr."]


@pytest.mark.parametrize("author", ["danah boyd", "_why", "Louis XIV, Sun King"])
def test_names_are_read_as_they_are_written(author):
    assert read(f'<title>Queues</title><meta name="author" content="{author}">').authors == author.split(", ")


def test_article_is_found_within_a_graph():
    graph = {"@graph": [{"@type": "WebSite", "name": "Example"}, {"@type": ["NewsArticle"], "headline": "Queues"}]}
    assert read(f'<script type="application/ld+json">{json.dumps(graph)}</script>').title == "Queues"


def test_article_comes_before_the_page_that_holds_it():
    graph = [{"@type": "WebPage", "name": "Example"}, {"@type": "BlogPosting", "creator": {"name": "Ada Lovelace"}}]
    assert read(f'<script type="application/ld+json">{json.dumps(graph)}</script>').authors == ["Ada Lovelace"]


@pytest.mark.parametrize("data", ["{", "null", '{"@type": {}}', '{"@graph": "x"}', "[" * 100_000, "\x01"])
def test_broken_json_ld_is_ignored(data):
    page = read(f'<title>Queues</title><script type="application/ld+json">{data}</script>')
    assert page.title == "Queues"


@pytest.mark.parametrize(
    "author",
    [3, [None], {"name": []}, "https://example.com/ada", "@ada", "ada@example.com"],
)
def test_author_that_is_no_name_is_ignored(author):
    assert read(json_ld(headline="Queues", author=author)).authors == []


@pytest.mark.parametrize(
    "author", [{"@type": "Organization", "name": "Initech"}, {"@type": "Person", "name": "Example Engineering"}]
)
def test_publication_is_not_an_author(author):
    head = '<meta property="og:site_name" content="Example Engineering">'
    assert read(head + json_ld(author=author)).authors == []


@pytest.mark.parametrize(
    "script",
    [
        '<script type="application/ld+json">//<![CDATA[\n{}\n//]]></script>',
        '<script type="application/ld+json"><!-- {} --></script>',
        '<script type="application/ld+json"><!--//--><![CDATA[//><!--\n{}\n//--><!]]></script>',
        '<script type="application/ld+json">/*<![CDATA[*/ {} /*]]>*/</script>',
        '<script type="Application/LD+JSON; charset=utf-8">{}</script>',
    ],
)
@pytest.mark.parametrize("kind", ["https://schema.org/BlogPosting", "schema:Article", ["Thing", "TechArticle"]])
def test_json_ld_is_read_however_it_is_wrapped(script, kind):
    data = {"@type": kind, "headline": "Queues", "author": [{"name": "Ada Lovelace"}]}
    page = read(script.replace("{}", json.dumps(data)))
    assert (page.title, page.authors) == ("Queues", ["Ada Lovelace"])


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ({"@type": "Person", "givenName": "Ada", "familyName": "Lovelace"}, ["Ada Lovelace"]),
        ({"@list": [{"name": "Ada"}, {"name": "Grace"}]}, ["Ada", "Grace"]),
        ([{"@id": "#ada"}, {"@type": "https://schema.org/NewsMediaOrganization", "name": "News"}], ["Ada Lovelace"]),
        ([{"name": ["Ada Lovelace", "A. L."]}], ["Ada Lovelace"]),
    ],
)
def test_people_of_json_ld(author, names):
    graph = {"@graph": [{"@type": "Article", "author": author}, {"@id": "#ada", "name": "Ada Lovelace"}]}
    assert read(f'<script type="application/ld+json">{json.dumps(graph)}</script>').authors == names


@pytest.mark.parametrize(
    ("metas", "names"),
    [
        (
            [("citation_author", "Prueba, Ana"), ("citation_author", "Muster, Bob, Jr.")],
            ["Ana Prueba", "Bob Muster Jr."],
        ),
        ([("author", "Ana Prueba"), ("author", "Bob Muster")], ["Ana Prueba", "Bob Muster"]),
        ([("author", "Martin King, Jr.")], ["Martin King Jr."]),
        ([("author", "Ana Prueba, PhD, and Bob Muster")], ["Ana Prueba PhD", "Bob Muster"]),
        ([("dc.creator", "Prueba, Ana")], ["Ana Prueba"]),
        ([("citation_authors", "Prueba, Ana; García Márquez, Gabriel")], ["Ana Prueba", "Gabriel García Márquez"]),
    ],
)
def test_all_people_of_meta_elements(metas, names):
    head = "".join(f'<meta name="{name}" content="{content}">' for name, content in metas)
    assert read(f"<title>Queues</title>{head}").authors == names


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("Don&amp;#8217;t page me", "Don’t page me"),
        ("&amp;lt;template&amp;gt;", "<template>"),
        ("&lt;template&gt;", "<template>"),
        ("Q&amp;amp;A", "Q&A"),
    ],
)
def test_entities_of_a_title_are_decoded_once_and_again_if_they_are_left(content, title):
    assert read(f'<meta property="og:title" content="{content}">').title == title


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("windows-874", "cp874"),
        ("tis-620", "cp874"),
        ("x-sjis", "cp932"),
        ("x-gbk", "gb18030"),
        ("iso-8859-8-i", "iso8859-8"),
        ("ms932", "cp932"),
        ("KOI8-RU", "koi8-u"),
        ("unicode", "utf-16-le"),
    ],
)
def test_labels_of_the_encoding_standard(label, codec):
    word = {"cp874": "ไทย", "cp932": "①髙", "gb18030": "中文", "iso8859-8": "שלום"}.get(codec, "Ї")
    assert decode(word.encode(codec), label) == word


@pytest.mark.parametrize("name", ["By Ada Lovelace", "Ada Lovelace (ada@example.com)", "Lovelace, Ada"])
def test_name_of_json_ld_is_read_by_the_rule_for_bylines(name):
    assert read(json_ld(headline="Queues", author={"name": name})).authors == ["Ada Lovelace"]


@pytest.mark.parametrize(
    "comments",
    [
        '<ol class="comment-list"><li class="comment"><cite class="author">Troll</cite></li></ol>',
        '<ul><li itemscope itemtype="https://schema.org/Comment"><span itemprop="author">Troll</span></li></ul>',
        '<section class="post-comments"><a rel="author">Troll</a></section>',
        '<form class="comment-respond"><span class="username">Troll</span></form>',
        '<script type="application/ld+json">{"@type": "Comment", "author": {"name": "Troll"}}</script>',
    ],
)
def test_commenter_is_not_the_author(comments):
    assert read("<title>Queues</title>", f"<p>Text.</p>{comments}").authors == []
    article = '<article class="post comments-open"><p class="author">By Ada Lovelace</p></article>'
    assert read("<title>Queues</title>", article + comments).authors == ["Ada Lovelace"]


def test_host_is_not_the_name_of_a_site():
    assert read('<title>Queues</title><link rel="canonical" href="https://blog.example.com/a">').site_name == ""


def test_byline_in_the_text_is_read():
    assert read("<title>Queues</title>", '<p class="author">By Ada Lovelace</p><p>Text.</p>').authors == [
        "Ada Lovelace"
    ]


# Titles


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Queues | Example Engineering", "Queues"),
        ("Queues — EXAMPLE ENGINEERING", "Queues"),
        ("Queues · Part 2 | Example Engineering", "Queues · Part 2"),
        ("Queues | Ada Lovelace | blog.example.com", "Queues | Ada Lovelace"),
        ("Queues - Example | Example Engineering", "Queues"),
        ("Queues - Caches", "Queues - Caches"),
        ("Example Engineering | Queues", "Example Engineering | Queues"),
        ("Example Engineering", "Example Engineering"),
    ],
)
def test_name_of_the_site_is_cut_from_the_end_of_a_title(title, expected):
    assert without_site(title, ["Example Engineering", "blog.example.com", "Example"]) == expected


def test_title_is_read_without_the_name_of_its_host():
    assert read("<title>Queues - Example</title>").title == "Queues"


def test_heading_decides_where_the_title_ends():
    assert read("<title>Queues - Ada's notes</title>", "<h1>Queues</h1>").title == "Queues"
    assert read("<title>Queues - Ada's notes</title>", "<h1>Ada</h1>").title == "Queues - Ada's notes"


@pytest.mark.parametrize(
    "title",
    [
        "Just a moment…",
        "Attention Required! | Cloudflare",
        "403 Forbidden",
        "404",
        "Page not found – Example",
        "Oops! That page can’t be found.",
        "Sign in - Google Accounts",
        "LinkedIn | Log In or Sign Up",
        "Error 404 (Not Found)!!1",
        "Please wait...",
    ],
)
def test_title_of_a_stand_in_is_not_a_title(title):
    assert read(f"<title>{title}</title>", "<h1>Example</h1>").title == ""
    assert read(f'<title>Post</title><meta property="og:title" content="{title}">').title == ""


@pytest.mark.parametrize(
    "title",
    [
        "404: the page that took a site down",
        "Login at scale",
        "Access denied: an incident",
        "Not found in translation",
        "Error budgets",
    ],
)
def test_title_with_words_of_stand_ins_is_a_title(title):
    assert read(f"<title>{title}</title>").title == title


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.NOT_A_PAGE])
def test_other_outcomes_have_no_details(outcome):
    assert read("<title>Queues</title>", outcome=outcome) == PageDetails()


def test_title_is_one_line_that_can_be_stored():
    title = read("<title>a\n b\x0b\x00c&#8232;d\ue000</title>" + "<!-- -->").title
    assert title == "a bc d\ue000"
    assert len(read(f"<title>{'ü' * 3000}</title>").title) == 500


# Canonical addresses and dates


@pytest.mark.parametrize(
    ("head", "address"),
    [
        ('<link rel="canonical" href="https://example.com/a">', "https://example.com/a"),
        ('<link rel="nofollow Canonical" href="//example.com/a?b=1">', "https://example.com/a?b=1"),
        ('<link rel="canonical" href="../a">', "https://blog.example.com/a"),
        ('<base href="/b/"><link rel="canonical" href="a">', "https://blog.example.com/b/a"),
        ('<meta property="og:url" content="https://example.com/a">', "https://example.com/a"),
        ('<link rel="canonical" href="javascript:alert(1)">', ""),
        ('<link rel="canonical" href="http://[">', ""),
        ('<link rel="canonical" href="http://user:secret@example.com/">', ""),
        ('<link rel="canonical" href="">', ""),
        (f'<link rel="canonical" href="https://example.com/{"a" * 2000}">', ""),
        ('<link rel="alternate" href="https://example.com/a">', ""),
    ],
)
def test_canonical_address(head, address):
    assert read(head).canonical_url == address


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2026-11-20T10:00:00Z", date(2026, 11, 20)),
        ("2026-13-01", None),
        ("9999-01-01", None),
        ("1970-01-01", None),
    ],
)
def test_date(value, day):
    head = f'<title>x</title><meta property="article:published_time" content="{value}">'
    assert read(head, address="https://example.com/").published_on == day


# Charsets


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("Größe".encode(), "", "Größe"),
        ("Größe".encode("latin-1"), "", "Größe"),
        ("Größe".encode("latin-1"), "utf-8", "Gr��e"),
        ("“Größe”".encode("cp1252"), "iso-8859-1", "“Größe”"),
        ("“Größe”".encode("cp1252"), "us-ascii", "“Größe”"),
        ("サイズ".encode("shift_jis"), "Shift_JIS", "サイズ"),
        ("大小".encode("gb18030"), "gb2312", "大小"),
        (b"\xef\xbb\xbf" + "Größe".encode(), "iso-8859-1", "Größe"),
        (b"\xff\xfe" + "Größe".encode("utf-16-le"), "utf-8", "Größe"),
        (b"\xfe\xff" + "Größe".encode("utf-16-be"), "", "Größe"),
        (b'<meta charset="koi8-r">' + "Р".encode("koi8-r"), "", '<meta charset="koi8-r">Р'),
        (b"<meta charset=utf-16>" + "ö".encode(), "", "<meta charset=utf-16>ö"),
        (b"<meta charset=no-such>" + "ö".encode(), "", "<meta charset=no-such>ö"),
        ("Größe".encode()[:-4], "", "Gr�"),
    ],
)
def test_charset(body, charset, text):
    assert decode(body, charset) == text


@pytest.mark.parametrize("charset", ["no-such", "hex", "punycode", "utf-7", "undefined", "\0", "ü", "x" * 9999])
def test_wrong_charset_is_ignored(charset):
    assert read("<title>Größe</title>", charset=charset).title == "Größe"


# Hostile pages


@settings(max_examples=25)
@given(st.binary(), st.text(max_size=20))
def test_no_bytes_raise(body, charset):
    assert isinstance(read_details(fetched(body, charset)), PageDetails)


PIECES = [
    *(
        "<title>",
        "</title>",
        '<meta property="og:title" content="',
        '">',
        "<h1>",
        "</h1>",
        '<html lang="',
        "<!--",
        "Ada",
    ),
    *('<script type="application/ld+json">', '{"@type":"Article","author":', "}", "</script>", '<time datetime="'),
    *('<link rel="canonical" href="', "http://[", "<?xml version='1.0' encoding='utf-16'?>", '<p class="author">'),
    *("\0", "\ufffe", "&#0;", "&#xd800;", "2026-01-01"),
]


@settings(max_examples=25)
@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_no_markup_raises(text):
    page = read_details(fetched(text))
    assert not set("\0\ud800\ufffe") & set(page.title + page.site_name + "".join(page.authors))


@pytest.mark.parametrize("piece", ["<div>", "<meta charset", '<p class="author">', "2026-01-", "x | "])
def test_repetitive_page_is_read_in_time(piece):
    started = time.monotonic()
    read_details(fetched(piece * (2**18 // len(piece))))
    assert time.monotonic() - started < 8
