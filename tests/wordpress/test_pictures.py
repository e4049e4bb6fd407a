"""Pictures of wp-content/uploads move in with the posts that use them."""

import tarfile
import zipfile
from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.pages import Page
from pictures.models import FormerAddress, Picture
from pictures.storage import storage
from tests.make import make_page
from tests.pictures.files import make_animation, make_bomb, make_file
from tests.wordpress.wxr import BLOG, entry, item, write
from text.markdown import find_pictures
from wordpress.load import import_wordpress

pytestmark = pytest.mark.django_db

PATH = "2021/05/graph.png"
UPLOADS = f"{BLOG}/wp-content/uploads/"


@pytest.fixture
def uploads(tmp_path):
    return make_uploads(tmp_path / "uploads", {PATH: make_file()})


def make_uploads(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def load(tmp_path, html, uploads=None, **options):
    """Import an issue with one entry whose description is `html`."""
    file = write(tmp_path, item(7, 14, html=entry(description=html)))
    return import_wordpress([file], uploads=uploads, **options)


def blurb():
    return Article.objects.get().blurb


def kinds(report):
    return [notice.kind for notice in report.notices]


@pytest.mark.parametrize(
    "source",
    [
        f"{UPLOADS}{PATH}",
        f"http://www.sreweekly.example/wp-content/uploads/{PATH}?w=300#x",
        f"//sreweekly.example/wp-content/uploads/{PATH}",
        f"/wp-content/uploads/{PATH}",
        f"https://i0.wp.com/sreweekly.example/wp-content/uploads/{PATH}?resize=300%2C200&amp;ssl=1",
    ],
)
def test_picture_of_the_blog_moves_in(tmp_path, uploads, source):
    report = load(tmp_path, f'<p>See <img src="{source}" alt="A [graph] of *load*"/> here</p>', uploads)
    picture = Picture.objects.get()
    assert find_pictures(blurb()) == ((picture.name, "A [graph] of *load*"),)
    assert blurb().startswith("See ![A")
    assert storage().exists(str(picture.name))
    assert (kinds(report), report.counts["pictures"]) == ([], 1)


def test_old_address_leads_to_the_picture(client, tmp_path, uploads):
    load(tmp_path, f'<p><img src="{UPLOADS}2021/05/graph-30x20.png" alt="x"></p>', uploads)
    picture = Picture.objects.get()
    assert (picture.width, picture.file_name) == (60, "graph.png")
    for path in (PATH, "2021/05/graph-30x20.png", "2021/05/graph-150x100.png", "2021/05/graph-scaled.png"):
        response = client.get(f"/wp-content/uploads/{path}")
        assert (response.status_code, response["Location"]) == (301, picture.get_absolute_url()), path
        assert "max-age=300" in response["Cache-Control"]
    for path in ("2021/05/other.png", "", "2021/05/", "%00"):
        assert client.get(f"/wp-content/uploads/{path}").status_code == 410, path
    assert client.post(f"/wp-content/uploads/{PATH}").status_code == 410


def test_lookup_of_an_old_address_takes_one_query(client, tmp_path, uploads, django_assert_num_queries):
    load(tmp_path, f'<p><img src="{UPLOADS}{PATH}" alt="x"></p>', uploads)
    with django_assert_num_queries(1):
        client.get(f"/wp-content/uploads/{PATH}")


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<img src="{}">', "![]({})"),
        ('<img alt="" src="{}">text', "![]({})text"),
        ('<figure><img src="{}" alt="a"><figcaption>Under it</figcaption></figure>', "![a]({})\n\nUnder it"),
        ('[caption id="x" width="300"]<img src="{}" alt="a"> Under it[/caption]', "![a]({}) Under it"),
        ('<a href="/wp-content/uploads/2021/05/graph.png"><img src="{}" alt="a"></a>', "![a]({})"),
        ('<a href="https://a.example/"><img src="{}" alt="a"></a>', "![a]({}) [a](https://a.example/)"),
        ('<ul><li><img src="{}" alt="a"> one</li></ul>', "- ![a]({}) one"),
        ('<p>Wow!<img src="{}" alt="a"></p>', "Wow\\!![a]({})"),
    ],
)
def test_picture_stands_where_it_stood(tmp_path, uploads, html, expected):
    report = load(tmp_path, html.format(f"{UPLOADS}{PATH}"), uploads)
    assert blurb() == expected.format(Picture.objects.get().get_absolute_url())
    assert kinds(report) == (["alternative text"] if "![]" in expected else [])


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz"])
@pytest.mark.parametrize("folder", ["", "./", "uploads/", "backup/wp-content/uploads/"])
def test_uploads_may_be_an_archive_of_any_of_their_folders(tmp_path, suffix, folder):
    path = tmp_path / f"uploads{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{folder}{PATH}", make_file())
    else:
        with tarfile.open(path, "w:gz" if suffix == ".tar.gz" else "w:") as tar:
            member = tarfile.TarInfo(f"{folder}{PATH}")
            member.size = len(make_file())
            tar.addfile(member, BytesIO(make_file()))
    load(tmp_path, f'<img src="{UPLOADS}{PATH}" alt="a">', path)
    assert Picture.objects.count() == 1


