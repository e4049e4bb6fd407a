import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis

from issues.models.addresses import Address
from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from issues.models.search import SearchText
from issues.models.settled import SettledCredit
from issues.printing.html import render_html
from sponsors.models import Placement, Sponsor
from tests.make import make_article, make_issue, make_page
from tests.wordpress.trees import trees
from tests.wordpress.wxr import BLOG, FIRST, entry, item, write
from wordpress.load import import_wordpress
from wordpress.models import WordPressPost
from wordpress.report import Report

pytestmark = pytest.mark.django_db

SPONSOR = (
    '<div class="sreweekly-sponsor-message">{}<p>We grow.</p>'
    '<p><a href="https://www.fern.example/?via=x">https://www.fern.example/?via=x</a></p></div>'
)
NAMED = SPONSOR.format("<p>A message from our sponsor, Fern:</p>")
CREDITED = entry(description="<p>It.</p><p><small>Ada Moss and Ben Reed — Fern<br>Fern is my employer.</small></p>")
OUTAGES = '<h2>Outages</h2><ul class="sreweekly-outages"><li><a href="https://o.example/">Owl</a></li></ul>'


def load(tmp_path, *items, **options):
    return import_wordpress([write(tmp_path, *items)], **options)


def texts(report, kind):
    return [notice.text for notice in report.notices if notice.kind == kind]


def writes(queries):
    return [q["sql"] for q in queries if q["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")]


def test_issue_is_loaded(tmp_path):
    report = load(tmp_path, item(7, 14, html=f"<p>Hello.</p>{NAMED}<h2>Articles</h2>{CREDITED}{OUTAGES}"))
    issue = Issue.objects.get()
    assert (issue.number, issue.title, issue.slug) == (14, "SRE Weekly Issue #14", "sre-weekly-issue-14")
    assert (issue.guid, issue.state, issue.publish_at) == (f"{BLOG}/?p=7", "published", FIRST + timedelta(weeks=14))
    assert issue.intro == "Hello."
    assert report.notices == report.problems == []
    assert report.counts["issues added"] == 1


def test_articles_are_loaded_in_order(tmp_path):
    load(tmp_path, item(7, 14, html=CREDITED + entry("Two", "https://two.example/") + OUTAGES))
    rows = Article.objects.values_list("section", "position", "title", "canonical_url")
    assert list(rows) == [
        ("articles", 1, "A lamp in the cellar", "lamps.example/1"),
        ("articles", 2, "Two", "two.example"),
        ("outages", 1, "Owl", "o.example"),
    ]
    first = Article.objects.get(position=1, section="articles")
    assert first.publication
    assert [author.name for author in first.credited_authors] == ["Ada Moss", "Ben Reed"]
    assert (first.publication.name, first.disclosure, first.byline) == ("Fern", "Fern is my employer.", "")


def test_placement_is_loaded(tmp_path):
    load(tmp_path, item(7, 14, html=NAMED + entry()))
    placement = Placement.objects.get()
    assert (placement.sponsor.name, placement.message, placement.state) == ("Fern", "We grow.", "approved")
    assert placement.url == "https://www.fern.example/?via=x"


def test_sponsor_without_name_is_known_by_its_site(tmp_path):
    unnamed = SPONSOR.format("").replace("www.", "go.")
    report = load(tmp_path, item(7, 14, html=unnamed + entry()), item(8, 15, html=NAMED + entry()))
    assert [sponsor.name for sponsor in Sponsor.objects.all()] == ["Fern"]
    assert [(notice.kind, "“Fern”" in notice.text) for notice in report.notices] == [("sponsor", True)]


def test_address_is_the_exported_one(tmp_path):
    load(tmp_path, item(76, 4, slug="sre-weekly-issue-4-2", link=f"{BLOG}/sre-weekly-issue-4-2/"))
    assert Issue.objects.get().get_absolute_url() == "/sre-weekly-issue-4-2/"


def test_import_changes_nothing_today(client, tmp_path):
    load(tmp_path, item(7, 14), item(8, 15, modified_gmt="2016-07-01 12:00:00"))
    first, second = Issue.objects.order_by("number")
    assert (first.updated_at, first.is_changed) == (first.publish_at, False)
    assert (second.updated_at, second.is_changed) == (datetime(2016, 7, 1, 12, tzinfo=UTC), True)
    assert first.contents_digest


