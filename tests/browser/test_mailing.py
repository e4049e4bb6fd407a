"""A mailing at the desk: planned, sent while one looks, paused. And the mail as a reader sees it."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from issues.models.issues import Issue
from mailings.composing import compose
from mailings.models.deliveries import Delivery
from mailings.models.mailings import Mailing
from mailings.models.reports import Report
from mailings.preparing import prepare
from mailings.reporting import Reported, take
from tests.browser.desk import find_violations
from tests.make import make_article, make_delivery, make_issue, make_picture, make_placement, make_subscriber

# axe's rules that are about pages of a site: a mail program has these parts itself.
OF_PAGES = ("landmark-one-main", "region", "document-title")


@pytest.fixture
def issue(transactional_db, settings) -> Issue:
    settings.NEWSLETTER_FROM = "SRE Weekly <newsletter@sreweekly.example>"
    settings.NEWSLETTER_POSTAL_ADDRESS = "1 Example Street, Exampletown"
    settings.MAILING_CONNECTIONS = 0  # Nothing is sent.
    for _ in range(3):
        make_subscriber()
    return Issue.objects.get(pk=make_issue(number=7, articles=1, intro="Hello *there*.").pk)


def settle(state: str, reason: str = "") -> None:
    first = Delivery.objects.filter(state="waiting").values("pk")[:1]
    Delivery.objects.filter(pk__in=first).update(state=state, reason=reason, settled_at=timezone.now())


def test_mail_is_planned_held_and_sent(desk, issue):
    desk.goto(f"/admin/issues/issue/{issue.pk}/change/")
    desk.get_by_role("link", name="Mail", exact=True).click()
    expect(desk.get_by_label("Preheader")).to_have_attribute("placeholder", "Hello there.")
    assert find_violations(desk) == []
    desk.get_by_label("Preheader").fill("Two good reads")
    desk.get_by_role("button", name="Save the preheader").click()
    desk.get_by_role("button", name="Hold the mail").click()
    expect(desk.locator(".state").first).to_have_text("held")
    desk.get_by_role("button", name="Send it now").click()
    expect(desk.get_by_role("heading", name="0 of 3")).to_be_visible()
    assert "Two good reads" in Mailing.objects.get().html


def test_progress_is_shown_while_it_is_sent(desk, issue):
    mailing = prepare(issue)
    desk.goto(f"/admin/mailings/mailing/issue/{issue.pk}/")
    expect(desk.get_by_role("heading", name="0 of 3")).to_be_visible()
    settle("sent")
    settle("refused", "550 5.1.1 No such user")
    expect(desk.get_by_role("heading", name="2 of 3")).to_be_visible()
    expect(desk.get_by_role("cell", name="550 5.1.1 No such user refused")).to_be_visible()
    desk.get_by_role("button", name="Pause").click()
    expect(desk.get_by_role("button", name="Go on")).to_be_visible()
    assert find_violations(desk) == []
    desk.get_by_label("Find an address").fill("reader")
    desk.get_by_role("button", name="Find").click()
    expect(desk.locator(".found li")).to_have_count(3)
    mailing.refresh_from_db()
    assert mailing.status == Mailing.Status.PAUSED


@pytest.fixture
def mail(page, issue, allowed_errors) -> Page:
    """A mail with all that can make it wide, opened by a program that loads no pictures."""
    picture = make_picture(1200, alternative="A graph of errors")
    make_article(
        issue=issue, title="A" * 200, blurb=f"A `{'x' * 200}` and\n\n- a list\n\n> a quote\n\n{picture.markdown}"
    )
    make_placement(issue)
    html = compose(Issue.objects.with_contents().get(pk=issue.pk)).html
    assert len(html.encode()) < 102_000
    allowed_errors.append("Failed to load resource: .*/pictures/")
    page.route("**/*", lambda route: route.abort())
    page.set_content(html)
    return page


@pytest.mark.parametrize("width", [320, 600])
def test_mail_fits_and_is_accessible(mail, width):
    mail.set_viewport_size({"width": width, "height": 900})
    assert mail.evaluate("document.documentElement.scrollWidth") <= width
    assert not mail.get_by_text("Hello there.").first.is_visible()  # The preheader.
    assert mail.get_by_role("link", name="Unsubscribe").is_visible()
    assert mail.get_by_role("img", name="A graph of errors").is_visible()
    assert find_violations(mail, rules={name: {"enabled": False} for name in OF_PAGES}) == []


def test_mail_keeps_its_borders_in_forced_colours(mail):
    mail.emulate_media(forced_colors="active")
    for part in (".sreweekly-sponsor-message", "blockquote"):
        border = mail.locator(part).first.evaluate("part => getComputedStyle(part).borderLeft")
        assert border.startswith(("3px solid", "4px solid"))
    link, text = (
        mail.locator(part).first.evaluate("part => getComputedStyle(part).color") for part in (".publisher a", "h1")
    )
    assert link != text
    assert not mail.get_by_text("Hello there.").first.is_visible()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_came_back_can_be_read_at_any_width(desk, issue, width, scheme):
    mailing = prepare(issue)
    for place, domain in enumerate(("example.com", "a-rather-long-name-of-a-university.example.org")):
        delivery = make_delivery(make_subscriber(f"ada@{domain}"), mailing=mailing)
        kind = Report.Kind.BOUNCED if place else Report.Kind.COMPLAINED
        reason = "550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown in virtual mailbox table"
        take(Reported(kind, str(place), "mailbox", timezone.now(), reason=reason, delivery=delivery.pk))
    desk.set_viewport_size({"width": width, "height": 900})
    desk.emulate_media(color_scheme=scheme)
    desk.goto(f"/admin/mailings/mailing/issue/{issue.pk}/")
    desk.get_by_role("link", name="What came back").click()
    expect(desk.get_by_label("Mailing", exact=True)).to_have_value(str(mailing.pk))
    expect(desk.get_by_role("cell", name="Recipient address rejected")).to_be_visible()
    assert desk.evaluate("document.documentElement.scrollWidth") <= width
    assert find_violations(desk) == []
