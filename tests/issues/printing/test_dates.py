from datetime import UTC, datetime

from issues.printing.dates import format_day, format_minute, rfc3339, time_element

MOMENT = datetime(2024, 11, 3, 6, 5, 9, tzinfo=UTC)  # An hour before, clocks in New York showed the same time.


def test_readers_see_the_clocks_of_the_newsletter():
    assert (format_day(MOMENT), format_minute(MOMENT)) == ("November 3, 2024", "November 3, 2024 - 1:05 am")
    assert format_day(datetime(2024, 8, 12, 0, 45, tzinfo=UTC)) == "August 11, 2024"


def test_programs_get_utc():
    assert rfc3339(MOMENT) == "2024-11-03T06:05:09Z"
    assert time_element(MOMENT) == '<time datetime="2024-11-03T06:05Z">November 3, 2024</time>'
    assert "1:05 am</time>" in time_element(MOMENT, with_clock=True)
