"""Files that are hard to read, or no lists at all: a sentence for each, and nothing lost."""

import tracemalloc
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from mailings.models.subscribers import Subscriber
from mailings.models.suppressions import Suppression
from mailings.moving import load as loading
from tests.mailings.moving import files
from tests.mailings.moving.test_formats import load

pytestmark = pytest.mark.django_db
CONSENT = {"consent": "They asked for it."}
LONG = "x" * 10_000_000


def zipped(**members):
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv"), content)
    return file.getvalue()


def addresses():
    return sorted(Subscriber.objects.values_list("address", flat=True))


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16-LE"),
        ("utf-16-be", "UTF-16-BE"),
        ("utf-32", "UTF-32"),
        ("cp1252", "Windows-1252"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encoding_and_separator_are_recognised(encoding, separator, said):
    text = f"Name{separator}E-Mail\r\n" + f'"Jürgen{separator} é"{separator}ada@bücher.example\r\n' * 2
    report = load(text.encode(encoding), **CONSENT)
    assert f"({said}, " in report.lists[0]
    assert (addresses(), report.counts) == (["ada@bücher.example"], {"new": 1, "twice": 1})


@pytest.mark.parametrize(
    ("header", "line", "separator"),
    [
        ("Name (first, last);E-Mail", "Ada;ada@example.com", ";"),
        ("E-Mail\tTags, all", "ada@example.com\ta, b", "\t"),
        ("Name;E-Mail", '"Ada; or, Bob, or, Carl";ada@example.com', ";"),
        ("Tags|E-Mail", "a,b,c|ada@example.com", "|"),
    ],
)
def test_separator_is_what_the_lines_have_in_common(header, line, separator):
    report = load(f"{header}\n{line}\n{line.replace('ada@', 'bob@')}\n", **CONSENT)
    assert (report.counts, len(report.lists)) == ({"new": 2}, 1)


def test_broken_character_costs_its_line_only():
    lines = "".join(f"É,reader{number}@bücher.example\n" for number in range(9)).encode()
    report = load(b"name,email\n\xff,ada@b\xfccher.example\n" + lines, **CONSENT)
    assert report.counts == {"new": 9, "invalid": 1}
    assert Subscriber.objects.filter(domain="xn--bcher-kva.example").count() == 9


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "macroman"])
def test_encoding_may_be_given(encoding):
    load("Name,E-Mail\nÉ,ada@bücher.example\n".encode(encoding), encoding=encoding, **CONSENT)
    assert addresses() == ["ada@bücher.example"]


@pytest.mark.parametrize("encoding", ["klingon", "zip", "rot13", "hex", "", "\0"])
def test_encoding_that_there_is_not_is_said(encoding):
    assert len(load(files.SUBSTACK, encoding=encoding).failures) == bool(encoding)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n\n", "\n,\n"])
def test_lines_end_as_they_like(end):
    report = load(end.join(["name,email", "A,ada@example.com", "B,bob@example.com"]), **CONSENT)
    assert report.counts == {"new": 2}


@pytest.mark.parametrize(
    ("middle", "outcomes", "line"),
    [
        ('"two\nlines",bob@example.com', {"new": 3}, 0),
        ('5" pipe,bob@example.com', {"new": 3}, 0),
        ('"never closed,bob@example.com', {"new": 2, "invalid": 1}, 3),
        ('"a" b,bob@example.com', {"new": 3}, 0),
        ("bob@example.com", {"new": 2, "invalid": 1}, 3),
        ("B,bob@example.com,,,", {"new": 3}, 0),
        ("Lovelace, Ada,bob@example.com", {"new": 2, "invalid": 1}, 3),
        ("B,bob@exa\0mple.com", {"new": 2, "invalid": 1}, 3),
        ("B,bob@example.com\0\0\0", {"new": 3}, 0),
        ("\0\0\0\0", {"new": 2}, 0),
        (f"B,{'b' * 70_000}", {"new": 2, "invalid": 1}, 3),
        (f'"{LONG}",bob@example.com', {"new": 2, "invalid": 1}, 3),
        ('B,"bob@example.com\nBcc: eve@example.com"', {"new": 2, "invalid": 1}, 3),
        ("B,=HYPERLINK(1)", {"new": 2, "invalid": 1}, 3),
        ("B,", {"new": 2, "invalid": 1}, 3),
    ],
)
def test_one_bad_line_costs_no_other(middle, outcomes, line):
    report = load(f"name,email\nA,ada@example.com\n{middle}\nC,carl@example.com\n", **CONSENT)
    assert report.counts == outcomes
    places = [found.place for found in report.lines.get("invalid", [])]
    assert places == [f"list.csv, line {line}"] * bool(line)
    assert {"ada@example.com", "carl@example.com"} <= set(addresses())