def test_search_finds_what_was_loaded(tmp_path):
    load(tmp_path, item(7, 14))
    assert SearchText.objects.count() == 2


@pytest.mark.parametrize(("status", "state"), [("draft", "draft"), ("private", "draft"), ("future", "scheduled")])
def test_issue_that_is_not_published_in_wordpress(tmp_path, status, state):
    with time_machine.travel(FIRST, tick=False):
        load(tmp_path, item(7, 14, status=status))
        assert Issue.objects.get().state == state


def test_draft_without_date(tmp_path):
    zero = "0000-00-00 00:00:00"
    load(tmp_path, item(7, 14, status="draft", date_gmt=zero, modified_gmt=zero, slug="", link=f"{BLOG}/?p=7"))
    issue = Issue.objects.get()
    assert (issue.publish_at, issue.slug, issue.guid) == (None, "sre-weekly-issue-14", f"{BLOG}/?p=7")


def test_time_without_gmt_is_in_the_site_s_time_zone(tmp_path):
    load(tmp_path, item(7, 14, date="2016-06-19 20:40:32", date_gmt="0000-00-00 00:00:00"))
    assert settings.TIME_ZONE == "America/New_York"
    assert Issue.objects.get().publish_at == datetime(2016, 6, 20, 0, 40, 32, tzinfo=UTC)


def test_post_with_a_password_becomes_a_draft_with_a_notice(tmp_path):
    report = load(tmp_path, item(7, 14, rest="<wp:post_password>owl</wp:post_password>"))
    assert Issue.objects.get().state == "draft"
    assert len(texts(report, "draft")) == 1


def test_other_types_and_statuses_are_left_out_by_name(tmp_path):
    report = load(
        tmp_path,
        item(1, title="Owls", post_type="attachment"),
        item(2, title="Owls", status="trash"),
        item(3, title="Owls", post_type="revision", status="inherit"),
        item(4, title="Owls", post_type="page", status="trash"),
    )
    assert report.left_out == {
        "attachment": ["post 1 “Owls”"],
        "status “trash”": ["post 2 “Owls”", "post 4 “Owls”"],
        "revision": ["post 3 “Owls”"],
    }
    assert WordPressPost.objects.count() == 0


def test_comments_and_tags_are_left_out_by_name(tmp_path):
    tag = '<category domain="post_tag" nicename="owls">Owls</category>'
    report = load(tmp_path, item(7, 14, rest=f"<wp:comment><wp:comment_id>1</wp:comment_id></wp:comment>{tag}"))
    assert report.left_out["comment"] == ["1 of post 7 “SRE Weekly Issue #14”"]
    assert report.left_out["tag"] == ["tag “Owls” of post 7 “SRE Weekly Issue #14”"]


def test_post_that_is_not_an_issue_becomes_a_page(tmp_path):
    load(tmp_path, item(7, title="A week off: back with #354", html="See you in issue #354!", slug="week-off"))
    page = Page.objects.get()
    assert (page.title, page.slug) == ("A week off: back with #354", "week-off")
    assert page.body == "See you in issue #354!"
    assert page.updated_at == FIRST
    assert WordPressPost.objects.get().page == page


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "draft"},
        {"status": "private", "post_type": "page"},
        {"status": "future"},
        {"rest": "<wp:post_password>owl</wp:post_password>"},
    ],
)
def test_unpublished_post_that_is_not_an_issue_becomes_a_draft_page(client, tmp_path, fields):
    report = load(tmp_path, item(7, title="Owls", slug="owls", **fields))
    assert not Page.objects.get().is_published
    assert client.get("/owls/").status_code == client.get("/?p=7").status_code == 404
    assert report.counts["pages added"] == report.counts["pages that are drafts"] == 1
    assert len(texts(report, "draft")) == ("rest" in fields or fields["status"] == "future")


def test_draft_leaves_its_address_to_a_published_post(tmp_path):
    draft = item(7, title="New", slug="about-us", link=f"{BLOG}/?page_id=7", status="draft", post_type="page")
    report = load(tmp_path, draft, item(8, slug="about-us", link=f"{BLOG}/about-us/", post_type="page"))
    assert set(Page.objects.values_list("slug", "is_published")) == {("about-us", True), ("post-7", False)}
    assert len(texts(report, "address")) == 1


def test_draft_page_that_was_published_in_wordpress_is_published(tmp_path):
    load(tmp_path, item(7, title="Owls", status="draft"))
    load(tmp_path, item(7, title="Owls", modified_gmt="2020-01-01 00:00:00"))
    assert Page.objects.get().is_published


