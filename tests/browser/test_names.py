"""Authors, publications, tags and sponsors: their pages, merging, turning and deleting, in a browser."""

import pytest
from playwright.sync_api import expect
from taggit.models import Tag

from issues.models.articles import Article
from tests.browser.desk import find_violations
from tests.make import make_article, make_author, make_issue, make_placement, make_publication, make_sponsor

LONG = "W" * 60


@pytest.fixture
def pages(transactional_db):
    """Make rows with long names that are used, and return the pages that show what uses them."""
    author, publication, sponsor = make_author(LONG), make_publication(LONG), make_sponsor(LONG)
    issue = make_issue()
    make_placement(issue, sponsor=sponsor)
    for _ in range(11):
        make_article(issue=issue, title=LONG, authors=(author,), publication=publication, tags=(LONG, f"{LONG}-"))
    make_author(f"{LONG}é", previous_slugs=[LONG.lower()])
    tag = Tag.objects.get(name=LONG)
    rows = {"issues/author": author, "issues/publication": publication, "taggit/tag": tag, "sponsors/sponsor": sponsor}
    merging = [f"{name}/merge/?row={row.pk}" for name, row in rows.items()]
    own = [f"{name}/{row.pk}/{page}/" for name, row in rows.items() for page in ("change", "delete")]
    turning = [f"issues/author/{author.pk}/turn/", f"issues/publication/{publication.pk}/turn/"]
    return [*merging, *own, *turning, "taggit/tag/merge/", "nothing/here/"]


@pytest.mark.parametrize("width", [1280, 1024, 390])
def test_nothing_runs_over_the_edge(desk, pages, width, allowed_errors):
    allowed_errors.append("404")
    desk.set_viewport_size({"width": width, "height": 900})
    wide = []
    for path in pages:
        desk.goto(f"/admin/{path}")
        if desk.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(path)
    assert wide == []


def test_pages_are_accessible(desk, pages, allowed_errors):
    allowed_errors.append("404")
    for path in pages:
        desk.goto(f"/admin/{path}")
        assert find_violations(desk) == [], path


def test_tag_is_merged_from_its_page_by_keys(desk, transactional_db):
    make_article(tags=("on-call",))
    make_article(tags=("oncall",))
    desk.goto(f"/admin/taggit/tag/{Tag.objects.get(name='oncall').pk}/change/")
    desk.get_by_role("link", name="Merge…").press("Enter")
    desk.get_by_role("radio", name="Keep on-call").press("Space")
    desk.get_by_role("button", name="Merge").press("Enter")
    expect(desk.locator(".messagelist .success")).to_be_in_viewport()
    assert set(Article.objects.values_list("tags__name", flat=True)) == {"on-call"}


def test_author_is_turned_into_a_publication_from_its_page(desk, transactional_db):
    author = make_author("Fern Hub")
    make_article(authors=(author,))
    desk.goto(f"/admin/issues/author/{author.pk}/change/")
    desk.get_by_role("link", name="Turn into a publication…").click()
    desk.get_by_role("button", name="Turn into a publication").click()
    expect(desk.locator(".messagelist .success")).to_be_in_viewport()
    assert Article.objects.filter(publication__name="Fern Hub").exists()
