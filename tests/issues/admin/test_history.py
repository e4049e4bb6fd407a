"""Every saved state of an issue: listed, compared, restored."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from issues.models.articles import Article
from issues.models.credits import Author
from issues.models.issues import Issue
from sponsors.models import Placement
from tests.desk_forms import save
from tests.make import make_article, make_author, make_issue, make_placement, make_publication


def change_url(issue):
    return f"/admin/issues/issue/{issue.pk}/change/"


def history_url(issue):
    return f"/admin/issues/issue/{issue.pk}/history/"


def save_issue(desk, issue, **changes):
    assert save(desk, change_url(issue), "issue_form", **changes).status_code == 302


def restore(client, issue, version, article=""):
    data = {"version": version, "article": getattr(article, "pk", article)}
    return client.post(f"/admin/issues/issue/{issue.pk}/history/restore/", data, follow=True)


def causes(issue):
    return list(issue.revisions.order_by("version").values_list("version", "cause"))


@pytest.fixture
def issue(db) -> Issue:
    """A draft with articles A and B."""
    issue = make_issue(status="draft", intro="The intro.")
    for title in ("A", "B"):
        make_article(issue=issue, title=title, blurb=f"Blurb of {title}.", tags=("slo",))
    return issue


# What is kept


def test_first_save_keeps_what_was_there_before_and_what_is_there_now(desk, issue):
    save_issue(desk, issue, intro="Changed.")
    before, after = issue.revisions.order_by("version")
    assert (before.contents["issue"]["intro"], after.contents["issue"]["intro"]) == ("The intro.", "Changed.")
    assert (str(after.saved_by), after.cause, after.version) == ("editor", "saved", 2)


def test_save_that_changes_nothing_is_not_kept_twice(desk, issue):
    save_issue(desk, issue)
    save_issue(desk, issue)
    assert [version for version, _ in causes(issue)] == [1]
    save_issue(desk, issue, intro="Changed.")
    assert [version for version, _ in causes(issue)] == [1, 4]


def test_every_way_to_change_an_issue_is_kept(desk, issue):
    article = make_article(title="C")
    article.place(issue)
    article.return_to_backlog()
    save(desk, f"/admin/issues/article/{issue.articles.first().pk}/change/", "article_form", blurb="Changed.")
    placement = make_placement(issue)
    save(desk, f"/admin/sponsors/placement/{placement.pk}/change/", "placement_form", message="Changed.")
    issue.refresh_from_db()
    issue.approve(timezone.now())
    assert [cause for _, cause in causes(issue)] == [
        *("as it was", "article placed", "article sent back to the backlog", "article changed"),
        *("sponsor’s message changed", "published"),
    ]


def test_contents_hold_everything_that_is_edited(desk, issue):
    publication = make_publication("Press")
    article = make_article(title="C", authors=(make_author("Zoë"), make_author("Anna")), publication=publication)
    article.place(issue)
    contents = issue.revisions.first().contents
    assert [row["title"] for row in contents["articles"]] == ["A", "B", "C"]
    kept = contents["articles"][2]
    assert [author["name"] for author in kept["authors"]] == ["Zoë", "Anna"]
    assert kept["publication"] == {"id": publication.pk, "name": "Press"}


def test_keeping_asks_the_same_for_one_article_and_for_three(db, django_assert_num_queries):
    for articles in (1, 3):
        issue = make_issue(articles=articles, status="draft")
        issues = Issue.objects.filter(pk=issue.pk)
        with django_assert_num_queries(8):
            issues.keep_revisions()
        with django_assert_num_queries(1):
            issues.keep_revisions()
        issues.update(intro="Changed.")
        with django_assert_num_queries(9):
            issues.count_up_versions(None, "saved")


# What is shown


def test_versions_are_listed_with_what_changed(desk, issue):
    save_issue(desk, issue, intro="Changed.", **{"articles-0-blurb": "Changed.", "articles-1-byline": "Changed"})
    html = desk.get(history_url(issue)).content.decode()
    assert "issue, 2 articles changed" in html


def test_words_are_compared_with_the_version_before(desk, issue):
    save_issue(desk, issue, intro="The new intro.")
    html = desk.get(history_url(issue)).content.decode()
    assert '<ins><span class="visually-hidden">added: </span>new ' in html


def test_any_two_versions_are_compared(desk, issue):
    for intro in ("One.", "Two.", "Three."):
        save_issue(desk, issue, intro=intro)
    response = desk.get(history_url(issue), {"version": 4, "before": 1})
    ((change, _),) = response.context["changes"]
    ((_, pieces),) = change.fields
    assert [piece.text for piece in pieces if piece.kind == "removed"] == ["The intro"]


def test_issue_that_was_never_saved_here_shows_its_state(desk, issue):
    html = desk.get(history_url(issue)).content.decode()
    assert "as it is now" in html
    assert issue.revisions.count() == 0


@pytest.mark.parametrize("query", ["version=x", "version=99", "before=-1", "p=x", "version=1&before=1"])
def test_history_takes_any_address(desk, issue, query):
    save_issue(desk, issue, intro="Changed.")
    assert desk.get(f"{history_url(issue)}?{query}").status_code == 200


def test_history_asks_the_same_for_one_version_and_for_three(desk, issue, django_assert_num_queries):
    for intro in ("One.", "Two."):
        save_issue(desk, issue, intro=intro)
        with django_assert_num_queries(9):
            desk.get(history_url(issue))


# The way back


def test_one_article_is_restored_and_the_rest_stays(desk, issue):
    article = issue.articles.get(title="A")
    save_issue(desk, issue, intro="Changed.", **{"articles-0-blurb": "Changed.", "articles-0-tag_list": ["dns"]})
    restore(desk, issue, 1, article)
    article.refresh_from_db()
    assert (article.blurb, list(article.tags.names())) == ("Blurb of A.", ["slo"])
    assert Issue.objects.get().intro == "Changed."
    assert causes(issue)[-1] == (3, "article restored from version 1")


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
    make_article(title="Later").place(issue)
    restore(desk, issue, 1)
    assert list(issue.articles.order_by("position").values_list("title", flat=True)) == ["A", "B"]
    assert Article.objects.backlog().get().title == "Later"
    assert (Issue.objects.get().intro, Placement.objects.get().message) == ("The intro.", "Buy.")
    assert causes(issue)[-1] == (4, "restored from version 1")


def test_article_comes_back_from_the_backlog(desk, issue):
    save_issue(desk, issue, **{"articles-0-to_backlog": "on"})
    restore(desk, issue, 1)
    assert list(issue.articles.order_by("position").values_list("title", flat=True)) == ["A", "B"]


def test_article_of_another_issue_stays_there_and_this_is_told(desk, issue):
    save_issue(desk, issue, **{"articles-0-to_backlog": "on"})
    other = make_issue(status="draft")
    Article.objects.get(title="A").place(other)
    assert "“A” stays as it is" in restore(desk, issue, 1).content.decode()
    assert other.articles.get().title == "A"


def test_published_issue_keeps_its_identity_and_its_articles(desk, issue):
    save_issue(desk, issue, intro="Changed.")
    issue.refresh_from_db()
    issue.approve(timezone.now())
    make_article(title="Later").place(issue)
    before = Issue.objects.values("number", "guid", "publish_at", "status").get()
    restore(desk, issue, 1)
    assert Issue.objects.values("number", "guid", "publish_at", "status").get() == before
    assert Issue.objects.get().intro == "The intro."
    assert list(issue.articles.order_by("position").values_list("title", flat=True)) == ["A", "B", "Later"]


def test_merged_author_is_credited_by_the_name_that_was_kept(desk, issue):
    old = make_author("Annie")
    issue.articles.get(title="A").credit([old])
    save_issue(desk, issue, **{"articles-0-author_list": []})
    kept = make_author("Anna")
    kept.absorb(Author.objects.get(pk=old.pk))
    restore(desk, issue, 1)
    assert issue.articles.get(title="A").credited_authors == [kept]


def test_state_that_would_be_refused_is_not_restored_and_told(desk, issue):
    save_issue(desk, issue, slug="elsewhere")
    make_issue(number=2, slug="sre-weekly-issue-1", status="draft")
    assert "Nothing was restored" in restore(desk, issue, 1).content.decode()
    assert Issue.objects.get(pk=issue.pk).slug == "elsewhere"


@pytest.mark.parametrize(("version", "article", "status"), [("x", "", 404), (99, "", 404), (1, 999, 200)])
def test_odd_restores_are_answered(desk, issue, version, article, status):
    save_issue(desk, issue, intro="Changed.")
    assert restore(desk, issue, version, article).status_code == status
    assert Issue.objects.get().intro == "Changed."


def test_history_is_for_who_may_see_and_restoring_for_who_may_change(desk, issue):
    save_issue(desk, issue, intro="Changed.")
    user = User.objects.create_user("helper", is_staff=True)
    client = Client()
    client.force_login(user)
    assert client.get(history_url(issue)).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_issue"))
    client.force_login(User.objects.get(pk=user.pk))
    assert "Restore" not in client.get(history_url(issue)).content.decode()
    assert restore(client, issue, 1).status_code == 403
    assert desk.get(f"/admin/issues/issue/{issue.pk}/history/restore/").status_code == 405
