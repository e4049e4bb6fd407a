"""The inbox at the desk: one page of what is to be decided, with a key and a button for each decision."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path

from collecting.admin import capture
from collecting.inbox import (
    AGES,
    AT_THE_DESK,
    DECISIONS,
    KINDS,
    WHERE,
    Decided,
    decide,
    describe,
    load_rows,
    may_see_articles,
    origins,
    read_origin,
    waiting,
)
from desk.searching import FindsSpellings

ROWS = 50


class InboxPage(FindsSpellings):
    """Admin class of candidates that adds the page of the inbox."""

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(["collecting.change_candidate", "issues.add_article"])

    def get_urls(self):
        return [
            path("inbox/", self.admin_site.admin_view(self.inbox_view), name="collecting_candidate_inbox"),
            *super().get_urls(),
        ]

    def inbox_view(self, request):
        """Show what waits (GET), or decide (POST).

        The name of the button is the decision, its value the key of its row; without a value, all rows that are
        checked count. A script that accepts only JSON gets {"sentence", "rows"}. It posts with "return", as `undone`,
        the decision that is taken back.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._decide(request)
        chosen = _chosen(request)
        page = Paginator(waiting(request.user, **chosen), ROWS).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Inbox",
            "opts": self.opts,
            "page": page,
            "rows": load_rows(page.object_list),
            "filters": _filters(request, chosen),
            "is_filtered": any(chosen.values()),
            "may_decide": self._may_decide(request),
        }
        return TemplateResponse(request, "admin/collecting/candidate/inbox.html", context)

    def _may_decide(self, request: HttpRequest) -> set[str]:
        """Return the kinds of rows on which the user may decide."""
        allowed = {
            "candidate": self.has_decide_permission(request),
            "article": request.user.has_perm("issues.change_article"),
        }
        return {kind for kind, is_allowed in allowed.items() if is_allowed}

    def _decide(self, request: HttpRequest) -> HttpResponse:
        decision = next((name for name in DECISIONS if name in request.POST), "")
        keys = [key for key in request.POST.getlist(decision) if key] or request.POST.getlist("row")
        if {key.partition("-")[0] for key in keys} & (KINDS.keys() - self._may_decide(request)):
            raise PermissionDenied
        undone = request.POST.get("undone", "")
        decided = decide(keys[:ROWS], decision, undone if undone in DECISIONS else "") if decision else []
        _log(request, decided, decision)
        sentence = describe(decided, decision) if decided or not keys else "It is gone: somebody deleted it meanwhile."
        if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
            rows = [{"row": one.key, "now": one.now, "done": not one.refusal, "waits": one.waits} for one in decided]
            return JsonResponse({"sentence": sentence, "rows": rows})
        is_good = decided and not any(one.refusal for one in decided)
        self.message_user(request, sentence, messages.SUCCESS if is_good else messages.WARNING)
        return HttpResponseRedirect(request.get_full_path())


def _chosen(request: HttpRequest) -> dict[str, str]:
    """Return what the address narrows the list to, "" for what is unknown."""
    origin, kind, age = (request.GET.get(name, "") for name in ("origin", "kind", "age"))
    return {
        "origin": origin if origin == AT_THE_DESK or read_origin(origin) else "",
        "kind": kind if kind in KINDS and may_see_articles(request.user) else "",
        "age": age if age in AGES else "",
    }


def _filters(request: HttpRequest, chosen: dict[str, str]) -> list[dict[str, Any]]:
    """Return the filters above the list, as admin/filter.html takes them."""
    given = {
        "origin": ("source", origins(request.user, chosen["origin"])),
        "kind": ("kind", list(KINDS.items()) if may_see_articles(request.user) else []),
        "age": ("age", list(AGES.items())),
    }
    filters = []
    for name, (title, values) in given.items():
        choices = []
        for value, label in [("", "all"), *values]:
            query = request.GET.copy()
            query.pop("p", None)
            query.pop(name, None)
            query.update({name: value} if value else {})
            choices.append(
                {"display": label, "selected": chosen[name] == value, "query_string": f"?{query.urlencode()}"}
            )
        filters.append({"title": title, "choices": choices})
    return [one for one in filters if len(one["choices"]) > 1]


def _log(request: HttpRequest, decided: list[Decided], decision: str) -> None:
    """Write in Django's log who saved or sorted the articles."""
    changed = [one for one in decided if one.article]
    capture.log_saved(request, ((one.article, one.is_new) for one in changed if one.article and one.key != one.now))
    if sorted_ones := [one.article for one in changed if one.article and one.key == one.now]:
        LogEntry.objects.log_actions(request.user.pk, sorted_ones, CHANGE, f"Now {WHERE[decision]}.")  # type: ignore[arg-type]
