"""Feeds that hold whole issues. All words are invented."""

from html import escape

import pytest

from importing.load import import_files
from importing.marks import mark
from issues.models.addresses import Address
from issues.models.articles import Article
from issues.models.issues import Issue
from sponsors.models import Placement
from tests.archive.emptying import empty_database
from tests.make import make_article, make_author, make_issue, make_publication
from tests.wordpress.wxr import entry

pytestmark = pytest.mark.django_db

PAGE = """<p>Hello, <em>you</em>.</p>
<h2>Articles</h2>
<h3><a href="https://fern.example/1">Lamps in cellars</a></h3>
<p>They shine.</p><blockquote><p>Brightly.</p></blockquote>
<p><small>Ada Moss — Fern Journal</small></p>
<h3><a href="https://owl.example/2">Nights</a></h3>
<p>Dark. See <a href="https://moth.example/">moths</a>.</p>
<h2>Outages</h2>
<ul><li><a href="https://status.owl.example/">Owl</a></li></ul>"""


def rss(*items):
    parts = "".join(
        f"<item><title>{title}</title><link>{link}</link><guid isPermaLink='false'>{guid}</guid>"
        f"<pubDate>Mon, 29 Feb 2016 01:45:00 +0000</pubDate><description>Short.</description>"
        f"<content:encoded><![CDATA[{page}]]></content:encoded></item>"
        for title, link, guid, page in items
    )
    head = "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>L</title>"
    return f"<?xml version='1.0' encoding='UTF-8'?>{head}{parts}</channel></rss>"


def item(number=12, page=PAGE, **fields):
    values = {
        "title": f"Lamp Weekly #{number}",
        "link": f"https://l.example/issues/{number}",
        "guid": f"urn:l:{number}",
    }
    values |= fields
    return values["title"], values["link"], values["guid"], page


def load(tmp_path, content, encoding="utf-8"):
    (path := tmp_path / "feed.xml").write_bytes(content.encode(encoding))
    return import_files([path])


def entries():
    return list(Article.objects.order_by("section", "position").values_list("section", "title", "url", "blurb"))


def row_at(path):
    return Address.objects.get(path=path).row


def test_issue_is_loaded_whole(tmp_path):
    report = load(tmp_path, rss(item()))
    issue = Issue.objects.get()
    assert (issue.number, issue.title, issue.guid, issue.state) == (12, "Lamp Weekly #12", "urn:l:12", "published")
    assert (issue.intro, str(issue.publish_at)) == ("Hello, *you*.", "2016-02-29 01:45:00+00:00")
    assert entries() == [
        ("articles", "Lamps in cellars", "https://fern.example/1", "They shine.\n\n> Brightly."),
        ("articles", "Nights", "https://owl.example/2", "Dark. See [moths](https://moth.example/)."),
        ("outages", "Owl", "https://status.owl.example/", ""),
    ]
    first = Article.objects.get(title="Lamps in cellars")
    assert ([author.name for author in first.credited_authors], str(first.publication)) == (
        ["Ada Moss"],
        "Fern Journal",
    )
    assert (report.problems, report.notices) == ([], [])
    assert row_at("issues/12") == issue


def test_page_with_the_classes_of_this_site_is_read_as_wordpress_is(tmp_path):
    report = load(tmp_path, rss(item(page=f"<p>Hi.</p>{entry()}", guid="https://l.example/?p=345")))
    assert entries() == [("articles", "A lamp in the cellar", "https://lamps.example/1", "It shines.")]
    assert (Issue.objects.get().guid, report.notices) == ("https://l.example/?p=345", [])
    assert row_at("?p=345") == Issue.objects.get()


def test_feed_of_this_program_is_read_as_it_was_written(tmp_path, client):
    fern = make_publication("Fern Journal")
    issue = make_issue(number=12, outages=1)
    authors = (make_author("Ada Moss"), make_author("Ben Reed"))
    tags = ("lamps", "cellars")
    make_article(issue=issue, authors=authors, publication=fern, tags=tags, disclosure="I work at Fern.")
    make_article(issue=issue, authors=(make_author("佐藤 美咲"),), publication=make_publication("信頼性ノート"))
    before, content = rows_of(issue), client.get("/feed/").content.decode()
    empty_database()
    report = load(tmp_path, content)
    assert (report.problems, report.notices) == ([], [])
    assert rows_of(Issue.objects.get(guid=issue.guid)) == before


def rows_of(issue):
    fields = ("section", "position", "title", "url", "blurb", "publication__name", "byline", "disclosure")
    articles = issue.articles.order_by("section", "position")
    names = [([str(one) for one in row.credited_authors], sorted(map(str, row.printed_tags))) for row in articles]
    return list(articles.values_list(*fields)), names


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_encodings_of_feeds_are_read(tmp_path, encoding):
    content = rss(item(page=PAGE.replace("Nights", "Nächte – “hell”"))).replace("UTF-8", encoding.removesuffix("-sig"))
    load(tmp_path, content, encoding)
    assert Article.objects.filter(title="Nächte – “hell”").exists()