def test_draft_page_that_was_published_here_is_left_alone(tmp_path):
    load(tmp_path, item(7, title="Owls", status="draft"))
    Page.objects.update(is_published=True)
    report = load(tmp_path, item(7, title="Owls", status="draft", html="new"))
    assert "edited here" in report.left_alone[0][1]


def test_page_at_an_address_that_is_taken(tmp_path):
    report = load(tmp_path, item(7, post_type="page", slug="search", link=f"{BLOG}/search/"))
    assert Page.objects.get().slug == "post-7"
    (text,) = texts(report, "address")
    assert "/search/" in text
    assert "/post-7/" in text


def test_post_is_kept_as_exported(tmp_path):
    meta = (
        "<wp:postmeta><wp:meta_key>_sgmcs_single_send_id</wp:meta_key><wp:meta_value>s-1</wp:meta_value></wp:postmeta>"
    )
    load(tmp_path, item(7, 14, html="raw\n\ntext", rest=meta))
    post = WordPressPost.objects.get()
    assert (post.post_id, post.html, post.mailed_as) == (7, "raw\n\ntext", "s-1")
    assert (post.permalink, post.guid) == (f"{BLOG}/sre-weekly-issue-14/", f"{BLOG}/?p=7")
    assert post.issue == Issue.objects.get()


def test_second_run_writes_nothing(tmp_path):
    items = [item(7, 14, html=NAMED + CREDITED + OUTAGES), item(8, title="About", post_type="page", slug="about-us")]
    load(tmp_path, *items)
    with CaptureQueriesContext(connection) as queries:
        report = load(tmp_path, *items)
    assert writes(queries) == []
    assert report.counts == {"posts unchanged": 2}
    assert len(queries) < 7


def state_of_everything():
    models = (Issue, Article, Page, Placement, Author, Publication, Sponsor, WordPressPost)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_reload_changes_nothing_that_is_read_the_same(tmp_path):
    items = [item(7, 14, html=NAMED + CREDITED + OUTAGES), item(8, title="About", post_type="page", slug="about-us")]
    load(tmp_path, *items)
    before = state_of_everything()
    report = load(tmp_path, *items, reload=True)
    assert state_of_everything() == before
    assert (report.counts["issues loaded again"], report.counts["pages loaded again"]) == (1, 1)


def test_reload_updates_posts_that_are_read_better_now(tmp_path, monkeypatch):
    load(tmp_path, item(7, 14, html=CREDITED))
    article = Article.objects.get()
    monkeypatch.setattr("wordpress.articles._read_title", better_title)
    assert load(tmp_path, item(7, 14, html=CREDITED)).counts == {"posts unchanged": 1}
    load(tmp_path, item(7, 14, html=CREDITED), reload=True)
    article.refresh_from_db()
    assert (article.title, Issue.objects.get().version) == ("Better", 2)


def better_title(element, article, contents):
    article.title, article.url = "Better", "https://lamps.example/1"
    return []


def test_reload_leaves_alone_rows_that_were_edited_or_deleted_here(tmp_path):
    items = [item(7, 14), item(8, title="Owls")]
    load(tmp_path, *items)
    Article.objects.update(blurb="Edited.")
    Page.objects.get().delete()
    report = load(tmp_path, *items, reload=True)
    assert [why for _, why in report.left_alone] == [
        "it was edited here after it was loaded.",
        "it was deleted here after it was loaded.",
    ]
    assert (Article.objects.get().blurb, Page.objects.count()) == ("Edited.", 0)


def newer(number=14, **fields):
    return item(7, number, modified_gmt="2020-01-01 00:00:00", **fields)


def test_newer_export_updates(tmp_path):
    load(
        tmp_path,
        item(7, 14, html=CREDITED + entry("Two", "https://two.example/") + entry("Three", "https://3.example/")),
    )
    keys = dict(Article.objects.values_list("title", "pk"))
    html = "<p>Hi.</p>" + entry("Two!", "https://two.example/") + CREDITED.replace("Moss", "Wood")
    report = load(tmp_path, newer(html=html))
    issue = Issue.objects.with_contents().get()
    assert [(a.pk, a.title) for a in issue.printed_articles] == [
        (keys["Two"], "Two!"),
        (keys["A lamp in the cellar"], "A lamp in the cellar"),
    ]
    assert [author.name for author in issue.printed_articles[1].credited_authors] == ["Ada Wood", "Ben Reed"]
    assert (issue.intro, issue.updated_at.year) == ("Hi.", 2020)
    assert report.counts["issues changed"] == 1
    assert report.notices == []


