"""“Is my mail set up right?”: what is asked, what is kept, and what the page says."""

from datetime import timedelta

import lxml.html
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from mailings.dns.dkim import record_of
from mailings.dns.results import State, fine, wrong
from mailings.models.mailings import Mailing
from mailings.models.setup import SetupCheck
from mailings.preparing import prepare
from mailings.setup.page import load_page
from mailings.setup.questions import ask, sender_now, subjects, why_not_asked
from mailings.signatures import signer
from mailings.tasks import ask_about_setup, prepare_mailings
from tests.mailings.dns.nameserver import serving, txt
from tests.make import make_issue, make_subscriber, sign_in

pytestmark = pytest.mark.django_db
Name = SetupCheck.Name
DOMAIN = "sreweekly.example"
ZONE = {
    (DOMAIN, "TXT"): txt("v=spf1 mx -all"),
    (DOMAIN, "MX"): [f"10 mx.{DOMAIN}."],
    (f"mx.{DOMAIN}", "A"): ["198.51.100.7"],
}


@pytest.fixture
def setup_page():
    return reverse("admin:mailings_mailing_setup")


def ask_of(zone):
    with serving(zone) as (server, resolver):
        ask(resolver)
    return server.asked


def states():
    return {check.name: check.state for check in SetupCheck.objects.all()}


def lines():
    return {line.title: line for group in load_page().values() for line in group}


def test_answers_are_kept_one_row_for_each_check(sink):
    ask_of(ZONE)
    expected = {"server": "fine", "spf": "fine", "mx": "fine", "dmarc": "wrong", "dkim": "unknown"}
    assert states() == expected
    SetupCheck.objects.update(asked_at=timezone.now() - timedelta(minutes=2))
    ask_of({**ZONE, (f"_dmarc.{DOMAIN}", "TXT"): txt("v=DMARC1; p=none")})
    assert states() == {**expected, "dmarc": "fine"}


def test_key_of_the_site_is_compared_with_the_record(settings, sink):
    key = generate_private_key(65537, 1024)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    settings.MAILING_DKIM_SELECTOR, settings.MAILING_DKIM_KEY = "news", pem
    ask_of(ZONE)
    check = SetupCheck.objects.get(name="dkim")
    assert (check.state, check.host, check.value) == ("wrong", f"news._domainkey.{DOMAIN}", record_of(key))
    SetupCheck.objects.all().delete()
    ask_of({**ZONE, (check.host, "TXT"): txt(check.value)})
    assert states()["dkim"] == "fine"
    assert not SetupCheck.objects.filter(sentence__contains="PRIVATE").exists()


def test_key_that_cannot_sign_is_wrong(settings, sink):
    settings.MAILING_DKIM_SELECTOR, settings.MAILING_DKIM_KEY = "news", "/nowhere/key.pem"
    ask_of(ZONE)
    assert states()["dkim"] == "wrong"


def test_selector_of_a_provider_is_looked_up_and_signs_nothing(settings, sink):
    settings.MAILING_DKIM_SELECTOR = "s1, s2"
    assert {f"s1._domainkey.{DOMAIN}", f"s2._domainkey.{DOMAIN}"} <= {name for name, _ in ask_of(ZONE)}
    assert signer() is None


def test_server_that_is_away_is_wrong(sink, settings):
    settings.MAILERS["newsletter"]["OPTIONS"]["port"] = 1
    ask_of(ZONE)
    assert states()["server"] == "wrong"


def test_nothing_is_asked_twice_within_a_minute(sink):
    ask_of(ZONE)
    assert ask_of(ZONE) == []


def test_name_server_that_does_not_answer_is_not_wrong(sink, monkeypatch):
    monkeypatch.setattr("mailings.dns.asking.LIFETIME", 0.2)
    ask_of({(DOMAIN, kind): "silence" for kind in ("TXT", "MX")} | {(f"_dmarc.{DOMAIN}", "TXT"): "SERVFAIL"})
    assert states() == {"server": "fine", "spf": "unknown", "mx": "unknown", "dmarc": "unknown", "dkim": "unknown"}


