import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import lxml.html
import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from text.markdown import (
    _ATTRIBUTES,
    _TAGS,
    MAX_MARKDOWN_LENGTH,
    _Parser,
    find_links,
    find_pictures,
    links_to,
    offer_webp,
    plain_text,
    render_cached,
    render_markdown,
    render_uncached,
    validate_markdown,
)
from text.validators import FORBIDDEN_CHARACTERS

# Text that is likely to become markup, and any other.
FRAGMENTS = [
    *("<script>", "</script>", "<img src=x onerror=alert(1)>", "<!--", "-->", "<![CDATA[", "]]>", "<svg/onload=x>"),
    *("[a](", "[a][b]", "[b]: ", "![", "](", ")", "<", ">", '"', "'", " ", "\n", "\n\n", "    ", "> ", "- ", "1. "),
    *("javascript:alert(1)", "data:text/html,x", "vbscript:x", "//evil.example", "https://a.example/", "mailto:"),
    *("&#106;", "&lt;", "&#x0;", "\0", "\x0b", "\u202e", "\ufeff", "\ud800", "`", "```\n", "*", "_", "|", "---", "# "),
]
ODD_TEXT = st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS)).map("".join))


def tree(text, rel=""):
    return lxml.html.fragment_fromstring(render_markdown(text, rel), create_parent="section")


def problems(text):
    """Return the code and the quoted text of each problem."""
    with pytest.raises(ValidationError) as error:
        validate_markdown(text)
    return [(problem.code, *(problem.params or {}).values()) for problem in error.value.error_list]


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("One.\n\nTwo.", "<p>One.</p>\n<p>Two.</p>\n"),
        ("*a* **b** `c` ~~d~~", "<p><em>a</em> <strong>b</strong> <code>c</code> <s>d</s></p>\n"),
        ("a  \nb", "<p>a<br>\nb</p>\n"),
        ("> quote", "<blockquote>\n<p>quote</p>\n</blockquote>\n"),
        ("Text:\n- one\n- two", "<p>Text:</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"),
        ("5. five", '<ol start="5">\n<li>five</li>\n</ol>\n'),
        ("# One\n\n###### Six", "<h2>One</h2>\n<h3>Six</h3>\n"),
        (
            "a|b\n-|-\n1|2",
            "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>\n",
        ),
        ("---", "<hr>\n"),
        ("```python\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>\n"),
        ("\"a\" -- 'b'...", "<p>“a” – ‘b’...</p>\n"),
        ("AT&T &copy; 1 < 2", "<p>AT&amp;T © 1 &lt; 2</p>\n"),
        ("[…] there may be risks", "<p>[…] there may be risks</p>\n"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_markdown(text, markup):
    assert render_markdown(text) == markup


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("[a](https://a.example/x?b=1&c=2#d)", ["https://a.example/x?b=1&c=2#d"]),
        ("<https://a.example/>", ["https://a.example/"]),
        ("Bare https://a.example/x_(y), and more.", ["https://a.example/x_(y)"]),
        ("[a](mailto:lex@a.example) mailto:b@a.example", ["mailto:lex@a.example", "mailto:b@a.example"]),
        ("[last week](/sre-weekly-issue-1/)", ["https://sreweekly.example/sre-weekly-issue-1/"]),
        ("[a](/\\evil.example)", ["https://sreweekly.example/%5Cevil.example"]),
        ("[a]\n\n[a]: https://a.example/", ["https://a.example/"]),
        ("https://münchen.example/ü", ["https://xn--mnchen-3ya.example/%C3%BC"]),
        ("incident.io, README.md, www.a.example, lex@a.example, 10.0.0.1", []),
        (
            "[a](javascript:alert(1)) [b](JAVASCRIPT:x) [c](data:text/html,x) [d](//evil.example) [e](x.html) [f](#g)",
            [],
        ),
        ("[a]() [b](<>) [c](<> 'title')", []),
        ("[a](&#106;avascript:alert(1)) [b](java\\nscript:x) <javascript:x> [c](ftp://a.example)", []),
    ],
)
def test_links(text, addresses):
    assert tree(text).xpath(".//a/@href") == addresses


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("## a\n### b\n## c", [2, 3, 2]),
        ("# a\n#### b\n## c\n###### d\n### e", [2, 3, 3, 4, 4]),
        ("#### a\n# b\n## c", [2, 2, 3]),
        ("a\n===\n\n> #### b\n\n- ### c", [2, 3, 3]),
        ("".join(f"{'#' * level} a\n" for level in range(1, 7)), [2, 3, 4, 5, 6, 6]),
    ],
)
def test_levels_of_headings_follow_each_other(text, levels):
    for top in (2, 3):
        found = re.findall("<h([1-6])>", render_markdown(text, top=top))
        assert found == [str(min(level + top - 2, 6)) for level in levels]


