"""The pages of runs: start one, watch it, start it again after its rehearsal."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.views.decorators.http import require_POST
from procrastinate.exceptions import AlreadyEnqueued

from desk.runs import Run


class RunAdmin(admin.ModelAdmin):
    """Whoever may add runs may start them. Nobody changes or deletes one."""

    list_filter = ("state", "is_rehearsal")
    list_select_related = ("requested_by",)
    # Sentences: while another run is active, when the files are gone, and the title of the form.
    busy = gone = add_title = ""

    def get_queryset(self, request):
        return super().get_queryset(request).defer("report")

    def defer(self, run: Any) -> None:
        """Queue the job of a run, in the transaction that makes it. Raises AlreadyEnqueued while another job waits."""
        raise NotImplementedError

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        wrap, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("<int:pk>/status/", wrap(self.status_view), name=f"{name}_status"),
            path("<int:pk>/again/", wrap(require_POST(self.again_view)), name=f"{name}_again"),
            *super().get_urls(),
        ]

    def add_view(self, request, form_url="", extra_context=None):
        if request.method == "GET" and self.has_add_permission(request) and self._active().exists():
            return self._refuse(request)
        try:
            return super().add_view(request, form_url, {"title": self.add_title, **(extra_context or {})})
        except (IntegrityError, AlreadyEnqueued):  # Somebody else started one at the same moment.
            return self._refuse(request)

    def response_add(self, request, obj, post_url_continue=None):
        return self._redirect_to(obj)

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Start the run after its rehearsal, or the same run after a failure, with the same files."""
        run = get_object_or_404(self.model, pk=pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        if run.is_active:
            return self._refuse(request)
        if not run.can_be_run_again:
            self.message_user(request, self.gone, messages.ERROR)
            return self._redirect_to(run)
        try:
            with transaction.atomic():
                started = run.run_again(request.user)
                self.log_addition(request, started, [{"added": {}}])
                self.defer(started)
        except (IntegrityError, AlreadyEnqueued):
            return self._refuse(request)
        return self._redirect_to(started)

    def status_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer {"percent": 0 to 100, "sentence": "…", "has_ended": false} in JSON."""
        run = self.get_viewable(request, pk)
        return JsonResponse({"percent": run.percent, "sentence": run.sentence, "has_ended": not run.is_active})

    def get_viewable(self, request: HttpRequest, pk: int) -> Any:
        run = get_object_or_404(self.model._default_manager.select_related("requested_by"), pk=pk)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return run

    def _active(self) -> Any:
        return self.model._default_manager.filter(state__in=Run.ACTIVE)

    def _refuse(self, request: HttpRequest) -> HttpResponse:
        self.message_user(request, self.busy, messages.ERROR)
        if active := self._active().first():
            return self._redirect_to(active)
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def _redirect_to(self, run: Run) -> HttpResponseRedirect:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[run.pk]))
