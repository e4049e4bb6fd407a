"""Who may change what: drafts only without the permission to publish, and only words as a proofreader."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from desk.models import UnsavedForm
from issues.admin import ArticleAdmin
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.revisions import contents_of
from tests.desk_forms import error_codes, read_form, save
from tests.make import (
    make_article,
    make_author,
    make_issue,
    make_page,
    make_placement,
    make_publication,
    make_sponsor,
    note_changes,
    sign_in_as,
)

LATER = timedelta(days=3)


@pytest.fixture
def draft(db):
    issue = make_issue(status="draft", publish_at=timezone.now().replace(microsecond=0) + LATER, articles=2)
    make_placement(issue)
    note_changes()
    return issue


@pytest.fixture
def scheduled(db):
    issue = make_issue(publish_at=timezone.now() + LATER, articles=1)
    make_placement(issue)
    note_changes()
    return issue


def url_of(row):
    return f"/admin/{row._meta.label_lower.replace('.', '/')}/{row.pk}/change/"


def contents(issue):
    return contents_of(Issue.objects.with_contents().get(pk=issue.pk))


# Proofreaders

WORDS = {"intro": "Hallo.", "articles-0-title": "Better", "articles-0-blurb": "Read.", "placements-0-message": "Buy."}


def test_proofreader_changes_the_words_of_a_draft(draft):
    client = sign_in_as("Proofreader")
    assert save(client, url_of(draft), "issue_form", "_continue", **WORDS).status_code == 302
    now = contents(draft)
    found = now["issue"]["intro"], now["articles"][0]["title"], now["articles"][0]["blurb"], now["placements"][0]
    assert (*found[:3], found[3]["message"]) == tuple(WORDS.values())
    assert draft.revisions.first().saved_by.username == "Proofreader"


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("Editor", True, True),
        ("Contributor", True, True),
        ("Proofreader", True, False),
        ("Sponsor manager", False, False),
    ],
)
def test_notes_are_for_those_who_change_the_issue_and_can_be_read_by_proofreaders(draft, role, reads, writes):
    Issue.objects.update(notes="Ask Ann.")
    client = sign_in_as(role)
    assert ("Ask Ann." in client.get(url_of(draft)).text) == reads
    if role != "Sponsor manager":  # They cannot save an issue.
        save(client, url_of(draft), "issue_form", notes="Forged.")
    assert Issue.objects.get().notes == ("Forged." if writes else "Ask Ann.")


def test_forged_form_of_a_proofreader_changes_nothing_but_words(draft):
    client, before = sign_in_as("Proofreader"), contents(draft)
    first, second = before["articles"]
    form = read_form(client.get(url_of(draft)), "issue_form")
    assert {name.rpartition("-")[2] for name in form} >= {"intro", "title", "blurb", "message"}
    forged = {
        "number": "99",
        "slug": "another",
        "status": "approved",
        "publish_at_0": "2030-01-01",
        "publish_at_1": "9:00",
        # In the other order, and with every other field of a row.
        "articles-0-id": second["id"],
        "articles-1-id": first["id"],
        "articles-TOTAL_FORMS": "3",
        "articles-0-order": "2",
        "articles-1-order": "1",
        "articles-0-to_backlog": "on",
        "articles-0-DELETE": "on",
        "articles-1-url": "https://evil.example/",
        "articles-1-author_list": make_author().name,
        "articles-1-publication": make_publication().name,
        "articles-1-tag_list": "+new",
        "articles-1-byline": "Me",
        "articles-1-disclosure": "None.",
        "articles-1-section": "outages",
        "articles-2-title": "New",
        "articles-2-url": "https://new.example/",
        "articles-2-section": "articles",
        "placements-0-sponsor": make_sponsor().name,
        "placements-0-url": "",
        "placements-0-state": "booked",
        "placements-0-DELETE": "on",
        "placements-TOTAL_FORMS": "2",
        "placements-1-sponsor": make_sponsor().name,
    }
    words = {"articles-0-title": "B", "articles-1-title": "A"}
    words |= {"articles-0-blurb": second["blurb"], "articles-1-blurb": first["blurb"]}
    assert client.post(url_of(draft), {**form, **forged, **words, "_save": "1"}).status_code == 302
    after = contents(draft)
    assert [article.pop("title") for article in after["articles"]] == ["A", "B"]
    for article in before["articles"]:
        del article["title"]
    assert after == before


@pytest.mark.parametrize("placed", [True, False])
def test_proofreader_changes_the_words_of_an_article(draft, placed):
    client = sign_in_as("Proofreader")
    article = draft.articles.first() if placed else make_article(state="shortlisted", notes="Mine.")
    forged = {"url": "https://evil.example/", "state": "declined", "notes": "", "byline": "Me", "tag_list": "+new"}
    before = Article.objects.filter(pk=article.pk).values("url", "state", "notes", "byline", "position").get()
    assert save(client, url_of(article), "article_form", blurb="Read it.", **forged).status_code == 302
    article.refresh_from_db()
    assert article.blurb == "Read it."
    assert Article.objects.filter(pk=article.pk).values(*before).get() == before
    assert not article.tags.exists()
    assert article.authors.count() == 1


def test_proofreader_changes_the_words_of_a_page_and_of_a_message(draft):
    client, page, placement = sign_in_as("Proofreader"), make_page(is_published=True), draft.placements.get()
    assert save(client, url_of(page), "page_form", body="Better.", slug="x", is_published=None).status_code == 302
    forged = {"state": "booked", "url": "", "issue": "", "sponsor": make_sponsor().name}
    assert save(client, url_of(placement), "placement_form", message="Better.", **forged).status_code == 302
    page.refresh_from_db()
    assert (page.body, page.slug, page.is_published) == ("Better.", "about", True)
    now = draft.placements.get()
    assert (now.message, now.state, now.url, now.sponsor) == ("Better.", "approved", placement.url, placement.sponsor)


def test_proofreader_sorts_places_and_deletes_nothing(draft):
    client, article = sign_in_as("Proofreader"), make_article(state="saved")
    actions = client.get("/admin/issues/article/").context["action_form"]
    assert actions is None
    client.post("/admin/issues/article/", {"action": "sort_declined", "_selected_action": [article.pk]})
    client.post(url_of(article), {"action": f"place_{draft.pk}", "_selected_action": [article.pk]})
    article.refresh_from_db()
    assert (article.state, article.issue) == ("saved", None)


# What was approved

NOT_PUBLISHERS = ["Contributor", "Proofreader"]


@pytest.mark.parametrize("role", NOT_PUBLISHERS)
@pytest.mark.parametrize("button", ["_approve", "_publish", "_withdraw"])
def test_button_that_publishes_is_refused(draft, role, button):
    client = sign_in_as(role)
    assert f'name="{button}"' not in client.get(url_of(draft)).content.decode()
    assert save(client, url_of(draft), "issue_form", button, intro="Hallo.").status_code == 403
    draft.refresh_from_db()
    assert (draft.state, draft.intro) == ("draft", "")


@pytest.mark.parametrize("role", NOT_PUBLISHERS)
def test_what_was_approved_can_only_be_read(scheduled, role):
    client, before = sign_in_as(role), contents(scheduled)
    for row in (scheduled, scheduled.articles.get(), scheduled.placements.get()):
        response = client.get(url_of(row))
        assert not response.context["show_save"]
        assert response.status_code == 200
        client.post(url_of(row), {"title": "X", "blurb": "X", "intro": "X", "message": "X", "seen": "1"})
    assert contents(scheduled) == before


def test_words_typed_while_the_issue_was_approved_are_kept_as_a_draft(draft):
    client = sign_in_as("Contributor")
    data = {**read_form(client.get(url_of(draft)), "issue_form"), "intro": "An hour’s work.", "_save": "1"}
    draft.approve(draft.publish_at)
    response = client.post(url_of(draft), data, follow=True)
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert UnsavedForm.objects.get().data["intro"] == "An hour’s work."
    draft.withdraw()
    assert [kept.data["intro"] for kept, _ in client.get(url_of(draft)).context["drafts"]] == ["An hour’s work."]


def test_article_is_not_saved_if_its_issue_is_approved_at_the_same_moment(draft, monkeypatch):
    client, article = sign_in_as("Contributor"), draft.articles.first()
    data = {**read_form(client.get(url_of(article)), "article_form"), "blurb": "Late.", "_save": "1"}
    draft.approve(draft.publish_at)
    # As if the permission had been checked just before.
    monkeypatch.setattr(ArticleAdmin, "has_change_permission", lambda self, request, obj=None: True)
    client.post(url_of(article), data)
    assert not draft.articles.filter(blurb="Late.").exists()


def test_contributor_places_articles_in_drafts_only(draft, scheduled):
    client, article = sign_in_as("Contributor"), make_article()
    assert client.get("/admin/issues/article/").context["issues_to_fill"] == [draft]
    keys = {"article": article.pk}
    assert client.post(f"/admin/issues/article/place/{scheduled.pk}/", keys).status_code == 403
    assert client.post(f"/admin/issues/article/place/{draft.pk}/", keys).status_code == 200
    there = scheduled.articles.get()
    assert client.post("/admin/issues/article/sort/saved/", {"article": there.pk, "undo": "1"}).status_code == 403
    client.post("/admin/issues/article/", {"action": "return_to_backlog", "_selected_action": [there.pk]})
    assert (scheduled.articles.count(), draft.articles.count()) == (1, 3)


def test_contributor_restores_an_article_but_not_the_sponsors_message(draft):
    client, article = sign_in_as("Contributor"), draft.articles.first()
    blurb = article.blurb
    row = {"articles-0-blurb": "Worse."}
    assert save(client, url_of(draft), "issue_form", "_continue", **row).status_code == 302
    address = f"/admin/issues/issue/{draft.pk}/history/restore/"
    version = draft.revisions.last().version
    assert client.post(address, {"version": version}).status_code == 403
    assert client.post(address, {"version": version, "article": article.pk}).status_code == 302
    article.refresh_from_db()
    assert article.blurb == blurb


def test_sponsor_manager_changes_the_message_of_a_draft_only(draft, scheduled):
    client, placement = sign_in_as("Sponsor manager"), draft.placements.get()
    assert save(client, url_of(placement), "placement_form", message="Buy.").status_code == 302
    moved = save(client, url_of(placement), "placement_form", issue=scheduled.pk)
    assert error_codes(moved) == {"issue": ["invalid_choice"]}
    later = scheduled.placements.get()
    assert client.post(f"/admin/sponsors/placement/{later.pk}/delete/", {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [later.pk], "post": "yes"}
    client.post("/admin/sponsors/placement/", action)
    assert scheduled.placements.exists()


# Ready for review


@pytest.fixture
def in_review(draft):
    save(sign_in_as("Contributor"), url_of(draft), "issue_form", "_ask_review", intro="Done.")
    draft.refresh_from_db()
    return draft


def test_contributor_calls_a_draft_ready_and_the_first_page_tells_who_may_publish(in_review, desk):
    assert (in_review.intro, in_review.review_requested_by.username) == ("Done.", "Contributor")
    assert in_review.version == in_review.revisions.first().version
    response = desk.get("/admin/")
    assert response.context["runway"].in_review == [in_review]
    assert "asked by <bdi>Contributor</bdi>" in response.content.decode()
    assert "asked by" not in sign_in_as("Sponsor manager").get("/admin/").content.decode()


def test_review_is_no_change_of_the_contents(draft, desk):
    draft.refresh_from_db()
    before = contents(draft), draft.revisions.count(), draft.updated_at
    for button in ("_ask_review", "_end_review"):
        save(desk, url_of(draft), "issue_form", button)
    draft.refresh_from_db()
    assert (contents(draft), draft.revisions.count(), draft.updated_at) == before


def test_who_asked_first_stays(in_review, desk):
    asked_at = in_review.review_requested_at
    save(desk, url_of(in_review), "issue_form", "_ask_review")
    in_review.refresh_from_db()
    assert (in_review.review_requested_at, in_review.review_requested_by.username) == (asked_at, "Contributor")


def test_review_ends_with_the_approval(in_review):
    in_review.approve(timezone.now() + LATER)
    in_review.refresh_from_db()
    assert (in_review.review_requested_at, in_review.review_requested_by) == (None, None)


def test_review_is_withdrawn_by_who_may_write(in_review):
    client = sign_in_as("Proofreader")
    assert save(client, url_of(in_review), "issue_form", "_end_review").status_code == 403
    contributor = User.objects.get(username="Contributor")
    client.force_login(contributor)
    save(client, url_of(in_review), "issue_form", "_end_review")
    in_review.refresh_from_db()
    assert in_review.review_requested_at is None


def test_review_outlives_the_account_of_who_asked(in_review, desk):
    User.objects.get(username="Contributor").delete()
    in_review.refresh_from_db()
    assert (in_review.review_requested_by, desk.get(url_of(in_review)).status_code) == (None, 200)


def test_issues_are_listed_by_review(in_review, desk):
    make_issue(status="draft")
    found = desk.get("/admin/issues/issue/?state=ready+for+review")
    assert list(found.context["cl"].result_list) == [in_review]
