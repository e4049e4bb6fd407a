from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from issues.schedule import next_publication_time

NEW_YORK = ZoneInfo("America/New_York")


def new_york(*moment, fold=0):
    return datetime(*moment).replace(tzinfo=NEW_YORK, fold=fold)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (new_york(2026, 11, 23, 12, 0), new_york(2026, 11, 29, 20, 45)),  # Monday
        (new_york(2026, 11, 29, 20, 44, 59), new_york(2026, 11, 29, 20, 45)),  # A second before
        (new_york(2026, 11, 29, 20, 45), new_york(2026, 12, 6, 20, 45)),  # At that moment
        (new_york(2026, 12, 28, 0, 0), new_york(2027, 1, 3, 20, 45)),  # Over the end of the year
    ],
)
def test_next_publication_time(after, expected):
    assert next_publication_time(after) == expected


def test_monday_in_utc_may_be_sunday_in_new_york():
    assert next_publication_time(datetime(2026, 11, 30, 1, 30, tzinfo=UTC)) == datetime(2026, 11, 30, 1, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        # The clocks go forward on 8 March and back on 1 November 2026, both Sundays.
        (datetime(2026, 3, 2, 12, tzinfo=UTC), datetime(2026, 3, 9, 0, 45, tzinfo=UTC)),
        (datetime(2026, 2, 23, 12, tzinfo=UTC), datetime(2026, 3, 2, 1, 45, tzinfo=UTC)),
        (datetime(2026, 10, 26, 12, tzinfo=UTC), datetime(2026, 11, 2, 1, 45, tzinfo=UTC)),
        (datetime(2026, 10, 19, 12, tzinfo=UTC), datetime(2026, 10, 26, 0, 45, tzinfo=UTC)),
    ],
)
def test_wall_clock_time_stays_when_the_clocks_change(after, expected):
    assert next_publication_time(after) == expected
    assert expected.astimezone(NEW_YORK).strftime("%a %H:%M") == "Sun 20:45"


def test_repeated_hour_in_autumn_is_not_taken_for_later(settings):
    settings.PUBLICATION_TIME = "01:30"
    after = new_york(2026, 11, 1, 1, 15, fold=1)  # After the first half past one, on clocks that were put back.
    assert next_publication_time(after) == new_york(2026, 11, 8, 1, 30)


def test_weekday_and_time_are_settings(settings):
    settings.PUBLICATION_WEEKDAY, settings.PUBLICATION_TIME = 2, "06:00"
    assert next_publication_time(new_york(2026, 11, 23, 12, 0)) == new_york(2026, 11, 25, 6, 0)


@given(
    clock=st.sampled_from(["20:45", "00:00", "01:30", "02:30", "23:59"]),
    after=st.datetimes(datetime(2015, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
)
@settings(max_examples=25)
def test_next_time_is_later_and_within_about_a_week(clock, after):
    with override_settings(PUBLICATION_TIME=clock):
        moment = next_publication_time(after)
    assert timedelta(0) < moment - after <= timedelta(days=7, hours=1)
    assert moment.astimezone(NEW_YORK).weekday() == 6


@pytest.mark.parametrize(
    ("zone", "clock", "after", "expected"),
    [
        # The first of the two on clocks that go back, and the next Sunday after the second.
        ("America/New_York", "01:30", "2027-11-07 05:00", "2027-11-07 05:30"),
        ("America/New_York", "01:30", "2027-11-07 05:30", "2027-11-14 06:30"),
        ("America/New_York", "01:30", "2027-11-07 06:30", "2027-11-14 06:30"),
        ("Australia/Lord_Howe", "01:45", "2027-04-03 14:00", "2027-04-03 14:45"),
        # What comes in place of a time that the clocks skip.
        ("America/New_York", "02:30", "2027-03-14 06:00", "2027-03-14 07:30"),
        ("America/New_York", "02:30", "2027-03-14 07:30", "2027-03-21 06:30"),
        ("America/Santiago", "00:00", "2027-09-05 03:00", "2027-09-05 04:00"),
    ],
)
def test_usual_time_that_the_clocks_show_twice_or_skip(settings, zone, clock, after, expected):
    settings.TIME_ZONE, settings.PUBLICATION_TIME = zone, clock
    after, expected = (datetime.fromisoformat(f"{moment}+00:00") for moment in (after, expected))
    moment = next_publication_time(after)
    assert moment.astimezone(UTC) == expected
    assert moment == datetime.fromisoformat(moment.isoformat()).astimezone(ZoneInfo(zone))