def test_rel_is_set_on_each_link():
    text = "[a](https://a.example/) https://b.example/ [c](/d/)"
    assert tree(text, "sponsored").xpath(".//a/@rel") == ["sponsored"] * 3
    assert tree(text).xpath(".//a/@rel") == []


# Pictures of this site, and images of others

PICTURE = f"/pictures/{'a' * 20}-1600x900.png"
SITE = "https://sreweekly.example"
OTHERS = [
    "![alt](https://a.example/pixel.gif)",
    f"![alt](https://a.example{PICTURE})",
    f"![alt](//a.example{PICTURE})",
    f"![alt]({PICTURE}x)",
    f"![alt]({PICTURE}?x=1)",
    f"![alt](/pictures/..{PICTURE})",
    "![alt](/pictures/a.png)",
    "![alt](/static/logo.svg)",
    f"![alt][a]\n\n[a]: {PICTURE}",
]


@pytest.mark.parametrize(
    ("text", "alternatives"),
    [
        (f"![A graph]({PICTURE})", ["A graph"]),
        (f"a ![A graph]({SITE}{PICTURE}) b", ["A graph"]),
        (f"![]({PICTURE})", [""]),
        (f'![*a* [b] <c> "d"](<{PICTURE}> "Title")', ['a [b] <c> "d"']),
        (f"[![A graph]({PICTURE})](https://a.example/)", ["A graph"]),
        (f"- ![a]({PICTURE}) ![b]({PICTURE})", ["a", "b"]),
        (f"|a|\n|-|\n|![a]({PICTURE})|", ["a"]),
        (f"`![a]({PICTURE})` \\![b]({PICTURE})", []),
    ],
)
def test_picture_of_this_site_is_printed_with_its_size(text, alternatives):
    images = tree(text).xpath(".//img")
    assert [image.get("alt") for image in images] == alternatives == [alt for _, alt in find_pictures(text)]
    for image in images:
        assert (image.get("src"), image.get("loading")) == (SITE + PICTURE, "lazy")
        assert (image.get("width"), image.get("height")) == ("1600", "900")
    validate_markdown(text)


@pytest.mark.parametrize("text", OTHERS)
def test_image_of_another_site_is_no_image_and_is_refused(text):
    assert tree(text).xpath(".//img") == []
    assert find_pictures(text) == ()
    assert problems(text)[0][0] == ("address" if "(//" in text else "image")


@pytest.mark.parametrize("text", OTHERS)
def test_image_of_another_site_stays_a_mark_and_a_link(text):
    assert render_markdown(text) == render_markdown(text.replace("![", "\\![")) != ""


def test_second_barrier_keeps_images_of_others_out(monkeypatch):
    monkeypatch.setattr("text.markdown._Parser.disable", lambda *given: None)
    monkeypatch.setattr("text.markdown._parsers.parser", _Parser(takes_html=True))
    html = '![a](https://a.example/x.gif) <img src="https://a.example/x.gif" onerror="alert(1)" style="x">'
    assert {name for image in tree(html).xpath(".//img") for name in image.attrib} <= {"alt", "loading"}


