from datetime import UTC, datetime, timedelta
from typing import Any

import lxml.html
import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone

from issues.changes import changing
from issues.models.addresses import Address
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.revisions import contents_of
from issues.schedule import next_publication_time
from sponsors.models import Placement
from tests.desk_forms import error_codes, errors, read_form, save
from tests.make import (
    make_article,
    make_author,
    make_issue,
    make_page,
    make_placement,
    make_publication,
    make_sponsor,
    note_changes,
)

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


# New issues


@time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC))
def test_new_issue_has_the_next_number_and_the_next_usual_time(desk):
    make_issue(number=530, publish_at=datetime(2026, 8, 17, 0, 45, tzinfo=UTC))
    offered = read_form(desk.get(ADD), "issue_form")
    assert offered["number"] == ["531"]
    assert offered["title"] == ["SRE Weekly Issue #531"]
    assert offered["slug"] == ["sre-weekly-issue-531"]
    assert (offered["publish_at_0"], offered["publish_at_1"]) == (["2026-11-29"], ["20:45:00"])


@time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC))
def test_new_issue_is_planned_after_the_last_planned_one(desk):
    make_issue(publish_at=datetime(2026, 11, 30, 1, 45, tzinfo=UTC))
    offered = read_form(desk.get(ADD), "issue_form")
    assert offered["publish_at_0"] == ["2026-12-06"]


def test_title_and_address_are_made_from_the_number(desk):
    save(desk, ADD, "issue_form", number=700, title="", slug="")
    issue = Issue.objects.get()
    assert (issue.number, issue.title, issue.slug) == (700, "SRE Weekly Issue #700", "sre-weekly-issue-700")


def test_new_issue_with_sponsor_and_rows(desk):
    sponsor, author, publication = make_sponsor(), make_author(), make_publication()
    row = new_row(0, 1, blurb="Some *words*.", author_list=author.name, publication=publication.name, tag_list="+SLO")
    save(desk, ADD, "issue_form", **{"placements-0-sponsor": sponsor.name, "placements-0-message": "Buy."}, **row)
    issue = Issue.objects.with_contents().get()
    (article,) = issue.printed_articles
    assert (article.position, article.credited_authors, article.publication) == (1, [author], publication)
    assert [tag.name for tag in article.tags.all()] == ["SLO"]
    assert issue.printed_placements[0].message == "Buy."
    assert issue.status == "draft"


def test_empty_new_row_is_not_saved(desk):
    row = new_row(0, 1, title="", url="", order=1)
    save(desk, ADD, "issue_form", **row)
    assert Issue.objects.get().articles.count() == 0


# Order, sections, backlog


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


def test_authors_keep_the_order_in_which_they_were_chosen(desk):
    issue = make_issue(status="draft")
    zoe, anna = make_author("Zoë"), make_author("Anna")
    article = make_article(issue=issue, authors=(anna,))
    save_issue(desk, issue, **{"articles-0-author_list": "Zoë\nAnna"})
    assert article.credited_authors == [zoe, anna]
    assert read_form(desk.get(change_url(issue)), "issue_form")["articles-0-author_list"] == ["Zoë\nAnna"]


def test_disclosure_of_the_publication_is_filled_in(desk):
    issue = make_issue(articles=1, status="draft")
    publication = make_publication(disclosure="Full disclosure: Example is my employer.")
    save_issue(desk, issue, **{"articles-0-publication": publication.name})
    assert issue.articles.get().disclosure == "Full disclosure: Example is my employer."


# Approval


def test_approval_for_a_time(desk):
    issue = make_issue(articles=1, status="draft", publish_at=Issue.objects.next_publication_time())
    save_issue(desk, issue, "_approve")
    issue.refresh_from_db()
    assert (issue.state, issue.guid) == ("scheduled", f"tag:sreweekly.com,2026:issue-{issue.number}")


def test_approval_needs_a_time(desk):
    issue = make_issue(articles=1, status="draft")
    response = save_issue(desk, issue, "_approve", intro="Kept.")
    assert error_codes(response) == {"publish_at": ["required"]}
    assert read_form(response, "issue_form")["intro"] == ["Kept."]


def test_approval_needs_a_time_in_the_future(desk):
    issue = make_issue(articles=1, status="draft", publish_at=timezone.now() - timedelta(hours=1))
    response = save_issue(desk, issue, "_approve")
    assert error_codes(response) == {"publish_at": ["passed"]}


def test_publish_now_publishes_after_two_minutes(desk, client):
    issue = make_issue(articles=1, status="draft")
    with time_machine.travel(SUNDAY, tick=False) as clock:
        save_issue(desk, issue, "_publish")
        clock.shift(timedelta(seconds=119))
        assert client.get(issue.get_absolute_url()).status_code == 404
        clock.shift(timedelta(seconds=1))
        assert client.get(issue.get_absolute_url()).status_code == 200


