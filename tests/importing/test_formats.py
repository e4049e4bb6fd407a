"""What cannot be imported is refused with what it is. All files are invented."""

import io
import json
import re
import zipfile

import pytest

from importing.formats import look_at, refusal_of, refusal_of_value
from importing.load import import_files
from tests.wordpress.wxr import HEAD, TAIL
from tests.wordpress.wxr import item as post


def zipped(*names, content=b"x"):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return file.getvalue()


def refusal(content, name="file"):
    return refusal_of(look_at(name, io.BytesIO(content)))


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        # Archives
        (zipped("posts.csv", "posts/123.a-lamp.html", "email_list.lamps.csv"), "Substack"),
        (zipped("export/posts.csv"), "Substack"),
        (zipped("campaigns_content/1_lamp.html"), "Mailchimp"),
        (zipped("account/campaigns.csv", "lists/members.csv"), "Mailchimp"),
        (zipped("granular_activity/1.csv"), "Mailchimp"),
        (zipped("issues_2021-01-01.csv", "items_2021-01-01.csv"), "Revue"),
        (zipped("posts/2019-03-01_A-lamp-0123456789ab.html", "profile/profile.html"), "Medium"),
        (zipped("emails/12-a-lamp.md", "subscribers.csv"), "Buttondown"),
        (zipped("emails.csv", "subscribers.csv"), "Buttondown"),
        (zipped("lamps-tinyletter/1.html"), "TinyLetter"),
        (zipped("lamps.ghost.2024-01-01.json"), "Ghost"),
        (zipped("archive.json", "issues/00012-lamp.md"), "import_archive"),
        (zipped("[Content_Types].xml", "word/document.xml"), "Office"),
        (zipped("lamps.wordpress.2024-01-01.xml"), "WordPress"),
        (zipped("members.csv", content=b"Email Address,First Name\r\na@a.example,Ada\r\n"), "subscribers"),
        (zipped("a.html", "b.png"), ".html"),
        (b"PK\x03\x04broken", "zip"),
        # Tables
        (b"post_id,post_date,is_published,email_sent_at,type,audience,title\n1,,,,,,\n", "Substack"),
        (b"id,web_title,status,audience,content_html\n", "beehiiv"),
        (b"Title,Subject,List,Send Date,Send Weekday,Total Recipients\n", "Mailchimp"),
        (b"\xef\xbb\xbfEmail Address,First Name,MEMBER_RATING\n", "subscribers"),
        (b"email;name;subscribed_at\n", "subscribers"),
        ("email\tname\n".encode("utf-16"), "subscribers"),
        (b"email\na@a.example\n", "subscribers"),
        (b"subject,body,publish_date\n", "Buttondown"),
        (b"number,title,url\n1,Lamp,https://a.example/\n", "table"),
        # Others
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b"%PDF-1.7", "PDF"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"  <html><body>", "web page"),
        (b"<?xml version='1.0'?><opml version='2.0'>", "feeds"),
        (b"From ada@a.example Mon Feb 29 01:45:00 2016\n", "mailbox"),
        (b"From: Ada <ada@a.example>\nSubject: Lamps\n\nHello.\n", "mail"),
        (b"---\nsubject: Lamps\nstatus: sent\n---\nHello.\n", "Buttondown"),
        (b"+++\nnumber = 12\n+++\n", "import_archive"),
        (b"# Lamps\n\nHello.\n", "nothing"),
        (bytes(range(256)), "nothing"),
    ],
)
def test_file_is_refused_with_what_it_is(content, word):
    assert word in refusal(content)


@pytest.mark.parametrize(
    "content",
    [
        *(b'{"text": "xmlns:wp=\'http://wordpress.org/export/1.2/\'"}', b'{"a": "\n<wp:post_id>"}'),
        *(
            b"<!-- made by Lamp -->\n<rss version='2.0'>",
            "<?xml version='1.0' encoding='UTF-16'?><rss>".encode("utf-16"),
        ),
        *(b"{}", b" [", '{"number": 1}'.encode("utf-16"), b"\xef\xbb\xbf{"),
        *((HEAD + post(7, 14) + TAIL).encode(), b"<rss version='2.0'>", b"<feed xmlns='http://www.w3.org/2005/Atom'>"),
        *(zipped("1.json"), zipped("issues/1.JSON", "README"), zipped("feed.xml")),
    ],
)
def test_what_can_be_read_is_not_refused(content):
    assert refusal(content) == ""


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ({"db": [{"meta": {"version": "5.0"}, "data": {"posts": [], "users": []}}]}, "Ghost"),
        ({"meta": {}, "data": {"posts": []}}, "Ghost"),
        ({"posts": [{"title": "Lamp", "lexical": "{}"}]}, "Ghost"),
        ({"results": [{"id": "1", "subject": "Lamp", "body": "Hi", "email_type": "public"}], "count": 1}, "Buttondown"),
        ([{"subject": "Lamp", "body": "Hi", "publish_date": "2016-02-28"}], "Buttondown"),
        ({"campaigns": [{"id": "1", "emails_sent": 5, "settings": {"subject_line": "Lamp"}}]}, "Mailchimp"),
        ([{"title": "Lamp", "canonical_url": "https://l.substack.example/p/1", "audience": "everyone"}], "Substack"),
        ({"data": [{"title": "Lamp", "subtitle": "", "content": {}, "stats": {}}]}, "beehiiv"),
        ([{"email": "a@a.example"}], "subscribers"),
        ({"subject": "Lamp", "body": "Hi"}, "Buttondown"),
        ({"version": "https://jsonfeed.org/version/1.1", "items": []}, "feed"),
        ({"number": 1, "guid": "g", "articles": []}, "export_archive"),
    ],
)
def test_json_of_others_is_refused_with_what_it_is(value, word):
    assert word in refusal_of_value(value)


@pytest.mark.parametrize(
    "value", [{}, [], None, 7, "x", {"issues": []}, {"issues": [{"number": 1}]}, {"data": 7}, [[]]]
)
def test_json_that_is_none_of_these_is_checked_field_by_field(value):
    assert refusal_of_value(value) == ""


@pytest.mark.django_db
def test_refused_files_do_not_keep_back_others(tmp_path):
    files = {
        "a.csv": b"email\n",
        "b.json": b'{"db": [{"data": {"posts": []}}]}',
        "c.json": b"{",
        "d.json": b'{"issues": []}',
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    good = {"number": 1, "time": "2016-02-28", "sections": [{"entries": [{"url": "", "title": "A"}]}]}
    (tmp_path / "e.json").write_text(json.dumps(good))
    report = import_files(sorted(tmp_path.iterdir()))
    assert [re.split("[ :]", sentence)[0] for sentence in report.failed_files] == list(files)
    assert report.counts["issues added"] == 1
