import pytest

from collecting.models.sources import Source
from collecting.opml import MAX_FEEDS, OpmlError, export_opml, import_opml

pytestmark = pytest.mark.django_db


def opml(*outlines):
    return f"<opml version='2.0'><head/><body>{''.join(outlines)}</body></opml>".encode()


def outline(url, title="Blog", **more):
    words = {"type": "rss", "text": title, "xmlUrl": url, **more}
    return "<outline {}/>".format(" ".join(f'{name}="{value}"' for name, value in words.items()))


def test_feeds_in_folders_are_added():
    imported = import_opml(
        opml(outline("https://a.example/feed", "A"), f"<outline text='F'>{outline('https://b.example/feed')}</outline>")
    )
    assert (imported.added, imported.known, imported.refused) == (2, 0, [])
    assert list(Source.objects.values_list("title", flat=True)) == ["A", "Blog"]


@pytest.mark.parametrize("name", ["xmlurl", "xmlURL", "XMLURL"])
def test_names_of_attributes_are_read_in_any_case(name):
    found = import_opml(
        opml(outline("http://a.example/feed").replace("xmlUrl", name), outline("http://b.example/feed"))
    )
    assert (found.added, found.refused) == (2, [])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("?x=1&y=2", "?x=1&y=2"),
        ("?x=1&copy=2&amp;z=3", "?x=1&copy=2&z=3"),
        ("?q=%26&&lt=1", "?q=%26&&lt=1"),
        ("?a&#38;b&#x26;c&d", "?a&b&c&d"),
        ("?t=1&notaname;2", "?t=1&notaname;2"),
    ],
)
def test_bare_ampersands_are_part_of_the_address(written, read):
    import_opml(opml(outline(f"https://a.example/feed{written}", "Q & A")))
    assert Source.objects.values_list("url", "title").get() == (f"https://a.example/feed{read}", "Q & A")


@pytest.mark.parametrize("title", ["Caf&eacute;", "Caf\xe9\0", "Caf&#233;", "Caf&#xE9;"])
def test_characters_that_xml_has_no_name_for_are_read(title):
    import_opml(b"\n " + opml(outline("https://a.example/feed", title)))
    assert Source.objects.get().title == "Café"


@pytest.mark.parametrize(
    "damage",
    [
        '<outline text="a"b" xmlUrl="https://b.example/feed"/>',
        "<outline xmlUrl=https://b.example/feed />",
        '<outline text="1 < 2" xmlUrl="https://b.example/feed"/>',
        '<outline xmlUrl="https://b.example/feed?x=1',
    ],
)
def test_damaged_file_is_refused_whole_with_the_line(damage):
    with pytest.raises(OpmlError, match="line 2"):
        import_opml(opml(outline("https://a.example/feed"), "\n", damage))
    assert not Source.objects.exists()


def test_known_feed_stays_as_it_is():
    Source.objects.create(title="Mine", url="https://a.example/feed")
    imported = import_opml(opml(outline("http://www.a.example/feed/", "Theirs"), outline("https://a.example/feed")))
    assert (imported.added, imported.known) == (0, 2)
    assert Source.objects.get().title == "Mine"


def test_feed_without_a_web_address_is_told_and_the_rest_is_added():
    imported = import_opml(opml(outline("file:///etc/passwd", "Evil"), outline("https://a.example/feed")))
    assert imported.added == 1
    assert imported.refused[0].startswith("“Evil”: ")


def test_invalid_website_is_left_out():
    import_opml(opml(outline("https://a.example/feed", htmlUrl="javascript:alert(1)")))
    assert Source.objects.get().site_url == ""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\1",
        b"<html><outline xmlUrl='https://a.example/'/></html>",
        b"<opml><body/></opml>",
        b" " * (5 * 2**20),
        opml(*(outline(f"https://a.example/{number}") for number in range(MAX_FEEDS + 1))),
    ],
    ids=range(6),
)
def test_other_file_is_refused(content):
    with pytest.raises(OpmlError):
        import_opml(content)
    assert not Source.objects.exists()


def test_entities_are_not_expanded():
    bomb = "<!DOCTYPE opml [<!ENTITY a 'xxxxxxxxxx'><!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    import_opml(bomb.encode() + opml(outline("https://a.example/feed", "&a;&f;B")))
    assert "root:" not in Source.objects.get().title


def test_exported_list_can_be_imported():
    import_opml(opml(outline("https://a.example/?a=1&amp;b=2", "A &amp; “B” &lt;c&gt;", htmlUrl="https://a.example/")))
    before = list(Source.objects.values_list("title", "url", "site_url"))
    content = export_opml(Source.objects.all(), "Feeds")
    Source.objects.all().delete()
    import_opml(content)
    assert list(Source.objects.values_list("title", "url", "site_url")) == before


def test_labels_of_the_encoding_standard():
    content = b"<?xml version='1.0' encoding='x-sjis'?>" + opml(outline("https://a.example/feed", "障害"))
    import_opml(content.decode().encode("cp932"))
    assert Source.objects.get().title == "障害"
