from datetime import UTC, datetime, timedelta

import feedparser
import lxml.etree
import pytest
import time_machine
from django.utils import timezone
from django.utils.http import parse_http_date

from issues.models.articles import Article
from issues.models.credits import Author
from issues.models.issues import Issue
from issues.printing.html import render_html
from tests.make import make_article, make_issue, make_placement, note_changes

pytestmark = pytest.mark.django_db


def items(client):
    return lxml.etree.fromstring(client.get("/feed/").content).findall("channel/item")


def parsed(client):
    feed = feedparser.parse(client.get("/feed/").content)
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


def validators(response):
    return response["ETag"], response["Last-Modified"]


def test_channel(client):
    channel = parsed(client).feed
    assert (channel.title, channel.link, channel.language) == ("SRE Weekly", "https://sreweekly.example/", "en-us")
    assert channel.subtitle == "scalability, availability, incident response, automation"
    assert channel.ttl == "60"
    assert {"rel": "self", "href": "https://sreweekly.example/feed/"}.items() <= channel.links[1].items()


def test_item(client):
    issue = make_issue(number=7, publish_at=datetime(2026, 8, 17, 0, 45, tzinfo=UTC), intro="Hello.")
    (entry,) = parsed(client).entries
    assert (entry.title, entry.summary) == ("SRE Weekly Issue #7", "Hello.")
    assert entry.link == "https://sreweekly.example/sre-weekly-issue-7/"
    assert entry.published == "Mon, 17 Aug 2026 00:45:00 +0000"
    assert (entry.id, entry.guidislink) == (issue.guid, False)


def test_guid_of_an_imported_issue_stays_as_it_is(client):
    make_issue(guid="https://sreweekly.com/?p=300")
    assert b'<guid isPermaLink="false">https://sreweekly.com/?p=300</guid>' in client.get("/feed/").content


def test_item_holds_the_whole_issue(client):
    issue = make_issue(articles=2, outages=1, intro="Hello.")
    make_placement(issue)
    content = items(client)[0].findtext("{http://purl.org/rss/1.0/modules/content/}encoded")
    assert content == render_html(Issue.objects.with_contents().get())


def test_summary_does_not_begin_with_the_sponsor(client):
    issue = make_issue(articles=1)
    make_placement(issue, message="Buy this.")
    assert items(client)[0].findtext("description") == issue.articles.get().title


def test_categories_are_the_tags_each_once(client):
    issue = make_issue()
    make_article(issue=issue, tags=("slo", "metastable failures"))
    make_article(issue=issue, tags=("slo", "日本"))
    make_article(issue=issue, section="outages", tags=("dns",))
    categories = [category.text for category in items(client)[0].findall("category")]
    assert categories == ["metastable failures", "slo", "日本", "dns"]


def test_feed_holds_the_last_five_issues(client):
    for day in (3, 7, 1, 6, 2, 5, 4):
        make_issue(number=day, publish_at=datetime(2026, 1, day, tzinfo=UTC))
    titles = [item.findtext("title") for item in items(client)]
    assert titles == [f"SRE Weekly Issue #{day}" for day in (7, 6, 5, 4, 3)]


def test_number_of_issues_is_a_setting(client, settings):
    settings.FEED_ITEMS = 1
    make_issue()
    make_issue()
    assert len(items(client)) == 1


def test_issues_of_one_moment_are_in_order_of_number(client):
    now = timezone.now()
    for number in (2, 3, 1):
        make_issue(number=number, publish_at=now)
    assert [item.findtext("title")[-1] for item in items(client)] == ["3", "2", "1"]


def test_draft_is_not_in_feed(client):
    make_issue(status="draft")
    assert items(client) == []


def test_scheduled_issue_appears_by_itself_when_its_time_comes(client):
    moment = datetime(2030, 6, 2, 0, 45, tzinfo=UTC)
    make_issue(publish_at=moment)
    with time_machine.travel(moment - timedelta(seconds=1), tick=False):
        before = client.get("/feed/")
    with time_machine.travel(moment, tick=False):
        after = client.get("/feed/", headers={"If-None-Match": before["ETag"]})
    assert feedparser.parse(before.content).entries == []
    assert len(feedparser.parse(after.content).entries) == 1
    assert parse_http_date(after["Last-Modified"]) == moment.timestamp()


