"""What preflight's panel says of an issue's mail: never more than a warning, and nothing where an issue is saved."""

from datetime import timedelta

import lxml.html
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from issues.changes import changing
from issues.models.issues import Issue
from issues.preflight import Level, preflight
from issues.preflight.advice import ADVISERS, Advice, load_advice
from mailings.checks import check_mail
from mailings.dns.results import unknown, wrong
from mailings.models.mailings import Mailing
from mailings.models.setup import SetupCheck
from mailings.setup.questions import sender_now, subjects
from tests.desk_forms import read_form
from tests.make import make_article, make_issue, make_subscriber, sign_in

pytestmark = pytest.mark.django_db
Name = SetupCheck.Name


@pytest.fixture
def issue() -> Issue:
    return make_issue(articles=1, publish_at=timezone.now() + timedelta(days=1))


def panel_of(client, issue, **query):
    response = client.get(reverse("admin:issues_issue_preflight", args=[issue.pk], query=query))
    return lxml.html.fromstring(response.content)


def advice_of(client, issue):
    found = panel_of(client, issue).xpath("//h3[.='Mail']/following-sibling::ul[1]/li")
    return {line.text_content().strip(): line.find("a").get("href") for line in found}


def keep(name, result):
    SetupCheck.objects.keep(name, subjects(sender_now())[name], result)


def test_panel_leads_to_the_mail_and_to_its_setup(desk, issue):
    keep(Name.SPF, wrong("There is no SPF record."))
    keep(Name.DMARC, unknown("It could not be asked."))
    page, setup = (
        reverse(f"admin:mailings_mailing_{name}", args=args) for name, args in (("page", [issue.pk]), ("setup", []))
    )
    advice = advice_of(desk, issue)
    assert advice["warning SPF: There is no SPF record."] == setup
    assert advice["warning No test was sent yet."] == page
    assert [text for text in advice if "DMARC" in text and not text.startswith("warning")]


def test_held_mail_is_a_warning_and_stops_no_issue(desk, issue, settings):
    settings.NEWSLETTER_POSTAL_ADDRESS = ""
    before = Issue.objects.get(pk=issue.pk).version
    assert any("The mail is held: No postal address" in text for text in advice_of(desk, issue))
    loaded = Issue.objects.with_contents().get(pk=issue.pk)
    user = User.objects.get()
    assert {one.level for one in load_advice(loaded, user)["Mail"]} == {Level.WARNING, Level.NOTE}
    assert not [finding for finding in preflight(loaded) if "mail" in finding.text.lower()]
    with changing([issue], user, "saved") as change:
        change._checked.clear()
    issue.refresh_from_db()
    assert (issue.state, issue.version) == ("scheduled", before)


def test_mail_that_somebody_holds_says_so(desk, issue):
    Mailing.objects.create(issue=issue, status="held", note="Held at the desk.")
    assert "warning The mail is held. Held at the desk." in advice_of(desk, issue)


# Out for so many hours when it was made here, as one that was imported; 0: it came out here.
@pytest.mark.parametrize(("hours", "is_mailed"), [(72, False), (1, False), (0, True)])
def test_issue_whose_mail_went_out_or_does_not_has_no_advice(desk, hours, is_mailed):
    issue = make_issue(articles=1, publish_at=timezone.now() - timedelta(hours=hours) if hours else None)
    if is_mailed:
        words = dict.fromkeys(["subject", "sender", "html", "text"], "x")
        Mailing.objects.create(issue=issue, status="sending", prepared_at=timezone.now(), candidates=0, **words)
    assert advice_of(desk, issue) == {}


def test_fault_of_an_adviser_takes_no_page_of_the_issue_down(desk, issue, monkeypatch, caplog):
    def fail(issue, user):
        yield Advice(Level.NOTE, "Said before it failed.")
        raise LookupError

    monkeypatch.setitem(ADVISERS, "Mail", fail)
    told = panel_of(desk, issue).xpath("//h3[.='Mail']/following-sibling::ul[1]/li")[0]
    assert "It could not be checked." in told.text_content()
    assert told.find("a") is None
    assert "The advice on Mail failed." in caplog.text
    assert "It could not be checked." in desk.get("/admin/").text
    assert desk.get(change_url(issue)).status_code == 200