def test_name_with_accents_is_found_in_any_form_of_unicode(tmp_path):
    uploads = make_uploads(tmp_path / "uploads", {"2021/05/cafe\u0301 1.png": make_file()})
    load(tmp_path, f'<img src="{UPLOADS}2021/05/caf%C3%A9%201.png" alt="a">', uploads)
    assert Picture.objects.count() == 1


@pytest.mark.parametrize(
    ("files", "source", "width"),
    [
        ({PATH: (900, 600), "2021/05/graph-300x200.png": (300, 200)}, "2021/05/graph-300x200.png", 900),
        ({PATH: (900, 600), "2021/05/graph-150x150.png": (150, 150)}, "2021/05/graph-150x150.png", 150),
        ({"2021/05/graph-scaled.png": (1200, 800)}, PATH, 1200),
        ({PATH: (900, 600), "2021/05/graph-scaled.png": (600, 400)}, "2021/05/graph-scaled.png", 900),
        ({"2021/05/graph-300x200.png": (300, 200)}, "2021/05/graph-300x200.png", 300),
        ({PATH: (900, 600), "2021/05/graph-1920x1080.png": (1920, 1080)}, "2021/05/graph-1920x1080.png", 1600),
    ],
)
def test_whole_picture_takes_the_place_of_a_smaller_copy(tmp_path, files, source, width):
    uploads = make_uploads(tmp_path / "uploads", {name: make_file(size=size) for name, size in files.items()})
    load(tmp_path, f'<img src="{UPLOADS}{source}" alt="a">', uploads)
    assert Picture.objects.get().width == width


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (None, "picture missing"),
        (b"<svg onload=alert(1)>", "picture missing"),
        (make_bomb(), "picture missing"),
        (b"", "picture missing"),
        (make_file()[:60], "picture missing"),
    ],
)
def test_picture_that_is_missing_or_bad_is_reported_and_linked_to(tmp_path, content, kind):
    uploads = make_uploads(tmp_path / "uploads", {"other.png": b"x"} | ({PATH: content} if content is not None else {}))
    report = load(tmp_path, f'<img src="{UPLOADS}{PATH}" alt="graph">', uploads)
    [notice] = [notice for notice in report.notices if notice.kind == kind]
    assert f"{UPLOADS}{PATH}: " in notice.text
    assert blurb() == f"[graph]({UPLOADS}{PATH})"
    assert not Picture.objects.exists()


def test_picture_at_an_endless_address_is_reported(tmp_path):
    folders = "/".join(["folder"] * 80)
    (tmp_path / "uploads" / folders).mkdir(parents=True)
    (tmp_path / "uploads" / folders / "graph.png").write_bytes(make_file())
    report = load(tmp_path, f'<p><img src="{UPLOADS}{folders}/graph.png" alt="x"></p>', tmp_path / "uploads")
    assert (kinds(report), Picture.objects.count()) == (["picture missing"], 0)
    assert "500" in report.notices[0].text


def test_picture_of_a_refused_post_is_kept_for_the_next(tmp_path, uploads):
    make_page(slug="sre-weekly-issue-14")
    html = entry(description=f'<img src="{UPLOADS}{PATH}" alt="a">')
    report = import_wordpress([write(tmp_path, item(7, 14, html=html), item(8, 15, html=html))], uploads=uploads)
    assert (len(report.problems), report.counts["pictures"], FormerAddress.objects.count()) == (1, 1, 1)
    assert find_pictures(blurb())[0][0] == Picture.objects.get().name


def raise_(error):
    raise error


def test_full_storage_is_reported_and_a_later_import_brings_the_picture(tmp_path, uploads, monkeypatch):
    html = f'<img src="{UPLOADS}{PATH}" alt="a">'
    with monkeypatch.context() as full:
        full.setattr(storage(), "save", lambda *args: raise_(OSError(28, "No space left on device")))
        report = load(tmp_path, html, uploads)
    assert (kinds(report), Picture.objects.count()) == (["picture missing"], 0)
    assert blurb() == f"[a]({UPLOADS}{PATH})"
    load(tmp_path, html, uploads)
    assert find_pictures(blurb())


def test_without_uploads_each_picture_is_reported(tmp_path):
    report = load(tmp_path, f'<img src="{UPLOADS}{PATH}" alt="graph"><img src="{UPLOADS}2.png">')
    assert kinds(report) == ["picture missing"] * 2