def test_edited_article_is_left_alone(tmp_path):
    load(tmp_path, item(7, 14))
    article = Article.objects.get()
    article.blurb = "Edited."
    article.save()
    report = load(tmp_path, newer(html=entry(description="Newer.")))
    assert Article.objects.get().blurb == "Edited."
    assert report.left_alone == [("post 7 “SRE Weekly Issue #14”", "it was edited here after it was loaded.")]


def test_withdrawn_issue_is_left_alone(tmp_path):
    load(tmp_path, item(7, 14))
    Issue.objects.get().withdraw()
    assert load(tmp_path, newer(html="x")).left_alone[0][1] == "it was edited here after it was loaded."


def test_deleted_page_stays_deleted(tmp_path):
    load(tmp_path, item(7, title="Owls"))
    Page.objects.get().delete()
    report = load(tmp_path, item(7, title="Owls", html="new"))
    assert Page.objects.count() == 0
    assert "deleted here" in report.left_alone[0][1]


def test_edited_page_is_left_alone(tmp_path):
    load(tmp_path, item(7, title="Owls"))
    Page.objects.update(body="Edited.")
    report = load(tmp_path, item(7, title="Owls", html="new"))
    assert "edited here" in report.left_alone[0][1]


def test_older_export_changes_nothing(tmp_path):
    load(tmp_path, newer())
    report = load(tmp_path, item(7, 14, html="old"))
    assert "newer export" in report.left_alone[0][1]


def test_post_of_another_site_changes_nothing(tmp_path):
    load(tmp_path, item(7, 14))
    report = load(tmp_path, item(7, 14, guid="https://other.example/?p=7", html="other"))
    assert report.left_alone[0][1].startswith("a different post")


def test_new_address_redirects_from_the_old(tmp_path):
    load(tmp_path, item(7, 14))
    load(tmp_path, newer(slug="issue-fourteen"))
    assert Address.objects.get(path="sre-weekly-issue-14").issue == Issue.objects.get()


@pytest.mark.parametrize("is_first", [True, False])
def test_second_post_with_a_number_is_a_draft_page_and_its_addresses_are_answered(client, tmp_path, is_first):
    items = [item(6, 14, slug="other", link=f"{BLOG}/2016/other/"), item(8, 14)]
    report = load(tmp_path, *(items if is_first else reversed(items)))
    issue, page = Issue.objects.get(), Page.objects.get()
    assert (issue.guid, page.slug, page.is_published) == (f"{BLOG}/?p=6", "post-8", False)
    assert "A lamp in the cellar" in page.body
    for address in ("/2016/other/", "/?p=6", "/?p=8", "/sre-weekly-issue-14/"):
        assert client.get(address)["Location"] == "/other/"
    (text,) = texts(report, "number")
    assert "post 6" in text
    assert (report.problems, load(tmp_path, *items).counts) == ([], {"posts unchanged": 2})


def test_number_belongs_to_a_published_post_and_then_to_the_one_with_it_in_its_address(tmp_path):
    items = [
        item(6, 14, status="draft"),
        item(7, 14, slug="sre-weekly-issue-15"),
        item(8, 14, slug="lost"),
        item(9, 14),
    ]
    report = load(tmp_path, *items)
    assert Issue.objects.get().guid == f"{BLOG}/?p=8"
    assert sorted(Page.objects.values_list("slug", flat=True)) == ["post-6", "post-7", "post-9"]
    assert not Address.objects.filter(path="?p=6").exists()
    assert len(texts(report, "number")) == 3


def test_corrected_number_makes_the_draft_page_an_issue(client, tmp_path):
    load(tmp_path, item(6, 14), item(7, 14, slug="sre-weekly-issue-15"))
    assert client.get("/sre-weekly-issue-15/").status_code == 301
    load(tmp_path, item(6, 14), item(7, 15))
    assert [issue.number for issue in Issue.objects.all()] == [15, 14]
    assert client.get("/sre-weekly-issue-15/").status_code == 200
    assert client.get("/?p=7")["Location"] == "/sre-weekly-issue-15/"
    assert not Page.objects.exists()


