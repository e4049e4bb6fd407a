"""The desk's menu: where an editor goes, and how much waits there."""

from collections import Counter
from typing import NamedTuple

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count, Value
from django.http import HttpRequest
from django.urls import reverse

from collecting.inbox import may_see_articles
from collecting.models.candidates import Candidate
from issues.models.articles import Article


class Entry(NamedTuple):
    name: str
    address: str
    is_here: bool
    is_main: bool = False  # Also in the bar of a phone.


# Names, in the groups of the menu, and the models to whose lists they lead.
MAIN = {"Inbox": "collecting.Candidate", "Backlog": "issues.Article", "Issues": "issues.Issue"}
GROUPS = (
    MAIN | {"Corrections": "issues.Correction"},
    {
        "Authors": "issues.Author",
        "Publications": "issues.Publication",
        "Tags": "taggit.Tag",
        "Pages": "issues.Page",
        "Pictures": "pictures.Picture",
    },
    {"Sponsors": "sponsors.Sponsor", "Calendar": "sponsors.Placement"},
    {
        "Mailings": "mailings.Mailing",
        "Subscribers": "mailings.Subscriber",
        "Suppressions": "mailings.Suppression",
    },
    {"Sources": "collecting.Source"},
)
# Pages that an entry leads to in place of its model's list.
PAGES = {"Inbox": "admin:collecting_candidate_inbox", "Calendar": "admin:sponsors_placement_calendar"}
# Names of lists that are not what the menu's entry leads to.
LISTS = {"Inbox": "Candidates", "Calendar": "Placements", "Roles": "Groups"}
SETTINGS = {
    "Users": "auth.User",
    "Imports": "wordpress.WordPressImport",
    "Jobs": "procrastinate.ProcrastinateJob",
}


def load_menu(site: AdminSite, request: HttpRequest) -> list[list[Entry]]:
    """Return the groups of what this user may see. No query."""
    first, *others = [_entries(site, request, group) for group in GROUPS]
    first = [_entry(request, "This week", reverse("admin:index")), *first]
    if settings := load_settings(site, request):
        is_here = any(entry.is_here for entry in settings)
        address = reverse("admin:settings")
        others[-1].append(Entry("Settings", address, is_here or request.path == address))
    return [group for group in (first, *others) if group]


def count_waiting(user: User | AnonymousUser) -> dict[str, int]:
    """Return how much waits for this user, by the entry's name. No zeros. One query."""
    articles = Article.objects.backlog().order_by().values_list("state").annotate(Count("pk"))
    arrived = Candidate.objects.waiting().order_by().values_list(Value("arrived")).annotate(Count("pk"))
    counts = Counter(dict(articles.union(arrived, all=True).order_by()))
    saved = counts[Article.State.SAVED] if may_see_articles(user) else 0
    backlog = counts.total() - counts["arrived"] - counts[Article.State.DECLINED]
    return dict(+Counter({"Backlog": backlog, "Inbox": counts["arrived"] + saved}))


def load_settings(site: AdminSite, request: HttpRequest) -> list[Entry]:
    """Return the entries of the page of settings. The groups of Django stand behind the roles. No query."""
    entries = _entries(site, request, SETTINGS)
    if may_see_roles(request.user):
        groups = reverse("admin:auth_group_changelist")
        entry = _entry(request, "Roles", reverse("admin:roles"))
        entries.insert(1, entry._replace(is_here=entry.is_here or request.path.startswith(groups)))
    if may_see_devices(request.user):
        address = f"{reverse('admin:collecting_candidate_save')}#devices-heading"
        entries.insert(2, Entry("Devices", address, is_here=False))
    # Whoever may set nothing else finds it at the mailings.
    if entries and request.user.has_perm("mailings.send_mailing"):
        entries.append(Entry("Mail", reverse("admin:mailings_mailing_setup"), is_here=False))
    return entries


def load_place(site: AdminSite, request: HttpRequest, menu: list[list[Entry]]) -> dict[str, str]:
    """Return name and address of the menu's entry that is current, and the name of the list below it. No query."""
    current = [entry for group in menu for entry in group if entry.is_here]
    if not current:
        return {}
    here, *_ = current
    below = [entry for entry in load_settings(site, request) if entry.is_here] if here.name == "Settings" else current
    listed = below[0].name if below else here.name
    return {"here": here.name, "here_address": here.address, "listed": LISTS.get(listed, listed)}


def may_see_devices(user: User | AnonymousUser) -> bool:
    """Return whether the user may see the devices of others, on the page that saves links."""
    return user.has_perms(["collecting.view_device", "collecting.add_candidate"])


def may_see_roles(user: User | AnonymousUser) -> bool:
    return user.has_perm("auth.change_user")


def _entries(site: AdminSite, request: HttpRequest, group: dict[str, str]) -> list[Entry]:
    found = []
    for name, label in group.items():
        model = apps.get_model(label)
        if site.is_registered(model) and site.get_model_admin(model).has_view_permission(request):
            meta = model._meta
            found.append(_entry(request, name, reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")))
    return found


def _entry(request: HttpRequest, name: str, address: str) -> Entry:
    is_first = name == "This week"
    is_here = request.path == address if is_first else request.path.startswith(address)
    if name in PAGES:
        address = reverse(PAGES[name])
    return Entry(name, address, is_here, is_first or name in MAIN)
