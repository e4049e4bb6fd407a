from datetime import UTC, datetime

import pytest

from tests.wordpress.wxr import BLOG, HEAD, item, write
from wordpress import export, splitter
from wordpress.export import Export
from wordpress.lines import ExportError


def read(path):
    reader = Export(path)
    return list(reader.posts()), [str(problem) for problem in reader.problems]


def test_post_is_read(tmp_path):
    ((post,), problems) = read(write(tmp_path, item(7, 14)))
    assert (post.post_id, post.title, post.slug) == (7, "SRE Weekly Issue #14", "sre-weekly-issue-14")
    assert (post.link, post.guid) == (f"{BLOG}/sre-weekly-issue-14/", f"{BLOG}/?p=7")
    assert (post.status, post.post_type, post.base_url) == ("publish", "post", BLOG)
    assert post.date_gmt == post.published == datetime(2016, 6, 20, 0, 40, 32, tzinfo=UTC)
    assert post.date == datetime(2016, 6, 19, 20, 40, 32)
    assert post.html.startswith('<div class="sreweekly-entry">')
    assert problems == []


@pytest.mark.parametrize(("scheme", "version"), [("http", "1.0"), ("https", "1.1"), ("https", "1.2")])
def test_every_version_is_read(tmp_path, scheme, version):
    head = HEAD.replace("http://wordpress.org/export/1.2/", f"{scheme}://wordpress.org/export/{version}/")
    posts, problems = read(write(tmp_path, item(), head=head.replace(">1.2<", f">{version}<")))
    assert [post.post_id for post in posts] == [7]
    assert problems == []


def test_another_prefix_is_read(tmp_path):
    text = write(tmp_path, item()).read_text().replace("wp:", "w:").replace("xmlns:wp=", "xmlns:w=")
    (tmp_path / "export.xml").write_text(text)
    assert [post.post_id for post in read(tmp_path / "export.xml")[0]] == [7]


def test_missing_version_is_reported(tmp_path):
    posts, problems = read(write(tmp_path, item(), head=HEAD.replace("<wp:wxr_version>1.2</wp:wxr_version>", "")))
    assert (len(posts), len(problems)) == (1, 1)
    assert problems[0].startswith("export.xml: ")


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><rss><channel>&b;</channel></rss>'
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "zip"),
        (b"<!DOCTYPE html><html><body>x", "web page"),
        (b"<html><body>x</body></html>", "web page"),
        (b"Dear Sir or Madam", "no <rss>"),
        (bytes(range(256)) * 9, "no <rss>"),
        ("<rss><channel></channel></rss>".encode("utf-16"), "UTF-16"),
        (LAUGHS, "DOCTYPE"),
        (None, "No such file"),
    ],
)
def test_file_that_is_not_an_export_is_refused_by_name(tmp_path, content, words):
    file = tmp_path / "export.xml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ExportError, match=f"^export.xml .*{words}"):
        read(file)


def test_doctype_in_a_post_is_text(tmp_path):
    (post,), _ = read(write(tmp_path, item(html="<!DOCTYPE html> is how it begins")))
    assert post.html == "<!DOCTYPE html> is how it begins"


def test_unknown_entities_are_repaired(tmp_path):
    (post,), problems = read(write(tmp_path, item(title="Owls &amp; bats &nbsp;& toads &eacute; &lamp; &#11;")))
    assert post.title == "Owls & bats & toads é &lamp;"
    assert problems == []


def test_cdata_end_in_cdata_is_kept(tmp_path):
    (post,), problems = read(write(tmp_path, item(html="<p>a[b[0]]> c</p> <![CDATA[ ]]> <em>d</em>")))
    assert post.html == "<p>a[b[0]]> c</p> <![CDATA[ ]]> <em>d</em>"
    assert problems == []


def test_split_cdata_is_joined(tmp_path):
    (post,), _ = read(write(tmp_path, item(html="a ]]]]><![CDATA[> b")))
    assert post.html == "a ]]> b"


def test_html_without_cdata_is_kept(tmp_path):
    text = item(html="MARK").replace("<![CDATA[MARK]]>", "<p>one &amp; <em>two</em></p>")
    (post,), _ = read(write(tmp_path, text))
    assert post.html == "<p>one &amp; <em>two</em></p>"


def test_control_characters_are_left_out_and_reported(tmp_path):
    (post,), problems = read(write(tmp_path, item(html="a\x0bb")))
    assert post.html == "ab"
    assert [problem[:25] for problem in problems] == ["export.xml, line 14: cont"]


