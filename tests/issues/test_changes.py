"""Change everything printed in every way there is: search, revisions, feeds and scheduled issues are updated."""

import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from taggit.models import Tag

from issues.changes import changing
from issues.history import restore, restore_article
from issues.models.addresses import Address
from issues.models.articles import Article
from issues.models.corrections import Correction
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from issues.models.revisions import contents_of, contents_of_page
from issues.models.search import SearchText
from issues.preflight import Level, preflight
from issues.printing.version import digest
from issues.schedule import next_publication_time
from issues.search.index import reindex
from sponsors.models import Placement, Sponsor
from tests.desk_forms import errors, read_form, save
from tests.make import (
    make_article,
    make_author,
    make_correction,
    make_editor,
    make_issue,
    make_page,
    make_placement,
    make_publication,
    make_sponsor,
    note_changes,
)
from tests.wordpress.wxr import item, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """Return a published, a scheduled and a draft issue, each with rows of every kind."""
    author, publication, sponsor = make_author("Ann"), make_publication("Press"), make_sponsor("Acme")
    now = timezone.now()
    times = {"published": now - timedelta(days=1), "scheduled": now + timedelta(days=2), "draft": None}
    issues = {}
    for state, publish_at in times.items():
        issue = make_issue(status="draft", intro="Hello.")
        credits: dict[str, Any] = {"authors": (author,), "publication": publication, "tags": ("slo",)}
        make_article(issue=issue, title=f"Lamps, {state}", **credits)
        make_article(issue=issue, title=f"Owls, {state}")
        make_placement(issue, sponsor=sponsor)
        if publish_at:
            issue.approve(publish_at)
        issues[state] = issue
    make_correction(issues["published"])
    with changing(issues.values(), cause="set up"):
        """Keep the first revisions."""
    assert Issue.objects.get(pk=issues["scheduled"].pk).is_approved
    page = make_page()
    return SimpleNamespace(
        **issues,
        article=issues["published"].articles.get(title="Lamps, published"),
        author=author,
        publication=publication,
        sponsor=sponsor,
        page=page,
        tag=Tag.objects.get(),
    )


def change_url(row) -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])


def submit(desk, row, button="_save", /, **fields):
    form = f"{row._meta.model_name}_form"
    response = save(desk, change_url(row), form, button, **fields)
    assert response.status_code == 302, response.context["errors"]


def act(desk, name, *rows, **fields):
    url = reverse(f"admin:{rows[0]._meta.label_lower.replace('.', '_')}_changelist")
    where = "?place=all" if isinstance(rows[0], Article) else ""
    chosen = {"action": name, "_selected_action": [row.pk for row in rows]}
    response = desk.post(f"{url}{where}", {**chosen, **fields}, follow=True)
    assert response.status_code == 200


def import_posts(tmp_path, *items):
    call_command("import_wordpress", write(tmp_path, *items))


def change_and_import(tmp_path):
    import_posts(tmp_path, item(7, 14))
    import_posts(tmp_path, item(7, 14, title="SRE Weekly Issue #14: again", modified_gmt="2030-01-01 00:00:00"))


def import_file(tmp_path, intro):
    given = {"number": 15, "time": "2016-03-01", "intro": intro}
    sections = [{"entries": [{"url": "https://lamps.example/15", "title": "Lamps", "authors": ["Ada Moss"]}]}]
    (path := tmp_path / "15.json").write_text(json.dumps({**given, "sections": sections}))
    call_command("import_issues", path)


def publish(desk, issue):
    """Press “Publish now”, and confirm the warnings of preflight."""
    submit(desk, issue, "_publish")
    confirmation = desk.get(f"{change_url(issue)}?confirm=_publish").context["preflight"].confirmation
    desk.post(change_url(issue), {**read_form(desk.get(change_url(issue)), "issue_form"), "_publish": confirmation})


def restore_blurb(w):
    """Change the blurb first, so that restoring it changes something."""
    with changing([w.published]):
        Article.objects.filter(pk=w.article.pk).update(blurb="Another.")
    restore_article(w.published.revisions.get(version=1), w.article.pk, None)


def restore_intro(issue):
    with changing([issue]) as change:
        change.issues[issue.pk].intro = "Another."
        change.issues[issue.pk].save()
    restore(issue.revisions.last(), None)


