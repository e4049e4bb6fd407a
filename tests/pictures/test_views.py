"""What readers' browsers get for the address of a picture."""

import pytest

from pictures.storage import storage
from tests.make import make_picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def picture():
    return make_picture()


def test_both_files_are_served_for_ever_and_run_nothing(client, picture, django_assert_num_queries):
    for name, kind in ((str(picture.name), "image/png"), (picture.name.webp, "image/webp")):
        with django_assert_num_queries(0):
            response = client.get(f"/pictures/{name}")
        assert (response.status_code, response["Content-Type"]) == (200, kind)
        assert int(response["Content-Length"]) == len(response.getvalue()) == storage().size(name)
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response["Content-Disposition"] == f'inline; filename="{name}"'
        assert not response.cookies
        assert "Vary" not in response


def test_picture_that_the_browser_has_is_not_sent_again(client, picture):
    address = picture.get_absolute_url()
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.getvalue()) == (304, b"")
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405


def test_deleted_picture_is_not_there_any_more(client, picture):
    address = picture.get_absolute_url()
    etag = client.get(address)["ETag"]
    storage().delete(str(picture.name))
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 404


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), RuntimeError("An error of S3")])
def test_storage_that_fails_is_an_outage(client, picture, monkeypatch, error):
    def refuse(name, mode="rb"):
        raise error

    monkeypatch.setattr(storage(), "open", refuse)
    client.raise_request_exception = False
    response = client.get(picture.get_absolute_url())
    assert (response.status_code, response["Cache-Control"]) == (503, "no-store")
    assert "Retry-After" in response


@pytest.mark.parametrize(
    "path",
    [
        *("", "..", "../settings.py", "%2e%2e/settings.py", "a.png", "a" * 20 + "-1x1.png", "a" * 20 + "-1x1.svg"),
        *("a" * 20 + "-1x1.png/", "a" * 20 + "-1x1.png%00", "a" * 20 + "-1x1.png%0a", "A" * 20 + "-1x1.png"),
    ],
)
def test_no_other_file_is_served(client, path):
    assert client.get(f"/pictures/{path}", follow=True).status_code == 404
