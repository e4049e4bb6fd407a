from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.utils import timezone

from issues.models.addresses import Address
from issues.models.articles import Article
from issues.models.issues import Issue
from tests.make import make_article, make_author, make_issue, make_publication

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@time_machine.travel(NOW, tick=False)
def test_issue_is_published_if_it_is_approved_and_its_time_has_passed():
    published = make_issue(publish_at=NOW)
    make_issue(publish_at=NOW + timedelta(seconds=1))
    make_issue(status="draft", publish_at=NOW - timedelta(days=1))
    assert list(Issue.objects.published()) == [published]


def test_scheduled_issue_is_published_without_a_job():
    issue = make_issue(publish_at=NOW)
    with time_machine.travel(NOW - timedelta(seconds=1)):
        assert (issue.state, Issue.objects.published().count()) == ("scheduled", 0)
    with time_machine.travel(NOW):
        assert (issue.state, Issue.objects.published().count()) == ("published", 1)


def test_unpublished_issues_stand_in_the_order_of_their_times():
    make_issue()
    without_time = make_issue(number=10, status="draft", publish_at=None)
    later = make_issue(number=11, status="draft", publish_at=timezone.now() + timedelta(days=8))
    next_one = make_issue(number=12, publish_at=timezone.now() + timedelta(days=1))
    assert list(Issue.objects.unpublished()) == [next_one, later, without_time]


def test_next_number_is_the_highest_plus_one():
    assert Issue.objects.next_number() == 1
    make_issue(number=530)
    make_issue(number=3)
    assert Issue.objects.next_number() == 531


def test_guid_is_set_at_the_first_approval_and_stays():
    issue = make_issue(status="draft", number=531)
    assert issue.guid is None
    issue.approve(timezone.now())
    assert issue.guid == "tag:sreweekly.com,2026:issue-531"
    issue.withdraw()
    Issue.objects.filter(pk=issue.pk).update(number=532, title="#532")
    issue = Issue.objects.get()
    issue.approve(timezone.now())
    assert issue.guid == "tag:sreweekly.com,2026:issue-531"


def test_number_that_was_used_before_gets_another_guid():
    first = make_issue(number=531)
    Issue.objects.filter(pk=first.pk).update(number=532, title="#532")
    assert make_issue(number=531, slug="again").guid == "tag:sreweekly.com,2026:issue-531-2"


def test_changed_at_is_the_later_of_publication_and_change():
    issue = make_issue(publish_at=NOW)
    issue.updated_at = NOW - timedelta(days=1)
    assert issue.changed_at == NOW
    issue.updated_at = NOW + timedelta(days=1)
    assert issue.changed_at == NOW + timedelta(days=1)


def test_contents_are_loaded_in_six_queries(django_assert_num_queries):
    for count in (1, 3):
        for _ in range(count):
            make_issue(articles=count, outages=count)
        with django_assert_num_queries(6):
            for issue in Issue.objects.with_contents():
                for article in issue.printed_articles + issue.printed_outages:
                    assert article.credited_authors
                    assert article.printed_tags == []
                assert issue.printed_placements == []


def test_authors_are_in_the_order_of_the_byline():
    zoe, anna = make_author("Zoë"), make_author("Anna")
    article = make_article(authors=(zoe, anna))
    assert Article.objects.with_credits().get().credited_authors == [zoe, anna]
    article.credit([anna, zoe, anna])
    assert Article.objects.with_credits().get().credited_authors == [anna, zoe]


def test_placed_article_is_the_last_of_its_section():
    issue = make_issue(articles=2, outages=1)
    article = make_article()
    article.place(issue, "outages")
    assert (article.section, article.position) == ("outages", 2)


def test_returned_article_keeps_its_words():
    article = make_article(issue=make_issue(), blurb="Words.")
    article.return_to_backlog()
    assert Article.objects.backlog().get().blurb == "Words."


def test_canonical_url_follows_the_address():
    article = make_article(url="https://www.example.com/a/?utm_source=x")
    assert article.canonical_url == "example.com/a"
    article.url = "https://example.com/b"
    article.save(update_fields=["url"])
    article.refresh_from_db()
    assert article.canonical_url == "example.com/b"


def test_canonical_url_may_be_longer_than_a_btree_index_allows():
    address = "https://example.com/" + "".join(chr(0x4E00 + i) for i in range(1900))
    assert len(make_article(url=address).canonical_url) > 2704


def test_issue_with_articles_cannot_be_deleted():
    with pytest.raises(ProtectedError):
        make_issue(articles=1).delete()


# Names and addresses


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Lorin Hochstein", "lorin-hochstein"),
        ("Colm MacCárthaigh", "colm-maccárthaigh"),
        ("محمد علي", "محمد-علي"),
        ("田中 太郎", "田中-太郎"),
        ("@lorin (GitHub)", "lorin-github"),
        ("🦄", "author"),
        ("x" * 200, "x" * 200),
    ],
)
def test_address_of_an_author_is_made_from_the_name(name, slug):
    assert make_author(name).slug == slug


def test_address_that_is_or_was_used_gets_a_number():
    make_author("J. Doe", slug="j-doe")
    make_author("Old", previous_slugs=["j-doe-2"])
    assert make_author("J Doe").slug == "j-doe-3"


def test_spaces_in_names_are_cleaned():
    author = make_author()
    author.name = "  Lorin   Hochstein "
    author.full_clean()
    assert author.name == "Lorin Hochstein"


def test_article_counts_include_published_issues_only():
    author = make_author()
    for issue in (make_issue(), make_issue(status="draft"), None):
        make_article(authors=(author,), issue=issue)
    assert type(author).objects.with_article_counts().get().article_count == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("slug", ["archive", "static", "page", "wp-admin", "2024"])
def test_issue_cannot_have_an_address_of_the_site(slug):
    issue = make_issue(status="draft")
    issue.slug = slug
    with pytest.raises(ValidationError) as caught:
        issue.full_clean()
    assert [error.code for error in caught.value.error_dict["slug"]] == ["reserved"]


def test_issue_cannot_have_a_former_address_of_another():
    issue, other = make_issue(), make_issue(status="draft")
    Address.objects.add_former(issue, "old")
    other.slug = "old"
    with pytest.raises(ValidationError) as caught:
        other.full_clean()
    assert [error.code for error in caught.value.error_dict["slug"]] == ["unique"]


def test_issue_may_take_back_its_former_address():
    issue = make_issue()
    Address.objects.add_former(issue, "old")
    issue.slug = "old"
    issue.full_clean()


def test_merged_publication_keeps_its_own_disclosure():
    kept, lost = make_publication(disclosure="Kept."), make_publication(disclosure="Lost.")
    kept.absorb(lost)
    assert kept.disclosure == "Kept."