@pytest.mark.parametrize(
    ("title", "printed"),
    [
        ("SRE Weekly Issue 623", "SRE Weekly Issue #623"),
        ("SRE Weekly Issue no. 623: Lamps", "SRE Weekly Issue no. #623: Lamps"),
        ("SRE Weekly Issue # 623", "SRE Weekly Issue #623"),
        ("SRE Weekly Issue №623", "SRE Weekly Issue #623"),
        ("Issue 623", "Issue #623"),
    ],
)
def test_number_without_its_sign_is_an_issue_and_is_reported(tmp_path, title, printed):
    report = load(tmp_path, item(7, 623, title=title))
    issue = Issue.objects.get()
    assert (issue.number, issue.title, len(texts(report, "title"))) == (623, printed, 1)


@pytest.mark.parametrize("title", ["SRE Weekly, the one after", "Issue 2016-05", "Lamps of 623"])
def test_entries_without_a_number_are_a_page_and_reported(tmp_path, title):
    report = load(tmp_path, item(7, title=title))
    assert (Page.objects.get().title, len(texts(report, "not an issue"))) == (title, 1)


@pytest.mark.parametrize("title", ["SRE Weekly Issue 623 is late", "See you in issue 7"])
def test_words_about_an_issue_are_a_page(tmp_path, title):
    report = load(tmp_path, item(7, title=title, html="Soon."))
    assert (Issue.objects.count(), report.notices) == (0, [])


@pytest.mark.parametrize(
    ("slug", "is_told"),
    [
        ("sre-weekly-issue-15", True),
        ("sre-weekly-issue-14-2", False),
        ("lamps-15", False),
        ("SRE-Weekly-Issue-1", True),
    ],
)
def test_number_that_differs_from_the_address_is_reported(tmp_path, slug, is_told):
    report = load(tmp_path, item(7, 14, slug=slug))
    assert Issue.objects.get().number == 14
    assert len(texts(report, "number")) == is_told


def test_post_that_is_not_loaded_takes_no_number(tmp_path):
    load(tmp_path, item(7, 14), item(7, 18), item(9, 18))
    assert [issue.guid for issue in Issue.objects.all()] == [f"{BLOG}/?p=9", f"{BLOG}/?p=7"]


def test_refused_post_is_not_counted(tmp_path):
    make_page(slug="sre-weekly-issue-14")
    report = load(tmp_path, item(7, 14, html=small("Ada Moss, MD — Fern")))
    assert (report.notices, +report.counts) == ([], {})


def test_page_with_entries_is_a_page(tmp_path):
    assert load(tmp_path, item(7, title="The best", post_type="page")).notices == []


def test_two_posts_with_one_id(tmp_path):
    report = load(tmp_path, item(7, 14), item(7, 15), item(7, 14))
    assert Issue.objects.get().number == 14
    assert len(report.problems) == 1
    assert report.counts["posts unchanged"] == 1


def test_number_of_an_issue_made_here_is_not_taken(tmp_path):
    make_issue(number=14, slug="ours")
    report = load(tmp_path, item(7, 14), item(8, 15))
    assert [(issue.number, issue.slug) for issue in Issue.objects.all()] == [(15, "sre-weekly-issue-15"), (14, "ours")]
    assert (Page.objects.get().is_published, len(texts(report, "number"))) == (False, 1)
    assert Address.objects.get(path="?p=7").issue == Issue.objects.get(number=14)


def test_refused_post_leaves_nothing_half_written(tmp_path):
    make_page(slug="sre-weekly-issue-14")
    report = load(tmp_path, item(7, 14, html=NAMED + CREDITED), item(8, 15, html=CREDITED))
    assert [issue.number for issue in Issue.objects.all()] == [15]
    assert Sponsor.objects.count() == 0
    assert Author.objects.count() == 2
    assert "“About”" in report.problems[0].text


def test_title_of_a_page_that_is_cut_is_reported(tmp_path):
    report = load(tmp_path, item(7, title="x" * 201), item(8, title="y" * 200))
    assert {len(page.title) for page in Page.objects.all()} == {200}
    assert len(texts(report, "length")) == 1


def test_title_too_long_for_the_database_is_reported(tmp_path):
    report = load(tmp_path, item(7, 14, title="SRE Weekly Issue #14 " + "x" * 200), item(8, 15))
    assert Issue.objects.get().number == 15
    assert "value too long" in report.problems[0].text