def test_picture_of_another_site_becomes_a_link_and_is_reported(tmp_path, uploads):
    source = "https://other.example/wp-content/uploads/2021/05/graph.png"
    report = load(tmp_path, f'<img src="{source}" alt="graph">', uploads)
    assert kinds(report) == ["picture of another site"]
    assert f"[graph]({source})" in blurb()


def test_link_to_an_upload_stays_a_link_and_is_answered_or_reported(client, tmp_path, uploads):
    html = f'<p><a href="{UPLOADS}{PATH}">the graph</a> <a href="{UPLOADS}slides.pdf">slides</a></p>'
    report = load(tmp_path, html, uploads)
    assert blurb() == f"[the graph]({UPLOADS}{PATH}) [slides]({UPLOADS}slides.pdf)"
    assert kinds(report) == ["upload missing"]
    assert client.get(f"/wp-content/uploads/{PATH}").status_code == 301


def test_pages_intros_and_messages_have_pictures_too(tmp_path, uploads):
    image = f'<img src="{UPLOADS}{PATH}" alt="a">'
    message = f'<div class="sreweekly-sponsor-message"><p>A message from our sponsor, Acme:</p><p>{image}</p></div>'
    post = item(7, 14, html=f"<p>{image}</p>{message}{entry()}")
    report = import_wordpress([write(tmp_path, post, item(8, html=f"<p>{image}</p>"))], uploads=uploads)
    issue, page = Issue.objects.get(), Page.objects.get()
    for text in (issue.intro, issue.placements.get().message, page.body):
        assert text == f"![a]({Picture.objects.get().get_absolute_url()})"
    assert (kinds(report), report.counts["pictures"]) == ([], 1)


def test_picture_in_a_title_is_not_its_address(tmp_path, uploads):
    title = f'<img src="{UPLOADS}{PATH}" alt="logo"> Lamps'
    report = import_wordpress([write(tmp_path, item(7, 14, html=entry(title=title)))], uploads=uploads)
    assert Article.objects.get().url == "https://lamps.example/1"
    assert "link lost" in kinds(report)


def test_animation_is_a_still_picture_now(tmp_path):
    uploads = make_uploads(tmp_path / "uploads", {"a.gif": make_animation("GIF")})
    report = load(tmp_path, f'<img src="{UPLOADS}a.gif" alt="a">', uploads)
    assert (Picture.objects.get().format, kinds(report)) == ("png", ["picture"])


def test_rehearsal_reports_the_same_and_stores_nothing(tmp_path, uploads):
    before = set(storage().listdir("")[1])
    html = f'<img src="{UPLOADS}{PATH}" alt="a"><img src="{UPLOADS}b.png">'
    make_uploads(uploads, {PATH: make_file(size=(61, 41))})
    rehearsal = load(tmp_path, html, uploads, dry_run=True)
    assert set(storage().listdir("")[1]) == before
    assert not Picture.objects.exists()
    real = load(tmp_path, html, uploads)
    assert (kinds(rehearsal), rehearsal.counts) == (kinds(real), real.counts)


def test_uploads_that_come_later_are_brought_in_and_again_nothing_changes(tmp_path, uploads):
    html = f'<p><img src="{UPLOADS}{PATH}" alt="a"></p>'
    load(tmp_path, html)
    load(tmp_path, html, uploads)
    assert find_pictures(blurb())
    state = list(Issue.objects.values()), list(Article.objects.values()), list(FormerAddress.objects.values())
    load(tmp_path, html, uploads)
    load(tmp_path, html)
    load(tmp_path, html, reload=True)
    assert (list(Issue.objects.values()), list(Article.objects.values()), list(FormerAddress.objects.values())) == state


def test_what_was_edited_here_stays(tmp_path, uploads):
    html = f'<p><img src="{UPLOADS}{PATH}" alt="a"></p>'
    load(tmp_path, html)
    Article.objects.update(blurb="Mine.")
    report = load(tmp_path, html, uploads)
    assert (blurb(), len(report.left_alone)) == ("Mine.", 1)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04", None])
def test_uploads_that_cannot_be_read_are_said(tmp_path, content):
    path = tmp_path / "uploads.zip"
    if content is not None:
        path.write_bytes(content)
    file = write(tmp_path, item(7, 14))
    with pytest.raises(CommandError, match=r"uploads\.zip"):
        call_command("import_wordpress", str(file), "--uploads", str(path), stdout=StringIO())
    assert not Issue.objects.exists()


def test_archive_that_unpacks_to_too_much_is_refused(tmp_path, settings):
    settings.PICTURE_MAX_BYTES = 1000
    path = tmp_path / "uploads.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(PATH, bytes(10_000_000))
    assert kinds(load(tmp_path, f'<img src="{UPLOADS}{PATH}">', path)) == ["picture missing"]