def test_page_offers_webp_and_keeps_the_rest_byte_for_byte():
    markup = render_markdown(f"A > b ![a > b]({PICTURE}) and `<img>`")
    root = lxml.html.fragment_fromstring(offer_webp(markup), create_parent="section")
    [source] = root.xpath(".//picture/source")
    assert source.get("srcset") == f"{SITE}{PICTURE.replace('.png', '.webp')}"
    assert root.xpath("count(.//picture//img)") == 1
    other = render_markdown('No picture: [a](/pictures/x "/pictures/<img>") `<img src="/pictures/">`')
    assert offer_webp(other) == other


def test_many_pictures_and_brackets_take_little_time():
    for text in (
        f"![a]({PICTURE})" * 400,
        "![" * 5000 + PICTURE,
        f"![{'[' * 5000}]({PICTURE})",
        "![](" * 4000 + PICTURE,
    ):
        started = time.process_time()
        render_uncached(text)
        assert time.process_time() - started < 5


def test_html_is_printed_as_text():
    for text in ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- x -->", "<a href=x>"]:
        assert tree(text).text_content().strip() == text


def test_second_barrier_holds_if_the_first_fails(monkeypatch):
    monkeypatch.setattr("text.markdown._Parser.validateLink", lambda self, url: True)
    assert tree("[second](javascript:alert(2)) [barrier](data:text/html,x)").xpath(".//@href") == []


def test_control_characters_are_left_out():
    assert render_markdown("a\0\x08\x0b\x1f\x7f\ufffeb") == "<p>ab</p>\n"


@given(ODD_TEXT)
@limits(max_examples=25)
def test_any_text_becomes_only_the_listed_markup(text):
    section = tree(text)
    for element in section.iterdescendants():
        assert element.tag in _TAGS
        assert set(element.attrib) <= _ATTRIBUTES.get(element.tag, set())
    for address in section.xpath(".//@href"):
        assert re.match(r"(https?://|mailto:)", address, re.IGNORECASE), address
    assert not FORBIDDEN_CHARACTERS.search(section.text_content())
    plain_text(render_markdown(text))
    find_links(text)
    with suppress(ValidationError):
        validate_markdown(text)


@pytest.mark.parametrize("text", ["[" * 20_000, "*a **b " * 2_500, "> " * 10_000, "<" * 20_000, "|a" * 10_000])
def test_longest_odd_text_is_rendered(text):
    assert len(text) <= MAX_MARKDOWN_LENGTH
    render_markdown(text)


def test_text_is_rendered_once_with_and_without_an_empty_rel():
    assert render_markdown("*b*") is render_markdown("*b*", "") is render_markdown("*b*", rel="", top=2)


def test_text_without_headings_is_rendered_once_for_all_levels():
    assert render_markdown("*b*\n\n- c", top=3) is render_markdown("*b*\n\n- c")
    for text in ("# b", "- # b", "b\n---", "> b\n> ===", "- b\n  ==\n\nc"):
        assert "<h4>" in render_markdown(text, top=4)


def test_preview_does_not_fill_the_cache():
    render_cached.cache_clear()
    assert render_uncached("*a*") == "<p><em>a</em></p>\n"
    assert render_cached.cache_info().currsize == 0


def test_text_that_is_printed_as_typed_is_valid():
    for text in [
        "Plain.",
        "1 < 2 > 0",
        "`<b>`",
        "```\n<b>\n```",
        "<https://a.example/>",
        "a ftp://x //y.example",
        "#1 & co",
    ]:
        validate_markdown(text)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("a <b class='c'>d</b>", ["<b class='c'>", "</b>"]),
        ("<div>\n\nx", ["<div>"]),
        ("<!-- x -->", ["<!-- x -->"]),
        ("x<br>y", ["<br>"]),
        ("<script>alert(1)</script>", ["<script>"]),
    ],
)
def test_html_is_refused(text, tags):
    assert problems(text) == [("html", tag) for tag in tags]


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("It broke.[^1]\n\n[^1]: The source.", ["[^1]"]),
        ("It broke.[^note]\n\n[^note]: https://a.example/ 'A title'", ["[^note]"]),
        ("- It *broke[^†]*\n- [a [^2]](https://a.example/)", ["[^†]", "[^2]"]),
        ("[^1]: <https://a.example/>\n[^2]: b", ["[^1]", "[^2]"]),
        ("It broke.^[See [there](https://a.example/), too.]", ["^[See [there](https://a.example/), too.]"]),
    ],
)
def test_footnotes_are_refused(text, marks):
    assert problems(text) == [("footnote", mark) for mark in marks]