def test_missing_guid_is_made_as_wordpress_would(tmp_path):
    report = load(tmp_path, item(7, 14, guid=""))
    assert Issue.objects.get().guid == f"{BLOG}/?p=7"
    assert len(texts(report, "guid")) == 1


def test_spellings_of_a_name_are_one_row(tmp_path):
    small = "<p>x</p><small>{}</small>"
    lines = ["Ada Moss — FernHub", "ada moss — fernhub", "Ada Moss — Fern Hub", "Ada Moss — FernHub", "FernHub"]
    items = [item(i, i, html=entry(description=small.format(line))) for i, line in enumerate(lines, 1)]
    report = load(tmp_path, *items)
    assert list(Publication.objects.values_list("name", flat=True)) == ["FernHub"]
    assert list(Author.objects.values_list("name", flat=True)) == ["Ada Moss"]
    assert not Article.objects.exclude(byline="").exists()
    assert texts(report, "spelling") == [
        "“ada moss fernhub” is printed as “Ada Moss FernHub”",
        "“Fern Hub” is printed as “FernHub”",
    ]


def small(*lines):
    return entry(description=f"<p>It.</p><p><small>{'<br>'.join(lines)}</small></p>")


def test_remarks_are_printed_below_the_byline(tmp_path):
    lines = ("Ada Moss — Fern (summary)", "Thanks to reader Dee Roe.", "Fern is my employer.")
    report = load(tmp_path, item(7, 14, html=small(*lines)))
    article = Article.objects.get()
    assert (article.credits, article.disclosure) == (
        "Ada Moss — Fern",
        "(summary) Thanks to reader Dee Roe. Fern is my employer.",
    )
    assert report.notices == []


def test_bylines_that_name_nobody_are_reported(tmp_path):
    report = load(tmp_path, item(7, 14, html=small("Ada Moss, MD — Fern") + small("Ben Reed") + small("@fern")))
    assert texts(report, "byline that names nobody") == [
        "“A lamp in the cellar”: Ada Moss, MD — Fern",
        "“A lamp in the cellar”: @fern",
    ]
    assert report.counts["bylines that name nobody"] == 2
    assert report.verdict()


@pytest.mark.parametrize("lines", [["x" * 490] * 2, ["word " * 40] * 4, ["x" * 300, "Ada Moss — Fern"]])
def test_small_print_that_is_too_long_for_a_byline_loses_nothing(tmp_path, lines):
    html = entry(description="<p>It.</p>" + "".join(f"<p><small>{line}</small></p>" for line in lines))
    report = load(tmp_path, item(7, 14, html=html))
    assert report.counts["issues added"] == 1
    assert {notice.kind for notice in report.notices} <= {"byline that names nobody"}


def test_alias_credits_its_author(tmp_path):
    Author.objects.create(name="Ada Moss", aliases=["mossblog"])
    load(tmp_path, item(7, 14, html=entry(description="<p>x</p><small>mossblog</small>")))
    assert Author.objects.get().articles.count() == 1


def test_former_name_credits_its_publication(tmp_path):
    """As after a merge or a new name at the desk."""
    Publication.objects.create(name="Graphite Labs", aliases=["HostedGraphite"])
    small = "<p>x</p><small>{}</small>"
    lines = ["Ada Moss — Hostedgraphite", "HostedGraphite"]
    load(tmp_path, *[item(i, i, html=entry(description=small.format(line))) for i, line in enumerate(lines, 1)])
    assert Publication.objects.get().articles.count() == 2


@pytest.mark.parametrize(
    "line", ["Fern Engineering", "The Fern Blog", "Bureau of Fern Foundation", "Fern Systems Inc."]
)
def test_byline_that_is_plainly_an_organisation_is_a_publication(tmp_path, line):
    load(tmp_path, item(7, 14, html=entry(description=f"<p>x</p><small>{line}</small>")))
    assert list(Publication.objects.values_list("name", flat=True)) == [line]


@pytest.mark.parametrize(
    "line", ["the rest of the Fern team", "The Fern team and others", "Emily Post", "Ada Moss, MD"]
)
def test_prose_and_people_are_no_organisation(tmp_path, line):
    load(tmp_path, item(7, 14, html=entry(description=f"<p>x</p><small>{line}</small>")))
    assert not Publication.objects.exists()


