"""Take the pictures in docs/pictures from the demonstration newsletter. Run by `make pictures`."""

from pathlib import Path

import pytest
from django.core.management import call_command
from taggit.models import Tag

from issues.models.credits import Author
from issues.models.issues import Issue

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
WIDE, PHONE = {"width": 1000, "height": 1100}, {"width": 390, "height": 844}


@pytest.fixture
def demonstration(transactional_db):
    call_command("load_demonstration", verbosity=0)


def test_take_pictures(demonstration, desk, make_page, allowed_errors):
    allowed_errors.append(r"404 \(Not Found\) \(http://[^/]+/nothing/\)$")
    FOLDER.mkdir(exist_ok=True)
    latest, draft = Issue.objects.published()[0], Issue.objects.unpublished()[0]
    author, tag = Author.objects.get(name="Marguerite Osei"), Tag.objects.get(slug="retries")
    for name, path, width, scheme in (
        ("issue", latest.get_absolute_url(), WIDE, "light"),
        ("issue-dark", latest.get_absolute_url(), WIDE, "dark"),
        ("issue-phone", latest.get_absolute_url(), PHONE, "light"),
        ("home-phone-dark", "/", PHONE, "dark"),
        ("archive", "/archive/", WIDE, "light"),
        ("author", author.get_absolute_url(), WIDE, "light"),
        ("authors", "/authors/", WIDE, "light"),
        ("tag-dark", f"/tags/{tag.slug}/", WIDE, "dark"),
        ("tags-phone", "/tags/", PHONE, "light"),
        ("publications-dark", "/publications/", WIDE, "dark"),
        ("search", "/search/?q=retry", WIDE, "light"),
        ("about", "/about/", WIDE, "light"),
        ("not-found", "/nothing/", WIDE, "light"),
    ):
        page = make_page(viewport=width, color_scheme=scheme)
        page.goto(path)
        page.screenshot(path=FOLDER / f"{name}.png")
    desk.set_viewport_size({"width": 1360, "height": 1100})
    desk.goto(f"/admin/issues/issue/{draft.pk}/change/")
    desk.wait_for_load_state("networkidle")
    desk.locator("#articles-group .inline-related > details > summary").nth(1).click()
    desk.screenshot(path=FOLDER / "desk.png")
    for name, path in (("this-week", "/admin/"), ("inbox", "/admin/collecting/candidate/inbox/")):
        desk.goto(path, wait_until="networkidle")
        desk.screenshot(path=FOLDER / f"{name}.png")
