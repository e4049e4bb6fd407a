"""The desk's box for finding and doing: rows by their names, and acts."""

import re
from functools import reduce
from operator import and_
from typing import NamedTuple

from django.apps import apps
from django.contrib.admin import AdminSite
from django.db.models import Model, Q
from django.db.models.functions import Length
from django.http import HttpRequest
from django.urls import reverse

from issues.models.articles import Article
from mailings.models.mailings import Mailing
from mailings.models.subscribers import Subscriber
from sreweekly.menu import load_menu, load_settings
from text.folding import fold
from text.matching import pattern_of

# Found rows of each kind.
MOST = 6
LONGEST = 200  # Characters.
# Name of the group, model, field with the name. In the order in which they are shown.
KINDS = (
    ("Issues", "issues.Issue", "title"),
    ("Articles", "issues.Article", "title"),
    ("Authors", "issues.Author", "name"),
    ("Publications", "issues.Publication", "name"),
    ("Sponsors", "sponsors.Sponsor", "name"),
    ("Tags", "taggit.Tag", "name"),
    ("Pages", "issues.Page", "title"),
    ("Mailings", "mailings.Mailing", "issue__title"),
)
# The fields that a number is looked for in.
NUMBERS = {"issues.Issue": "number", "mailings.Mailing": "issue__number"}
# Acts that the menu does not have: name, address, permission.
ACTS = (
    ("New issue", "admin:issues_issue_add", "issues.add_issue"),
    ("Save links", "admin:collecting_candidate_save", "collecting.add_candidate"),
    ("New author", "admin:issues_author_add", "issues.add_author"),
    ("New publication", "admin:issues_publication_add", "issues.add_publication"),
    ("New sponsor", "admin:sponsors_sponsor_add", "sponsors.add_sponsor"),
    ("New page", "admin:issues_page_add", "issues.add_page"),
    ("Add a subscriber", "admin:mailings_subscriber_add", "mailings.add_subscriber"),
    ("Import subscribers", "admin:mailings_subscriberimport_add", "mailings.import_subscriber"),
    ("Growth", "admin:mailings_subscriber_growth", "mailings.view_subscriber"),
    ("Is my mail set up right?", "admin:mailings_mailing_setup", "mailings.send_mailing"),
    ("What came back by mail", "admin:mailings_mailing_reports", "mailings.view_mailing"),
    ("Credits to look at", "admin:issues_author_doubts", "issues.delete_author"),
)


class Found(NamedTuple):
    name: str
    address: str
    detail: str = ""


def find(site: AdminSite, request: HttpRequest, words: str) -> dict[str, list[Found]]:
    """Return what has the words in its name and this user may see, by group. With words, one query for each kind."""
    words = " ".join(words.replace("\0", "").split())[:LONGEST]
    groups = {"Go to, or do": _acts(site, request, words)}
    if words:
        for group, label, field in KINDS:
            groups[group] = _rows(site, request, words, label, field)
        groups["Subscribers"] = _subscribers(site, request, words)
    return {group: found for group, found in groups.items() if found}


def _acts(site: AdminSite, request: HttpRequest, words: str) -> list[Found]:
    entries = [*(entry for group in load_menu(site, request) for entry in group), *load_settings(site, request)]
    acts = [Found(name, reverse(address)) for name, address, needed in ACTS if request.user.has_perm(needed)]
    acts += [Found(entry.name, entry.address) for entry in entries]
    return [act for act in acts if re.search(pattern_of(words), fold(act.name))]


def _rows(site: AdminSite, request: HttpRequest, words: str, label: str, field: str) -> list[Found]:
    model = apps.get_model(label)
    if not site.get_model_admin(model).has_view_permission(request):
        return []
    wanted = reduce(and_, (Q(**{f"{field}__finds": word}) for word in words.split()))
    number = words.removeprefix("#")
    if label in NUMBERS and number.isascii() and number.isdecimal() and len(number) < 7:
        wanted = Q(**{NUMBERS[label]: int(number)})
    rows = model._default_manager.filter(wanted).order_by(Length(field), field, "-pk")
    if model is Article:
        rows = rows.select_related("issue")
    if model is Mailing:
        rows = rows.select_related("issue").without_words()
    meta = model._meta
    route = f"admin:{meta.app_label}_{meta.model_name}_change"
    return [Found(str(row), reverse(route, args=[row.pk]), _detail(row)) for row in rows[:MOST]]


def _subscribers(site: AdminSite, request: HttpRequest, words: str) -> list[Found]:
    """Return the subscriber with this whole address. One query, none for what is no address."""
    if not site.get_model_admin(Subscriber).has_view_permission(request):
        return []
    if (found := Subscriber.objects.by_address(words)) is None:
        return []
    return [Found(found.address, reverse("admin:mailings_subscriber_change", args=[found.pk]), found.state.label)]


def _detail(row: Model) -> str:
    if isinstance(row, Article):
        return str(row.issue or f"backlog, {row.get_state_display()}")
    return getattr(row, "state", "")
