"""Save and delete rows that issues print, at the desk, always inside changing() of issues/changes.py."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from desk.conflicts import SeenForm
from desk.uses import ShowsUses
from issues.admin.permissions import check_open, is_open_to, why_closed
from issues.changes import Change, changing
from issues.models.issues import Issue


class IssuePartForm(SeenForm):
    """The form of a row that belongs to an issue, on a page of its own."""

    def clean(self) -> dict[str, Any]:
        # Lock the issue before the row, as the issue's form does. Otherwise each could wait for the other.
        Issue.objects.select_for_update(no_key=True).filter(pk=self.instance.issue_id).first()
        return super().clean()


class PrintedAdmin(ShowsUses):
    """Admin class for rows that issues print."""

    def issues_of(self, rows: Iterable[Any]) -> Iterable[int]:
        """Return the keys of the issues that print these rows, as saved. A key may appear more than once."""
        raise NotImplementedError

    def issues_changed(self, form: Any) -> Iterable[int]:
        """Return the keys of the issues that saving this form changes. Called before and after it is saved."""
        return self.issues_of([form.instance]) if form.instance.pk else []

    def cause_of(self, action: str) -> str:
        """Return the cause for the history of the issues, such as “author changed”."""
        return f"{self.opts.verbose_name} {action}"

    def save_model(self, request, obj, form, change):
        """Do nothing: save_related(), which Django calls next, saves the row inside changing()."""

    def save_row(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the row. Override this in place of save_model()."""
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        cause = self.cause_of("changed" if change else "added")
        # Not `change`: that is Django's name for whether the row existed before.
        with changing(self.issues_changed(form), request.user, cause) as this_change:
            self.save_row(request, form.instance, form, change)
            super().save_related(request, form, formsets, change)
            # Other requests may have put the row into more issues while this one waited for locks.
            this_change.include(self.issues_changed(form))
            self.check_issues(request, this_change)
        self.tell(request, this_change)

    def delete_model(self, request, obj):
        self.delete_queryset(request, self.model._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request, queryset):
        with changing(set(self.issues_of(queryset)), request.user, self.cause_of("deleted")) as change:
            super().delete_queryset(request, queryset)
            self.check_issues(request, change)
        self.tell(request, change)

    def check_issues(self, request: HttpRequest, change: Change) -> None:
        """Raise PermissionDenied if the user may not change one of these issues, which are locked by now."""

    def tell(self, request: HttpRequest, change: Change) -> None:
        """Tell the editor which scheduled issues became drafts."""
        for sentence in change.sentences:
            self.message_user(request, sentence, messages.WARNING)


class IssuePartAdmin(PrintedAdmin):
    """Admin class for rows that belong to an issue. They can be changed as long as the issue is open to the user."""

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self._is_open(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self._is_open(request, obj)

    def why_closed(self, request: HttpRequest, row: Any) -> str:
        is_closed = super().has_change_permission(request, row) and not self._is_open(request, row)
        return why_closed(row.issue) if is_closed else ""

    def check_issues(self, request, change):
        check_open(request.user, change.issues.values())

    def _is_open(self, request: HttpRequest, row: Any) -> bool:
        return row is None or is_open_to(request.user, row.issue)
