"""The page of the settings: what each part is for, and its state today."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db.models import Count, Exists, OuterRef, Q
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.utils.formats import date_format
from procrastinate.contrib.django.models import ProcrastinateJob

from collecting.models.devices import Device
from mailings.dns.results import State as SetupState
from mailings.setup.page import leaving_lines, load_kept, sender_lines
from sreweekly.menu import Entry


@dataclass(frozen=True)
class State:
    """The state of a part today, in words. `problem` is what somebody should look at, if anything."""

    words: str
    problem: str = ""


@dataclass(frozen=True)
class Part:
    entry: Entry
    purpose: str
    state: State


def describe(entries: list[Entry]) -> list[Part]:
    """Return the parts of the settings behind these entries. One query for each."""
    return [Part(entry, *_describe(entry.name)) for entry in entries]


def _describe(name: str) -> tuple[str, State]:
    purpose, load = PARTS[name]
    return purpose, load()


def _users() -> State:
    second = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    people = User.objects.filter(is_active=True, is_staff=True).annotate(has_second=Exists(second))
    found = people.aggregate(all=Count("pk"), without=Count("pk", filter=Q(has_second=False)))
    words = f"{_count(found['all'], 'person', 'people')} at the desk"
    return State(words, f"{found['without']} without a second factor" if found["without"] else "")


def _roles() -> State:
    members = User.groups.through.objects.filter(group=OuterRef("pk"), user__is_active=True)
    found = Group.objects.annotate(is_given=Exists(members)).aggregate(
        all=Count("pk"), given=Count("pk", filter=Q(is_given=True))
    )
    return State(f"{_count(found['all'], 'role')}, {found['given']} given to somebody")


def _devices() -> State:
    found = Device.objects.active().aggregate(all=Count("pk"), unused=Count("pk", filter=Q(last_used_at=None)))
    return State(_count(found["all"], "device"), f"{found['unused']} never used" if found["unused"] else "")


def _imports() -> State:
    # Not imported, because the app of the move may be left out.
    last = apps.get_model("wordpress.WordPressImport").objects.order_by("-requested_at").first()
    if last is None:
        return State("Nothing was imported yet")
    kind = "rehearsal" if last.is_rehearsal else "import"
    words = f"Last {kind} {date_format(timezone.localtime(last.requested_at), 'DATETIME_FORMAT')}"
    is_bad = last.state == last.State.FAILED
    return State(words, "it failed") if is_bad else State(f"{words}: {last.get_state_display()}")


def _jobs() -> State:
    by_status = {"waiting": "todo", "running": "doing", "failed": "failed"}
    counts = {name: Count("pk", filter=Q(status=status)) for name, status in by_status.items()}
    found = ProcrastinateJob.objects.aggregate(**counts)
    failed = found["failed"]
    return State(f"{found['running']} running, {found['waiting']} waiting", f"{failed} failed" if failed else "")


def _mail() -> State:
    lines = [*load_kept().values(), *sender_lines(), *leaving_lines()]
    counts = Counter(line.result.state for line in lines)
    words = f"{_count(len(lines), 'check')}, {counts[SetupState.FINE]} fine"
    return State(words, f"{counts[SetupState.WRONG]} wrong" if counts[SetupState.WRONG] else "")


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + pluralize(number)}"


# By the name of the entry: what it is for, and the function that says how it stands.
PARTS: dict[str, tuple[str, Callable[[], State]]] = {
    "Users": ("Who may sign in, with which roles.", _users),
    "Roles": ("What editors, contributors, proofreaders, sponsor managers and administrators may do.", _roles),
    "Devices": ("Phones, scripts and bookmarklets that may send links.", _devices),
    "Imports": ("Take over issues and pages from WordPress, Curated, a feed or JSON, or rehearse it.", _imports),
    "Mail": ("Whether mailings can be sent and are trusted: the sender, its DNS, the mail server.", _mail),
    "Jobs": ("What the worker does in the background: reading pages and feeds, cards, notifications.", _jobs),
}