@pytest.mark.parametrize("domain", [DOMAIN, "example.com", "news.example.com", "weekly.test", "localhost"])
def test_examples_are_asked_of_nobody(domain, settings, sink, monkeypatch):
    settings.NEWSLETTER_FROM = f"Weekly <newsletter@{domain}>"
    monkeypatch.setattr("mailings.setup.questions.Asker", None)  # Calling it would fail.
    ask_about_setup(0)
    assert set(states().values()) == {"fine", "unknown"}


def test_nobody_is_asked_in_development(settings):
    assert why_not_asked("news.org") == ""
    settings.DEBUG = True
    assert why_not_asked("news.org")


def test_nothing_is_asked_without_a_sender(settings):
    settings.NEWSLETTER_FROM = ""
    ask_about_setup(0)
    assert states() == {}
    assert lines()["Sender"].result.state == State.WRONG


def test_answer_about_other_settings_is_not_shown(settings, sink):
    ask_of(ZONE)
    assert lines()["SPF"].result.state == State.FINE
    settings.MAILING_BOUNCE_ADDRESS = "bounces@other.example"
    assert {title: lines()[title].asked_at is None for title in ("SPF", "DMARC", "DKIM")} == {
        "SPF": True,
        "DMARC": True,
        "DKIM": False,
    }


def test_bounces_have_a_domain_of_their_own(settings, sink):
    settings.MAILING_BOUNCE_ADDRESS = f"bounces@back.{DOMAIN}"
    assert (f"back.{DOMAIN}", "TXT") in ask_of(ZONE)
    assert states()["spf"] == "wrong"
    assert SetupCheck.objects.get(name="spf").host == ""


def test_what_strangers_wrote_is_kept_without_control_characters(sink):
    ask_of(
        {**ZONE, (DOMAIN, "TXT"): ['"v=spf1 \\000\\027[31m' + "x" * 200 + '" "' + "y" * 255 + '" "' + "z" * 255 + '"']}
    )
    check = SetupCheck.objects.get(name="spf")
    assert check.state == "wrong"
    assert check.sentence.isprintable()


def test_half_a_record_is_not_offered():
    SetupCheck.objects.keep(Name.SPF, "x", wrong("Too long.", "", DOMAIN, "v" * 1001))
    check = SetupCheck.objects.get()
    assert (check.host, check.value) == ("", "")


@pytest.mark.parametrize(
    ("setting", "value", "title", "state"),
    [
        ("NEWSLETTER_POSTAL_ADDRESS", "", "Postal address", State.WRONG),
        ("NEWSLETTER_REPLY_TO", "", "Reply-To", State.UNSET),
        ("NEWSLETTER_REPLY_TO", "The editor <editor@sreweekly.example>", "Reply-To", State.FINE),
        ("NEWSLETTER_REPLY_TO", "nobody", "Reply-To", State.WRONG),
        ("NEWSLETTER_LEAVE_TO", "leave@sreweekly.example", "By mail", State.FINE),
        ("MAILING_BOUNCE_ADDRESS", "bounces", "Bounce address", State.WRONG),
        ("SITE_URL", "http://sreweekly.example", "HTTPS", State.WRONG),
        ("SITE_URL", "http://sreweekly.example", "One click", State.WRONG),
        ("SITE_URL", "https://sreweekly.example", "One click", State.FINE),
        ("MAILING_PER_DAY", 200, "Rates", State.FINE),
        ("MAILING_PER_DAY", 0, "Rates", State.UNSET),
    ],
)
def test_settings_are_looked_at(settings, setting, value, title, state):
    setattr(settings, setting, value)
    assert lines()[title].result.state == state


def test_last_test_is_told():
    assert lines()["Last test"].result.state == State.UNSET
    Mailing.objects.create(issue=make_issue(number=7), tested_at=timezone.now())
    assert "#7" in lines()["Last test"].result.sentence


def keep(name, result):
    SetupCheck.objects.keep(name, subjects(sender_now())[name], result)


def test_page_shows_states_in_words_and_records_to_copy(desk, setup_page):
    keep(Name.DMARC, wrong("None & <b>.", "", f"_dmarc.{DOMAIN}", 'v=DMARC1; p="none"'))
    keep(Name.SPF, fine("There is one."))
    tree = lxml.html.fromstring(desk.get(setup_page).content)
    states = {
        line.findtext("h3"): line.xpath("span")[0].text_content().split(" ", 1)[1] for line in tree.xpath("//li[h3]")
    }
    assert (states["SPF"], states["DMARC"], states["DKIM"], states["Worker"]) == ("fine", "wrong", "not known", "wrong")
    assert tree.xpath("//input[@readonly]/@value") == [f"_dmarc.{DOMAIN}"]
    assert tree.xpath("//textarea[@readonly]")[0].text == 'v=DMARC1; p="none"'
    assert "None & <b>." in tree.text_content()


