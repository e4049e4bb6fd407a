"""Issues of our own JSON: what becomes of them, and of a second import."""

import json
import zipfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from taggit.models import Tag

from importing.load import import_files
from importing.models import ImportedIssue
from issues.changes import changing
from issues.models.addresses import Address
from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from sponsors.models import Placement
from tests.make import make_issue, make_publication
from tests.wordpress.wxr import item, write

pytestmark = pytest.mark.django_db

# Queries of an import, and of an issue with one article.
FOR_ALL, FOR_EACH = 11, 29

ENTRY = {
    "url": "https://lamps.example/1",
    "title": "A lamp in the cellar",
    "text": "It *shines*.",
    "authors": ["Ada Moss", "Ben Reed"],
    "publication": "Fern",
    "tags": ["lamps"],
}


def issue(number=12, **fields):
    sections = [{"title": "Articles", "entries": [ENTRY]}]
    return {"number": number, "time": "2016-02-28T20:45:00-05:00", "sections": sections, **fields}


def load(tmp_path, value, *, name="issues.json", **options):
    path = tmp_path / name
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return import_files([path], **options)


def test_issue_is_loaded(tmp_path):
    sponsor = {"name": "Acme", "text": "Try us.", "url": "https://acme.example/?a=b"}
    report = load(tmp_path, issue(intro="Hello.", sponsor=sponsor, guid="tag:x,2016:12"))
    loaded = Issue.objects.get()
    assert report.problems == report.notices == report.failed_files == []
    assert (loaded.number, loaded.title, loaded.slug) == (12, "SRE Weekly Issue #12", "sre-weekly-issue-12")
    assert (loaded.state, loaded.guid, loaded.intro) == ("published", "tag:x,2016:12", "Hello.")
    article = Article.objects.get()
    assert (article.title, article.url, article.blurb) == (ENTRY["title"], ENTRY["url"], ENTRY["text"])
    assert [author.name for author in article.credited_authors] == ENTRY["authors"]
    assert (str(article.publication), str(article.printed_tags[0])) == ("Fern", "lamps")
    placement = Placement.objects.get()
    assert (placement.sponsor.name, placement.message, placement.url) == ("Acme", "Try us.", sponsor["url"])
    assert report.verdict()


def kinds(report):
    return [notice.kind for notice in report.notices]


def test_outages_and_other_sections(tmp_path):
    entries = [{"url": f"https://o.example/{n}", "title": f"Owl {n}"} for n in range(3)]
    sections = [
        {"title": name, "entries": [entry]} for name, entry in zip(("Tools", "Outages:", ""), entries, strict=True)
    ]
    report = load(tmp_path, issue(sections=sections))
    rows = Article.objects.order_by("section", "position").values_list("section", "position", "title")
    assert list(rows) == [("articles", 1, "Owl 0"), ("articles", 2, "Owl 2"), ("outages", 1, "Owl 1")]
    assert [(notice.kind, "“Tools”" in notice.text) for notice in report.notices] == [("section", True)]
    assert (report.counts["articles"], report.counts["outages"]) == (2, 1)


@pytest.mark.parametrize(
    ("title", "printed"),
    [
        ("Lamp Weekly #12: Cellars", "Lamp Weekly #12: Cellars"),
        ("Issue 12: Cellars", "Issue #12: Cellars"),
        ("Cellars", "Cellars #12"),
        ("112 lamps for 2012", "112 lamps for 2012 #12"),
        ("Lamp #120", "Lamp #120 #12"),
        ("x" * 200, "x" * 195 + "… #12"),
    ],
)
def test_title_gets_the_number_that_programs_look_for(tmp_path, title, printed):
    report = load(tmp_path, issue(title=title))
    assert Issue.objects.get().title == printed
    assert kinds(report) == ([] if title == printed else ["title"])


@pytest.mark.parametrize(
    ("url", "slug", "former"),
    [
        ("https://old.example/lamp-12/", "lamp-12", []),
        ("https://old.example/issues/12", "sre-weekly-issue-12", ["issues/12"]),
        ("https://old.example/Lampen/%C3%84", "sre-weekly-issue-12", ["lampen/ä"]),
        ("https://old.example/search", "sre-weekly-issue-12", ["search"]),
        ("https://old.example/", "sre-weekly-issue-12", []),
    ],
)
def test_address_is_kept_or_redirects(tmp_path, client, url, slug, former):
    load(tmp_path, issue(url=url))
    assert Issue.objects.get().slug == slug
    assert [address.path for address in Address.objects.filter(is_current=False)] == former