def test_publication_that_is_taken_back_gets_the_next_usual_time_that_is_free(desk, client):
    issue = make_issue(articles=1, status="draft")
    make_issue(status="draft", publish_at=SUNDAY + timedelta(days=7, hours=8))  # The issue after it is begun already.
    with time_machine.travel(SUNDAY, tick=False) as clock:
        save_issue(desk, issue, "_publish")
        save_issue(desk, issue, "_withdraw")
        clock.shift(timedelta(hours=1))
        assert client.get(issue.get_absolute_url()).status_code == 404
    issue.refresh_from_db()
    assert (issue.state, issue.publish_at) == ("draft", SUNDAY + timedelta(hours=8))


def test_publish_now_publishes_at_once_without_cooling_off(desk, client, settings):
    settings.COOLING_OFF = timedelta(0)
    issue = make_issue(articles=1, status="draft")
    with time_machine.travel(SUNDAY, tick=False):
        save_issue(desk, issue, "_publish")
        assert client.get(issue.get_absolute_url()).status_code == 200


def test_issue_that_came_out_meanwhile_is_not_taken_back(desk):
    issue = make_issue(articles=1)
    save_issue(desk, issue, "_withdraw")
    issue.refresh_from_db()
    assert issue.is_published


def test_scheduled_issue_goes_back_to_draft_and_keeps_its_guid(desk):
    issue = make_issue(articles=1, publish_at=timezone.now() + timedelta(days=3))
    save_issue(desk, issue, "_withdraw")
    guid = issue.guid
    issue.refresh_from_db()
    assert (issue.state, issue.guid) == ("draft", guid)


def test_scheduled_issue_cannot_lose_its_time(desk):
    issue = make_issue(articles=1, publish_at=timezone.now() + timedelta(days=3))
    response = save_issue(desk, issue, publish_at_0="", publish_at_1="")
    assert error_codes(response) == {"publish_at": ["required"]}


def test_number_and_time_of_a_published_issue_do_not_change(desk):
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


def test_changed_address_of_a_published_issue_redirects(desk, client):
    issue = make_issue(articles=1)
    old = issue.get_absolute_url()
    save_issue(desk, issue, slug="another-address")
    assert client.get(old, follow=True).redirect_chain == [("/another-address/", 301)]


def test_former_address_of_a_draft_is_not_kept(desk):
    issue = make_issue(status="draft")
    save_issue(desk, issue, slug="another-address")
    assert [address.path for address in Address.objects.all()] == ["another-address"]


def test_form_that_was_opened_before_an_article_was_placed_is_refused(desk):
    issue = make_issue(articles=1, status="draft")
    stale = read_form(desk.get(change_url(issue)), "issue_form")
    with changing([issue]):
        make_article().place(issue)
    response = desk.post(change_url(issue), {**stale, "_save": "1"})
    assert error_codes(response) == {"__all__": ["conflict"]}


# Bad input

# What is typed at once, with the code of the error for each field.
BAD: list[dict[str, tuple[Any, str]]] = [
    {
        "number": ("0", "min_value"),
        "slug": ("feed", "reserved"),
        "publish_at_0": ("yesterday", "invalid"),
        "intro": ("<br>", "html"),
        "articles-0-title": ("", "required"),
        "articles-0-url": ("javascript:alert(1)", "invalid"),
        "articles-0-blurb": ("[x](javascript:alert(1))", "address"),
        "articles-0-byline": ("a\tb", "line_break"),
        "articles-0-tag_list": ("🎉", "slug"),
        "articles-0-author_list": ("Nobody", "unknown"),
        "articles-0-publication": ("Nowhere", "unknown"),
        "articles-0-section": ("jokes", "invalid_choice"),
        "articles-0-order": ("first", "invalid"),
        "placements-0-message": ("<iframe>", "html"),
        "placements-0-sponsor": ("", "required"),
    },
    {
        "title": ("Issue #22", "number"),
        "publish_at_0": ("9999-12-31", "year"),
        "articles-0-url": ("https://a:b@example.com/", "credentials"),
        "articles-0-blurb": ("x" * 20_001, "max_length"),
        "articles-0-author_list": ("+" + "x" * 201, "max_length"),
        "placements-0-sponsor": ("Nobody", "unknown"),
    },
    {
        "title": ("Issue #2 \x1b", "control_character"),
        "slug": ("about", "unique"),
        "articles-0-blurb": ("a\x00b", "null_characters_not_allowed"),
    },
    {"number": ("1", "unique")},
]
# A select can only show what it has. HTML cannot contain control characters.
NOT_SHOWN = {"articles-0-section"}


@pytest.mark.parametrize("bad", BAD)
def test_errors_are_at_their_fields_and_the_form_keeps_everything(desk, bad):
    make_issue(number=1)
    make_page()
    issue = make_issue(number=2, articles=1, status="draft", publish_at=timezone.now() + timedelta(days=3))
    make_placement(issue)
    typed = {"articles-0-disclosure": "Kept.", **{field: value for field, (value, _) in bad.items()}}
    response = save_issue(desk, issue, **typed)
    found = error_codes(response)
    assert {field: found[field.removesuffix("_0")] for field in bad} == {
        field: [code] for field, (_, code) in bad.items()
    }
    form = read_form(response, "issue_form")
    for field in typed.keys() - NOT_SHOWN:
        assert form.get(field, [""]) == [typed[field]] or not typed[field].isprintable()
    assert issue.articles.get().disclosure == ""


