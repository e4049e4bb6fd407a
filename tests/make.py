"""Rows for tests: every make_… gives a valid one, and takes what the test is about."""

from datetime import datetime
from itertools import count

from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.utils import timezone

from collecting.models.candidates import Candidate
from collecting.models.devices import Device
from fetching.models import FetchedPage
from fetching.outcome import Outcome
from issues.changes import changing
from issues.models.articles import Article
from issues.models.corrections import Correction
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.pages import Page
from mailings.models.deliveries import Delivery
from mailings.models.mailings import Mailing
from mailings.models.subscribers import Subscriber
from mailings.models.suppressions import Suppression, digest_of
from pictures.models import Picture
from sponsors.models import Placement, Sponsor
from sreweekly.roles import update_groups
from tests.pictures.files import make_file
from text.mailboxes import read_mailbox

# Those with tables.
OUR_APPS = ("desk", "fetching", "sponsors", "pictures", "issues", "collecting", "wordpress", "importing", "mailings")

_counter = count(1)


def make_issue(*, articles: int = 0, outages: int = 0, publish_at: datetime | None = None, **fields) -> Issue:
    """A published issue with that many articles and outages; status="draft" for a draft."""
    number = fields.pop("number", None) or Issue.objects.next_number()
    draft = fields.pop("status", Issue.Status.APPROVED) == Issue.Status.DRAFT
    issue = Issue(
        number=number,
        **{
            "title": settings.ISSUE_TITLE.format(number=number),
            "slug": settings.ISSUE_SLUG.format(number=number),
            "publish_at": publish_at,
            **fields,
        },
    )
    issue.save()
    for section, amount in (("articles", articles), ("outages", outages)):
        for position in range(1, amount + 1):
            make_article(issue=issue, section=section, position=position)
    if not draft:
        issue.approve(publish_at or timezone.now())
    return issue


def note_changes(issues=None) -> int:
    """Let search, digest and the rest follow rows that a test changed itself; return how many issues changed."""
    with changing(Issue.objects.all() if issues is None else issues) as change:
        change._checked.update(change.issues)  # Preflight would make drafts of scheduled issues that hold nothing.
    return len(change.printed)


def make_article(*, authors: tuple[Author, ...] = (), tags: tuple[str, ...] = (), **fields) -> Article:
    """An article of the backlog, or of `issue` (at the end unless `position` is given), with an author."""
    number = next(_counter)
    issue = fields.get("issue")
    if issue and "position" not in fields:
        fields["position"] = issue.articles.filter(section=fields.get("section", "articles")).count() + 1
    article = Article(
        **{
            "title": f"Article {number}",
            "url": f"https://example.com/articles/{number}",
            "blurb": f"Blurb {number}.",
            **fields,
        },
    )
    article.save()
    article.credit(list(authors) or [make_author()])
    article.tags.add(*tags)
    return article


def make_author(name: str = "", **fields) -> Author:
    return Author.objects.create(name=name or f"Author {next(_counter)}", **fields)


def make_publication(name: str = "", **fields) -> Publication:
    return Publication.objects.create(name=name or f"Publication {next(_counter)}", **fields)


def make_sponsor(name: str = "", **fields) -> Sponsor:
    return Sponsor.objects.create(name=name or f"Sponsor {next(_counter)}", **fields)


def make_placement(issue: Issue, **fields) -> Placement:
    return Placement.objects.create(
        **{
            "issue": issue,
            "sponsor": fields.pop("sponsor", None) or make_sponsor(),
            "message": "Our product keeps *systems* up.",
            "url": "https://sponsor.example/?utm_source=newsletter",
            "state": Placement.State.APPROVED,
            **fields,
        }
    )


def make_correction(issue: Issue, text: str = "The author’s name was wrong.", **fields) -> Correction:
    return Correction.objects.create(issue=issue, text=text, **fields)


def make_candidate(**fields) -> Candidate:
    number = next(_counter)
    return Candidate.objects.create(
        **{"title": f"Candidate {number}", "url": f"https://example.com/candidates/{number}", **fields}
    )


def make_device(user: User | None = None, **fields) -> tuple[Device, str]:
    """A phone of an editor's, and its token."""
    user = user or make_editor(f"editor{next(_counter)}")
    device, token = Device.register(user, fields.pop("name", "Phone"), fields.pop("kind", Device.Kind.TOKEN))
    for name, value in fields.items():
        setattr(device, name, value)
    device.save()
    return device, token


def make_fetched_page(url: str = "", **fields) -> FetchedPage:
    """One that answered just now; outcome="" and fetched_at=None for one that is waited for."""
    now = timezone.now()
    answer = {"requested_at": now, "fetched_at": now, "outcome": Outcome.OK, "status": 200, "title": "A page"}
    return FetchedPage.objects.create(
        **{"url": url or f"https://example.com/pages/{next(_counter)}", **answer, **fields}
    )


def make_picture(width: int = 0, alternative: str = "A red box", **fields) -> Picture:
    """A picture with its files in the storage. Each is of another size, unless `width` is given."""
    size = (width or 30 + next(_counter) % 1000, 20)
    picture, _ = Picture.objects.take(make_file(size=size), "box.png", alternative=alternative)
    Picture.objects.filter(pk=picture.pk).update(**fields)
    picture.refresh_from_db()
    return picture


def make_page(**fields) -> Page:
    return Page.objects.create(**{"title": "About", "slug": "about", "body": "Who we are.", **fields})


def make_editor(username: str = "editor", password: str = "correct horse battery") -> User:
    return User.objects.create_superuser(username, f"{username}@example.com", password)


def sign_in(*permissions: str) -> Client:
    """Return the client of a new user of the desk, who is no editor and has these permissions."""
    user = User.objects.create_user("helper", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def sign_in_as(role: str) -> Client:
    """Return the client of a new user who has this ready-made role, and its name."""
    update_groups()
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def make_subscriber(address: str = "", **fields) -> Subscriber:
    """A subscriber who confirmed just now; confirmed_at=None for one who did not."""
    address = address or f"reader{next(_counter)}@example.com"
    return Subscriber.objects.create(**{"address": address, "confirmed_at": timezone.now(), **fields})


def make_suppression(address: str = "", **fields) -> Suppression:
    """One with its address; reason="forgotten" for one that has only a hash."""
    mailbox = read_mailbox(address or f"gone{next(_counter)}@example.com")
    kept = "" if fields.get("reason") == Suppression.Reason.FORGOTTEN else mailbox.address
    return Suppression.objects.create(**{"digest": digest_of(mailbox.key), "address": kept, **fields})


def make_delivery(subscriber: Subscriber, state: str = "sent", mailing: Mailing | None = None, **fields) -> Delivery:
    """A delivery that was settled just now, of a mailing of its own unless one is given."""
    return Delivery.objects.create(
        **{
            "mailing": mailing or Mailing.objects.create(issue=make_issue()),
            "subscriber": subscriber,
            "address": subscriber.address,
            "domain": subscriber.domain,
            "state": state,
            "settled_at": timezone.now() if state in ("sent", "refused", "unknown") else None,
            "reason": "" if state == "sent" else "A reason.",
            **fields,
        }
    )