def test_address_of_another_issue_stays_with_it(tmp_path):
    report = load(tmp_path, [issue(url="https://old.example/lamp"), issue(13, url="https://old.example/lamp")])
    assert [row.slug for row in Issue.objects.order_by("number")] == ["lamp", "sre-weekly-issue-13"]
    assert kinds(report) == ["address", "former address"]


def test_issue_without_time_is_a_draft_and_one_of_the_future_is_scheduled(tmp_path):
    report = load(tmp_path, [issue(time=None), issue(13, time="2090-01-01T00:00:00Z")])
    assert [row.state for row in Issue.objects.order_by("number")] == ["draft", "scheduled"]
    assert kinds(report)[0] == "draft"


def test_issue_of_the_future_that_preflight_stops_is_a_draft(tmp_path):
    stopped = [{"entries": [{"url": "", "title": "No address"}]}]
    report = load(tmp_path, issue(time="2090-01-01T00:00:00Z", sections=stopped))
    assert (Issue.objects.get().state, kinds(report)) == ("draft", ["draft"])


def test_issue_without_guid_gets_one(tmp_path, settings):
    load(tmp_path, issue())
    assert Issue.objects.get().guid == f"tag:{settings.GUID_AUTHORITY}:issue-12"


def test_second_sponsor_is_kept_in_the_notes(tmp_path):
    sponsors = [{"name": name, "text": f"Try {name}.", "url": "https://a.example/"} for name in ("Acme", "Bolt")]
    report = load(tmp_path, issue(sponsor=sponsors))
    assert Placement.objects.get().sponsor.name == "Acme"
    assert "Try Bolt." in Issue.objects.get().notes
    assert kinds(report) == ["sponsor"]


@pytest.mark.parametrize(
    ("text", "blurb"),
    [
        ("Plain *Markdown*, 5 < 6.", "Plain *Markdown*, 5 < 6."),
        ("<p>One <b>bold</b></p><ul><li>a</li></ul>", "One **bold**\n\n- a"),
        ("**Both**<br>kinds, and `<p>`", "**Both**\\\nkinds, and `<p>`"),
        ("![A lamp](https://lamps.example/a.png)", "[A lamp](https://lamps.example/a.png)"),
        ("Vec<T> is <i>nice</i>", "Vec\\<T\\> is *nice*"),
        ("a\r\nb\rc\n", "a\nb\nc"),
        ("<script>alert(1)</script>Hi<!-- secret -->", "Hi"),
        ("[x](javascript:alert\\(1\\))", "\\[x\\](javascript:alert(1))"),
        ("<img src='https://lamps.example/a.png' alt='A lamp'>", "[A lamp](https://lamps.example/a.png)"),
    ],
)
def test_text_becomes_markdown_that_is_printed(tmp_path, text, blurb):
    report = load(tmp_path, issue(sections=[{"entries": [{**ENTRY, "text": text}]}]))
    assert Article.objects.get().blurb == blurb
    assert report.problems == []
    assert not {"text lost", "link lost"} & set(kinds(report))


def test_names_are_found_however_they_are_spelled(tmp_path):
    other = {**ENTRY, "authors": ["ada  moss"], "publication": "FERN", "tags": ["Lamps"], "url": "https://b.example/"}
    load(tmp_path, [issue(), issue(13, sections=[{"entries": [other]}])])
    assert Author.objects.count() == 2
    assert (Publication.objects.count(), Tag.objects.count()) == (1, 1)


def test_byline_is_printed_in_place_of_names(tmp_path):
    load(tmp_path, issue(sections=[{"entries": [{"url": "", "title": "A", "byline": "A, with guest B — C"}]}]))
    article = Article.objects.get()
    assert (article.byline, article.credited_authors, article.url) == ("A, with guest B — C", [], "")


# A second import


def test_rehearsal_writes_nothing(tmp_path):
    report = load(tmp_path, issue(), dry_run=True)
    assert (report.dry_run, report.counts["issues added"]) == (True, 1)
    assert not Issue.objects.exists()
    assert not ImportedIssue.objects.exists()


