from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issues.changes import changing
from issues.models.addresses import Address
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.schedule import next_publication_time
from sponsors.models import Placement
from tests.desk_forms import errors, read_form, save
from tests.make import make_article, make_author, make_issue, make_page, make_placement, make_publication, make_sponsor

ADD = "/admin/issues/issue/add/"

# A usual day, eight hours before the usual time.
SUNDAY = next_publication_time(timezone.now()) - timedelta(hours=8)


def change_url(issue):
    return reverse("admin:issues_issue_change", args=[issue.pk])


def save_issue(desk, issue, button="_save", **changes):
    return save(desk, change_url(issue), "issue_form", button, **changes)


def new_row(index, total, **fields):
    """The fields of a row that the editor added; `total` is how many there are then."""
    row = {"title": f"New {index}", "url": f"https://example.com/new/{index}", "section": "articles", **fields}
    return {f"articles-{index}-{name}": value for name, value in row.items()} | {"articles-TOTAL_FORMS": total}


def titles(issue, section="articles"):
    return [article.title for article in issue.articles.filter(section=section).order_by("position")]


# What is offered


@time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC))
def test_offers_next_number_title_address_and_sunday_evening(desk):
    make_issue(number=530, publish_at=datetime(2026, 8, 17, 0, 45, tzinfo=UTC))
    offered = read_form(desk.get(ADD), "issue_form")
    assert offered["number"] == ["531"]
    assert offered["title"] == ["SRE Weekly Issue #531"]
    assert offered["slug"] == ["sre-weekly-issue-531"]
    assert (offered["publish_at_0"], offered["publish_at_1"]) == (["2026-11-29"], ["20:45:00"])


@time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC))
def test_offers_the_sunday_after_the_last_planned_issue(desk):
    make_issue(publish_at=datetime(2026, 11, 30, 1, 45, tzinfo=UTC))
    offered = read_form(desk.get(ADD), "issue_form")
    assert offered["publish_at_0"] == ["2026-12-06"]


def test_other_number_is_taken_and_title_and_address_follow(desk):
    save(desk, ADD, "issue_form", number=700, title="", slug="")
    issue = Issue.objects.get()
    assert (issue.number, issue.title, issue.slug) == (700, "SRE Weekly Issue #700", "sre-weekly-issue-700")


def test_new_issue_with_sponsor_and_rows(desk):
    sponsor, author, publication = make_sponsor(), make_author(), make_publication()
    row = new_row(0, 1, blurb="Some *words*.", author_list=[author.pk], publication=publication.pk, tag_list=["SLO"])
    save(desk, ADD, "issue_form", **{"placements-0-sponsor": sponsor.pk, "placements-0-message": "Buy."}, **row)
    issue = Issue.objects.with_contents().get()
    (article,) = issue.printed_articles
    assert (article.position, article.credited_authors, article.publication) == (1, [author], publication)
    assert [tag.name for tag in article.tags.all()] == ["SLO"]
    assert issue.printed_placements[0].message == "Buy."
    assert issue.status == "draft"


def test_row_that_was_added_and_left_empty_is_no_article(desk):
    row = new_row(0, 1, title="", url="", order=1)
    save(desk, ADD, "issue_form", **row)
    assert Issue.objects.get().articles.count() == 0


# Order, sections, backlog


def test_two_rows_swap(desk):
    issue = make_issue(articles=2, status="draft")
    before = titles(issue)
    save_issue(desk, issue, **{"articles-0-order": 2, "articles-1-order": 1})
    assert titles(issue) == before[::-1]


def test_rows_with_the_same_place_are_numbered_anew(desk):
    issue = make_issue(articles=3, status="draft")
    save_issue(desk, issue, **{"articles-0-order": 7, "articles-1-order": 7, "articles-2-order": ""})
    assert [article.position for article in issue.articles.order_by("position")] == [1, 2, 3]


def test_row_moves_to_the_other_section(desk):
    issue = make_issue(articles=2, outages=1, status="draft")
    first, second = titles(issue)
    save_issue(desk, issue, **{"articles-0-section": "outages", "articles-0-order": 2})
    assert titles(issue) == [second]
    assert titles(issue, "outages")[1] == first