def test_form_may_have_thousands_of_fields(desk):
    issue = make_issue(articles=1, status="draft")
    assert save_issue(desk, issue, **{f"other-{number}": "" for number in range(2000)}).status_code == 302


# Preview of Markdown


def test_markdown_preview_shows_html_and_problems(desk):
    url = reverse("admin:issues_issue_markdown_preview")
    html = desk.post(url, {"content": "*yes* <script>alert(1)</script>"}).content.decode()
    assert "<em>yes</em>" in html
    assert "<script>" not in html
    assert "HTML is not printed" in html


def test_markdown_preview_answers_any_text(desk):
    for content in ({}, {"content": "x" * 2_000_000}, {"content": "\x00\x08"}):
        assert desk.post(reverse("admin:issues_issue_markdown_preview"), content).status_code == 200


def test_markdown_preview_is_for_the_desk(client, db):
    assert client.post(reverse("admin:issues_issue_markdown_preview"), {"content": "x"}).status_code == 302


@pytest.mark.parametrize("path", ["/markdownx/upload/", "/markdownx/markdownify/"])
def test_views_of_markdownx_have_no_address(desk, path):
    assert desk.post(path).status_code == 404


# Deleting


def test_draft_with_articles_cannot_be_deleted(desk):
    issue = make_issue(articles=1, status="draft")
    desk.post(f"/admin/issues/issue/{issue.pk}/delete/", {"post": "yes"})
    assert Article.objects.exists()
    issue.articles.get().return_to_backlog()
    desk.post(f"/admin/issues/issue/{issue.pk}/delete/", {"post": "yes"})
    assert not Issue.objects.exists()


def test_sponsor_s_message_can_be_removed(desk):
    issue = make_issue(articles=1, status="draft")
    make_placement(issue)
    save_issue(desk, issue, **{"placements-0-DELETE": "on"})
    assert not Placement.objects.exists()


# Notes


def test_notes_alone_make_no_version_and_do_not_update_what_is_printed(desk):
    issue = make_issue(articles=1, publish_at=timezone.now() - timedelta(days=9))
    make_placement(issue)
    note_changes()
    before = Issue.objects.get()
    assert save_issue(desk, issue, notes="Ask Ann.").status_code == 302
    now = Issue.objects.get()
    assert now.notes == "Ask Ann."
    for name in ("version", "updated_at", "contents_digest"):
        assert getattr(now, name) == getattr(before, name)
    assert issue.revisions.get().contents == contents_of(Issue.objects.with_contents().get())


def test_line_of_the_notes_shows_how_they_begin(desk):
    issue = make_issue(status="draft", notes="Ask Ann whether her talk is online.")
    page = lxml.html.fromstring(desk.get(change_url(issue)).content.decode())
    assert page.find_class("line-summary")[0].text.strip() == issue.notes


def test_notes_that_cannot_be_printed_are_refused(desk):
    issue = make_issue(status="draft")
    assert list(errors(save_issue(desk, issue, notes="A \x01 B"))) == ["notes"]


# Queries


@pytest.mark.parametrize("notes", ["", "Ask Ann."])
def test_saving_takes_as_many_queries_with_notes_as_without(desk, django_assert_num_queries, notes):
    issue = make_issue(articles=2, status="draft")
    note_changes()
    form = {**read_form(desk.get(change_url(issue)), "issue_form"), "_save": "1"}
    ContentType.objects.get_for_model(Issue)  # Cached by the process.
    with django_assert_num_queries(27):
        assert desk.post(change_url(issue), {**form, "notes": notes}).status_code == 302


def test_form_takes_a_fixed_number_of_queries(desk, django_assert_num_queries):
    ContentType.objects.get_for_model(Issue)  # Cached by the process.
    for articles in (8, 40):
        issue = make_issue(articles=articles, status="draft")
        make_placement(issue)
        with django_assert_num_queries(10):
            assert desk.get(change_url(issue)).status_code == 200


def test_list_takes_a_fixed_number_of_queries(desk, django_assert_num_queries):
    for _ in range(2):
        make_placement(make_issue(articles=2))
        with django_assert_num_queries(10):
            assert desk.get("/admin/issues/issue/").status_code == 200
        make_placement(make_issue(articles=2, status="draft"))


@pytest.mark.parametrize("query", ["q=%00", "q=a'b\"", "state=scheduled", "state=x"])
def test_list_answers_any_query(desk, query):
    make_issue(articles=1)
    assert desk.get(f"/admin/issues/issue/?{query}", follow=True).status_code == 200