def test_same_file_again_changes_nothing(tmp_path):
    load(tmp_path, issue())
    with CaptureQueriesContext(connection) as queries:
        report = load(tmp_path, issue())
    assert report.counts == {"issues unchanged": 1}
    assert [query for query in queries if query["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")] == []


def test_newer_file_changes_the_issue_and_keeps_ids_and_guid(tmp_path):
    load(tmp_path, issue())
    before = Issue.objects.get(), Article.objects.get()
    newer = [{"entries": [{"url": "", "title": "New"}, {**ENTRY, "title": "Renamed"}]}]
    report = load(tmp_path, issue(sections=newer, guid="another"))
    assert report.counts["issues changed"] == 1
    assert Issue.objects.get().guid == before[0].guid
    assert Article.objects.get(title="Renamed").pk == before[1].pk
    assert [article.title for article in Article.objects.order_by("position")] == ["New", "Renamed"]


def test_issue_that_was_edited_here_is_left_alone(tmp_path):
    load(tmp_path, issue())
    Article.objects.update(blurb="Edited.")
    report = load(tmp_path, issue(intro="New."))
    assert [why for _, why in report.left_alone] == ["it was edited here after it was loaded."]
    assert load(tmp_path, issue(intro="New."), reload=True).left_alone
    assert Issue.objects.get().intro == ""


def test_tags_and_other_names_of_the_desk_are_no_edits(tmp_path):
    load(tmp_path, issue())
    with changing([Issue.objects.get()], cause="renamed"):
        Article.objects.get().tags.add("cellars")
        author = Author.objects.get(name="Ada Moss")
        author.name = "Ada Moss-Reed"
        author.keep_name("Ada Moss")
        author.save()
        make_publication(name="Fernworks").absorb(Publication.objects.get(name="Fern"))
    report = load(tmp_path, issue(intro="New."))
    assert (report.left_alone, Issue.objects.get().intro) == ([], "New.")
    article = Article.objects.get()
    assert article.credits == "Ada Moss-Reed, Ben Reed — Fernworks"
    assert article.tags.count() == 2
    assert (Author.objects.count(), Publication.objects.count()) == (2, 1)


def test_space_in_an_address_is_encoded(tmp_path):
    entry = {**ENTRY, "url": " https://lamps.example/a b?c d "}
    report = load(tmp_path, issue(sections=[{"title": "Articles", "entries": [entry]}]))
    assert (report.notices, Article.objects.get().url) == ([], "https://lamps.example/a%20b?c%20d")


def test_credits_to_look_at_are_reported_for_all_formats(tmp_path):
    entry = {**ENTRY, "authors": ["Fern Engineering"], "publication": "", "url": "https://b.example/"}
    sections = [{"title": "Articles", "entries": [ENTRY, entry]}]
    export = write(tmp_path / "export.xml", item(7, 14))
    (tmp_path / "issues.json").write_text(json.dumps(issue(sections=sections)))
    report = import_files([export, tmp_path / "issues.json"])
    assert [doubt.split("”")[0] for doubt in report.doubts] == ["“Fern Engineering"]


def test_issue_that_was_deleted_here_stays_deleted(tmp_path):
    load(tmp_path, issue())
    Article.objects.all().delete()
    Issue.objects.all().delete()
    assert len(load(tmp_path, issue(intro="New.")).left_alone) == 1
    assert not Issue.objects.exists()


def test_unchanged_issue_is_loaded_again_on_request(tmp_path):
    load(tmp_path, issue())
    report = load(tmp_path, issue(), reload=True)
    assert report.counts["issues loaded again"] == 1


def test_number_of_an_issue_from_elsewhere_is_refused(tmp_path):
    make_issue(number=12)
    report = load(tmp_path, [issue(), issue(13)])
    assert [(problem.file, problem.post.partition(":")[0]) for problem in report.problems] == [("issues.json", "[0]")]
    assert sorted(Issue.objects.values_list("number", flat=True)) == [12, 13]


def test_guid_of_another_issue_is_refused(tmp_path):
    make_issue(number=7, guid="g")
    report = load(tmp_path, issue(guid="g"))
    assert len(report.problems) == 1
    assert not Issue.objects.filter(number=12).exists()