def test_new_row_goes_between_two(desk):
    issue = make_issue(articles=2, status="draft")
    first, last = titles(issue)
    save_issue(desk, issue, **{"articles-1-order": 3}, **new_row(2, 3, order=2))
    assert titles(issue) == [first, "New 2", last]


def test_row_goes_back_to_the_backlog_with_its_words(desk):
    issue = make_issue(articles=3, status="draft")
    article = issue.articles.get(position=2)
    save_issue(desk, issue, **{"articles-1-to_backlog": "on", "articles-1-blurb": "Edited."})
    article.refresh_from_db()
    assert (article.issue, article.position, article.state, article.blurb) == (None, None, "shortlisted", "Edited.")
    assert [row.position for row in issue.articles.order_by("position")] == [1, 2]


def test_new_row_may_go_to_the_backlog_at_once(desk):
    issue = make_issue(articles=1, status="draft")
    save_issue(desk, issue, **new_row(1, 2, to_backlog="on"))
    assert Article.objects.backlog().get().title == "New 1"


def test_authors_keep_the_order_of_choosing(desk):
    issue = make_issue(status="draft")
    zoe, anna = make_author("Zoë"), make_author("Anna")
    article = make_article(issue=issue, authors=(anna,))
    save_issue(desk, issue, **{"articles-0-author_list": [zoe.pk, anna.pk]})
    assert article.credited_authors == [zoe, anna]
    assert b'<option value="%d" selected>Zo' % zoe.pk in desk.get(change_url(issue)).content


def test_disclosure_of_the_publication_is_filled_in(desk):
    issue = make_issue(articles=1, status="draft")
    publication = make_publication(disclosure="Full disclosure: Example is my employer.")
    save_issue(desk, issue, **{"articles-0-publication": publication.pk})
    assert issue.articles.get().disclosure == "Full disclosure: Example is my employer."


# Approval


def test_approval_for_a_time(desk):
    issue = make_issue(articles=1, status="draft", publish_at=Issue.objects.next_publication_time())
    save_issue(desk, issue, "_approve")
    issue.refresh_from_db()
    assert (issue.state, issue.guid) == ("scheduled", f"tag:sreweekly.com,2026:issue-{issue.number}")


def test_approval_without_a_time_is_told_at_the_field(desk):
    issue = make_issue(articles=1, status="draft")
    response = save_issue(desk, issue, "_approve", intro="Kept.")
    assert errors(response) == {"publish_at": ["Enter the time at which this issue is to be published."]}
    assert read_form(response, "issue_form")["intro"] == ["Kept."]


def test_approval_for_a_time_that_has_passed_asks_again(desk):
    issue = make_issue(articles=1, status="draft", publish_at=timezone.now() - timedelta(hours=1))
    response = save_issue(desk, issue, "_approve")
    assert errors(response) == {"publish_at": ["This time has passed. Enter a later one, or press “Publish now”."]}


def test_publish_now_is_in_two_minutes(desk, client):
    issue = make_issue(articles=1, status="draft")
    with time_machine.travel(SUNDAY, tick=False) as clock:
        save_issue(desk, issue, "_publish")
        clock.shift(timedelta(seconds=119))
        assert client.get(issue.get_absolute_url()).status_code == 404
        clock.shift(timedelta(seconds=1))
        assert client.get(issue.get_absolute_url()).status_code == 200


def test_publication_can_be_taken_back_and_is_offered_the_next_usual_time(desk, client):
    issue = make_issue(articles=1, status="draft")
    with time_machine.travel(SUNDAY, tick=False) as clock:
        save_issue(desk, issue, "_publish")
        save_issue(desk, issue, "_withdraw")
        clock.shift(timedelta(hours=1))
        assert client.get(issue.get_absolute_url()).status_code == 404
    issue.refresh_from_db()
    assert (issue.state, issue.publish_at) == ("draft", SUNDAY + timedelta(hours=8))


