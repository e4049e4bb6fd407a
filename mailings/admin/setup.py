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

from mailings.models.setup import SetupCheck
from mailings.setup.page import load_page
from mailings.tasks import ask_about_setup


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
        jobs = ProcrastinateJob.objects.filter(task_name=ask_about_setup.name, status__in=["todo", "doing"])
        context = {
            **self.admin_site.each_context(request),
            "title": "Is my mail set up right?",
            "opts": self.opts,
            "groups": load_page(),
            "is_asking": jobs.exists(),
        }
        return TemplateResponse(request, "admin/mailings/mailing/setup.html", context)

    def _ask_again(self, request: HttpRequest) -> HttpResponse:
        if SetupCheck.objects.fresh().exists():
            messages.warning(request, "It was asked less than a minute ago. Changes in DNS may take an hour to show.")
        else:
            with suppress(AlreadyEnqueued), transaction.atomic():
                ask_about_setup.defer()
            messages.success(request, "A worker asks now. Load this page again in some seconds.")
        return redirect("admin:mailings_mailing_setup")