def test_atom_is_read(tmp_path):
    content = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>L</title><entry><title>Issue 12</title>
    <id>urn:l:12</id><link href="https://l.example/12"/><published>2016-02-29T01:45:00Z</published>
    <content type="html">{escape(PAGE)}</content></entry></feed>"""
    load(tmp_path, content)
    assert (Issue.objects.get().guid, Article.objects.count()) == ("urn:l:12", 3)


LINK = '<a href="https://fern.example/1">Lamps</a>'


@pytest.mark.parametrize(
    ("markup", "blurb"),
    [
        (f"<h2>{LINK}</h2><p>Shine.</p>", "Shine."),
        (f"<p><strong>{LINK}</strong></p><p>Shine.</p>", "Shine."),
        (f"<h2>Reads</h2><ul><li>{LINK} – Shine.</li></ul>", "Shine."),
        (f"<h2>Reads</h2><ol><li><p>{LINK}</p><p>Shine.</p></li></ol>", "Shine."),
        (f"<table><tr><td><h3>{LINK}</h3><p>Shine.</p></td></tr></table>", "Shine."),
        (f"<div><h4>{LINK}</h4>Shine.</div>", "Shine."),
        (f"<h2>{LINK}</h2><hr><h2></h2>", ""),
        (f"<p><b>{LINK}</b><br>Shine.</p>", "Shine."),
        (f"<p>{LINK}: Shine.</p><p>Brightly.</p>", "Shine.\n\nBrightly."),
        (f"<ul><li>{LINK} Shine.</li></ul>", "Shine."),
        (f"<h2>Reads</h2><ul><li>{LINK}<ul><li>Shine.</li></ul></li></ul>", "- Shine."),
    ],
)
def test_links_become_entries(tmp_path, markup, blurb):
    report = load(tmp_path, rss(item(page=markup)))
    assert entries() == [("articles", "Lamps", "https://fern.example/1", blurb)]
    assert not {"text lost", "link lost"} & {notice.kind for notice in report.notices}


def test_headings_of_sections_are_told_and_not_printed(tmp_path):
    page = f"<p>Intro.</p><h2>Tools</h2><h3>{LINK}</h3><p>Shine.</p><h2>Bye</h2><p>See you.</p>"
    report = load(tmp_path, rss(item(page=page)))
    assert ["“Tools”" in notice.text for notice in report.notices if notice.kind == "section"] == [True]
    assert Issue.objects.get().intro == "Intro.\n\n# Bye\n\nSee you."


def test_entries_below_a_heading_of_sponsors_become_a_message(tmp_path):
    paid = '<h2>Our sponsor</h2><h3><a href="https://acme.example/">Acme</a></h3><p>Try us.</p>'
    page = f"{paid}<h2>Reads</h2><h3>{LINK}</h3>"
    load(tmp_path, rss(item(page=page)))
    assert [row[1] for row in entries()] == ["Lamps"]
    assert (Placement.objects.get().url, "Try us." in Placement.objects.get().message) == (
        "https://acme.example/",
        True,
    )


@pytest.mark.parametrize(
    ("title", "link", "number"),
    [
        ("Lamp Weekly #7", "https://l.example/x", 7),
        ("Issue 7: 12 lamps", "https://l.example/x", 7),
        ("No. 7", "https://l.example/x", 7),
        ("Lamps", "https://l.example/issues/7/", 7),
        ("Lamps", "https://l.example/lamp-weekly-issue-7", 7),
    ],
)
def test_number_is_in_the_title_or_the_address(tmp_path, title, link, number):
    load(tmp_path, rss(item(title=title, link=link)))
    assert Issue.objects.get().number == number


@pytest.mark.parametrize(
    "content",
    [
        rss(item(title="Lamps", link="https://l.example/lamps")),
        rss(item(page="<p>Read it on the site.</p>")),
        rss(),
        "<?xml version='1.0'?><songs><song/></songs>",
    ],
)
def test_feed_without_issues_is_told(tmp_path, content):
    report = load(tmp_path, content)
    assert len([*report.problems, *report.failed_files]) == 1
    assert not Issue.objects.exists()


def test_broken_feed_gives_what_can_be_read(tmp_path):
    report = load(tmp_path, rss(item(12), item(13))[:-60])
    assert 12 in Issue.objects.values_list("number", flat=True)
    assert [*report.problems, *report.failed_files]


def test_guid_that_is_too_long_is_told(tmp_path):
    report = load(tmp_path, rss(item(guid="urn:" + "x" * 300)))
    assert [notice.kind for notice in report.notices] == ["guid"]
    assert Issue.objects.filter(guid__startswith="tag:").exists()


def test_second_import_of_the_same_feed_changes_nothing(tmp_path):
    load(tmp_path, rss(item()))
    assert load(tmp_path, rss(item())).counts == {"issues unchanged": 1}


def test_deep_page_is_marked_in_time():
    marked = mark("<div>" * 2000 + f"<h2>{LINK}</h2>" + "</div>" * 2000)
    assert "sreweekly-entry" in marked.markup or not marked.sections
