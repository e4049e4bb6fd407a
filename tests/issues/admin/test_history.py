"""The history of an issue: every saved version is listed, compared and restored."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from issues.changes import changing
from issues.models.articles import Article
from issues.models.issues import Issue
from sponsors.models import Placement
from tests.desk_forms import save
from tests.make import make_article, make_author, make_issue, make_placement, make_publication


@pytest.fixture
def issue(db) -> Issue:
    """A draft with articles A and B."""
    issue = make_issue(status="draft", intro="The intro.")
    for title in ("A", "B"):
        make_article(issue=issue, title=title, blurb=f"Blurb of {title}.", tags=("slo",))
    return issue


def history_url(issue):
    return f"/admin/issues/issue/{issue.pk}/history/"


def save_issue(desk, issue, **changes):
    assert save(desk, f"/admin/issues/issue/{issue.pk}/change/", "issue_form", **changes).status_code == 302


def restore(client, issue, version, article=""):
    data = {"version": version, "article": getattr(article, "pk", article)}
    return client.post(f"{history_url(issue)}restore/", data, follow=True)


def place(issue, article):
    with changing([issue]) as change:
        article.place(change.issues[issue.pk])


def levels(response):
    """The levels of the messages after that of the save before."""
    return [message.level_tag for message in response.context["messages"]][1:]


def causes(issue):
    return list(issue.revisions.order_by("version").values_list("version", "cause"))


def titles(issue):
    return list(issue.articles.order_by("position").values_list("title", flat=True))


# What is kept


def test_first_save_keeps_the_state_before_and_the_state_after(desk, issue):
    save_issue(desk, issue, intro="Changed.")
    before, after = issue.revisions.order_by("version")
    assert (before.contents["issue"]["intro"], after.contents["issue"]["intro"]) == ("The intro.", "Changed.")
    assert (str(after.saved_by), after.version) == ("editor", before.version + 1)


def test_save_that_changes_nothing_is_not_kept_twice(desk, issue):
    save_issue(desk, issue)
    save_issue(desk, issue)
    assert [cause for _, cause in causes(issue)] == ["as it was"]


def test_line_ends_of_a_browser_change_nothing(desk, issue):
    issue.articles.update(blurb="One.\n\nTwo.")
    save_issue(desk, issue, **{"articles-0-blurb": "One.\r\n\r\nTwo.", "articles-1-blurb": "One.\r\n\r\nTwo."})
    assert causes(issue) == [(1, "as it was")]
    assert set(issue.articles.values_list("blurb", flat=True)) == {"One.\n\nTwo."}


def test_revision_holds_everything_that_is_edited(desk, issue):
    publication = make_publication("Press")
    authors = make_author("Zoë"), make_author("Anna")
    place(issue, make_article(title="C", authors=authors, publication=publication))
    contents = issue.revisions.first().contents
    assert [row["title"] for row in contents["articles"]] == ["A", "B", "C"]
    kept = contents["articles"][2]
    assert [author["name"] for author in kept["authors"]] == ["Zoë", "Anna"]
    assert kept["publication"] == {"id": publication.pk, "name": "Press"}


# What is shown


def test_versions_are_listed_with_a_summary_and_the_last_two_are_compared(desk, issue):
    save_issue(desk, issue, intro="The new intro.", **{"articles-0-blurb": "Changed.", "articles-1-byline": "Changed"})
    response = desk.get(history_url(issue))
    told, began = [event.what for event in response.context["events"]]
    assert ("intro changed" in told, "2 articles changed" in told, "before" in began) == (True, True, True)
    assert (response.context["before"].version, response.context["shown"].version) == (1, 2)
    assert '<ins><span class="visually-hidden">added: </span>new ' in response.content.decode()


def test_any_two_versions_are_compared(desk, issue):
    for intro in ("One.", "Two.", "Three."):
        save_issue(desk, issue, intro=intro)
    response = desk.get(history_url(issue), {"version": 4, "before": 1})
    ((change, _),) = response.context["changes"]
    ((_, pieces),) = change.fields
    assert [piece.text for piece in pieces if piece.kind == "removed"] == ["The intro"]


def test_issue_that_was_never_saved_here_shows_its_state(desk, issue):
    response = desk.get(history_url(issue))
    assert (response.context["shown"].cause, response.context["sources"]) == ("as it is now", [])


@pytest.mark.parametrize("query", ["version=x", "version=99&before=-1", "p=x", "version=1&before=1"])
def test_history_answers_any_query_string(desk, issue, query):
    save_issue(desk, issue, intro="Changed.")
    assert desk.get(f"{history_url(issue)}?{query}").status_code == 200


def test_history_takes_the_same_queries_for_one_version_and_for_three(desk, issue, django_assert_num_queries):
    for intro in ("One.", "Two."):
        save_issue(desk, issue, intro=intro)
        with django_assert_num_queries(10):
            desk.get(history_url(issue))


def told(client, issue):
    return [event.what for event in client.get(history_url(issue)).context["events"]]


def test_change_of_state_is_told_in_words(desk, issue):
    soon = timezone.now() + timedelta(days=3)
    with changing([issue], cause="saved") as change:
        change.approve(change.issues[issue.pk], soon)
    assert told(desk, issue)[0].startswith("scheduled for ")
    with changing([issue], cause="made a draft again") as change:
        change.issues[issue.pk].withdraw()
    assert told(desk, issue)[0] == "taken back"
    with changing([issue], cause="saved") as change:
        change.approve(change.issues[issue.pk], timezone.now())
    assert told(desk, issue)[0] == "published"


def test_scheduled_issue_that_came_out_says_so(desk, issue):
    with changing([issue], cause="saved") as change:
        change.approve(change.issues[issue.pk], timezone.now() + timedelta(days=3))
    early = timezone.now() - timedelta(days=7)
    issue.revisions.update(saved_at=early)
    with changing([issue]):
        Issue.objects.filter(pk=issue.pk).update(publish_at=early + timedelta(days=1))
    assert told(desk, issue)[1] == "came out"


# The way back


def test_one_article_is_restored_and_the_rest_stays(desk, issue):
    article = issue.articles.get(title="A")
    save_issue(desk, issue, intro="Changed.", **{"articles-0-blurb": "Changed.", "articles-0-tag_list": "+dns"})
    assert levels(restore(desk, issue, 1, article)) == ["success"]
    article.refresh_from_db()
    assert (article.blurb, list(article.tags.names())) == ("Blurb of A.", ["slo"])
    issue.refresh_from_db()
    assert issue.intro == "Changed."
    assert len(causes(issue)) == 3


def test_article_that_is_elsewhere_now_gets_its_words_only(desk, issue):
    article = issue.articles.get(title="A")
    save_issue(desk, issue, **{"articles-0-blurb": "Changed.", "articles-0-to_backlog": "on"})
    restore(desk, issue, 1, article)
    article.refresh_from_db()
    assert (article.blurb, article.issue) == ("Blurb of A.", None)


def test_deleted_article_is_written_anew(desk, issue):
    article = issue.articles.get(title="A")
    desk.post(f"/admin/issues/article/{article.pk}/delete/", {"post": "yes"})
    restore(desk, issue, 1, article)
    assert issue.articles.get(title="A").blurb == "Blurb of A."


def test_everything_is_restored_as_a_new_version(desk, issue):
    make_placement(issue, message="Buy.")
    swapped = {"articles-0-order": "2", "articles-1-order": "1", "articles-1-title": "Changed"}
    save_issue(desk, issue, intro="Changed.", **swapped, **{"placements-0-message": "Changed."})
    place(issue, make_article(title="Later"))
    restore(desk, issue, 1)
    assert titles(issue) == ["A", "B"]
    assert Article.objects.backlog().get().title == "Later"
    issue.refresh_from_db()
    assert (issue.intro, Placement.objects.get().message) == ("The intro.", "Buy.")
    assert len(causes(issue)) == 4


def test_publication_time_of_a_draft_is_restored(desk, issue):
    issue.publish_at = datetime(2027, 1, 3, 14, 30, tzinfo=UTC)
    issue.save()
    save_issue(desk, issue, publish_at_0="", publish_at_1="")
    assert levels(restore(desk, issue, 1)) == ["success"]
    assert Issue.objects.get().publish_at == issue.publish_at


def test_article_comes_back_from_the_backlog(desk, issue):
    save_issue(desk, issue, **{"articles-0-to_backlog": "on"})
    restore(desk, issue, 1)
    assert titles(issue) == ["A", "B"]


def test_article_of_another_issue_stays_there_and_this_is_reported(desk, issue):
    save_issue(desk, issue, **{"articles-0-to_backlog": "on"})
    other = make_issue(status="draft")
    place(other, Article.objects.get(title="A"))
    assert levels(restore(desk, issue, 1)) == ["success", "warning"]
    assert titles(other) == ["A"]


def test_published_issue_keeps_its_identity_and_its_articles(desk, issue):
    save_issue(desk, issue, intro="Changed.")
    issue.refresh_from_db()
    issue.approve(timezone.now())
    place(issue, make_article(title="Later"))
    before = Issue.objects.values("number", "guid", "publish_at", "status").get()
    restore(desk, issue, 1)
    assert Issue.objects.values("number", "guid", "publish_at", "status").get() == before
    assert Issue.objects.get().intro == "The intro."
    assert titles(issue) == ["A", "B", "Later"]


def test_merged_author_is_credited_by_the_name_that_was_kept(desk, issue):
    old, kept = make_author("Annie"), make_author("Anna")
    issue.articles.get(title="A").credit([old])
    save_issue(desk, issue, **{"articles-0-author_list": []})
    kept.absorb(old)
    restore(desk, issue, 1)
    assert issue.articles.get(title="A").credited_authors == [kept]


def test_state_that_would_be_refused_is_not_restored_and_this_is_reported(desk, issue):
    save_issue(desk, issue, slug="elsewhere")
    make_issue(number=2, slug="sre-weekly-issue-1", status="draft")
    assert levels(restore(desk, issue, 1)) == ["error"]
    issue.refresh_from_db()
    assert issue.slug == "elsewhere"


@pytest.mark.parametrize(("version", "article", "status"), [("x", "", 404), (99, "", 404), (1, 999, 200)])
def test_version_or_article_that_does_not_exist_is_not_restored(desk, issue, version, article, status):
    save_issue(desk, issue, intro="Changed.")
    assert restore(desk, issue, version, article).status_code == status
    issue.refresh_from_db()
    assert issue.intro == "Changed."


def test_history_needs_the_permission_to_see_and_restoring_to_change(desk, issue):
    save_issue(desk, issue, intro="Changed.")
    user = User.objects.create_user("helper", is_staff=True)
    client = Client()
    client.force_login(user)
    assert client.get(history_url(issue)).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_issue"))
    assert client.get(history_url(issue)).context["may_restore"] is False
    assert restore(client, issue, 1).status_code == 403
    assert desk.get(f"{history_url(issue)}restore/").status_code == 405