def export_and_import(tmp_path):
    call_command("export_archive", tmp_path / "archive")
    models: list[Any] = [Correction, Placement, Article, Issue, Page, Author, Publication, Sponsor, Tag]
    for model in models:
        model.objects.all().delete()
    call_command("import_archive", tmp_path / "archive")


# What is changed, and how: functions of a signed-in client, the world (w) and a folder (t).
CHANGES: dict[str, Callable] = {
    "issue, form": lambda desk, w, t: submit(desk, w.published, intro="Another."),
    "issue, form of a scheduled one": lambda desk, w, t: submit(desk, w.scheduled, intro="Another."),
    "issue, added": lambda desk, w, t: save(desk, reverse("admin:issues_issue_add"), "issue_form", intro="New."),
    "issue, published": lambda desk, w, t: publish(desk, w.draft),
    "issue, list action": lambda desk, w, t: act(desk, "withdraw_selected", w.published),
    "issue, restored": lambda desk, w, t: restore_intro(w.published),
    "issue, imported": lambda desk, w, t: import_posts(t, item(7, 14)),
    "issue, imported again": lambda desk, w, t: change_and_import(t),
    "issue, imported from a file": lambda desk, w, t: import_file(t, "Hello."),
    "issue, imported from a file again": lambda desk, w, t: (import_file(t, "Hello."), import_file(t, "Bye.")),
    "issue, archive": lambda desk, w, t: export_and_import(t),
    "address, form": lambda desk, w, t: submit(desk, w.published, slug="another-address"),
    "article, row": lambda desk, w, t: submit(desk, w.published, **{"articles-0-blurb": "Another."}),
    "article, row added": lambda desk, w, t: add_row(desk, w.draft),
    "article, rows moved": lambda desk, w, t: submit(
        desk, w.published, **{"articles-0-order": "2", "articles-1-order": "1"}
    ),
    "article, row sent back": lambda desk, w, t: submit(desk, w.scheduled, **{"articles-0-to_backlog": "on"}),
    "article, form": lambda desk, w, t: submit(desk, w.article, blurb="Another."),
    "article, deleted": lambda desk, w, t: act(desk, "delete_selected", w.scheduled.articles.first(), post="yes"),
    "article, placed by action": lambda desk, w, t: act(desk, f"place_{w.draft.pk}", make_article()),
    "article, placed by key": lambda desk, w, t: desk.post(
        f"/admin/issues/article/place/{w.scheduled.pk}/", {"article": make_article().pk}
    ),
    "article, sent back by action": lambda desk, w, t: act(desk, "return_to_backlog", *w.scheduled.articles.all()),
    "article, undone by key": lambda desk, w, t: desk.post(
        "/admin/issues/article/sort/saved/", {"article": w.scheduled.articles.first().pk, "undo": "1"}
    ),
    "article, restored": lambda desk, w, t: restore_blurb(w),
    "authorship, row": lambda desk, w, t: submit(
        desk, w.published, **{"articles-0-author_list": [make_author("Bo").name, w.author.name]}
    ),
    "authorship, form": lambda desk, w, t: submit(desk, w.article, author_list=make_author("Bo").name),
    "author, form": lambda desk, w, t: submit(desk, w.author, name="Anna"),
    "author, merge": lambda desk, w, t: merge(desk, make_author("Anna"), w.author),
    "publication, form": lambda desk, w, t: submit(desk, w.publication, name="The Press"),
    "publication, disclosure": lambda desk, w, t: submit(desk, w.publication, disclosure="My employer."),
    "publication, sponsor": lambda desk, w, t: submit(desk, w.publication, sponsor=w.sponsor.pk),
    "publication, merge": lambda desk, w, t: merge(desk, make_publication("The Press"), w.publication),
    "author, turned": lambda desk, w, t: turn(desk, w.published.articles.get(publication=None).authors.get()),
    "publication, turned": lambda desk, w, t: turn(desk, w.publication),
    "sponsor, merge": lambda desk, w, t: merge(desk, make_sponsor("Acme Inc."), w.sponsor),
    "tag, merge": lambda desk, w, t: merge(desk, Tag.objects.create(name="SLOs"), w.tag),
    "tag, form": lambda desk, w, t: submit(desk, w.tag, name="SLOs"),
    "tag, deleted": lambda desk, w, t: act(desk, "delete_selected", w.tag, post="yes"),
    "page, form": lambda desk, w, t: submit(desk, w.page, body="Another."),
    "page, added": lambda desk, w, t: save(
        desk, reverse("admin:issues_page_add"), "page_form", title="Jobs", slug="jobs", body="None."
    ),
    "page, restored": lambda desk, w, t: restore_page(desk, w.page),
    "page, deleted": lambda desk, w, t: act(desk, "delete_selected", w.page, post="yes"),
    "page, imported": lambda desk, w, t: import_posts(t, item(8, title="Jobs", post_type="page", slug="jobs")),
    "sponsor, form": lambda desk, w, t: submit(desk, w.sponsor, name="Acme Inc."),
    "placement, row": lambda desk, w, t: submit(desk, w.published, **{"placements-0-message": "Another."}),
    "placement, added": lambda desk, w, t: add_placement(desk, w),
    "placement, form": lambda desk, w, t: submit(desk, w.scheduled.placements.get(), state="booked"),
    "placement, deleted": lambda desk, w, t: act(desk, "delete_selected", w.published.placements.get(), post="yes"),
    "correction, added": lambda desk, w, t: save(
        desk, reverse("admin:issues_correction_add"), "correction_form", issue=w.published.pk, text="Wrong."
    ),
    "correction, form": lambda desk, w, t: submit(desk, w.published.corrections.get(), text="Another."),
    "correction, deleted": lambda desk, w, t: act(desk, "delete_selected", w.published.corrections.get(), post="yes"),
    "correction, printed": lambda desk, w, t: act(desk, "print_in_next_issue", w.published.corrections.get()),
}


