"""Where a row of the desk is used: shown below its form, and before it is deleted."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from desk.searching import FindsSpellings

# Rows of a list, which leads to all of them.
MOST = 10


class Place(NamedTuple):
    """One row that uses another."""

    name: str
    address: str  # Of its page at the desk.
    detail: str = ""  # The issue that holds it, or its state.
    detail_address: str = ""


class Use(NamedTuple):
    """All rows of a kind that use others."""

    title: str  # “Articles”
    total: int
    places: list[Place]  # The latest ones first.
    all_address: str = ""  # Of the list of all of them, if there is one.
    then: str = ""  # What becomes of them if what they use is deleted. Empty if that keeps it from being deleted.

    @property
    def forbids(self) -> bool:
        return not self.then

    @property
    def unnamed(self) -> int:
        return self.total - len(self.places)


class Deletion(NamedTuple):
    """What the page says that asks before rows are deleted."""

    names: list[str]
    uses: list[Use]
    merge_address: str = ""  # Where they can be merged into another row instead.

    @property
    def unnamed(self) -> int:
        return len(self.names) - len(self.names[:MOST])


def hide_closed(site: admin.AdminSite, request: HttpRequest, uses: list[Use]) -> list[Use]:
    """Take away the addresses of pages of the desk that this user may not open: only the names stay."""

    def open_only(address: str) -> str:
        return address if _may_open(site, request, address) else ""

    shown = []
    for use in uses:
        places = [
            place._replace(address=open_only(place.address), detail_address=open_only(place.detail_address))
            for place in use.places
        ]
        shown.append(use._replace(places=places, all_address=open_only(use.all_address)))
    return shown


def _may_open(site: admin.AdminSite, request: HttpRequest, address: str) -> bool:
    """Return whether the user may see rows of the model in an address such as “/admin/app/model/…”."""
    parts = address.removeprefix(reverse("admin:index")).split("/")
    models = {(model._meta.app_label, model._meta.model_name): model for model in site._registry}
    model = models.get((parts[0], parts[1])) if len(parts) > 1 else None
    return model is None or site.get_model_admin(model).has_view_permission(request)


class ShowsUses(FindsSpellings):
    """Admin class that says where rows are used before they are deleted, and refuses if that forbids it."""

    def uses_of(self, rows: Sequence[Any], most: int = MOST) -> list[Use]:
        """Return where these rows are used, without empty uses. At most two queries for each kind of use."""
        return []

    def merge_address(self, request: HttpRequest, rows: Sequence[Any]) -> str:
        """Return the address where these rows are merged with others, or "" if they cannot be."""
        return ""

    def get_deleted_objects(self, objs, request):
        """Replace Django's, which loads and names each row that goes with these: 1,000 queries for 500 articles."""
        rows = list(objs)
        lacking = {self.opts.verbose_name for row in rows if not self.has_delete_permission(request, row)}
        uses = hide_closed(self.admin_site, request, self.uses_of(rows))
        deletion = Deletion([str(row) for row in rows], uses, self.merge_address(request, rows))
        return deletion, {self.opts.verbose_name_plural: len(rows)}, lacking, [use for use in uses if use.forbids]
