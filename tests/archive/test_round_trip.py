"""Export, import, and export again."""

from datetime import UTC, date, datetime
from threading import Thread
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from taggit.models import Tag

from archive import export, load, reading
from archive.contents import ALL_TABLES
from archive.export import export_archive
from archive.load import import_archive
from issues.demonstration import load_demonstration
from issues.models.addresses import Address
from issues.models.articles import Article
from issues.models.corrections import Correction
from issues.models.credits import Author
from issues.models.issues import Issue
from issues.models.pages import Page
from issues.models.search import SearchText
from issues.models.settled import SettledCredit
from issues.models.tags import FormerTag
from pictures.models import Picture
from pictures.storage import storage
from sponsors.models import Sponsor
from tests.archive.emptying import empty_database, files, passing
from tests.make import (
    make_article,
    make_author,
    make_correction,
    make_issue,
    make_page,
    make_picture,
    make_placement,
    make_publication,
    make_sponsor,
    note_changes,
)
from tests.wordpress.wxr import BLOG, item, write
from wordpress.load import import_wordpress
from wordpress.models import WordPressPost

ADDRESSES = [
    *("/", "/feed/", "/feed/atom/", "/feed/articles/", "/archive/", "/authors/", "/tags/", "/data/issues.jsonl"),
    *("/data/articles.csv", "/sre-weekly-issue-12/", "/sre-weekly-issue-5/", "/sre-weekly-issue-5.json", "/about/"),
    "/search/?q=queue",
]


def answers(*addresses):
    """Return all bodies, and the ETags that hold no primary key of an issue."""
    found = {address: Client().get(address) for address in addresses}
    assert {response.status_code for response in found.values()} == {200}
    bodies = {address: b"".join(response) for address, response in found.items()}
    return bodies, {address: found[address]["ETag"] for address in addresses if "/feed/articles" in address}


def move(tmp_path):
    """Export, empty, import, and export again. Returns the result of the import and both exports."""
    export_archive(tmp_path / "first")
    empty_database()
    imported = import_archive(tmp_path / "first")
    export_archive(tmp_path / "second")
    return imported, files(tmp_path / "first"), files(tmp_path / "second")


@pytest.fixture(scope="module")
def moved(django_db_setup, django_db_blocker, tmp_path_factory):
    """Move the demonstration once for the whole module, because it takes two seconds."""
    with passing(django_db_blocker):
        load_demonstration()
        author = Author.objects.filter(articles__issue__status="approved")[0].get_absolute_url()
        addresses = [*ADDRESSES, author, f"{author}feed/"]
        before = answers(*addresses)
        imported, first, second = move(tmp_path_factory.mktemp("archive"))
        after = answers(*addresses)
    return SimpleNamespace(imported=imported, first=first, second=second, before=before, after=after)


def test_demonstration_is_exported_to_the_same_bytes(moved):
    assert moved.second == moved.first
    assert moved.imported.objections == []


def test_site_answers_with_the_same_bytes(moved):
    assert moved.after == moved.before


def test_issues_are_files_that_sort_by_number(moved):
    names = [name for name in moved.first if name.startswith("issues/")]
    assert len(names) == 13
    assert sorted(names)[-2] == "issues/00012-sre-weekly-issue-12.md"