def test_byline_that_is_a_sponsor_or_had_an_outage_is_a_publication(tmp_path):
    small = "<p>x</p><small>{}</small>"
    entries = [
        entry(name, f"https://{name[0]}.example/", small.format(name))
        for name in ("Owl", "Fern", "Fern Uptime", "Ada Moss")
    ]
    fern = SPONSOR.format("<p>A message from our sponsor, Fern Uptime:</p>")
    load(
        tmp_path,
        item(7, 14, html="".join(entries)),
        item(8, 15, html=f"{NAMED}{entry()}{OUTAGES}"),
        item(9, 16, html=fern),
    )
    assert set(Publication.objects.values_list("name", flat=True)) == {"Owl", "Fern", "Fern Uptime"}
    assert list(Author.objects.values_list("name", flat=True)) == ["Ada Moss"]


def test_doubtful_authors_and_publications_are_listed_unless_they_were_found_right(tmp_path):
    small = "<p>x</p><small>{}</small>"
    lines = {
        "Visa": "https://parliament.example/",
        "Fern Uptime": "https://fernuptime.example/",
        "Ada Moss": "https://a.example/",
    }
    items = [item(i, i, html=entry(name, url, small.format(name))) for i, (name, url) in enumerate(lines.items(), 1)]
    SettledCredit.objects.settle(["author: Visa"])
    report = load(tmp_path, *items)
    assert [doubt.split("”")[0] for doubt in report.doubts] == ["“Fern Uptime"]
    assert Report.from_plain(report.as_plain()).doubts == report.doubts


def test_similar_names_are_listed(tmp_path):
    small = "<p>x</p><small>{}</small>"
    items = [
        item(i, i, html=entry(description=small.format(line)))
        for i, line in enumerate(["Lorena Hochmoss", "Lorina Hochmoss", "Ben Reed"], 1)
    ]
    assert load(tmp_path, *items).similar == {"authors": [("Lorena Hochmoss", "Lorina Hochmoss")]}


def test_publications_get_the_hosts_that_only_they_use(tmp_path):
    small = "<p>x</p><small>Ada Moss — {}</small>"
    links = [
        ("https://blog.fern.example/1", "Fern"),
        ("https://other.example/1", "Fern"),
        ("https://shared.example/1", "Fern"),
        ("https://shared.example/2", "Owl"),
        ("https://medium.com/1", "Owl"),
        ("https://medium.com/2", "Owl"),
    ]
    load(tmp_path, item(7, 14, html="".join(entry("T", url, small.format(name)) for url, name in links)))
    assert dict(Publication.objects.values_list("name", "hosts")) == {"Fern": ["blog.fern.example"], "Owl": []}


def test_differences_are_reported(tmp_path):
    report = load(tmp_path, item(7, 14, html=f'{entry()}<p>After <a href="ftp://f.example/">files</a>.</p>'))
    assert texts(report, "text moved") == ["After files."]
    assert texts(report, "link lost") == ["ftp://f.example"]


def test_dry_run_reports_the_same_and_writes_nothing(tmp_path):
    items = [item(7, 14, html=f"{NAMED}{CREDITED}<p>After.</p>"), item(8, title="Owls")]
    rehearsal = load(tmp_path, *items, dry_run=True)
    assert [model.objects.count() for model in (Issue, Page, Author, Sponsor, WordPressPost, SearchText)] == [0] * 6
    report = load(tmp_path, *items)
    assert (rehearsal.counts, rehearsal.notices) == (report.counts, report.notices)


def test_split_files_are_one_export(tmp_path):
    one, two = write(tmp_path / "1.xml", item(7, 14)), write(tmp_path / "2.xml", item(8, 15), item(7, 14))
    report = import_wordpress([one, two])
    assert report.counts["issues added"] == 2


def test_verdict_is_not_given_beside_a_problem(tmp_path):
    assert load(tmp_path, item(7, 14)).verdict()
    broken = item(9, 16).replace("</item>", "")
    for report in (
        load(tmp_path, broken, item(8, 15)),
        import_wordpress([tmp_path / "none.xml", write(tmp_path, item(10, 17))]),
    ):
        assert report.counts["issues added"] == 1
        assert report.verdict() == ""


def test_unreadable_file_does_not_stop_the_others(tmp_path):
    (tmp_path / "empty.xml").write_bytes(b"")
    report = import_wordpress([tmp_path / "empty.xml", write(tmp_path, item(7, 14))])
    assert report.failed_files == ["empty.xml is empty."]
    assert report.counts["issues added"] == 1