def test_without_cooling_off_now_is_now(desk, client, settings):
    settings.COOLING_OFF = timedelta(0)
    issue = make_issue(articles=1, status="draft")
    with time_machine.travel(SUNDAY, tick=False):
        save_issue(desk, issue, "_publish")
        assert client.get(issue.get_absolute_url()).status_code == 200


def test_issue_without_articles_is_not_approved(desk):
    issue = make_issue(status="draft")
    save_issue(desk, issue, "_publish")
    issue.refresh_from_db()
    assert issue.state == "draft"


def test_scheduled_issue_goes_back_to_draft_and_keeps_its_guid(desk):
    issue = make_issue(articles=1, publish_at=timezone.now() + timedelta(days=3))
    save_issue(desk, issue, "_withdraw")
    guid = issue.guid
    issue.refresh_from_db()
    assert (issue.state, issue.guid) == ("draft", guid)


def test_scheduled_issue_cannot_lose_its_time(desk):
    issue = make_issue(articles=1, publish_at=timezone.now() + timedelta(days=3))
    response = save_issue(desk, issue, publish_at_0="", publish_at_1="")
    assert errors(response) == {"publish_at": ["Enter the time at which this issue is to be published."]}


def test_number_and_time_of_a_published_issue_stand(desk):
    issue = make_issue(articles=1)
    save_issue(desk, issue, number=99, publish_at_0="2030-01-01", publish_at_1="10:00")
    saved = Issue.objects.get()
    assert (saved.number, saved.publish_at) == (issue.number, issue.publish_at)


def test_withdrawn_issue_is_gone_for_readers(desk, client):
    issue = make_issue(articles=1)
    data = {"action": "withdraw_selected", "_selected_action": [issue.pk]}
    desk.post("/admin/issues/issue/", data)
    assert client.get(issue.get_absolute_url()).status_code == 404


# Corrections


def test_correction_of_a_blurb_moves_updated_at(desk):
    issue = make_issue(articles=1)
    save_issue(desk, issue)
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        save_issue(desk, issue, **{"articles-0-blurb": "Corrected."})
        issue.refresh_from_db()
        assert issue.updated_at == timezone.now()


def test_save_without_a_change_leaves_updated_at(desk):
    issue = make_issue(articles=1)
    save_issue(desk, issue)
    issue.refresh_from_db()
    before = issue.updated_at
    save_issue(desk, issue)
    issue.refresh_from_db()
    assert issue.updated_at == before


def test_changed_address_of_a_published_issue_redirects(desk, client):
    issue = make_issue(articles=1)
    old = issue.get_absolute_url()
    save_issue(desk, issue, slug="another-address")
    assert client.get(old, follow=True).redirect_chain == [("/another-address/", 301)]


def test_changed_address_of_a_draft_leaves_no_trace(desk):
    issue = make_issue(status="draft")
    save_issue(desk, issue, slug="another-address")
    assert [address.path for address in Address.objects.all()] == ["another-address"]


# Two at once


def test_second_save_of_a_stale_form_is_told_and_keeps_the_words(desk):
    issue = make_issue(articles=1, status="draft")
    stale = read_form(desk.get(change_url(issue)), "issue_form")
    save_issue(desk, issue, intro="First.")
    response = desk.post(change_url(issue), {**stale, "intro": "Second.", "_save": "1"})
    assert errors(response)["__all__"][0].startswith("This was saved elsewhere")
    assert read_form(response, "issue_form")["intro"] == ["Second."]
    issue.refresh_from_db()
    assert issue.intro == "First."


def test_article_placed_meanwhile_makes_a_form_stale(desk):
    issue = make_issue(articles=1, status="draft")
    stale = read_form(desk.get(change_url(issue)), "issue_form")
    with changing([issue]):
        make_article().place(issue)
    response = desk.post(change_url(issue), {**stale, "_save": "1"})
    assert "__all__" in errors(response)


# Bad input