def make_everything():
    """A row of each kind, with every field filled."""
    sponsor = make_sponsor("Acme", contact="Jo\r\nAnn", notes="Pays late.", url="https://acme.example/")
    ann, bob = make_author("Ann Lee", aliases=["A. Lee"], previous_slugs=["ann"]), make_author("Bob")
    acme = make_publication("Acme Blog", hosts=["blog.acme.example"], sponsor=sponsor, disclosure="Ours.")
    acme.aliases = ["Acme, Inc.", "The Acme Blog"]
    acme.save()
    issue = make_issue(number=4, slug="sre-weekly-issue-4-2", intro="\n+++\r\n\r\n<!-- article\r\nHello.  ")
    make_placement(issue, sponsor=sponsor, message="* Buy\r\n* now")
    make_article(issue=issue, authors=(bob, ann), tags=("SLO", "on-call"), publication=acme, byline="By us")
    make_article(issue=issue, section="outages", title="Cloud", url="https://c.example/(x)", blurb="")
    make_article(authors=(ann,), not_before=date(2030, 1, 2), state="held", tags=("SLO",))
    SettledCredit.objects.settle(["author: Bob", "authors: Ann Lee | Anne Lee"])
    FormerTag.objects.create(name="oncall", slug="oncall", tag=Tag.objects.get(name="on-call"))
    later = make_issue(number=5, publish_at=datetime(2031, 1, 2, 3, 4, 5, 678, tzinfo=UTC))
    make_correction(issue, erratum="printed", erratum_in=later)
    make_correction(issue, "Another.", made_at=datetime(2024, 1, 1, tzinfo=UTC))
    make_issue(number=6, status="draft", notes="Ask Ann.\r\n+++\r\nTwice.")
    Address.objects.add_former(issue, "sre-weekly-issue-4")
    page = make_page()
    Address.objects.add_former(page, "who-we-are")
    WordPressPost.objects.create(
        post_id=9, issue=issue, html="<p>\r\n</p>", modified_at=timezone.now(), export_digest="e", loaded_digest="l"
    )
    Address.objects.add_wordpress([(issue, 9, "")])
    WordPressPost.objects.create(post_id=10, page=page, export_digest="e", loaded_digest="l")
    Address.objects.add_wordpress([(page, 10, "")])
    WordPressPost.objects.create(post_id=11, export_digest="e", loaded_digest="l")
    picture = make_picture(alternative="A red box", created_at=datetime(2026, 1, 2, 3, tzinfo=UTC))
    picture.former_addresses.create(path="2021/05/graph.png")
    note_changes()


def state():
    """Return all values of the rows except internal primary keys."""
    return {
        "issues": list(Issue.objects.order_by("number").values().values_list(*_names(Issue, "id"))),
        "articles": [
            (*row, [a.slug for a in Article.objects.get(pk=row[0]).credited_authors])
            for row in Article.objects.order_by("pk").values_list(*_names(Article, "issue", "publication"))
        ],
        "placed": list(Article.objects.order_by("pk").values_list("issue__number", "publication__slug")),
        "tagged": sorted(Article.objects.values_list("pk", "tags__name")),
        "former_tags": list(FormerTag.objects.values_list("name", "slug", "tag__slug")),
        "tags": list(Tag.objects.order_by("name").values_list("name", "slug")),
        "authors": list(Author.objects.order_by("slug").values_list(*_names(Author, "id"))),
        "sponsors": list(Sponsor.objects.order_by("name").values_list(*_names(Sponsor, "id"))),
        "pictures": list(Picture.objects.values_list(*_names(Picture, "id"), "former_addresses__path")),
        "pages": list(Page.objects.order_by("slug").values_list(*_names(Page, "id"))),
        "corrections": list(Correction.objects.values_list("text", "made_at", "issue__number", "erratum_in__number")),
        "addresses": sorted(Address.objects.values_list("path", "is_current", "issue__number", "page__slug")),
        "posts": list(
            WordPressPost.objects.values_list(
                *_names(WordPressPost, "id", "issue", "page"), "issue__number", "page__slug"
            )
        ),
        "search": list(SearchText.objects.order_by("article", "issue__number").values_list("text", "vector", "words")),
    }


def _names(model, *left_out):
    return [field.attname for field in model._meta.concrete_fields if field.name not in left_out]


@pytest.fixture
def everything(db):
    make_everything()