def test_site_without_mail_has_no_advice(desk, issue, settings):
    settings.NEWSLETTER_FROM = ""
    assert advice_of(desk, issue) == {}


@pytest.mark.parametrize(
    ("permissions", "sees"),
    [(["view_issue"], False), (["view_issue", "view_mailing"], True), (["view_issue", "send_mailing"], True)],
)
def test_only_who_may_open_the_mail_gets_advice_and_no_link_that_is_refused(issue, permissions, sees):
    keep(Name.SPF, wrong("There is no SPF record."))
    client = sign_in(*permissions)
    addresses = advice_of(client, issue).values()
    assert bool(addresses) == sees
    assert {client.get(address).status_code for address in addresses} <= {200}


def test_panel_takes_at_most_five_queries_more(desk, issue, settings, django_assert_num_queries):
    make_subscriber()
    panel_of(desk, issue)
    with django_assert_num_queries(16):
        panel_of(desk, issue)
    settings.NEWSLETTER_FROM = ""
    with django_assert_num_queries(12):
        panel_of(desk, issue)


def test_first_page_tells_warnings_of_the_next_mail(desk, issue, django_assert_num_queries):
    Mailing.objects.create(issue=issue, status="held", note="Held at the desk.")
    make_subscriber()
    desk.get("/admin/")
    with django_assert_num_queries(30):
        response = desk.get("/admin/")
    assert response.context["runway"].advice["Mail"][0].text == "The mail is held. Held at the desk."
    assert "The mail is held." in response.text


def change_url(issue):
    return reverse("admin:issues_issue_change", args=[issue.pk])


def form_of(desk, issue, **changes):
    return read_form(desk.get(change_url(issue)), "issue_form") | changes


@pytest.mark.parametrize("button", ["_save", "_approve", "_publish"])
def test_saving_and_approving_ask_nothing_about_the_mail(desk, button):
    issue = make_issue(articles=1, status="draft", publish_at=timezone.now() + timedelta(days=1))
    data = form_of(desk, issue) | {button: "1", "notes": "Changed."}
    with CaptureQueriesContext(connection) as asked:
        assert desk.post(change_url(issue), data).status_code == 302
    assert [query["sql"] for query in asked.captured_queries if '"mailings_' in query["sql"]] == []


def test_approving_with_warnings_confirms_those_of_the_issue_alone(desk, settings):
    """A button with a fingerprint of the mail's warnings would be refused for ever."""
    settings.NEWSLETTER_POSTAL_ADDRESS = ""
    issue = make_issue(status="draft", publish_at=timezone.now() + timedelta(days=1))
    make_article(issue=issue, blurb="")  # A warning of the issue itself.
    response = desk.post(change_url(issue), form_of(desk, issue, _approve="1"), follow=True)
    panel = lxml.html.fromstring(response.content).get_element_by_id("preflight")
    assert panel.xpath(".//h3[.='Mail']")
    (button,) = panel.xpath(".//button")
    desk.post(change_url(issue), form_of(desk, issue, _approve=button.get("value")))
    issue.refresh_from_db()
    assert issue.state == "scheduled"


@pytest.mark.parametrize("title", ["", "Two\nlines", "a\rb\0", "Ünïcode " * 30])
def test_advice_is_given_while_anything_is_typed(desk, issue, title):
    typed = reverse("admin:issues_issue_typed", args=[issue.pk])
    response = desk.post(typed, form_of(desk, issue, title=title))
    assert response.status_code == 200
    assert ">Mail</h3>" in response.json()["preflight"]


def test_size_is_that_of_the_encoded_mail(issue):
    issue.intro = "é" * 20_000  # Twice as long in UTF-8, six times in quoted-printable.
    issue.save()
    loaded = Issue.objects.with_contents().get(pk=issue.pk)
    assert [finding for finding in check_mail(loaded, Mailing(issue=loaded)) if "Gmail" in finding.text]