@pytest.mark.parametrize(
    "text",
    ["a]]>b", "<![CDATA[x]]></content:encoded></item>", "&amp; &lt;b&gt; <script>1</script>", "🎉 日本 é"],
)
def test_text_survives_the_feed_unchanged(client, text):
    issue = make_issue(title=f"#1 {text}", number=1, intro=text.replace("&", "&amp;"))
    make_article(issue=issue, title=text)
    item = items(client)[0]
    assert item.findtext("title") == f"#1 {text}"
    assert item.findtext("description") == text
    assert len(parsed(client).entries) == 1


def test_control_characters_do_not_break_the_feed(client):
    bad = "\x01\x08\x0b\x0c\x1f\x7f\ufffe\uffff"
    issue = make_issue(number=1, title=f"#1 {bad}x", intro=f"a{bad}b")
    make_article(issue=issue, title=bad, blurb=bad, byline=f"c{bad}d", disclosure=bad, tags=(f"t{bad}",))
    make_placement(issue, message=bad)
    assert parsed(client).entries[0].title == "#1 x"
    assert items(client)[0].findtext("category") == "t"


def test_nothing_changes_between_two_requests(client):
    issue = make_issue(articles=3)
    make_article(issue=issue, tags=("b", "a", "c"))
    with time_machine.travel("2031-01-01 00:00Z"):
        first = client.get("/feed/")
    with time_machine.travel("2032-01-01 00:00Z"):
        second = client.get("/feed/")
    assert (first.content, validators(first)) == (second.content, validators(second))


def test_correction_of_the_oldest_issue_in_the_feed_moves_the_etag(client):
    oldest, *_ = [make_issue(articles=1) for _ in range(5)]
    note_changes(Issue.objects.all())
    before = client.get("/feed/")["ETag"]
    Article.objects.filter(issue=oldest).update(blurb="Corrected.")
    note_changes(Issue.objects.all())
    assert b"Corrected." in client.get("/feed/", headers={"If-None-Match": before}).content


def test_renamed_author_moves_both_validators(client):
    make_issue(articles=1)
    note_changes(Issue.objects.all())
    before = client.get("/feed/")
    Author.objects.update(name="Somebody Else")
    with time_machine.travel("2031-01-01 00:00Z", tick=False):
        note_changes(Issue.objects.all())
        after = client.get("/feed/")
    assert not {*validators(before)} & {*validators(after)}


def test_saving_an_unprinted_field_moves_neither_validator(client):
    issue = make_issue(articles=1)
    note_changes(Issue.objects.all())
    before = client.get("/feed/")
    article = issue.articles.get()
    article.state = Article.State.HELD
    article.save()
    note_changes(Issue.objects.all())
    assert validators(client.get("/feed/")) == validators(before)


def test_correction_of_an_issue_that_is_no_longer_in_the_feed_moves_neither_validator(client):
    old, *_ = [make_issue(articles=1) for _ in range(6)]
    note_changes(Issue.objects.all())
    before = client.get("/feed/")
    Article.objects.filter(issue=old).update(blurb="Corrected.")
    note_changes(Issue.objects.all())
    assert validators(client.get("/feed/")) == validators(before)


@pytest.mark.parametrize(
    "change",
    [{"slug": "another"}, {"title": "SRE Weekly Issue #1!"}, {"publish_at": datetime(2026, 11, 23, 18, tzinfo=UTC)}],
)
def test_etag_moves_with_the_printed_fields_of_an_issue(client, change):
    make_issue(number=1, publish_at=datetime(2026, 11, 23, 17, tzinfo=UTC))
    with time_machine.travel("2031-01-01 00:00Z"):
        before = client.get("/feed/")["ETag"]
        Issue.objects.update(**change)
        assert client.get("/feed/")["ETag"] != before


def test_withdrawn_issue_moves_the_etag(client):
    make_issue()
    issue = make_issue()
    before = client.get("/feed/")["ETag"]
    issue.withdraw()
    assert client.get("/feed/", headers={"If-None-Match": before}).status_code == 200


def test_settings_are_part_of_the_etag(client, settings):
    before = client.get("/feed/")["ETag"]
    settings.NEWSLETTER_NAME = "Another Weekly"
    assert client.get("/feed/")["ETag"] != before