@pytest.fixture(scope="module")
def moved_rows(django_db_setup, django_db_blocker, tmp_path_factory):
    """Move a row of each kind once, and gather what was there before and after."""
    with passing(django_db_blocker):
        make_everything()
        gone_article, gone_issue = make_article(), make_issue(number=7)
        renumbered = make_issue(number=9, guid="tag:sreweekly.com,2026:issue-8")
        note_changes()
        last_key = gone_article.pk
        gone_article.delete()
        gone_issue.delete()
        before, jobs = state(), ProcrastinateJob.objects.count()
        _, first, second = move(tmp_path_factory.mktemp("archive"))
        rows = SimpleNamespace(
            first=first,
            second=second,
            before=before,
            after=state(),
            changed=note_changes(),
            new_jobs=ProcrastinateJob.objects.count() - jobs,
            new_keys=make_article().pk - last_key,
            guids=[(gone_issue.guid, make_issue(number=7).guid), (renumbered.guid, make_issue(number=8).guid)],
        )
    return rows


def test_every_row_is_what_it_was(moved_rows):
    assert moved_rows.second == moved_rows.first
    assert moved_rows.after == moved_rows.before


def test_no_issue_looks_changed(moved_rows):
    assert moved_rows.changed == 0


def test_ids_and_guids_of_deleted_rows_are_never_used_again(moved_rows):
    assert moved_rows.new_keys == 1
    assert [new for _, new in moved_rows.guids] == [f"{old}-2" for old, _ in moved_rows.guids]


def test_scheduled_issue_is_announced_after_the_import(moved_rows):
    assert moved_rows.new_jobs == 2  # Its card, and the downloads.


def test_values_that_the_desk_would_refuse_are_kept_and_reported(everything, tmp_path):
    Article.objects.filter(issue__number=4, section="articles").update(title="", blurb="<b>", url="")
    Page.objects.update(slug="search")
    note_changes()
    imported, first, second = move(tmp_path)
    assert first == second
    places = [": ".join(objection.split(": ")[:2]) for objection in imported.objections if "intro" not in objection]
    issue = "issues/00004-sre-weekly-issue-4-2.md"
    assert places == [
        "pages/search.md, line 3: the site itself uses the address “search”.",
        *(f"{issue}, line 34: url", f"{issue}, line 36: title", f"{issue}, line 45: blurb"),
    ]