@pytest.mark.parametrize(
    "text",
    [
        "[^a b]: https://a.example/\n\n[^a b]",
        "\\[^1] and ^\\[a]",
        "`[^1]`, [ ^1] [^ 1]",
        "[^1](https://a.example/)",
        "x^2, ^[], [^]",
        "```\n[^1]: a\n```",
    ],
)
def test_what_is_no_footnote_is_valid(text):
    validate_markdown(text)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("見て https://example.com/post。そして", ["https://example.com/post"]),
        ("（https://example.com/post）ね", ["https://example.com/post"]),
        ("「https://a.example/x」、https://b.example/y！", ["https://a.example/x", "https://b.example/y"]),
        (
            "https://a.example/x（注） «https://a.example/y» https://a.example/z｡",
            [f"https://a.example/{one}" for one in "xyz"],
        ),
        ("See https://en.wikipedia.org/wiki/A_(b).", ["https://en.wikipedia.org/wiki/A_(b)"]),
    ],
)
def test_bare_address_ends_before_the_punctuation_of_any_script(text, addresses):
    assert re.findall('href="([^"]+)"', render_markdown(text)) == addresses


@pytest.mark.parametrize(
    "address", ["example.com/x", "javascript:alert(1)", "//a.example", "ftp://a.example", "https:a", "#x"]
)
def test_other_addresses_are_refused(address):
    assert problems(f"[a]({address})") == [("address", address)]


def test_link_without_an_address_is_refused():
    assert problems("[a]()") == [("address", "()")]


def test_deep_nesting_is_refused():
    assert problems("*a **b " * 30 + "x" + " c** d*" * 30) == [("depth",)]


def test_at_most_five_problems_are_reported_with_short_quotations():
    assert len(problems("<b> " * 50)) == 5
    ((_, quoted),) = problems(f"[a](javascript:{'x' * 500})")
    assert len(quoted) == 60


def test_length_is_left_to_the_field():
    validate_markdown("<b>" * MAX_MARKDOWN_LENGTH)


@pytest.mark.parametrize(
    ("text", "address", "expected"),
    [
        ("[a](https://a.example/)", "https://a.example/", True),
        ("See https://a.example/?b=1&c=2", "https://a.example/?b=1&c=2", True),
        ("[a](https://a.example/ü)", "https://a.example/ü", True),
        ("[a](https://a.example/%C3%BC)", "https://a.example/ü", True),
        ("[a](https://a.example/)", "https://a.example/?utm_source=x", False),
        ("`https://a.example/`", "https://a.example/", False),
        ("", "https://a.example/", False),
    ],
)
def test_links_to(text, address, expected):
    assert links_to(text, address) is expected


def test_find_links_keeps_the_order():
    links = find_links("[a](https://b.example/) [c](/d/) https://a.example/")
    assert links == ("https://b.example/", "/d/", "https://a.example/")


def test_threads_print_at_the_same_time():
    texts = [f"https://{number}.example/ *{number}* [a](javascript:{number})" for number in range(200)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(render_uncached, texts)) == list(map(render_uncached, texts))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("One.\n\nTwo *three*.", "One. Two three."),
        ("- a\n- b\n\n> c\n\n# d\ne", "a b c d e"),
        ("a|b\n-|-\n1|2", "a b 1 2"),
        ("1 < 2 & <b>", "1 < 2 & <b>"),
        ("&amp;lt;", "&lt;"),
        ("a\u00a0b  \nc", "a b c"),
    ],
)
def test_plain_text(text, words):
    assert plain_text(render_markdown(text)) == words