def test_lines_are_counted_as_an_editor_shows_them():
    report = load('sep=;\n\nname;email\n"a\nb";ada@example.com\nB;nobody\n', **CONSENT)
    assert [line.place for line in report.lines["invalid"]] == ["list.csv, line 6"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \r\n\t\n",
        b"\xef\xbb\xbf",
        b"\0" * 5000,
        b"<!DOCTYPE html><p>ada@example.com",
        b'{"email": "ada@example.com"}',
        b"%PDF-1.7",
        b"\x1f\x8b\x08",
        b"\xd0\xcf\x11\xe0",
        b"\x89PNG\r\n",
        b"<?xml version='1.0'?><a/>",
        b"BEGIN:VCARD\n",
        b"PK\x03\x04broken",
        b"name,phone\nAda,1\n",
        b"\x00\xff\xfe\x9d" * 50,
        LONG.encode(),
        zipped(**{"[Content_Types].xml": "", "xl__sheet.xml": ""}),
        zipped(readme="hello"),
        zipped(a_csv="name\nAda\n"),
        zipped(a_csv="ada@example.com\n", b_csv="bob@example.com\n"),
        zipped(**{"posts__1.delivers_csv": "email\nada@example.com\n"}),
    ],
)
def test_file_that_is_no_list_is_refused_in_one_sentence(content):
    report = load(content, **CONSENT)
    assert [failure[:8] for failure in report.failures] == ["list.csv"]
    assert not Subscriber.objects.exists()


def test_archive_that_unpacks_to_far_too_much_is_refused(monkeypatch):
    monkeypatch.setattr("mailings.moving.files.LONGEST_FILE", 10**6)
    assert load(zipped(a_csv="ada@example.com\n" + "x" * 10**7), **CONSENT).failures


def test_damaged_archive_is_said_and_what_came_before_stays():
    lines = "".join(f"reader{number}@example.com,{number * 7919 % 10007}\n" for number in range(20_000))
    content = bytearray(zipped(a_csv="email,x\n" + lines))
    content[len(content) // 2] ^= 255
    report = load(bytes(content), "a.zip", **CONSENT)
    assert len(report.failures) == 1


def test_archive_of_mailchimp_is_read_whole_and_leaving_wins():
    content = zipped(
        subscribed_members_csv=files.MAILCHIMP + files.MAILCHIMP.splitlines()[1].replace("ada@", "Bob@") + "\n",
        unsubscribed_members_csv=files.MAILCHIMP_LEFT,
        cleaned_members_csv=files.MAILCHIMP_CLEANED,
        nonsubscribed_members_csv=files.MAILCHIMP.replace("ada@", "zoe@"),
        granular_activity__opens_csv="Email\nada@example.com\n",
    )
    report = load(content, "audience.zip")
    wanted = {"new": 1, "left": 1, "complained": 1, "bounced": 1, "unconfirmed": 1, "twice": 1}
    assert (report.counts, report.failures) == (wanted, [])
    assert addresses() == ["ada@example.com"]
    assert Suppression.objects.count() == 3


def test_memory_does_not_grow_with_the_file(monkeypatch):
    monkeypatch.setattr(loading, "BATCH", 100)

    def peak(count):
        content = "".join(f"n{count}x{number}@example.com\n" for number in range(count)).encode()
        tracemalloc.start()
        load(content, **CONSENT)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(3000) < peak(500) + 200_000
