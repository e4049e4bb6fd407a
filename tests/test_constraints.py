"""Every rule about data is a constraint of the database. Each is broken here by name, without validation."""

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from taggit.models import Tag

from collecting.models.devices import Device
from collecting.models.sources import Source
from desk.models import UnsavedForm
from importing.models import ImportedIssue
from issues.models.addresses import Address
from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.downloads import StoredDownload
from issues.models.issues import Issue, RetiredGuid
from issues.models.printings import PrintingCode
from issues.models.revisions import IssueRevision, PageRevision
from issues.models.search import SearchText
from issues.models.settled import SettledCredit
from issues.models.tags import FormerTag
from mailings.dns.results import Result, State, fine
from mailings.models.deliveries import Delivery
from mailings.models.imports import SubscriberImport
from mailings.models.mailings import Mailing
from mailings.models.reports import Report
from mailings.models.setup import SetupCheck
from mailings.models.subscribers import Subscriber
from mailings.models.suppressions import Suppression
from sponsors.models import Placement, Sponsor
from tests.make import (
    OUR_APPS,
    make_article,
    make_author,
    make_candidate,
    make_correction,
    make_device,
    make_editor,
    make_fetched_page,
    make_issue,
    make_page,
    make_picture,
    make_placement,
    make_publication,
    make_sponsor,
    make_subscriber,
)
from wordpress.models import ExportFile, WordPressImport, WordPressPost

FORM = "00000000-0000-0000-0000-000000000001"


def set_issue(**fields):
    Issue.objects.filter(pk=make_issue(status="draft").pk).update(**fields)


def set_article(**fields):
    Article.objects.filter(pk=make_article(issue=make_issue()).pk).update(**fields)


def two(make, model, **fields):
    make()
    model.objects.filter(pk=make().pk).update(**fields)


def two_articles_in_one_place():
    issue = make_issue(articles=2)
    issue.articles.update(position=1)


def two_authors_in_one_place():
    make_article(authors=(make_author(), make_author())).authorships.update(position=1)


def one_author_twice():
    author = make_author()
    make_article(authors=(author,)).authorships.create(author=author, position=2)


def one_place_sold_twice():
    issue = make_issue()
    make_placement(issue)
    Placement.objects.filter(pk=make_placement(make_issue()).pk).update(issue=issue)


def changed_guid():
    Issue.objects.filter(pk=make_issue().pk).update(guid="another")


def one_address_twice():
    Address.objects.create(issue=make_issue(), path="old")
    Address.objects.create(page=make_page(), path="old")


def two_current_addresses(**owner):
    Address.objects.create(path="another", is_current=True, **owner)


def two_page_revisions():
    page = make_page()
    for _ in range(2):
        PageRevision.objects.create(page=page, version=1, saved_at=timezone.now(), cause="", contents={})


def make_import(**fields):
    return WordPressImport.objects.create(**fields)


def two_first_chunks():
    file = ExportFile.objects.create(name="export.xml", size=2)
    for _ in range(2):
        file.chunks.create(number=0, content=b"x")


def make_subscriber_import(**fields):
    return SubscriberImport.objects.create(name="list.csv", size=1, **fields)


def two_first_chunks_of_subscribers():
    run = make_subscriber_import()
    for _ in range(2):
        run.chunks.create(number=0, content=b"x")


def found_twice(**fields):
    for _ in range(2):
        SearchText.objects.create(vector="", **fields)


def two_copies_of_one_form():
    editor = make_editor()
    for _ in range(2):
        UnsavedForm.objects.create(user=editor, subject="issue 1", form=FORM, fields={}, saved_at=timezone.now())


def two_revisions_of_one_version():
    issue = make_issue(status="draft")
    for _ in range(2):
        IssueRevision.objects.create(issue=issue, version=1, saved_at=timezone.now(), contents={})


def set_subscriber(**fields):
    Subscriber.objects.filter(pk=make_subscriber().pk).update(**fields)


