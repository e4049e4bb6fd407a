"""Two tabs, two people: the second save is told what changed, sees both versions, and decides."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django import forms
from django.http import QueryDict

from desk.posted import Field, Row, is_empty, put_together
from text.differences import Piece, differences

MESSAGE = (
    "This was saved elsewhere while you had it open, so nothing was saved now. Your words are still in this "
    "form: choose for each difference above what is to be saved, and save again."
)
# Posted by the button that fills a form with words that were never saved: nothing is saved by it.
PUT_BACK = "_put_back"
# The state that an editor who decides has been shown.
SAVED_NOW = "_saved_now"
ORDER = "order"
GONE = "(not here any more)"


class SeenForm(forms.ModelForm):
    """Knows which state of its row the editor saw, and saves nothing over another."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen"] = self.state_of(self.instance)

    def clean(self) -> dict[str, Any]:
        super().clean()
        if PUT_BACK in self.data:
            raise forms.ValidationError("Nothing was saved yet.", code="put back")
        if self.instance.pk:
            # Locked until the end of the request, so that the second of two saves sees the first.
            saved = type(self.instance)._default_manager.select_for_update().get(pk=self.instance.pk)
            if self.cleaned_data.get("seen") != self.state_of(saved):
                raise forms.ValidationError(MESSAGE, code="conflict")
        return self.cleaned_data

    @classmethod
    def state_of(cls, row: Any) -> int | None:
        """Another number after each save."""
        return row.version


class Difference(NamedTuple):
    """Of one field. `theirs` is what is saved now, `mine` what stands in the form."""

    name: str  # Of the radio buttons.
    row: str
    label: str
    theirs: list[Piece]
    mine: list[Piece]
    changed_by: str  # "me", "them", or "both"
    choice: str  # "mine", "theirs", or "" where the editor has to choose.


