import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from procrastinate.contrib.django.models import ProcrastinateJob

from collecting.models.sources import Source
from tests.collecting.test_opml import opml, outline
from tests.desk_forms import errors, save
from tests.issues.admin.test_safety import sign_in

LIST = "/admin/collecting/source/"
IMPORT = f"{LIST}opml/import/"


def upload(desk, content):
    return desk.post(IMPORT, {"file": SimpleUploadedFile("feeds.opml", content)}, follow=True)


def sentences(response):
    return [str(message) for message in response.context["messages"]]


def test_feed_that_is_added_is_asked(desk):
    save(desk, f"{LIST}add/", "source_form", url="https://a.example/feed")
    source = Source.objects.get()
    assert ProcrastinateJob.objects.get().args == {"source_id": source.pk}


def test_feed_that_is_here_already_is_told_at_the_field(desk):
    Source.objects.create(url="https://a.example/feed")
    response = save(desk, f"{LIST}add/", "source_form", url="http://a.example/feed/")
    assert errors(response) == {"url": ["This feed is in the list already."]}


def test_other_address_is_asked_anew(desk):
    source = Source.objects.create(url="https://a.example/feed", etag='"x"', problem="It was down.")
    save(desk, f"{LIST}{source.pk}/change/", "source_form", url="https://a.example/other")
    source.refresh_from_db()
    assert (source.etag, source.problem) == ("", "")


def test_feeds_are_asked_now(desk):
    source = Source.objects.create(url="https://a.example/feed")
    response = desk.post(LIST, {"action": "ask_now", "_selected_action": [source.pk]}, follow=True)
    assert sentences(response) == ["Being asked: 1. What is new appears under Candidates."]


def test_list_is_imported_and_told(desk):
    content = opml(outline("https://a.example/feed"), outline("gopher://a.example/", "Old"))
    told = sentences(upload(desk, content))
    assert told[0] == "Added: 1. Here before: 0."
    assert told[1].startswith("Left out: “Old”: ")


@pytest.mark.parametrize("content", [b"hello", b"<opml/>"])
def test_file_that_is_no_list_is_told_at_the_field(desk, content):
    response = upload(desk, content)
    assert response.status_code == 200
    assert response.context["form"].errors["file"]


def test_list_is_exported(desk):
    Source.objects.create(title="A", url="https://a.example/feed")
    response = desk.get(f"{LIST}opml/")
    assert response["Content-Disposition"] == 'attachment; filename="feeds.opml"'
    assert b'xmlUrl="https://a.example/feed"' in response.content


@pytest.mark.parametrize("address", [IMPORT, f"{LIST}opml/", LIST])
def test_who_may_not_is_refused(db, address):
    assert sign_in("view_page").get(address).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, count):
    for number in range(count):
        Source.objects.create(url=f"https://a.example/{number}")
    with django_assert_num_queries(5):
        desk.get(LIST)
