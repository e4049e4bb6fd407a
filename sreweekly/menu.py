"""The desk's menu: where an editor goes, and how much waits there."""

from typing import NamedTuple

from django.apps import apps
from django.contrib.admin import AdminSite
from django.db.models import Count, Value
from django.http import HttpRequest
from django.urls import reverse

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
    },
    {"Sponsors": "sponsors.Sponsor", "Calendar": "sponsors.Placement"},
    {"Sources": "collecting.Source"},
)
SETTINGS = {
    "Users": "auth.User",
    "Roles": "auth.Group",
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


def count_waiting() -> dict[str, int]:
    """Return how much waits, by the entry's name. No zeros. One query."""
    new = Candidate.objects.filter(state=Candidate.State.NEW).order_by().values_list(Value("Inbox"))
    waiting = Article.objects.backlog().exclude(state=Article.State.DECLINED).order_by().values_list(Value("Backlog"))
    counts = new.annotate(Count("pk")).union(waiting.annotate(Count("pk")), all=True).order_by()
    return {name: count for name, count in counts if count}


def load_settings(site: AdminSite, request: HttpRequest) -> list[Entry]:
    return _entries(site, request, SETTINGS)


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
    return Entry(name, address, is_here, is_first or name in MAIN)
