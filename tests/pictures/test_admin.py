"""Pictures at the desk. Who may do what is in tests/sreweekly/test_roles.py."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from pictures.models import Picture
from pictures.storage import storage
from tests.make import make_article, make_editor, make_page, make_picture, sign_in
from tests.pictures.files import make_animation, make_file

pytestmark = pytest.mark.django_db

LIST = "/admin/pictures/picture/"
ADD = f"{LIST}add/"
JSON = {"Accept": "application/json"}


def upload(content=None, name="graph.png"):
    return SimpleUploadedFile(name, make_file() if content is None else content)


def send(client, *files, **headers):
    return client.post(ADD, {"pictures": files}, headers=headers)


def test_script_gets_the_markdown_of_the_picture(desk, django_assert_num_queries):
    with django_assert_num_queries(7):
        response = send(desk, upload(), **JSON)
    picture = Picture.objects.get()
    assert response.json() == {"markdown": [f"![](/pictures/{picture.name})"], "notes": [""]}
    assert (picture.file_name, str(picture.created_by)) == ("graph.png", "editor")


def test_known_picture_comes_with_its_alternative_text(desk):
    picture = make_picture(width=60, alternative="A box")
    Picture.objects.filter(pk=picture.pk).update(alternative="A [red] box")
    content = storage().open(str(picture.name)).read()
    assert send(desk, upload(content), **JSON).json()["markdown"] == [f"![A \\[red\\] box](/pictures/{picture.name})"]


def test_what_was_changed_is_said(desk):
    assert send(desk, upload(make_animation("GIF")), **JSON).json()["notes"] != [""]


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([], 400),
        ([upload(b"<svg onload=alert(1)>", "x.svg")], 400),
        ([upload(b"", "empty.png")], 400),
        ([upload(b"x", "<b>.png")], 400),
    ],
)
@pytest.mark.parametrize("headers", [JSON, {}])
def test_what_is_refused_is_said_with_the_name_of_the_file(desk, files, status, headers):
    response = send(desk, *files, **headers)
    assert response.status_code == status
    for file in files:
        shown = response.json()["error"] if headers else response.context["error"]
        assert shown.startswith(f"{file.name}: ")
    assert not Picture.objects.exists()


def test_of_several_files_those_that_are_taken_and_those_that_are_not_are_named(desk):
    response = send(desk, upload(b"<svg>", "x.svg"), upload(), upload(b"", "<b>.png"))
    assert response.context["error"].count(".png: ") == response.context["error"].count("x.svg: ") == 1
    assert "&lt;b&gt;.png: " in response.content.decode()
    [message] = response.context["messages"]
    assert str(message) == f"{Picture.objects.get()} is here."


@pytest.mark.parametrize("headers", [JSON, {}])
def test_too_many_files_are_refused_with_a_sentence(desk, settings, headers):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    response = send(desk, upload(), upload(), upload(), **headers)
    shown = response.json()["error"] if headers else response.context["error"]
    assert (response.status_code, "2 files" in shown) == (400, True)


def test_too_large_a_request_is_refused_before_it_is_read(desk, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    for headers in (JSON, {}):
        assert send(desk, upload(b"x" * 2000), **headers).status_code == 413


def test_too_large_a_picture_is_refused(desk, settings):
    settings.PICTURE_MAX_BYTES = 10
    assert send(desk, upload(), **JSON).status_code == 400


@pytest.mark.parametrize(
    ("error", "said"),
    [(OSError(28, "No space left on device"), "No space left"), (RuntimeError("An error of S3"), "does not answer")],
)
def test_full_disk_and_silent_storage_are_said(desk, monkeypatch, error, said):
    def refuse(name, content):
        raise error

    monkeypatch.setattr(storage(), "save", refuse)
    response = send(desk, upload(), **JSON)
    assert (response.status_code, said in response.json()["error"]) == (503, True)


def test_token_is_needed_and_checked_first():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_editor())
    assert send(client, upload(), **JSON).status_code == 403
    assert not Picture.objects.exists()
    token = client.get(ADD).context["csrf_token"]
    assert send(client, upload(), **JSON, **{"X-CSRFToken": str(token)}).status_code == 200


def test_readers_and_proofreaders_send_nothing():
    assert send(Client(), upload()).status_code == 302
    assert send(sign_in("proofread_issue"), upload(), **JSON).status_code == 403
    assert not Picture.objects.exists()


def test_without_the_script_the_page_leads_to_the_picture_or_to_the_list(desk):
    response = send(desk, upload())
    picture = Picture.objects.get()
    assert response["Location"] == f"{LIST}{picture.pk}/change/"
    page = desk.get(response["Location"]).content.decode()
    assert f'value="{picture.markdown}"' in page
    assert send(desk, upload(), upload(make_file(size=(9, 9))))["Location"] == LIST


def test_list_shows_small_pictures_and_where_they_are_used(desk, django_assert_num_queries):
    for count in (1, 2):
        used = make_picture(alternative='A "b" <c>')
        make_article(blurb=used.markdown)
        with django_assert_num_queries(11):
            response = desk.get(LIST)
        assert len(response.context["cl"].result_list) == count
        assert response.context["cl"].result_list[0].use_count == 1
        assert f'src="/pictures/{used.name}"' in response.content.decode()


def test_list_is_filtered_by_use(desk):
    used, unused = make_picture(), make_picture()
    make_page(body=used.markdown)
    for query, expected in ((("used"), [used]), ("unused", [unused]), ("", [unused, used])):
        assert list(desk.get(LIST, {"use": query} if query else {}).context["cl"].result_list) == expected


def test_alternative_text_is_changed_and_nothing_else(desk):
    picture = make_picture()
    desk.post(f"{LIST}{picture.pk}/change/", {"alternative": "A graph", "width": 9, "digest": "x"})
    picture.refresh_from_db()
    assert (picture.alternative, picture.width != 9, picture.digest != "x") == ("A graph", True, True)


def test_used_picture_is_not_deleted(desk):
    picture, other = make_picture(), make_picture()
    make_page(body=picture.markdown)
    desk.post(f"{LIST}{picture.pk}/delete/", {"post": "yes"})
    action = {"action": "delete_selected", "_selected_action": [picture.pk, other.pk], "post": "yes"}
    desk.post(LIST, action)
    assert Picture.objects.count() == 2


def test_unused_pictures_are_deleted_with_their_files(desk, django_capture_on_commit_callbacks):
    one, two, three = make_picture(), make_picture(), make_picture()
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(f"{LIST}{one.pk}/delete/", {"post": "yes"})
        action = {"action": "delete_selected", "_selected_action": [two.pk, three.pk], "post": "yes"}
        desk.post(LIST, action)
    assert not Picture.objects.exists()
    assert not any(storage().exists(name) for picture in (one, two, three) for name in picture.files)