def test_empty_entry_does_not_crash(client, tmp_path):
    load(tmp_path, item(7, 14, html=entry("", "", "") + entry()))
    assert Article.objects.count() == 2
    assert client.get("/sre-weekly-issue-14/").status_code == 200
    assert "A lamp" in render_html(Issue.objects.with_contents().get())


def test_backlog_is_not_touched(tmp_path):
    kept = make_article(url="https://lamps.example/1", title="A lamp in the cellar")
    load(tmp_path, item(7, 14))
    kept.refresh_from_db()
    assert kept.issue is None


@pytest.mark.parametrize("count", [1, 3])
def test_queries_for_an_issue(tmp_path, django_assert_num_queries, count):
    html = "".join(entry(str(i), f"https://a.example/{i}") for i in range(count))
    with django_assert_num_queries(38):
        load(tmp_path, item(7, 14, html=html))


def letters(report, kind):
    return Counter(re.sub("[ ,;]", "", "".join(texts(report, kind))))


def test_addresses_that_a_post_had_in_wordpress_still_lead_to_it(tmp_path, client):
    make_page(slug="taken")
    meta = "<wp:postmeta><wp:meta_key>_wp_old_slug</wp:meta_key><wp:meta_value>{}</wp:meta_value></wp:postmeta>"
    extra = "".join(map(meta.format, ("first-draft", "taken", "..", "second")))
    report = load(tmp_path, item(7, 14, html=entry(), rest=extra))
    for slug in ("first-draft", "second"):
        assert client.get(f"/{slug}/")["Location"] == Issue.objects.get().get_absolute_url()
    (note,) = texts(report, "former address")
    assert note.startswith("“taken” does not lead here: ")


@settings_of_hypothesis(max_examples=15)
@given(intro=trees, blurb=trees, note=trees, message=trees)
def test_any_tree_anywhere_in_a_post_is_on_the_page(tmp_path, intro, blurb, note, message):
    outage = OUTAGES.replace("</a>", f"</a><ul><li>{note}</li></ul>")
    sponsor = (
        f'<div class="sreweekly-sponsor-message"><p>A message from our sponsor, Fern:</p><p>We grow.</p>{message}</div>'
    )
    html = f"<div>{intro}</div>{sponsor}{entry(description=blurb)}{outage}"
    report = load(tmp_path, item(7, 14, html=html), dry_run=True)
    assert report.problems == []
    # Words that stood together may stand apart, and then count as lost and as added: no letter may be lost.
    assert letters(report, "text lost") <= letters(report, "text added")
    assert {*texts(report, "link lost"), *texts(report, "link added")} <= {"ftp://owls.example"}


def test_heading_that_only_the_printed_page_has_is_no_difference(tmp_path):
    assert load(tmp_path, item(7, 14, html=entry() + OUTAGES.replace("<h2>Outages</h2>", ""))).notices == []
    assert load(tmp_path, item(8, 15, html=f"<h2>Big</h2>{entry()}{OUTAGES}")).notices == []
    html = f"<h2>Big</h2>{entry()}{OUTAGES}".replace("<h2>Outages</h2>", "")
    assert load(tmp_path, item(9, 16, html=html)).notices == []


def test_link_in_small_print_stays_where_its_words_are_on_two_lines(tmp_path):
    note = '<p><small><a href="https://lamps.example/">\nx</a></small></p>'
    outage = OUTAGES.replace("</a>", f"</a><ul><li>{note}</li></ul>")
    assert {notice.kind for notice in load(tmp_path, item(7, 14, html=entry() + outage)).notices} <= {"credit"}
    assert "](https://lamps.example/)" in Issue.objects.get().printed_outages[0].blurb


@pytest.mark.parametrize("note", ["0,:", "0;,0"])
def test_comma_without_a_space_is_a_spelling_and_not_lost(tmp_path, note):
    outage = OUTAGES.replace("</a>", f"</a><ul><li><small>{note}</small></li></ul>")
    report = load(tmp_path, item(7, 14, html=entry() + outage))
    assert [notice.kind for notice in report.notices] == ["byline that names nobody", "spelling"]


def test_empty_sponsor_message_is_reported(tmp_path):
    heading = "<p>A message from our sponsor, Fern:</p>"
    html = f'<div class="sreweekly-sponsor-message">{heading}</div>{entry()}'
    assert texts(load(tmp_path, item(7, 14, html=html)), "text lost") == ["A message from our sponsor Fern:"]
