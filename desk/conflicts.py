"""Find conflicts: if two people, or two tabs, save the same form, the second one sees both versions and chooses."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.http import QueryDict

from desk.posted import Formsets, Rows, Values, describe, is_values, write_rows
from text.differences import Piece, differences
from text.quotes import quote

MESSAGE = "This was saved elsewhere while you had it open. Nothing is saved until you choose between the two versions."
ORDER_CHOICE = "choice-order"


class SeenForm(forms.ModelForm):
    """Form that does not save over a version of its row that the editor has not seen."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    is_to_be_saved = True  # Otherwise the row is not locked.
    counters: tuple[str, ...] = ("version",)  # Fields that count what is saved. Every save moves one of them.

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = self.version_of(self.instance)

    @classmethod
    def version_of(cls, row: Any) -> int:
        """Return a number that is higher after each save."""
        return sum(getattr(row, name) for name in cls.counters)

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.instance.pk:
            row = type(self.instance)._default_manager.filter(pk=self.instance.pk).order_by("pk")
            if self.is_to_be_saved:
                # Locked until the end of the transaction, so that the second of two saves sees the first.
                row = row.select_for_update(no_key=True)
            if self.cleaned_data.get("seen") != sum(row.values_list(*self.counters).first() or ()):
                raise forms.ValidationError(MESSAGE, code="conflict")
        return self.cleaned_data


class Difference(NamedTuple):
    """One field, one row, or the order of rows, in which a form differs from what is saved."""

    name: str  # Of its radio buttons.
    row: str
    label: str
    theirs: list[Piece]  # What is saved now.
    mine: list[Piece]  # What stands in the form.
    changed_by: str  # "me", "them" or "both"
    choice: str  # "mine", "theirs", or "" if the editor has to choose.


class Conflict:
    """A form as it was posted or kept as a draft, beside what is saved now.

    `opened`, which is posted too, is what the form held when it was opened. It decides which side is selected at first;
    a value that it lacks counts as changed by both.
    """

    saved_by = ""
    saved_at: datetime | None = None

    def __init__(self, data: QueryDict, mine: Rows, now: Rows, formsets: Formsets, version: int | None) -> None:
        self.data, self.mine, self.now, self.formsets, self.version = data, mine, now, formsets, version
        self.gone = {key: row for key, row in mine.items() if key not in now}
        self.opened = _load_opened(data)
        self.is_outdated = version is not None and data.get("seen") != str(version)
        self.has_choices = data.get("_saved_now") == str(version)  # Made for this version, not for one before it.
        self.differences = [*self._in_fields(), *self._in_order(), *self._in_rows()]
        self.choices = {difference.name: difference.choice for difference in self.differences}
        self.is_decided = self.has_choices and all(self.choices.values())

    @property
    def notes(self) -> list[str]:
        """Sentences on rows that were added or taken out elsewhere, and about which the editor is not asked."""
        added = [row.title for key, row in self.now.items() if key not in self.mine]
        gone = [row.title for key, row in self.gone.items() if _name(key) not in self.choices]
        notes = [f"{quote(title)} was added elsewhere. It stays." for title in added]
        return notes + [f"{quote(title)} was taken out elsewhere. It stays out." for title in gone]

    @property
    def wanted_back(self) -> list[str]:
        """Primary keys of the rows that were taken out elsewhere and that the editor wants to keep."""
        return [row.pk for key, row in self.gone.items() if row.pk and self.choices.get(_name(key)) == "mine"]

    def merge(self) -> QueryDict:
        """Return the data of a form with everything that was chosen, to be saved over the present version.

        Until everything is decided, return the rows of the present version with what the editor typed in them. Rows
        that were taken out elsewhere follow, with their primary keys, so that the page can show them too.
        """
        choices = self.choices if self.is_decided else {}
        sides = [self.now, self.mine] if choices.get(ORDER_CHOICE) == "theirs" else [self.mine, self.now]
        rows: Rows = {}
        for key in _merge_orders(*sides):
            now, mine = self.now.get(key), self.mine.get(key)
            if now:
                typed = mine.values.items() if mine else ()
                kept = {name: texts for name, texts in typed if choices.get(_name(key, name)) != "theirs"}
                rows[key] = now._replace(values={name: kept.get(name, texts) for name, texts in now.values.items()})
            elif mine and (not self.is_decided or choices.get(_name(key)) == "mine"):
                rows[key] = mine._replace(pk="" if self.is_decided else mine.pk)
        data = write_rows(rows, self.now, self.formsets, self.data)
        if self.is_decided:
            data["seen"], data["opened"] = str(self.version), dump_opened(self.now)
        return data

    def _in_fields(self) -> Iterator[Difference]:
        for key, now in self.now.items():
            mine = self.mine.get(key, now)
            for name, theirs in now.values.items():
                ours, before = mine.values.get(name, []), self.opened.get(key, {}).get(name)
                if theirs != ours:
                    bound, by = now.form[name], _changed_by(before, theirs, ours)
                    sides = describe(bound.field, theirs), describe(bound.field, ours)
                    yield self._difference(_name(key, name), mine.title, str(bound.label), *sides, by)

    def _in_order(self) -> Iterator[Difference]:
        common = {key for key, row in self.now.items() if row.position and key in self.mine}
        if self.opened:
            common &= self.opened.keys()
        opened, now, mine = ([key for key in side if key in common] for side in (self.opened, self.now, self.mine))
        if now != mine:
            theirs, ours = ("\n".join(self.mine[key].title for key in side) for side in (now, mine))
            yield self._difference(ORDER_CHOICE, "", "Order", theirs, ours, _changed_by(opened or None, now, mine))

    def _in_rows(self) -> Iterator[Difference]:
        for key, row in self.gone.items():
            if row.values != self.opened.get(key):
                texts = (describe(row.form.fields[name], texts) for name, texts in row.values.items() if any(texts))
                label, by = ("Taken out elsewhere", "both") if row.pk else ("New", "me")
                yield self._difference(_name(key), row.title, label, "", "\n".join(texts), by)

    def _difference(self, name: str, row: str, label: str, theirs: str, mine: str, by: str) -> Difference:
        choice = str(self.data.get(name)) if self.has_choices else ""
        if choice not in ("mine", "theirs"):
            choice = {"me": "mine", "them": "theirs"}.get(by, "")
        pieces = differences(theirs, mine)
        before, after = ([piece for piece in pieces if piece.kind != other] for other in ("added", "removed"))
        return Difference(name, row, label, before, after, by, choice)


def dump_opened(rows: Rows) -> str:
    return json.dumps({key: row.values for key, row in rows.items()}, ensure_ascii=False, separators=(",", ":"))


def _load_opened(data: QueryDict) -> dict[str, Values]:
    try:
        opened = json.loads(data.get("opened", ""))
    except ValueError:
        return {}
    return opened if isinstance(opened, dict) and all(map(is_values, opened.values())) else {}


def _name(key: str, field: str = "") -> str:
    return f"choice-{key}-{field}"


def _changed_by(opened: list[str] | None, now: list[str], mine: list[str]) -> str:
    return "both" if opened is None else "me" if opened == now else "them" if opened == mine else "both"


def _merge_orders(first: Iterable[str], second: Iterable[str]) -> list[str]:
    """Merge two orders: keep `first`, and insert each key only `second` has after its predecessor there."""
    result, place = list(first), 0
    for key in second:
        if key not in result:
            result.insert(place, key)
        place = result.index(key) + 1
    return result