def add_row(desk, issue):
    row = {"articles-TOTAL_FORMS": "3", "articles-2-title": "New", "articles-2-url": "https://new.example/"}
    submit(desk, issue, **row, **{"articles-2-section": "articles", "articles-2-issue": issue.pk})


def add_placement(desk, w):
    """Book the free slot of the scheduled issue. The message is not approved yet, which stops the issue."""
    with changing([w.scheduled]):
        w.scheduled.placements.all().delete()
    fields = {"issue": w.scheduled.pk, "sponsor": w.sponsor.name, "message": "Another."}
    response = save(desk, reverse("admin:sponsors_placement_add"), "placement_form", **fields)
    assert response.status_code == 302, errors(response)


def restore_page(desk, page):
    """Change the page first, so that restoring it changes something."""
    submit(desk, page, body="Another.")
    desk.post(reverse("admin:issues_page_restore", args=[page.pk, 1]))


def merge(desk, kept, lost):
    opts = kept._meta
    desk.post(reverse(f"admin:{opts.app_label}_{opts.model_name}_merge"), {"row": [lost.pk], "kept": kept.pk})


def turn(desk, row):
    desk.post(reverse(f"admin:issues_{row._meta.model_name}_turn", args=[row.pk]))


@pytest.mark.parametrize("name", CHANGES)
def test_change_updates_everything_that_depends_on_it(name, desk, client, world, tmp_path):
    before = state_of_everything(client)
    CHANGES[name](desk, world, tmp_path)
    after = state_of_everything(client)
    assert after != before, "Nothing was changed."
    check_revisions()
    check_search()
    check_scheduled()
    check_addresses()
    if after["printed"] != before["printed"]:
        assert after["feed"] != before["feed"]


def state_of_everything(client):
    published = Issue.objects.published().with_contents()
    return {
        "printed": {issue.number: digest(issue) for issue in published},
        "all": [contents_of(issue) for issue in Issue.objects.with_contents()],
        "pages": [(page.version, contents_of_page(page)) for page in Page.objects.all()],
        "publications": list(Issue.objects.values_list("articles__publication__disclosure", flat=True)),
        "sponsors": list(Issue.objects.values_list("articles__publication__sponsor", flat=True)),
        "corrections": list(Correction.objects.values_list("text", "erratum")),
        "feed": client.get("/feed/")["ETag"],
    }


def check_revisions():
    """Check that the latest revision has the saved contents, and that the digest is that of the printed contents."""
    for issue in Issue.objects.with_contents():
        latest = issue.revisions.latest("version")
        assert (latest.version, latest.contents) == (issue.version, contents_of(issue))
        assert issue.contents_digest == digest(issue)
    for revision in (page.revisions.first() for page in Page.objects.all()):
        assert revision is None or revision.contents == contents_of_page(revision.page)


def check_search():
    kept = search_rows()
    reindex(Issue.objects.all())
    assert kept == search_rows()


