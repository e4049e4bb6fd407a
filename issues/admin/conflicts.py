"""Two tabs, two people: the second save is told, and nothing is overwritten."""

from typing import Any

from django import forms
from django.db import models

MESSAGE = (
    "This was saved elsewhere while you had it open, so nothing was saved now. Your words are still in this "
    "form: open it in another tab, compare, and carry over what is missing there."
)


class SeenForm(forms.ModelForm):
    """For rows with a history: knows which state of it the editor saw, by the latest row of its history."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = latest_history(self.instance)

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.instance.pk:
            # Locked until the end of the request, so that the second of two saves sees the first.
            type(self.instance)._default_manager.select_for_update().get(pk=self.instance.pk)
            if self.cleaned_data.get("seen") != latest_history(self.instance):
                raise forms.ValidationError(MESSAGE, code="conflict")
        return self.cleaned_data


def latest_history(row: models.Model) -> int | None:
    history = row.history  # type: ignore[attr-defined]
    return history.order_by("-history_id").values_list("history_id", flat=True).first()
