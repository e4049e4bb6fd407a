"""Forms of rows that are loaded once, so that showing and saving them needs no query for each."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.admin.models import ADDITION, LogEntry

from desk.widgets import DeskFields
from issues.admin.names import NEW, NameField, NamesField, NamesInput


class NamedRowForm(forms.ModelForm):
    """Form that shows names without a query, and saves the rows that the editor creates by name.

    `user` is the editor. The admin class sets it.
    """

    user: Any = None

    def show_names(self, name: str, rows: Iterable[Any]) -> None:
        """Show these rows in a field. Does nothing if this user has no such field."""
        if isinstance(field := self.fields.get(name), NamesField):
            field.user, field.loaded = self.user, list(rows)
            names = [row.name for row in field.loaded]
            if whole := [name for name in names if name.startswith(NEW)]:
                field.widget.attrs["data-whole"] = "\n".join(whole)  # Read by names.js: these are not new.
            self.initial[name] = names if isinstance(field.widget, NamesInput) else "".join(names)

    def save_named(self, row: Any) -> Any:
        """Save a new row, and log that it was added. Return it, or the one that somebody else has added meanwhile."""
        return row if row is None or row.pk else add_named(self.user, type(row), row.name)

    def _get_validation_exclusions(self):
        named = {name for name, field in self.fields.items() if isinstance(field, NameField)}
        return super()._get_validation_exclusions() | named  # type: ignore[misc]


def add_named(user: Any, model: type[Any], name: str) -> Any:
    """Add a row with this name, and log it. Return it, or the one that has this name already. Two or three queries."""
    row, is_new = model._default_manager.get_or_create(name__iexact=name, defaults={"name": name})
    if is_new:
        LogEntry.objects.log_actions(user.pk, [row], ADDITION, [{"added": {}}])
    return row


class LoadedRowField(forms.Field):
    """The key of a row that is loaded already, in a hidden input. The value is this row."""

    widget = forms.HiddenInput
    row: Any = None

    def clean(self, value):
        if str(value) != str(self.row.pk):
            raise forms.ValidationError("This row has changed. Reload the page.", code="invalid_choice")
        return self.row

    def has_changed(self, initial, data):
        return False


class LoadedRowFormSet(forms.BaseInlineFormSet):
    """Rows that keep their loaded objects when they are saved."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if form.instance.pk:
            form.fields["id"] = LoadedRowField(initial=form.instance.pk)
            form.fields["id"].row = form.instance


class NamedRows(DeskFields):
    """Admin class of a NamedRowForm: its forms know who edits, and lack the names that this user may only read."""

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)  # type: ignore[misc]
        form.user = request.user
        return form

    def get_formset(self, request, obj=None, **kwargs):
        # Django does this for the form of a page, but not for the rows of one.
        fixed = self.form.declared_fields.keys() & set(self.get_readonly_fields(request, obj))
        kwargs["form"] = type(self.form.__name__, (self.form,), dict.fromkeys(fixed))
        formset = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
        formset.form.user = request.user
        return formset
