import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wordpress.trees import trees
from text.markdown import render_markdown, validate_markdown
from wordpress.comparison import VisibleText, compare, read_visible, words_of
from wordpress.display import display
from wordpress.markdown import to_markdown

BLOG = "https://sreweekly.example"


def shown(html):
    return display(html, BLOG, f"{BLOG}/post/").body or Tag(name="body")


def convert(html):
    markdown, notes = to_markdown(shown(html).contents)
    return markdown, notes


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>It’s <em>so</em> <strong>good</strong>.</p>", "It’s *so* **good**."),
        ("<p>a</p>\n<p>b</p>", "a\n\nb"),
        ("<p>a<br>b</p>", "a\\\nb"),
        ("<p>Q&amp;A [x] is {here}</p>", "Q&A [x] is {here}"),
        ("<p>5*6*7 and snake_case_name</p>", "5\\*6\\*7 and snake\\_case\\_name"),
        ("<p>1. no list</p>", "1\\. no list"),
        ("<p># no heading</p>", "\\# no heading"),
        ("<p>+ no list</p>", "\\+ no list"),
        ("<p>(c) 2016</p>", "\\(c) 2016"),
        ("<p>&lt;script&gt; is text</p>", "\\<script\\> is text"),
        ("<p>see http://lamps.example/ there</p>", "see http\\://lamps.example/ there"),
        ("<p><a href='https://lamps.example/?a=1&amp;b=2'>a lamp</a></p>", "[a lamp](https://lamps.example/?a=1&b=2)"),
        ("<p><a href='https://lamps.example/'>https://lamps.example/</a></p>", "<https://lamps.example/>"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
        ("<ol start='3'><li>a</li><li>b</li></ol>", "3. a\n4. b"),
        ("<pre>a  b\n\n c</pre>", "```\na  b\n\n c\n```"),
        ("<p><code>x = 1</code></p>", "`x = 1`"),
        ("<h2>Big</h2><h3>Small</h3>", "# Big\n\n## Small"),
        ("<p><strike>no</strike> <tt>x</tt> <i>y</i> H<sub>2</sub>O</p>", "~~no~~ `x` *y* H2O"),
        ("<dl><dt>owl</dt><dd>a bird</dd></dl>", "- owl\n- a bird"),
        ("<div>a<p>b</p>c</div>", "a\n\nb\n\nc"),
        ("<p><br>a<br></p>", "a"),
        ("<p>&nbsp;</p>", ""),
    ],
)
def test_html_becomes_markdown(html, markdown):
    assert convert(html) == (markdown, [])


def test_text_that_was_lost_twice_and_added_once_moved_once():
    before, after = (VisibleText(text.split(), []) for text in ("owl a b owl c d", "a b c d owl"))
    assert compare(before, after) == [("text moved", "owl"), ("text lost", "owl")]


def test_dashes_without_space_are_no_difference():
    before, after = (VisibleText(list(words_of(text)), []) for text in ("Lee—Lamp a---b", "Lee — Lamp a — b"))
    assert compare(before, after) == []


def test_markup_that_markdown_lacks_is_reported():
    html = "<table><tr><td><ul><li>a</li></ul></td></tr></table>"
    markdown, notes = convert(html)
    assert "a" in markdown
    assert notes == ["a"]


def test_tree_beyond_the_recursion_limit_keeps_its_words():
    markdown, _ = convert("<div><blockquote>" * 600 + "deep <a href='https://lamps.example/'>lamp</a>")
    assert markdown == "deep [lamp](<https://lamps.example/>)"


@settings(max_examples=25)
@given(st.lists(trees, max_size=4).map("".join))
def test_any_tree_keeps_its_words_and_links_in_valid_markdown(html):
    exported = read_visible(shown(html))
    markdown, _ = convert(html)
    validate_markdown(markdown)
    printed = BeautifulSoup(f"<body>{render_markdown(markdown)}</body>", "lxml")
    # Pages link to http, https and mailto only.
    differences = {text for _, text in compare(exported, read_visible(printed))}
    assert differences <= {"ftp://owls.example"}


@pytest.mark.parametrize(
    ("before", "after", "differences"),
    [
        ("one two three", "one two three", []),
        ("“one” – two…", "'one' — two...", []),
        ("one two three", "one three", [("text lost", "two")]),
        ("one three", "one two three", [("text added", "two")]),
        ("one two three four", "two three four one", [("text moved", "one")]),
        ("FernHub it is", "Fernhub it is", [("spelling", "“FernHub” is printed as “Fernhub”")]),
        ("Ada & Ben, Cy", "Ada and Ben, and Cy", []),
        ("Ada and Ben", "Ada Ben", [("text lost", "and")]),
    ],
)
def test_differences(before, after, differences):
    assert compare(VisibleText(list(words_of(before)), []), VisibleText(list(words_of(after)), [])) == differences


def test_long_pages_are_compared_by_count(monkeypatch):
    monkeypatch.setattr("wordpress.comparison.ALIGNMENT_LIMIT", 3)
    assert compare(VisibleText(["a", "b", "a"], []), VisibleText(["b", "a"], [])) == [("text lost", "a")]
    assert compare(VisibleText(["a", "b"], []), VisibleText(["b", "a"], [])) == []


def test_links_are_compared():
    before = VisibleText([], ["https://a.example", "https://b.example", "https://b.example"])
    assert compare(before, VisibleText([], ["https://b.example", "https://c.example"])) == [
        ("link lost", "https://a.example"),
        ("link lost", "https://b.example"),
        ("link added", "https://c.example"),
    ]


@pytest.mark.parametrize("text", ["It broke.[1][^1]", "[^1]: The source.", "x^[2] and [^a-z]"])
def test_brackets_of_published_text_are_no_footnotes(text):
    markdown, notes = convert(f"<p>{text}</p>")
    validate_markdown(markdown)
    assert (BeautifulSoup(render_markdown(markdown), "lxml").get_text().strip(), notes) == (text, [])