def two_subscribers(**fields):
    for _ in range(2):
        set_subscriber(**fields)


def set_mailing(**fields):
    mailing = Mailing.objects.create(issue=make_issue())
    Mailing.objects.filter(pk=mailing.pk).update(**fields)


def make_delivery(count=1, **fields):
    fields = {"mailing": Mailing.objects.create(issue=make_issue()), "subscriber": make_subscriber(), **fields}
    for _ in range(count):
        Delivery.objects.create(**fields)


def make_report(count=1, **fields):
    for _ in range(count):
        Report.objects.create(**{"key": "a", "kind": "left", "reported_at": timezone.now(), **fields})


def make_suppression(**fields):
    return Suppression.objects.create(**{"digest": "a", **fields})


BROKEN = {
    "subscriber_address_unique": lambda: two_subscribers(key="ada@example.com"),
    "subscriber_token_unique": lambda: two_subscribers(token="t" * 22),
    "subscriber_new_token_unique": lambda: two_subscribers(new_address="a@example.com", new_token="t" * 22),
    "subscriber_digest_unique": lambda: two_subscribers(digest="a"),
    "subscriber_key_is_an_address": lambda: set_subscriber(key="ADA@example.com"),
    "subscriber_address_on_one_line": lambda: set_subscriber(address="ada@example.com\nBcc: eve@example.com"),
    "subscriber_token_is_random": lambda: set_subscriber(token="short"),
    "subscriber_new_address_has_a_token": lambda: set_subscriber(new_address="ada@example.com"),
    "suppression_digest_unique": lambda: [make_suppression() for _ in range(2)],
    "suppression_reason_known": lambda: make_suppression(reason="x"),
    "suppression_forgotten_has_no_address": lambda: make_suppression(reason="forgotten", address="ada@example.com"),
    "report_key_unique": lambda: make_report(2),
    "report_kind_known": lambda: make_report(kind="x"),
    "report_has_no_address": lambda: make_report(reason="<ada@example.com>: no such user"),
    "mailing_status_known": lambda: set_mailing(status="x"),
    "mailing_prepared_has_a_time": lambda: set_mailing(status="sending"),
    "mailing_prepared_has_words": lambda: set_mailing(status="sending", prepared_at=timezone.now(), candidates=0),
    "delivery_once_for_each_subscriber": lambda: make_delivery(2),
    "delivery_state_known": lambda: make_delivery(state="x"),
    "delivery_sending_is_claimed": lambda: make_delivery(state="sending"),
    "delivery_settled_has_a_time": lambda: make_delivery(state="sent"),
    "delivery_reason_is_given": lambda: make_delivery(state="left_out"),
    "setupcheck_name_known": lambda: SetupCheck.objects.keep("x", "", fine("Fine.")),
    "setupcheck_state_known": lambda: SetupCheck.objects.keep("spf", "", Result(State.UNSET, "Not set.")),
    "issue_number_positive": lambda: set_issue(number=0, title="#0"),
    "issue_number_unique": lambda: (make_issue(number=5), set_issue(number=5, title="#5")),
    "issue_slug_unique": lambda: (make_issue(slug="taken"), set_issue(slug="taken")),
    "issue_guid_unique": lambda: (make_issue(guid="taken"), set_issue(guid="taken")),
    "issue_guid_given_once": changed_guid,
    "issue_title_has_number": lambda: set_issue(title="SRE Weekly Issue #11"),
    "issue_status_known": lambda: set_issue(status="mislaid", publish_at=timezone.now(), guid="g"),
    "issue_approved_has_publish_at": lambda: set_issue(status="approved", guid="g"),
    "issue_approved_has_guid": lambda: set_issue(status="approved", publish_at=timezone.now()),
    "issue_in_review_is_draft": lambda: Issue.objects.filter(pk=make_issue().pk).update(
        review_requested_at=timezone.now()
    ),
    "address_path_unique": one_address_twice,
    "printing_code_is_one_row": lambda: PrintingCode.objects.create(pk=2, digest="", since=timezone.now()),
    "address_of_issue_current": lambda: two_current_addresses(issue=make_issue()),
    "address_of_page_current": lambda: two_current_addresses(page=make_page()),
    "address_of_issue_or_page": lambda: Address.objects.create(path="nobodys"),
    "unsaved_form_once": two_copies_of_one_form,
    "page_revision_once": two_page_revisions,
    "stored_download_once": lambda: [
        StoredDownload.objects.create(name="a", etag="", file_name="", content=b"") for _ in range(2)
    ],
    "retired_guid_unique": lambda: [RetiredGuid.objects.create(guid="a", number=1, title="") for _ in range(2)],
    "issue_revision_once": two_revisions_of_one_version,
    "page_slug_unique": lambda: (make_page(slug="taken"), make_page(slug="taken")),
    "article_position_iff_issue": lambda: set_article(position=None),
    "article_position_unique": two_articles_in_one_place,
    "article_url_is_http": lambda: set_article(url="javascript:alert(1)"),
    "article_section_known": lambda: set_article(section="jokes"),
    "article_state_known": lambda: set_article(state="lost"),
    "article_hold_one_per_known": lambda: set_article(hold_one_per="week"),
    "article_hold_one_per_series_names_it": lambda: set_article(hold_one_per="series"),
    "authorship_author_once": one_author_twice,
    "authorship_position_unique": two_authors_in_one_place,
    "author_name_unique": lambda: (make_author("Lorin"), two(make_author, Author, name="LORIN")),
    "author_slug_unique": lambda: two(make_author, Author, slug=make_author("Taken").slug),
    "publication_name_unique": lambda: (make_publication("ACM"), two(make_publication, Publication, name="acm")),
    "publication_slug_unique": lambda: two(make_publication, Publication, slug=make_publication("Taken").slug),
    "wordpress_post_id_unique": lambda: [WordPressPost.objects.create(post_id=1) for _ in range(2)],
    "wordpress_post_issue_or_page": lambda: WordPressPost.objects.create(
        post_id=1, issue=make_issue(), page=make_page()
    ),
    "imported_issue_number_unique": lambda: [ImportedIssue.objects.create(number=1) for _ in range(2)],
    "wordpress_import_one_at_a_time": lambda: [make_import(state="waiting") for _ in range(2)],
    "wordpress_import_state_known": lambda: make_import(state="lost", started_at=timezone.now()),
    "wordpress_import_started_unless_waiting": lambda: make_import(state="waiting", started_at=timezone.now()),
    "wordpress_import_finished_iff_ended": lambda: make_import(
        state="running", started_at=timezone.now(), finished_at=timezone.now()
    ),
    "wordpress_import_report_iff_done": lambda: make_import(state="waiting", report={}),
    "wordpress_import_failure_iff_failed": lambda: make_import(state="waiting", failure="The disk is full."),
    "wordpress_import_percent_to_100": lambda: make_import(percent=101),
    "export_chunk_number_unique": two_first_chunks,
    "search_text_article_once": lambda: found_twice(issue=make_issue(), article=make_article()),
    "search_text_issue_once": lambda: found_twice(issue=make_issue()),
    "author_url_is_http": lambda: two(make_author, Author, url="javascript:alert(1)"),
    "publication_url_is_http": lambda: two(make_publication, Publication, url="javascript:alert(1)"),
    "sponsor_url_is_http": lambda: two(make_sponsor, Sponsor, url="javascript:alert(1)"),
    "sponsor_name_unique": lambda: (make_sponsor("Acme"), two(make_sponsor, Sponsor, name="ACME")),
    "placement_slot_unique": one_place_sold_twice,
    "placement_url_is_http": lambda: Placement.objects.filter(pk=make_placement(make_issue()).pk).update(url="ftp://x"),
    "correction_text_not_empty": lambda: make_correction(make_issue(), text=""),
    "correction_erratum_known": lambda: make_correction(make_issue(), erratum="x"),
    "correction_erratum_in_only_if_printed": lambda: make_correction(make_issue(), erratum_in=make_issue()),
    "former_tag_once": lambda: FormerTag.objects.bulk_create(
        [FormerTag(name="oncall", slug="oncall", tag=Tag.objects.get_or_create(name="on-call")[0]) for _ in range(2)]
    ),
    "settled_credit_once": lambda: [SettledCredit.objects.create(subject="author: Visa") for _ in range(2)],
    "source_once": lambda: [Source.objects.create(url="https://a.example/feed") for _ in range(2)],
    "source_url_is_http": lambda: Source.objects.create(url="ftp://a.example/feed"),
    "placement_slot_known": lambda: Placement.objects.filter(pk=make_placement(make_issue()).pk).update(slot="x"),
    "placement_state_known": lambda: Placement.objects.filter(pk=make_placement(make_issue()).pk).update(state="x"),
    "candidate_new_once": lambda: [make_candidate(url=f"http{s}://example.com/x") for s in ("", "s")],
    "candidate_url_is_http": lambda: make_candidate(url="javascript:alert(1)"),
    "candidate_state_known": lambda: make_candidate(state="x"),
    "candidate_article_only_if_taken": lambda: make_candidate(article=make_article()),
    "fetched_page_url_unique": lambda: [make_fetched_page("https://example.com/" + "ü" * 3000) for _ in range(2)],
    "fetched_page_outcome_iff_fetched": lambda: make_fetched_page(outcome=""),
    "device_token_unique": lambda: [make_device() for _ in range(2)] and Device.objects.update(token_hash="0" * 64),
    "picture_digest_unique": lambda: (make_picture(digest="a"), make_picture(digest="a")),
    "picture_format_known": lambda: make_picture(format="svg"),
    "picture_has_a_size": lambda: make_picture(height=0),
    "picture_former_path_unique": lambda: [make_picture().former_addresses.create(path="a.png") for _ in range(2)],
    "subscriber_import_one_at_a_time": lambda: [make_subscriber_import() for _ in range(2)],
    "subscriber_import_state_known": lambda: make_subscriber_import(state="lost"),
    "subscriber_import_finished_iff_ended": lambda: make_subscriber_import(state="done"),
    "subscriber_import_failure_is_given": lambda: make_subscriber_import(state="failed", finished_at=timezone.now()),
    "subscriber_import_percent_to_100": lambda: make_subscriber_import(percent=101),
    "subscriber_import_chunk_unique": two_first_chunks_of_subscribers,
    "device_kind_known": lambda: make_device(kind="x"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BROKEN)
def test_database_refuses(name):
    def break_it():
        with transaction.atomic():
            BROKEN[name]()
            connection.check_constraints()  # Deferred constraints are otherwise checked at the end of the transaction.

    with pytest.raises(IntegrityError, match=name):
        break_it()


def test_every_constraint_is_broken_above():
    declared = {
        constraint.name
        for app in OUR_APPS
        for model in apps.get_app_config(app).get_models()
        for constraint in model._meta.constraints
    }
    assert declared | {"issue_guid_given_once"} == set(BROKEN)


@pytest.mark.django_db
def test_draft_without_a_guid_may_get_one():
    issue = make_issue(status="draft")
    Issue.objects.filter(pk=issue.pk).update(guid="https://sreweekly.com/?p=300")
    Issue.objects.filter(pk=issue.pk).update(guid="https://sreweekly.com/?p=300")


@pytest.mark.django_db
def test_positions_may_be_swapped_in_one_transaction():
    first, second = make_issue(articles=2).articles.order_by("position")
    with transaction.atomic():
        first.position, second.position = 2, 1
        first.save()
        second.save()
        second.full_clean()
    assert [row.pk for row in Article.objects.order_by("position")] == [second.pk, first.pk]
