"""Form field for a moment on the clocks of TIME_ZONE, also when these are changed.

When the clocks go back, they show an hour twice (in Lord Howe half an hour): the field then offers both, by their
offsets from UTC. When they go forward, they skip an hour, which is refused in words. Django refuses both hours.
"""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime, BaseAdminDateWidget, BaseAdminTimeWidget
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format


def moments_at(clock: datetime) -> list[datetime]:
    """Return the moments at which the clocks of TIME_ZONE show this: one, two in order, or none (PEP 495)."""
    first, second = (clock.replace(tzinfo=timezone.get_current_timezone(), fold=fold) for fold in (0, 1))
    before, after = first.utcoffset(), second.utcoffset()
    assert before is not None
    assert after is not None
    if before == after:
        return [first]
    return [first, second] if before > after else []


def format_moment(moment: datetime) -> str:
    """Return “7 Nov 2027, 01:30”, with “EDT (UTC−04:00)” after it if the clocks show it twice."""
    local = timezone.localtime(moment)
    text = date_format(local, "DATETIME_FORMAT")
    return f"{text} {_zone(local)}" if _is_doubled(local) else text


class MomentWidget(AdminSplitDateTime):
    """Inputs for the day and the time and, if the clocks show them twice, a choice between the two offsets."""

    template_name = "admin/widgets/moment.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        # The template makes the third a choice, or leaves it out.
        forms.MultiWidget.__init__(self, [BaseAdminDateWidget, BaseAdminTimeWidget, forms.TextInput], attrs)

    def decompress(self, value):
        if not value:
            return [None, None, ""]
        local = timezone.localtime(value)
        return [local.date(), local.time(), _offset(local) if _is_doubled(local) else ""]

    def value_from_datadict(self, data, files, name):
        day, time, offset = super().value_from_datadict(data, files, name)
        return [day, time, (offset or "") if _typed_twice(day, time) else ""]

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        day, time, chosen = value if isinstance(value, list) else self.decompress(value)
        context["choices"] = [
            {"value": _offset(moment), "label": f"{which}: {_zone(moment)}", "is_chosen": _offset(moment) == chosen}
            for which, moment in zip(("First", "Second"), _typed_twice(day, time), strict=False)
        ]
        return context


class MomentField(forms.SplitDateTimeField):
    """The value is in UTC if the clocks show it twice: Python takes no other time for equal to such a one."""

    widget = MomentWidget
    default_error_messages = {
        **forms.SplitDateTimeField.default_error_messages,
        "skipped": "The clocks of %(zone)s go forward and skip %(typed)s. Enter %(next)s, which comes in its place.",
        "twice": "The clocks of %(zone)s go back and show %(typed)s twice. Choose one of the two.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fields = (*self.fields, forms.CharField(required=False))

    def compress(self, data_list):
        if not data_list or None in data_list[:2]:
            return super().compress(data_list[:2])
        day, time, offset = data_list
        clock = datetime.combine(day, time)
        moments = moments_at(clock)
        if len(moments) == 1:
            return moments[0]
        chosen = [moment for moment in moments if _offset(moment) == offset]
        if not chosen:
            raise self._error("twice" if moments else "skipped", clock)
        return chosen[0].astimezone(UTC)

    def _error(self, code: str, clock: datetime) -> ValidationError:
        zone = timezone.get_current_timezone()
        later = timezone.localtime(clock.replace(tzinfo=zone).astimezone(UTC))
        typed, instead = (date_format(moment, "DATETIME_FORMAT") for moment in (clock, later))
        params = {"zone": str(zone), "typed": typed, "next": instead}
        return ValidationError(self.error_messages[code], code=code, params=params)


def _typed_twice(day: Any, time: Any) -> list[datetime]:
    """Return the two moments of a day and time that the clocks show twice. Empty for any other input."""
    try:
        date, clock = forms.DateField(required=False).clean(day), forms.TimeField(required=False).clean(time)
    except ValidationError:
        return []
    moments = [] if date is None or clock is None else moments_at(datetime.combine(date, clock))
    return moments if len(moments) == 2 else []


def _is_doubled(local: datetime) -> bool:
    return len(moments_at(local.replace(tzinfo=None))) == 2


def _offset(moment: datetime) -> str:
    return f"{moment:%z}"


def _zone(moment: datetime) -> str:
    """Return “EDT (UTC−04:00)”, or “UTC+10:30” in zones without abbreviations."""
    name, offset = f"{moment:%Z}", f"UTC{moment:%:z}".replace("-", "−")
    return f"{name} ({offset})" if name.isalpha() else offset