def test_invalid_utf8_is_read_as_windows_1252_and_reported_once(tmp_path):
    file = write(tmp_path, item(html="MARK"))
    file.write_bytes(file.read_bytes().replace(b"MARK", "naïve é".encode() + b" \x93old\x94\n\x93x\x94"))
    (post,), problems = read(file)
    assert post.html == "naïve é “old”\n“x”"
    assert [problem.partition(": ")[0] for problem in problems] == ["export.xml, line 14"]


def test_declared_encoding_is_read(tmp_path):
    file = write(tmp_path, item(html="naïve"))
    file.write_bytes(file.read_text().replace("UTF-8", "ISO-8859-1").encode("latin-1"))
    assert read(file)[0][0].html == "naïve"


def test_file_cut_off_gives_every_whole_post(tmp_path):
    whole = HEAD + item(1) + item(2)
    (tmp_path / "export.xml").write_text(whole[: whole.index("<wp:post_type", whole.index("post_id>2<"))])
    posts, problems = read(tmp_path / "export.xml")
    assert [post.post_id for post in posts] == [1]
    line = whole[: whole.index("<title>Post 2")].count("\n")
    assert problems[0].startswith(f"export.xml, line {line}: a post “Post 2”: ")
    assert "</rss>" in problems[1]


def test_post_without_end_does_not_spoil_the_next(tmp_path):
    posts, problems = read(write(tmp_path, item(1).replace("</item>", ""), item(2), item(3)))
    assert [post.post_id for post in posts] == [2, 3]
    assert [problem.startswith("export.xml, line 9: a post “Post 1”: ") for problem in problems] == [True]


def test_cdata_without_end_does_not_swallow_the_next_post(tmp_path):
    posts, _ = read(write(tmp_path, item(1).replace("]]></content", "</content"), item(2)))
    assert 2 in [post.post_id for post in posts]


def test_undefined_prefix_is_repaired(tmp_path):
    posts, problems = read(write(tmp_path, item(7, rest="<atom:link>x</atom:link>")))
    assert [post.post_id for post in posts] == [7]
    assert problems == ["export.xml, line 27: post 7 “Post 7”: repaired: Namespace prefix atom on link is not defined."]


def test_post_without_number_is_reported(tmp_path):
    posts, problems = read(write(tmp_path, item(7).replace("<wp:post_id>7</wp:post_id>", ""), item(8)))
    assert [post.post_id for post in posts] == [8]
    assert [problem.startswith("export.xml, line 9: a post “Post 7”: ") for problem in problems] == [True]


def test_post_that_is_too_long_is_reported_and_the_next_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "ITEM_LIMIT", 10_000)
    monkeypatch.setattr(splitter, "ITEM_LIMIT", 10_000)
    posts, problems = read(write(tmp_path, item(1, title="Long", html="word " * 5_000), item(2)))
    assert [post.post_id for post in posts] == [2]
    assert [problem.startswith("export.xml, line 9: a post “Long”: ") for problem in problems] == [True]


def test_a_line_without_end_is_read_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr("wordpress.lines.LINE_LIMIT", 100)
    html = "<p>" + "wörter ohne ende – " * 200 + "</p>"
    (post,), problems = read(write(tmp_path, item(7, html=html)))
    assert post.html == html
    assert problems == []


def test_zero_dates_are_none(tmp_path):
    zero = "0000-00-00 00:00:00"
    text = item(status="draft", date_gmt=zero, modified_gmt=zero, pub_date="Mon, 30 Nov -0001 00:00:00 +0000")
    (post,), _ = read(write(tmp_path, text))
    assert (post.date_gmt, post.modified_gmt, post.published) == (None, None, None)


def test_meta_comments_and_terms(tmp_path):
    rest = (
        "<wp:postmeta><wp:meta_key>_sgmcs_single_send_id</wp:meta_key>"
        "<wp:meta_value><![CDATA[abc-1]]></wp:meta_value></wp:postmeta>"
        "<wp:comment><wp:comment_id>1</wp:comment_id></wp:comment>"
        '<category domain="category" nicename="general"><![CDATA[General]]></category>'
        '<category domain="post_tag" nicename="owls"><![CDATA[Owls]]></category>'
    )
    (post,), _ = read(write(tmp_path, item(rest=rest)))
    assert post.mailed_as == "abc-1"
    assert (post.comments, post.terms) == (1, ["tag “Owls”"])


def test_progress_reaches_the_end(tmp_path):
    parts: list[float] = []
    list(Export(write(tmp_path, *(item(i) for i in range(1, 5)))).posts(parts.append))
    assert parts == sorted(parts)
    assert 0.99 < parts[-1] <= 1
