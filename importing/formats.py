"""Say what a file is, by its contents. What cannot be imported is refused with what it is, and what to do."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import PurePath
from typing import IO, Any, NamedTuple

# Bytes of the beginning that are looked at.
HEAD = 2**16
# Names that the list of issues may have in a file.
LISTS = ("issues", "data")
CONVERT = "Turn it into the JSON that docs/importing-issues.md describes."
CONVERT_OR_FEED = f"{CONVERT} Or save the newsletter’s feed, if it holds whole issues, and import that."
NO_SUBSCRIBERS = "Issues are imported here. Import it at Subscribers, Import a list. Nothing of it was kept."

# Its namespace, or an element of it where that is missing: an article may also be about such files.
_WORDPRESS = re.compile(rb"xmlns:\w+\s*=\s*[\"']https?://(?:www\.)?wordpress\.org/export/|^\s*<(?:wp|excerpt):\w", re.M)
_XML = re.compile(rb"(?:<!--.*?-->\s*)*<(?:\?xml|rss|feed|rdf:RDF|channel|item)\b", re.IGNORECASE | re.DOTALL)
_WEB_PAGE = re.compile(rb"(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|div|table)\b", re.IGNORECASE | re.DOTALL)
_MARKS = {
    b"\x1f\x8b": "is compressed. Unpack it, and choose what is in it.",
    b"BZh": "is compressed. Unpack it, and choose what is in it.",
    b"\xfd7zXZ": "is compressed. Unpack it, and choose what is in it.",
    b"7z\xbc\xaf": "is compressed. Unpack it, and choose what is in it.",
    b"Rar!": "is compressed. Unpack it, and choose what is in it.",
    b"%PDF": f"is a PDF. {CONVERT}",
    b"\xd0\xcf\x11\xe0": f"is a document of Office. {CONVERT}",
    b"SQLite format 3": f"is a database. {CONVERT}",
    b"From ": f"is a mailbox. {CONVERT}",
}
# By service: names of files in its zip.
_ZIPS = [
    ("is an archive of export_archive. Unpack it, and import it with import_archive.", r"(^|/)archive\.json$"),
    (f"is an export of Substack. {CONVERT_OR_FEED}", r"(^|/)(posts\.csv|posts/\d+\.[\w-]+\.html)$"),
    (f"is an export of Mailchimp. {CONVERT_OR_FEED}", r"(^|/)(campaigns_content/|granular_activit|campaigns\.csv$)"),
    (f"is an export of Revue. {CONVERT}", r"(^|/)(issues|items|subscribers)[_-][\w-]+\.(csv|json)$"),
    (f"is an export of Medium. {CONVERT_OR_FEED}", r"(^|/)posts/(\d{4}-\d\d-\d\d|draft)_.+\.html$"),
    (f"is an export of Buttondown. {CONVERT_OR_FEED}", r"(^|/)emails(/.+\.(md|html|json)|\.csv|\.json)$"),
    (f"is an export of TinyLetter. {CONVERT}", r"tinyletter"),
    (f"is an export of Ghost. {CONVERT_OR_FEED}", r"\.ghost\.|(^|/)content/(images|settings)/"),
    (f"is a document of Office. {CONVERT}", r"^\[Content_Types\]\.xml$"),
    ("holds an export of WordPress. Unpack it, and choose its .xml file.", r"(^|/)[\w.-]*wordpress[\w.-]*\.xml$"),
]
# By service: columns of its tables.
_TABLES = [
    (f"is a table of Substack’s posts. {CONVERT_OR_FEED}", {"post_id", "is_published"}),
    (f"is a table of Substack’s posts. {CONVERT_OR_FEED}", {"post_id", "email_sent_at"}),
    (f"is a table of beehiiv’s posts. {CONVERT_OR_FEED}", {"web_title", "content_html"}),
    (f"is a table of beehiiv’s posts. {CONVERT_OR_FEED}", {"web_title", "email_subject_line"}),
    (f"is a table of Mailchimp’s campaigns, without their contents. {CONVERT_OR_FEED}", {"subject", "send date"}),
    (f"is a table of Buttondown’s mails. {CONVERT_OR_FEED}", {"subject", "body"}),
    (f"is a table of Revue’s items. {CONVERT}", {"issue_id", "url"}),
]
_ADDRESSES = re.compile(r"(?:subscriber )?e-?mail(?: ?address)?|email_address", re.IGNORECASE)


# What zipfile raises for archives that are broken, locked, or packed by a method that it does not know.
UNPACKING = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError)


class Sample(NamedTuple):
    """The beginning of a file, and the names of what is in it if it is a zip archive."""

    name: str
    head: bytes
    members: list[str]
    tables: list[bytes]  # Beginnings of the tables (CSV) in it.


def look_at(name: str, file: IO[bytes]) -> Sample:
    """Read the beginning of a file, and the table of contents of a zip archive."""
    file.seek(0)
    head = file.read(HEAD)
    members: list[str] = []
    tables: list[bytes] = []
    if head.startswith(b"PK"):
        try:
            with zipfile.ZipFile(file) as archive:
                members = [member.filename for member in archive.infolist() if not member.is_dir()]
                for member in [name for name in members if name.lower().endswith(".csv")][:20]:
                    with archive.open(member) as table:
                        tables.append(table.read(HEAD))
        except UNPACKING:
            members = []
    return Sample(name, head, members, tables)


def is_wordpress(head: bytes) -> bool:
    """Return whether this is an export of WordPress: any XML that has its names, however broken it is."""
    return not is_json(head) and bool(_WORDPRESS.search(head))


def is_xml(head: bytes) -> bool:
    return bool(_XML.match(_without_mark(head)))


def is_json(head: bytes) -> bool:
    return _without_mark(head)[:1] in (b"{", b"[")


def refusal_of(sample: Sample) -> str:
    """Return why a file cannot be imported, as the rest of a sentence after its name. Empty if it may be."""
    head = sample.head
    if not head:
        return "is empty."
    if head.startswith(b"PK"):
        return _refusal_of_zip(sample)
    if found := next((why for mark, why in _MARKS.items() if head.startswith(mark)), ""):
        return found
    if is_wordpress(head) or is_json(head):
        return ""
    if _WEB_PAGE.match(_without_mark(head)):
        return f"is a web page. {CONVERT_OR_FEED}"
    if is_xml(head):
        return "is a list of feeds. Choose it at Sources, Import." if b"<opml" in head else ""
    return _refusal_of_table(head) or _refusal_of_text(sample)


def _refusal_of_zip(sample: Sample) -> str:
    if not sample.members:
        return "is a zip archive that is broken, locked or empty. Unpack it, and choose what is in it."
    for why, pattern in _ZIPS:
        if any(re.search(pattern, name, re.IGNORECASE) for name in sample.members):
            return why
    if found := next(filter(None, map(_refusal_of_table, sample.tables)), ""):
        return f"holds a table that {found}"
    if not any(is_read(name) for name in sample.members):
        kinds = sorted({PurePath(name).suffix or "without a suffix" for name in sample.members})[:5]
        return f"holds nothing that can be read: neither JSON nor feeds, but {', '.join(kinds)}. {CONVERT}"
    return ""


def is_read(name: str) -> bool:
    """Return whether a file of an archive or a folder is read, by its name."""
    parts = PurePath(name).parts
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
    return not is_hidden and PurePath(name).suffix.lower() in (".json", ".xml", ".rss", ".atom")


def _refusal_of_table(head: bytes) -> str:
    """Recognise a table (CSV, or with tabs or semicolons) by the names of its columns."""
    first = _without_mark(head).split(b"\n", 1)[0].decode(errors="replace").strip()
    separator = max(",;\t", key=first.count)
    if separator not in first and not _ADDRESSES.fullmatch(first.strip('"')):
        return ""
    columns = {name.strip().casefold() for row in csv.reader(io.StringIO(first), delimiter=separator) for name in row}
    if found := next((why for why, names in _TABLES if names <= columns), ""):
        return found
    if any(_ADDRESSES.fullmatch(name) for name in columns):
        return f"is a list of subscribers. {NO_SUBSCRIBERS}"
    return f"is a table. {CONVERT}" if len(columns) > 2 and all(len(name) <= 60 for name in columns) else ""


def _refusal_of_text(sample: Sample) -> str:
    text = _without_mark(sample.head)
    if text.startswith(b"+++\n"):
        return "is a Markdown file of an archive. Import its folder with import_archive."
    if re.match(rb"---\r?\n(?:.*\n)*?(?:subject|email_type|publish_date):", text):
        return f"is a mail from Buttondown. {CONVERT_OR_FEED}"
    if re.match(rb"(?:[\w-]+: .*\r?\n)+", text) and re.search(rb"^(?:Subject|From|MIME-Version):", text, re.M | re.I):
        return f"is a mail. {CONVERT}"
    return f"is nothing that can be imported: neither JSON nor a feed nor an export of WordPress. {CONVERT}"


def refusal_of_value(value: Any) -> str:
    """Return why the contents of a JSON file cannot be imported, as refusal_of() does."""
    return next((why for is_it, why in _VALUES if is_it(value)), "")


def _rows(value: Any) -> list[Any]:
    """Return the objects of a list, or of the list in an answer of an API."""
    if isinstance(value, dict):
        value = next((value[name] for name in ("results", "posts", "campaigns", "data", "emails") if name in value), [])
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _have(*names: str) -> Callable[[Any], bool]:
    """Return a test of whether an object, or the first one of a list, has these fields."""
    return lambda value: any(set(names) <= row.keys() for row in (_rows(value) or _rows([value]))[:1])


def _is_ghost(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    inner = value.get("db", value)
    first = inner[0] if isinstance(inner, list) and inner else inner
    return isinstance(first, dict) and isinstance(first.get("data"), dict) and "posts" in first["data"]


# Tests in order, each with what to say.
_VALUES: list[tuple[Callable[[Any], bool], str]] = [
    (_is_ghost, f"is an export of Ghost. {CONVERT_OR_FEED}"),
    (_have("lexical"), f"is from the API of Ghost. {CONVERT_OR_FEED}"),
    (_have("mobiledoc"), f"is from the API of Ghost. {CONVERT_OR_FEED}"),
    (_have("subject", "body"), f"is an export of Buttondown. {CONVERT_OR_FEED}"),
    (_have("email_subject_line"), f"is an export of beehiiv. {CONVERT_OR_FEED}"),
    (_have("content", "subtitle", "stats"), f"is from the API of beehiiv. {CONVERT_OR_FEED}"),
    (_have("canonical_url", "audience"), f"is from the API of Substack. {CONVERT_OR_FEED}"),
    (_have("settings", "emails_sent"), f"is from the API of Mailchimp, without the contents. {CONVERT_OR_FEED}"),
    (_have("email_address"), f"is a list of subscribers. {NO_SUBSCRIBERS}"),
    (_have("email"), f"is a list of subscribers. {NO_SUBSCRIBERS}"),
    (
        lambda value: isinstance(value, dict) and isinstance(value.get("articles"), list) and "guid" in value,
        "is what this site publishes for programs. Move whole sites with export_archive and import_archive.",
    ),
    (
        lambda value: isinstance(value, dict) and "jsonfeed.org" in str(value.get("version")),
        f"is a feed in JSON. Save its RSS or Atom form. {CONVERT}",
    ),
]


def _without_mark(head: bytes) -> bytes:
    """Drop the byte order mark, the zeros of UTF-16 and UTF-32, and what is blank at the beginning."""
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"):
        head = head.removeprefix(mark)
    return head.replace(b"\0", b"").lstrip()


def issues_in(value: Any) -> Iterable[tuple[str, Any]]:
    """Yield each issue of a file with its place: the value itself, or those of the list in it."""
    for name in LISTS:
        if isinstance(value, dict) and isinstance(value.get(name), list):
            return [(f"{name}[{index}]", issue) for index, issue in enumerate(value[name])]
    if isinstance(value, list):
        return [(f"[{index}]", issue) for index, issue in enumerate(value)]
    return [("", value)]