BAD = [
    ("number", "1", "There is an issue with this number already."),
    ("number", "0", "Numbers begin at 1."),
    ("number", "99999999999", "Ensure this value is less than or equal to 2147483647."),
    ("title", "A title without it", "The title must hold the issue’s number as “#2”."),
    ("title", "Issue #22", "The title must hold the issue’s number as “#2”."),
    ("title", "Issue #2 \x1b", "Character 10 is a control character (U+001B) that cannot be printed. Delete it."),
    ("title", "Issue #2" + "x" * 200, "Ensure this value has at most 200 characters (it has 208)."),
    ("slug", "sre-weekly-issue-1", "“SRE Weekly Issue #1” has or had this address. Choose another."),
    ("slug", "about", "“About” has or had this address. Choose another."),
    ("slug", "feed", "The site itself uses this address. Choose another."),
    ("slug", "no slug", "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."),
    ("publish_at_0", "yesterday", "Enter a valid date."),
    ("intro", "<b>bold</b>", "HTML is not printed: “<b>”."),
    ("articles-0-title", "", "This field is required."),
    ("articles-0-url", "ftp://example.com/", "Give a web address that begins with http:// or https://."),
    ("articles-0-url", "javascript:alert(1)", "Give a web address that begins with http:// or https://."),
    ("articles-0-url", "https://a:b@example.com/", "Remove the user name and password from the address."),
    ("articles-0-url", "https://example.com/" + "x" * 2000, "Ensure this value has at most 2000 characters"),
    ("articles-0-blurb", "Hi <script>alert(1)</script>", "HTML is not printed: “<script>”."),
    ("articles-0-blurb", "<img src=x onerror=alert(1)>", "HTML is not printed: “<img src=x onerror=alert(1)>”."),
    ("articles-0-blurb", "[x](javascript:alert(1))", "“javascript:alert(1)” is not linked to"),
    ("articles-0-blurb", "x" * 2_000_000, "Ensure this value has at most 20000 characters (it has 2000000)."),
    ("articles-0-blurb", "a\x00b", "Null characters are not allowed."),
    ("articles-0-blurb", "a\x08b", "Character 2 is a control character (U+0008)"),
    ("articles-0-byline", "a\tb", "Keep it on one line, without tabs."),
    ("articles-0-tag_list", "🎉", "“🎉” needs letters or digits: its page’s address is made of them."),
    ("articles-0-author_list", "999999", "Select a valid choice."),
    ("articles-0-author_list", "x", "“x” is not a valid value."),
    ("articles-0-publication", "999999", "Select a valid choice."),
    ("articles-0-section", "jokes", "Select a valid choice."),
    ("articles-0-order", "first", "Enter a whole number."),
    ("placements-0-url", "//example.com", "Give a web address that begins with http:// or https://."),
    ("placements-0-message", "<iframe>", "HTML is not printed: “<iframe>”."),
    ("placements-0-sponsor", "", "This field is required."),
]


@pytest.mark.parametrize(("field", "value", "sentence"), BAD)
def test_bad_input_is_told_at_its_field_and_the_rest_is_kept(desk, field, value, sentence):
    make_issue(number=1)
    make_page()
    issue = make_issue(number=2, articles=1, status="draft")
    make_placement(issue)
    kept = "articles-0-disclosure"
    response = save_issue(desk, issue, **{kept: "Kept.", field: value})
    at = "publish_at" if field.startswith("publish_at") else field
    (told,) = [told for name, told in errors(response).items() if name == at]
    assert told[0].startswith(sentence), told
    form = read_form(response, "issue_form")
    assert form[kept] == ["Kept."]
    # What was typed stands there still; a select can only show what it has.
    if field not in ("articles-0-author_list", "articles-0-publication", "articles-0-section", "placements-0-sponsor"):
        assert form.get(field, [""]) == [value] or value.translate(dict.fromkeys((0, 8, 27))) != value
    assert issue.articles.get().disclosure == ""


def test_a_form_of_a_thousand_fields_is_read(desk):
    issue = make_issue(articles=1, status="draft")
    rows = {name: value for i in range(1, 120) for name, value in new_row(i, 120, order=i + 1).items()}
    save_issue(desk, issue, **rows)
    assert issue.articles.count() == 120