@dataclass
class Conflict:
    """`base` is what the editor saw when the form was opened; fields that it does not hold count as changed by both."""

    mine: dict[str, Row]
    now: dict[str, Row]
    base: dict[str, Row]
    fields: dict[str, dict[str, Field]]  # By formset ("" for the form itself) and name.
    saved_now: int | None = None
    saved_by: str = ""
    saved_at: Any = None
    choices: dict[str, str] = field(default_factory=dict)
    is_incomplete: bool = False  # Something was left to choose when the form came back.

    def __post_init__(self) -> None:
        self.mine = {key: row for key, row in self.mine.items() if row.formset in self.fields and not is_empty(row)}
        self.differences = [*self._of_fields(), *self._of_order(), *self._of_gone()]
        self.notes = self._notes()

    @property
    def is_decided(self) -> bool:
        return all(difference.choice for difference in self.differences)

    @property
    def additions(self) -> list[Difference]:
        """The rows that only the form has, whole."""
        return [
            Difference("", _title(row), "New", [], differences("", self._words(row)), "me", "mine")
            for row in self.mine.values()
            if row.is_new and row.key not in self.now
        ]

    @property
    def wanted_back(self) -> list[str]:
        """Keys of the articles that were taken out there, and that the editor keeps."""
        chosen = {difference.name: difference.choice for difference in self._of_gone()}
        return [row.pk for key, row in self._gone().items() if chosen.get(_choice(key, "")) == "mine"]

    def merged(self, data: QueryDict) -> QueryDict:
        """The form as the editor decided, to be saved over the present state."""
        chosen = {difference.name: difference.choice for difference in self.differences}
        rows = {key: self._merged_row(row, chosen) for key, row in self.now.items()}
        for key, row in self.mine.items():
            if key not in rows and (row.is_new or chosen.get(_choice(key, "")) == "mine"):
                rows[key] = Row(row.formset, index=row.index, values=dict(row.values), split=row.split)
        first, second = (self.now, self.mine) if chosen.get(_choice("", ORDER)) == "theirs" else (self.mine, self.now)
        order = [key for key in _woven(_order(first), _order(second)) if key in rows]
        for place, key in enumerate(order, 1):
            rows[key].values[ORDER] = [str(place)]
        counts = {name: sum(not row.is_new for row in rows.values() if row.formset == name) for name in self.fields}
        counts.pop("", None)
        result = put_together(list(rows.values()), data, counts)
        result["seen"] = str(self.saved_now)
        return result

    def _merged_row(self, now: Row, chosen: dict[str, str]) -> Row:
        values = dict(now.values)
        mine = self.mine.get(now.key)
        for name in mine.values if mine else ():
            if chosen.get(_choice(now.key, name)) != "theirs":
                values[name] = mine.values[name]  # type: ignore[union-attr]
        return Row(now.formset, now.pk, now.index, values, now.split)

    def _of_fields(self) -> list[Difference]:
        found = []
        for key, now in self.now.items():
            mine = self.mine.get(key)
            for name, shown in self.fields[now.formset].items() if mine else ():
                theirs, ours = now.values.get(name, []), mine.values.get(name, [])  # type: ignore[union-attr]
                if name == ORDER or name not in {**now.values, **mine.values}:  # type: ignore[union-attr]
                    continue
                if not shown.are_same(theirs, ours):
                    before = self.base[key].values.get(name) if key in self.base else None
                    by = _changed_by(shown, before, theirs, ours)
                    found.append(self._difference(key, name, shown.label, shown.text(theirs), shown.text(ours), by))
        return found

    def _of_order(self) -> list[Difference]:
        common = self.mine.keys() & self.now.keys()
        mine, now = ([key for key in _order(rows) if key in common] for rows in (self.mine, self.now))
        if mine == now:
            return []
        base = [key for key in _order(self.base) if key in common]
        by = "me" if base == now else "them" if base == mine else "both"
        theirs, ours = ("\n".join(_title(self.mine[key]) for key in keys) for keys in (now, mine))
        return [self._difference("", ORDER, "Order of the articles", theirs, ours, by)]

    def _of_gone(self) -> list[Difference]:
        return [
            self._difference(key, "", "All of it", GONE, self._words(row), "both")
            for key, row in self._gone().items()
            if key not in self.base or self._words(self.base[key]) != self._words(row)
        ]

    def _gone(self) -> dict[str, Row]:
        return {key: row for key, row in self.mine.items() if not row.is_new and key not in self.now}

    def _words(self, row: Row) -> str:
        values = ((shown, row.values.get(name, [])) for name, shown in self.fields[row.formset].items())
        return "\n".join(shown.text(given) for shown, given in values if shown.name != ORDER and any(given))

    def _notes(self) -> list[str]:
        added = [f"“{_title(row)}” was added there. It stays." for key, row in self.now.items() if key not in self.mine]
        asked = {difference.name for difference in self.differences}
        gone = [
            f"“{_title(row)}” was taken out there. It stays out."
            for key, row in self._gone().items()
            if _choice(key, "") not in asked
        ]
        return added + gone

    def _difference(self, key: str, name: str, label: str, theirs: str, mine: str, by: str) -> Difference:
        pieces = differences(theirs, mine)
        default = {"me": "mine", "them": "theirs"}.get(by, "")
        choice = _choice(key, name)
        given = self.choices.get(choice, "")
        return Difference(
            choice,
            _title(self.mine[key]) if key else "",
            label,
            [piece for piece in pieces if piece.kind != "added"],
            [piece for piece in pieces if piece.kind != "removed"],
            by,
            given if given in ("mine", "theirs") else default,
        )


def _choice(key: str, name: str) -> str:
    return f"choice-{key}-{name}"


def _changed_by(shown: Field, before: list[str] | None, theirs: list[str], mine: list[str]) -> str:
    if before is None:
        return "both"
    return "me" if shown.are_same(before, theirs) else "them" if shown.are_same(before, mine) else "both"


def _title(row: Row) -> str:
    if row.formset == "placements":
        return "Sponsor’s message"
    return next(iter(row.values.get("title", [])), "") or "new article"


def _order(rows: dict[str, Row]) -> list[str]:
    """Keys of the articles as they stand."""

    def place(key: str) -> tuple[str, float]:
        given = (rows[key].values.get(ORDER) or [""])[0]
        section = (rows[key].values.get("section") or ["articles"])[0]
        return section, float(given) if _is_number(given) else float("inf")

    return sorted((key for key in rows if rows[key].formset == "articles"), key=place)


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 9


def _woven(first: list[str], second: list[str]) -> list[str]:
    """The first, with what only the second has after what stands before it there."""
    result = list(first)
    for place, key in enumerate(second):
        if key not in result:
            result.insert(result.index(second[place - 1]) + 1 if place else 0, key)
    return result
