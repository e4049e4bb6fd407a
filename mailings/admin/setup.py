"""The page “Is my mail set up right?” at the desk."""

from contextlib import suppress

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from mailings.dns.results import State
from mailings.models.setup import SetupCheck
from mailings.setup.page import Line, load_page
from mailings.tasks import ask_about_setup


def _titles(groups: dict[str, list[Line]], state: State) -> list[str]:
    return [line.title for lines in groups.values() for line in lines if line.result.state == state]


class ShowsSetup(admin.ModelAdmin):
    """Admin class of mailings that shows how the mail is set up."""

    def get_urls(self):
        page = self.admin_site.admin_view(self.setup_view)
        return [path("setup/", page, name="mailings_mailing_setup"), *super().get_urls()]

    def setup_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._ask_again(request)
        groups = load_page()
        jobs = ProcrastinateJob.objects.filter(task_name=ask_about_setup.name, status__in=["todo", "doing"])
        context = {
            **self.admin_site.each_context(request),
            "title": "Is my mail set up right?",
            "opts": self.opts,
            "groups": groups,
            "wrong": _titles(groups, State.WRONG),
            "unknown": _titles(groups, State.UNKNOWN),
            "is_asking": jobs.exists(),
        }
        return TemplateResponse(request, "admin/mailings/mailing/setup.html", context)

    def _ask_again(self, request: HttpRequest) -> HttpResponse:
        if SetupCheck.objects.fresh().exists():
            messages.warning(request, "It was asked less than a minute ago. Changes in DNS may take an hour to show.")
        else:
            with suppress(AlreadyEnqueued), transaction.atomic():
                ask_about_setup.defer()
            messages.success(request, "The checks have been requested.")
        return redirect("admin:mailings_mailing_setup")