def test_page_names_what_is_wrong_and_what_is_not_known(desk, setup_page, settings):
    settings.NEWSLETTER_POSTAL_ADDRESS = ""
    SetupCheck.objects.keep(Name.SPF, subjects(sender_now())[Name.SPF], wrong("There is none."))
    context = desk.get(setup_page).context
    assert {"Postal address", "SPF"} <= set(context["wrong"])
    assert "DKIM" in context["unknown"]


def test_page_takes_a_fixed_number_of_queries(desk, setup_page, django_assert_num_queries):
    for name in Name:
        keep(name, fine("Fine."))
    desk.get(setup_page)
    with django_assert_num_queries(7):
        assert desk.get(setup_page).status_code == 200


def test_asking_again_is_a_job_and_only_one(desk, setup_page, django_assert_num_queries):
    desk.get(setup_page)
    with django_assert_num_queries(6):  # With a savepoint.
        response = desk.post(setup_page)
    assert response.url == setup_page
    desk.post(setup_page)
    assert ProcrastinateJob.objects.filter(task_name=ask_about_setup.name).count() == 1
    assert "is asking" in desk.get(setup_page).text


def test_asking_again_within_a_minute_asks_nobody(desk, setup_page, django_assert_num_queries):
    keep(Name.SPF, fine("Fine."))
    desk.get(setup_page)
    with django_assert_num_queries(3):
        desk.post(setup_page)
    assert not ProcrastinateJob.objects.filter(task_name=ask_about_setup.name).exists()


@pytest.mark.parametrize(("permission", "status"), [("send_mailing", 200), ("view_mailing", 403), ("add_issue", 403)])
def test_who_may_send_mailings_sees_the_page(setup_page, permission, status):
    client = sign_in(permission)
    assert client.get(setup_page).status_code == status
    assert client.post(setup_page, follow=True).status_code == status


def test_page_is_found_from_where_mail_is_looked_at(desk, setup_page):
    issue = make_issue(articles=1)
    mailing = reverse("admin:mailings_mailing_page", args=[issue.pk])
    for address in (reverse("admin:mailings_mailing_changelist"), mailing, "/admin/settings/", "/admin/find/?q=mail"):
        assert setup_page in desk.get(address).text, address


@pytest.mark.parametrize("wrong_sender", ["nonsense", "SRE <>", "SRE <a@b@example.com>", " ", "ä@b.example"])
def test_sender_that_is_none_is_said_on_every_page(desk, settings, sink, wrong_sender):
    make_subscriber()
    mailing = prepare(make_issue(articles=1))
    mailing.pause("Paused at the desk.")
    planned = make_issue(articles=1, publish_at=timezone.now() + timedelta(days=1))
    settings.NEWSLETTER_FROM = wrong_sender
    setup, *pages = (
        "/admin/mailings/mailing/setup/",
        f"/admin/mailings/mailing/issue/{planned.pk}/",
        f"/admin/issues/issue/{planned.pk}/preflight/",
        "/admin/",
    )
    for page in (setup, *pages):
        assert "NEWSLETTER_FROM is no sender" in desk.get(page).text
    ask()
    assert not SetupCheck.objects.exists()
    for issue, act in ((mailing.issue, "resume"), (planned, "test")):
        response = desk.post(f"/admin/mailings/mailing/issue/{issue.pk}/", {"act": act}, follow=True)
        assert "NEWSLETTER_FROM is no sender" in "".join(map(str, response.context["messages"]))
    prepare_mailings(0)
    assert Mailing.objects.get(pk=mailing.pk).status == Mailing.Status.PAUSED


def test_mailbox_that_is_none_is_said_without_its_password(desk, settings):
    settings.MAILING_MAILBOX = "imaps://bounces:se%40cret@[::1/INBOX"
    page = desk.get("/admin/mailings/mailing/setup/").text
    assert "MAILING_MAILBOX is written as" in page
    assert "cret" not in page
