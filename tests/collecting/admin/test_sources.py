import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from collecting.models.candidates import Candidate
from collecting.models.sources import Source
from tests.collecting.test_opml import opml, outline
from tests.desk_forms import errors, save
from tests.make import make_candidate, sign_in

LIST = "/admin/collecting/source/"
IMPORT = f"{LIST}opml/import/"


def upload(desk, content):
    return desk.post(IMPORT, {"file": SimpleUploadedFile("feeds.opml", content)}, follow=True)


def sentences(response):
    return [str(message) for message in response.context["messages"]]


def test_added_feed_is_polled(desk):
    save(desk, f"{LIST}add/", "source_form", url="https://a.example/feed")
    source = Source.objects.get()
    assert ProcrastinateJob.objects.get().args["source_id"] == source.pk


def test_known_feed_is_refused_at_the_field(desk):
    Source.objects.create(url="https://a.example/feed")
    response = save(desk, f"{LIST}add/", "source_form", url="http://a.example/feed/")
    assert list(errors(response)) == ["url"]


def test_changed_address_is_polled_anew(desk):
    source = Source.objects.create(url="https://a.example/feed", etag='"x"', problem="It was down.")
    save(desk, f"{LIST}{source.pk}/change/", "source_form", url="https://a.example/other")
    source.refresh_from_db()
    assert (source.etag, source.problem) == ("", "")
    assert source.canonical_url == "a.example/other"


def test_editor_s_change_keeps_what_a_poll_saved_meanwhile(desk, monkeypatch):
    def clean(source):
        Source.objects.update(etag='"new"', failures=0)

    source = Source.objects.create(url="https://a.example/feed", failures=3)
    monkeypatch.setattr(Source, "clean", clean)
    save(desk, f"{LIST}{source.pk}/change/", "source_form", title="Mine")
    source.refresh_from_db()
    assert (source.title, source.etag, source.failures) == ("Mine", '"new"', 0)


@pytest.fixture
def moved(db):
    """Make a feed that failed at its former address, and the same feed at the new one."""
    return [
        Source.objects.create(
            title="Acme", url="https://old.example/feed", site_url="https://acme.example/", failures=9
        ),
        Source.objects.create(title="Acme", url="https://new.example/feed"),
    ]


def test_merged_feed_brings_its_links_with_what_was_decided_about_them(desk, moved):
    old, new = moved
    for source, path, state in ((old, "a", "taken"), (old, "b", "declined"), (new, "b", "new"), (new, "c", "new")):
        make_candidate(url=f"https://acme.example/{path}", source=source, state=state)
    response = desk.post(f"{LIST}merge/", {"row": [old.pk, new.pk], "kept": new.pk})
    assert response.status_code == 302
    kept = Source.objects.get()
    assert (kept.url, kept.site_url) == (new.url, "https://acme.example/")
    found = {candidate.url[-1]: candidate.state for candidate in kept.candidates.all()}
    assert (found, Candidate.objects.count()) == ({"a": "taken", "b": "declined", "c": "new"}, 3)
    assert LogEntry.objects.filter(object_id=str(new.pk), change_message__contains="Merged").exists()


def test_feeds_with_the_same_title_are_offered_for_merging(desk, moved):
    old, new = moved
    pairs = desk.get(f"{LIST}merge/").context["pairs"]
    assert [{one, other} for one, other, _ in pairs] == [{old, new}]
    choices = desk.get(f"{LIST}merge/?row={old.pk}").context["choices"]
    assert [choice.row for choice in choices] == [old, new]
    assert desk.get(f"{LIST}{old.pk}/change/").context["alike"][0][0] == new


def test_merging_takes_a_fixed_number_of_queries(desk, moved, django_assert_num_queries):
    ContentType.objects.get_for_model(Source)  # Django asks for it once.
    for number in range(5):
        make_candidate(url=f"https://acme.example/{number}", source=moved[number % 2])
    with django_assert_num_queries(13):
        desk.post(f"{LIST}merge/", {"row": [source.pk for source in moved], "kept": moved[1].pk})


def test_merging_needs_permission_to_delete(moved):
    client = sign_in("view_source", "change_source")
    assert client.post(f"{LIST}merge/", {"row": [row.pk for row in moved], "kept": moved[0].pk}).status_code == 403


def test_action_polls_active_feeds(desk):
    rows = [Source.objects.create(url=f"https://{on}.example/feed", is_active=on) for on in (True, False)]
    desk.post(LIST, {"action": "poll_now", "_selected_action": [source.pk for source in rows]})
    assert ProcrastinateJob.objects.get().args["source_id"] == rows[0].pk


def test_imported_and_refused_feeds_are_told(desk):
    content = opml(outline("https://a.example/feed"), outline("gopher://a.example/", "Old"))
    told = sentences(upload(desk, content))
    assert len(told) == 2
    assert "“Old”" in told[1]


@pytest.mark.parametrize("content", [b"hello", b"<opml/>"])
def test_other_file_is_refused_at_the_field(desk, content):
    response = upload(desk, content)
    assert response.status_code == 200
    assert response.context["form"].errors["file"]


def test_list_is_exported(desk):
    Source.objects.create(title="A", url="https://a.example/feed")
    response = desk.get(f"{LIST}opml/")
    assert response["Content-Disposition"] == 'attachment; filename="feeds.opml"'
    assert b'xmlUrl="https://a.example/feed"' in response.content


@pytest.mark.parametrize("address", [IMPORT, f"{LIST}opml/", LIST])
def test_user_without_permission_is_refused(db, address):
    assert sign_in("view_page").get(address).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, count):
    for number in range(count):
        Source.objects.create(url=f"https://a.example/{number}")
    with django_assert_num_queries(6):
        desk.get(LIST)


@pytest.mark.parametrize("dead", [{"problem": "It answered 410."}, {"is_active": False}, {"polled_at": None}])
def test_feed_that_works_is_kept_and_not_the_one_that_brought_more_links_before(desk, dead):
    polled = {"title": "Blog", "polled_at": timezone.now()}
    moved = Source.objects.create(**polled | {"url": "https://example.com/old"} | dead)
    works = Source.objects.create(**polled, url="https://example.com/new")
    make_candidate(source=moved)
    response = desk.get("/admin/collecting/source/merge/", {"row": [moved.pk, works.pk]})
    assert [choice.row for choice in response.context["choices"]] == [works, moved]
    assert "https://example.com/old" in response.content.decode()


def test_of_feeds_that_work_the_one_that_brought_more_links_is_kept(desk):
    few, many = (Source.objects.create(url=f"https://example.com/{name}") for name in ("few", "many"))
    make_candidate(source=many)
    response = desk.get("/admin/collecting/source/merge/", {"row": [few.pk, many.pk]})
    assert [choice.row for choice in response.context["choices"]] == [many, few]
