from datetime import UTC, datetime

import lxml.html
import pytest
from django import forms

from desk.moments import MomentField, format_moment, moments_at

# In each zone a time that the clocks show twice, as (offset, moment in UTC), and the one that they skip, with the next.
ZONES = {
    "America/New_York": (
        ("2027-11-07 01:30", [("-0400", "05:30"), ("-0500", "06:30")]),
        ("2027-03-14 02:30", "14 Mar 2027, 03:30"),
    ),
    "Europe/Berlin": (
        ("2027-10-31 02:59:59", [("+0200", "00:59"), ("+0100", "01:59")]),
        ("2027-03-28 02:00", "28 Mar 2027, 03:00"),
    ),
    "Australia/Lord_Howe": (
        ("2027-04-04 01:45", [("+1100", "14:45"), ("+1030", "15:15")]),
        ("2027-10-03 02:15", "3 Oct 2027, 02:45"),
    ),
    "America/Santiago": (
        ("2027-04-03 23:00", [("-0300", "02:00"), ("-0400", "03:00")]),
        ("2027-09-05 00:30", "5 Sep 2027, 01:30"),
    ),
}


class Form(forms.Form):
    moment = MomentField(required=False)


def posted(clock, offset="", **initial):
    day, _, time = clock.partition(" ")
    return Form({"moment_0": day, "moment_1": time, "moment_2": offset}, initial=initial)


def codes(form):
    return [problem.code for problem in form.errors.as_data().get("moment", [])]


def choices(form):
    """Return the offsets that the form offers, and the selected one."""
    selects = lxml.html.fromstring(f"<div>{form['moment']}</div>").xpath(".//select")
    return [(select.value_options[1:], select.value) for select in selects]


@pytest.mark.parametrize("zone", ZONES)
def test_time_that_the_clocks_show_twice_is_asked_for_and_chosen(settings, zone):
    settings.TIME_ZONE = zone
    (clock, moments), _ = ZONES[zone]
    offsets = [offset for offset, _ in moments]
    for offset in ("", "+0000", "x"):
        assert codes(posted(clock, offset)) == ["twice"]
    assert choices(posted(clock)) == [(offsets, "")]
    for offset, utc in moments:
        form = posted(clock, offset)
        assert f"{form.cleaned_data['moment'] if form.is_valid() else form.errors:%H:%M}" == utc
        assert choices(form) == [(offsets, offset)]


@pytest.mark.parametrize("zone", ZONES)
def test_time_that_the_clocks_skip_is_refused_with_the_one_in_its_place(settings, zone):
    settings.TIME_ZONE = zone
    _, (clock, following) = ZONES[zone]
    form = posted(clock, "-0400")
    assert codes(form) == ["skipped"]
    assert {zone, following} <= {form.errors.as_data()["moment"][0].params[name] for name in ("zone", "next")}
    assert choices(form) == []


@pytest.mark.parametrize("zone", ZONES)
def test_stored_moment_is_shown_and_kept(settings, zone):
    settings.TIME_ZONE = zone
    (clock, _), _ = ZONES[zone]
    for moment in moments_at(datetime.fromisoformat(clock)):
        stored = moment.astimezone(UTC)
        ((offered, chosen),) = choices(Form(initial={"moment": stored}))
        form = posted(clock, chosen, moment=stored)
        assert (form.is_valid(), form.has_changed()) == (True, False)
        assert form.cleaned_data["moment"] == stored
        (other,) = set(offered) - {chosen}
        assert posted(clock, other, moment=stored).has_changed()


@pytest.mark.parametrize("clock", ["2027-11-08 01:30", "2027-11-07 00:59:59", "2027-11-07 02:00", "9999-12-31 23:59"])
def test_other_times_need_no_choice_and_ignore_one(clock):
    form = posted(clock, "-0500")
    assert form.is_valid()
    assert f"{form.cleaned_data['moment']:%Y-%m-%d %H:%M:%S}".startswith(clock)
    assert choices(form) == choices(posted("")) == choices(posted("soon 25:00")) == []


def test_no_time_is_none_and_half_of_one_is_refused():
    form = posted("", "-0500")
    assert (form.is_valid(), form.cleaned_data["moment"]) == (True, None)
    assert (codes(posted("2027-11-07 ", "-0500")), codes(posted(" 01:30"))) == (["invalid_time"], ["invalid_date"])


def test_offset_is_named_only_if_the_clocks_show_the_time_twice(settings):
    _, second = moments_at(datetime(2027, 11, 7, 1, 30))
    assert format_moment(second.astimezone(UTC)) == "7 Nov 2027, 01:30 EST (UTC−05:00)"
    assert format_moment(datetime(2027, 11, 7, 7, 30, tzinfo=UTC)) == "7 Nov 2027, 02:30"
    settings.TIME_ZONE = "Australia/Lord_Howe"
    assert format_moment(moments_at(datetime(2027, 4, 4, 1, 45))[1]) == "4 Apr 2027, 01:45 UTC+10:30"