# Previews


def test_draft_has_a_preview_at_the_desk_only(desk, client):
    issue = make_issue(articles=1, status="draft")
    url = reverse("admin:issues_issue_preview", args=[issue.pk])
    assert "not published" in desk.get(url).content.decode()
    assert client.get(url).status_code == 302
    assert client.get(issue.get_absolute_url()).status_code == 404
    assert desk.get(issue.get_absolute_url()).status_code == 404


def test_preview_asks_for_the_right_to_see_issues(db):
    issue = make_issue(status="draft")
    client = Client()
    user = User.objects.create_user("helper", is_staff=True)
    client.force_login(user)
    url = reverse("admin:issues_issue_preview", args=[issue.pk])
    assert client.get(url).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_issue"))
    client.force_login(User.objects.get(pk=user.pk))
    assert client.get(url).status_code == 200


def test_markdown_preview_shows_what_will_be_printed_and_what_will_not(desk):
    url = reverse("admin:issues_issue_markdown_preview")
    html = desk.post(url, {"content": "*yes* <script>alert(1)</script>"}).content.decode()
    assert "<em>yes</em>" in html
    assert "<script>" not in html
    assert "HTML is not printed" in html


@pytest.mark.parametrize("content", [{}, {"content": "x" * 2_000_000}, {"content": "\x00\x08"}])
def test_markdown_preview_takes_anything(desk, content):
    assert desk.post(reverse("admin:issues_issue_markdown_preview"), content).status_code == 200


def test_markdown_preview_is_for_the_desk(client, db):
    assert client.post(reverse("admin:issues_issue_markdown_preview"), {"content": "x"}).status_code == 302


@pytest.mark.parametrize("path", ["/markdownx/upload/", "/markdownx/markdownify/"])
def test_markdownx_own_addresses_are_not_there(desk, path):
    assert desk.post(path).status_code == 404


# Deleting


def test_published_issue_cannot_be_deleted(desk):
    issue = make_issue(articles=1)
    desk.post(f"/admin/issues/issue/{issue.pk}/delete/", {"post": "yes"})
    assert Issue.objects.exists()


def test_draft_with_articles_is_not_deleted_with_their_words(desk):
    issue = make_issue(articles=1, status="draft")
    desk.post(f"/admin/issues/issue/{issue.pk}/delete/", {"post": "yes"})
    assert Article.objects.exists()
    issue.articles.get().return_to_backlog()
    desk.post(f"/admin/issues/issue/{issue.pk}/delete/", {"post": "yes"})
    assert not Issue.objects.exists()


def test_sponsor_s_message_can_be_taken_out(desk):
    issue = make_issue(articles=1, status="draft")
    make_placement(issue)
    save_issue(desk, issue, **{"placements-0-DELETE": "on"})
    assert not Placement.objects.exists()


# Queries


def test_change_page_asks_the_same_for_eight_articles_and_for_forty(desk, django_assert_num_queries):
    ContentType.objects.get_for_model(Issue)  # Kept by the process.
    for articles in (8, 40):
        issue = make_issue(articles=articles, status="draft")
        make_placement(issue)
        with django_assert_num_queries(14):
            assert desk.get(change_url(issue)).status_code == 200


def test_list_of_issues_asks_the_same_for_one_and_for_three(desk, django_assert_num_queries):
    for _ in range(2):
        make_placement(make_issue(articles=2))
        with django_assert_num_queries(9):
            assert desk.get("/admin/issues/issue/").status_code == 200
        make_placement(make_issue(articles=2, status="draft"))


@pytest.mark.parametrize(
    "query", ["q=437", "q=%00", "q=a'b\"", "state=draft", "state=scheduled", "state=published", "state=x"]
)
def test_list_of_issues_takes_any_search(desk, query):
    make_issue(articles=1)
    assert desk.get(f"/admin/issues/issue/?{query}", follow=True).status_code == 200