def test_files_with_line_ends_of_another_system_are_read(everything, tmp_path):
    export_archive(tmp_path / "first")
    for path in (path for path in (tmp_path / "first").rglob("*.*") if path.suffix != ".png"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = state()
    empty_database()
    import_archive(tmp_path / "first")
    assert state() == before


def test_addresses_from_wordpress_are_kept_without_its_app(everything, tmp_path, monkeypatch):
    WordPressPost.objects.all().delete()
    before = state()
    tables = [table for table in ALL_TABLES if table.model is not WordPressPost]
    for module, name, value in [
        *((module, "WORDPRESS", []) for module in (export, load)),
        *((module, "ALL_TABLES", tables) for module in (load, reading)),
    ]:
        monkeypatch.setattr(module, name, value)
    _, first, second = move(tmp_path)
    assert first == second
    assert "wordpress.jsonl" not in first
    assert state() == before


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_single_issues(db, tmp_path, django_assert_num_queries, count):
    for _ in range(count):
        make_placement(issue := make_issue(articles=count, outages=count))
        make_correction(issue)
        page = make_page(slug=f"page-{issue.number}")
        WordPressPost.objects.create(post_id=issue.number, issue=issue)
        WordPressPost.objects.create(post_id=100 + issue.number, page=page)
        make_picture()
    with django_assert_num_queries(24):
        export_archive(tmp_path / "archive")
    empty_database()
    with django_assert_num_queries(74):
        import_archive(tmp_path / "archive")


def test_issues_are_read_and_written_in_batches(db, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "BATCH_SIZE", 2)
    monkeypatch.setattr(load, "BATCH_SIZE", 2)
    for _ in range(5):
        make_issue(articles=1)
    note_changes()
    with CaptureQueriesContext(connection) as captured:
        _, first, second = move(tmp_path)
    assert first == second
    assert len([query for query in captured if query["sql"].startswith('INSERT INTO "issues_issue" ')]) == 3


@pytest.mark.django_db(transaction=True)
def test_changes_during_the_export_are_not_in_it(tmp_path, monkeypatch):
    def change():
        make_issue(number=9)
        connection.close()

    def write_pages(directory):
        thread = Thread(target=change)
        thread.start()
        thread.join()
        return write_pages_of_then(directory)

    write_pages_of_then = export._write_pages
    monkeypatch.setattr(export, "_write_pages", write_pages)
    assert export_archive(tmp_path / "archive")["issues"] == 0
    assert Issue.objects.count() == 1


def test_imported_posts_are_recognised_after_the_move(db, tmp_path):
    file = write(tmp_path, item(7, 14), item(8, title="About", post_type="page", slug="about"))
    import_wordpress([file])
    _, first, second = move(tmp_path)
    assert first == second
    assert import_wordpress([file]).counts == {"posts unchanged": 2}


def test_addresses_that_another_post_or_service_gave_lead_to_the_same_issue(db, tmp_path):
    twin = item(8, title="SRE Weekly Issue #14", link=f"{BLOG}/2016/05/17/twin/", slug="twin")
    import_wordpress([write(tmp_path, item(7, 14), twin)])
    Address.objects.add_former(Issue.objects.get(), "issues/14")
    addresses = ["/?p=7", "/?p=8", "/2016/05/17/twin/", "/twin/", "/issues/14/"]
    before = [(response.status_code, response.headers["Location"]) for response in map(Client().get, addresses)]
    _, first, second = move(tmp_path)
    assert first == second
    assert before == [(301, "/sre-weekly-issue-14/")] * 5
    assert [(response.status_code, response.headers["Location"]) for response in map(Client().get, addresses)] == before


def test_commands_print_what_they_did(everything, tmp_path, capsys):
    call_command("export_archive", str(tmp_path / "archive"))
    empty_database()
    call_command("import_archive", str(tmp_path / "archive"))
    written, objection, imported = capsys.readouterr().out.splitlines()
    names = "sponsors 1, publications 1, authors 3, tags 2, former_tags 1, settled_credits 2"
    names += ", pictures 1, former_pictures 1"
    counts = f"{names}, pages 1, issues 3, backlog 1, wordpress 3"
    assert counts in written
    assert "issues/00004-sre-weekly-issue-4-2.md, line " in objection
    assert counts in imported


def test_archive_of_an_earlier_version_has_no_former_tags(everything, tmp_path):
    export_archive(tmp_path / "archive")
    (tmp_path / "archive" / "former_tags.jsonl").unlink()
    about = tmp_path / "archive" / "archive.json"
    about.write_text(about.read_text().replace('    "former_tags": 1,\n', ""))
    empty_database()
    import_archive(tmp_path / "archive")
    assert Tag.objects.count() == 2
    assert not FormerTag.objects.exists()


@pytest.mark.django_db
def test_pictures_come_back_with_their_files(tmp_path):
    picture = make_picture()
    content = storage().open(str(picture.name)).read()
    export_archive(tmp_path / "archive")
    assert (tmp_path / "archive" / "pictures" / str(picture.name)).read_bytes() == content
    empty_database()
    for name in picture.files:
        storage().delete(name)
    import_archive(tmp_path / "archive")
    assert storage().open(str(picture.name)).read() == content
    assert storage().exists(picture.name.webp)


@pytest.mark.django_db
def test_archive_of_before_there_were_pictures_is_read(tmp_path):
    export_archive(tmp_path / "archive")
    (tmp_path / "archive" / "pictures").rmdir()
    for name in ("pictures.jsonl", "former_pictures.jsonl"):
        (tmp_path / "archive" / name).unlink()
    import_archive(tmp_path / "archive")
