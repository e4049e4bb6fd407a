"""Saving and deleting at the desk whatever issues print: through the one door."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from issues.changes import Change, changing


class PrintedAdmin(admin.ModelAdmin):
    """For admin classes of rows that issues print. See issues/changes.py."""

    def issues_of(self, rows: Iterable[Any]) -> Iterable[int]:
        """Return the keys of the issues that print these rows, as saved. May repeat a key."""
        raise NotImplementedError

    def issues_changed(self, form: Any) -> Iterable[int]:
        """Return the keys of the issues to follow up when this form is saved. Asked before and after."""
        return self.issues_of([form.instance]) if form.instance.pk else []

    def cause_of(self, action: str) -> str:
        """Return what revisions say of a change: “author changed”."""
        return f"{self.opts.verbose_name} {action}"

    def save_model(self, request, obj, form, change):
        """Do nothing: save_related(), which Django calls next, saves the row inside the door."""

    def save_row(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what Django's save_model() saves."""
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        with changing(self.issues_changed(form), request.user, self.cause_of("changed" if change else "added")) as door:
            self.save_row(request, form.instance, form, change)
            super().save_related(request, form, formsets, change)
            door.include(self.issues_changed(form))
        self.tell(request, door)

    def delete_model(self, request, obj):
        self.delete_queryset(request, self.model._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request, queryset):
        with changing(set(self.issues_of(queryset)), request.user, self.cause_of("deleted")) as door:
            super().delete_queryset(request, queryset)
        self.tell(request, door)

    def tell(self, request: HttpRequest, door: Change) -> None:
        """Tell the editor which scheduled issues became drafts."""
        for sentence in door.sentences:
            self.message_user(request, sentence, messages.WARNING)