def test_second_issue_with_a_number_is_told_and_the_first_is_loaded(tmp_path):
    report = load(tmp_path, [issue(), issue(intro="Other."), issue()])
    assert Issue.objects.get().intro == ""
    assert [problem.post.partition(":")[0] for problem in report.problems] == ["[1]"]
    assert "[0]" in report.problems[0].text


def test_issue_with_an_error_does_not_keep_back_the_others(tmp_path):
    report = load(tmp_path, {"issues": [issue(12, time="soon"), issue(13)]})
    assert Issue.objects.get().number == 13
    assert str(report.problems[0]).startswith("issues.json: issues[0].time: ")


def test_what_stands_around_the_list_is_told(tmp_path):
    report = load(tmp_path, {"issues": [issue()], "newsletter": "Lamp", "$schema": "x"})
    assert ([problem.post for problem in report.problems], Issue.objects.count()) == (["newsletter"], 1)


def test_second_list_in_a_file_is_told(tmp_path):
    first, second = json.dumps([issue()]), json.dumps([issue(13)])
    report = load(tmp_path, f'{{"issues": {first}, "issues": {second}}}'.encode())
    assert [problem.post for problem in report.problems] == ["issues"]


# Folders and archives


def test_folder_is_read_and_other_files_are_told(tmp_path):
    folder = tmp_path / "issues"
    (folder / "2016").mkdir(parents=True)
    (folder / ".git").mkdir()
    for number in (1, 2):
        (folder / "2016" / f"{number}.json").write_text(json.dumps(issue(number)))
    for name in ("lamp.png", ".git/x.json"):
        (folder / name).write_text("x")
    report = import_files([folder])
    assert report.counts["issues added"] == 2
    assert sorted(next(iter(report.left_out.values()))) == [".git/x.json", "lamp.png"]


def zipped(tmp_path, **members):
    path = tmp_path / "issues.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return path


def test_archive_is_read_and_errors_name_the_file_in_it(tmp_path):
    path = zipped(tmp_path, a__1_json=json.dumps(issue(1)), a__2_json=json.dumps(issue(2, time=7)), b_png=b"x")
    report = import_files([path])
    assert report.counts["issues added"] == 1
    assert str(report.problems[0]).startswith("issues.zip/a/2.json: time: ")
    assert list(report.left_out.values()) == [["issues.zip/b.png"]]


def test_archive_that_would_fill_the_memory_is_refused(tmp_path, settings):
    settings.WORDPRESS_IMPORT_LIMIT = 10**6
    report = import_files([zipped(tmp_path, a_json=b" " * 10**7)])
    assert len(report.failed_files) == 1


def test_broken_member_does_not_keep_back_the_others(tmp_path):
    path = zipped(tmp_path, a_json=json.dumps(issue(1)), b_json=json.dumps(issue(2)))
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    report = import_files([path])
    assert (report.counts["issues added"], len(report.failed_files)) == (1, 1)


def test_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("importing.files.FILE_LIMIT", 100)
    assert len(load(tmp_path, issue()).failed_files) == 1


def test_file_of_ten_megabytes_with_one_text_is_told(tmp_path):
    report = load(tmp_path, issue(intro="<p>" * 3_500_000))
    assert [problem.post for problem in report.problems] == ["intro"]


def test_missing_file_is_told(tmp_path):
    assert len(import_files([tmp_path / "none.json"]).failed_files) == 1


def test_wordpress_and_json_are_imported_in_one_run(tmp_path):
    export = write(tmp_path, item(7, 14))
    (tmp_path / "issues.json").write_text(json.dumps(issue()))
    report = import_files([export, tmp_path / "issues.json"])
    assert report.counts["issues added"] == 2


@pytest.mark.parametrize("count", [1, 3])
def test_issue_takes_the_same_queries_however_many_there_are(tmp_path, django_assert_num_queries, count):
    load(tmp_path, issue(99))
    entries = [{"url": "", "title": "A"}]
    given = [issue(number, sections=[{"entries": entries}]) for number in range(1, count + 1)]
    with django_assert_num_queries(FOR_ALL + count * FOR_EACH):
        load(tmp_path, given)