def search_rows():
    return sorted(SearchText.objects.values_list("issue", "article", "text", "words", "vector"), key=repr)


def check_scheduled():
    """Check that no scheduled issue has a stop."""
    for issue in Issue.objects.unpublished().filter(status=Issue.Status.APPROVED).with_contents():
        assert Level.STOP not in {finding.level for finding in preflight(issue)}


def check_addresses():
    rows: list[Any] = [*Issue.objects.all(), *Page.objects.all()]
    for row in rows:
        assert Address.objects.get(path=row.slug.lower()).row == row
        assert row.addresses.filter(is_current=True).count() == 1


# Faults that were found and mended


@pytest.mark.parametrize("field", ["disclosure", "sponsor"])
def test_scheduled_issue_that_a_publication_stops_becomes_a_draft(desk, world, field):
    submit(desk, world.publication, **{field: "My employer." if field == "disclosure" else world.sponsor.pk})
    world.scheduled.refresh_from_db()
    assert not world.scheduled.is_approved


def test_erratum_updates_search_and_digest_of_the_next_issue(desk, world):
    act(desk, "print_in_next_issue", world.published.corrections.get())
    following = Issue.objects.with_contents().get(pk=world.scheduled.pk)
    assert "Correction to" in following.search_texts.get(article=None).text
    assert following.contents_digest == digest(following)


# Numbers of queries


def make_sunday(articles: int = 8) -> Issue:
    """Make an issue that is almost ready: articles of publications, an outage and a sponsor's message."""
    issue = make_issue(outages=1, status="draft", publish_at=next_publication_time(timezone.now() + timedelta(days=2)))
    for _ in range(articles):
        make_article(issue=issue, publication=make_publication(), tags=("slo",))
    make_placement(issue)
    note_changes()
    return issue


def count_post(desk, issue, django_assert_num_queries, count, button="_save", **changes):
    url = change_url(issue)
    data = read_form(desk.get(url), "issue_form")
    with django_assert_num_queries(count):
        response = desk.post(url, {**data, button: "1", **changes})
    assert response.status_code == 302


@pytest.mark.parametrize("articles", [8, 40])
def test_save_of_one_blurb_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, articles):
    issue = make_sunday(articles)
    count_post(desk, issue, django_assert_num_queries, 33, **{"articles-3-blurb": "Another."})
    assert issue.revisions.count() == 2


def test_save_without_a_change_takes_few_queries(desk, django_assert_num_queries):
    issue = make_sunday()
    count_post(desk, issue, django_assert_num_queries, 28)
    assert issue.revisions.count() == 1


def test_approving_takes_a_fixed_number_of_queries(desk, django_assert_num_queries):
    issue = make_sunday()
    count_post(desk, issue, django_assert_num_queries, 38, button="_approve")
    assert Issue.objects.get().is_approved


def test_placing_takes_a_fixed_number_of_queries(desk, django_assert_num_queries):
    issue, article = make_sunday(), make_article()
    with django_assert_num_queries(24):
        response = desk.post(f"/admin/issues/article/place/{issue.pk}/", {"article": article.pk})
    assert response.json()["rows"][0]["done"]


def test_many_issues_take_as_many_queries_as_one(django_assert_num_queries):
    for count in (1, 5):
        author = make_author(f"Author of {count}")
        for _ in range(count):
            make_article(issue=make_issue(), authors=(author,))
        note_changes()
        author.name = f"Author {count}"
        issues = set(Issue.objects.filter(articles__authors=author).values_list("pk", flat=True))
        with django_assert_num_queries(15), changing(issues):
            author.save(update_fields=["name"])


# What changing() does by itself


def test_failed_change_is_rolled_back(world):
    def fail():
        with changing([world.published]):
            Issue.objects.update(intro="Another.")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert Issue.objects.get(pk=world.published.pk).intro == "Hello."


def test_state_before_is_kept_if_no_revision_holds_it():
    issue = make_issue(articles=1)
    with changing([issue], make_editor(), "article changed"):
        issue.articles.update(title="Another")
    causes = issue.revisions.values_list("version", "cause", "saved_by__username")
    assert list(causes) == [(2, "article changed", "editor"), (1, "as it was", None)]


def test_version_and_time_stay_if_nothing_changed(world):
    before = Issue.objects.filter(pk=world.published.pk).values().get()
    with changing([world.published]):
        """Nothing."""
    assert Issue.objects.filter(pk=world.published.pk).values().get() == before
